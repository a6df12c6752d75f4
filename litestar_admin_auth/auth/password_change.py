"""Changing one's own password: the one way, for the page and for the API."""

from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.core.exceptions import InvalidInput, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.passwords import PasswordChanged, change_own_password


async def change_password(runtime: Runtime, actor: Actor, current: str, new: str) -> PasswordChanged:
    """Change the actor's own password, counting wrong guesses of the current one.

    Raises:
        TooManyTries: When the throttle refuses: whoever found an open browser must not guess the password in it.
        InvalidInput: For ``current_password`` or ``new_password``.
        EditConflict: When the password was changed elsewhere at the same moment.
        NotFound: When the actor is none of our users.
    """
    if actor.user_id is None:
        raise NotFound(_("There is no such user."))
    account = str(actor.user_id)
    await runtime.throttle.check("change_password", account, actor.ip)
    try:
        changed = await change_own_password(
            runtime.tables, actor, runtime.passwords, current, new, site_title=runtime.config.title
        )
    except InvalidInput as error:
        if error.field == "current_password":
            await runtime.throttle.failed("change_password", account, actor.ip)
        raise
    await runtime.throttle.succeeded("change_password", account, actor.ip)
    return changed
