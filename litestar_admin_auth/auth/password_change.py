"""Changing one's own password: the one way, for the page and for the API, for our users and for a host's own."""

import logging
from typing import Any

from litestar_admin_auth.auth.jwt import JWTAuthBackend
from litestar_admin_auth.auth.principal import Authentication, CurrentUser, actor_of
from litestar_admin_auth.auth.request_state import Connection, RequestState, state_of
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.core.exceptions import InvalidInput, NotAuthenticated, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.passwords import change_own_password, check_change, not_the_current_password

logger = logging.getLogger(__name__)


async def change_password(connection: Connection, runtime: Runtime, current: str, new: str) -> int:
    """Change the password of whoever asks, counting wrong guesses of the current one.

    Args:
        connection: The request; its session goes on, every other one of this user ends.
        runtime: The running admin.
        current: The current password, as typed.
        new: The new one, as typed.

    Returns:
        How many other sessions have ended.

    Raises:
        NotAuthenticated: When nobody asks.
        TooManyTries: When the throttle refuses: whoever found an open browser must not guess the password in it.
        InvalidInput: For ``current_password`` or ``new_password``.
        EditConflict: When the password was changed elsewhere at the same moment.
        NotFound: When the user's password is not ours to change.
    """
    state = state_of(connection.scope)
    if state is None or state.user is None or state.auth is None:
        raise NotAuthenticated
    account, ip = str(state.user.id), state.client.ip
    await runtime.throttle.check("change_password", account, ip)
    try:
        ended = await _change(runtime, state, state.user, state.auth, current, new)
    except InvalidInput as error:
        if error.field == "current_password":
            await runtime.throttle.failed("change_password", account, ip)
        raise
    await runtime.throttle.succeeded("change_password", account, ip)
    return ended


def can_change_passwords(runtime: Runtime) -> bool:
    """Tell whether anybody's password could be changed here: else there is no such address."""
    backend = runtime.backend
    return runtime.database is not None or (isinstance(backend, JWTAuthBackend) and backend.users.passwords_can_change)


async def _change(
    runtime: Runtime, state: RequestState, user: Any, auth: Authentication, current: str, new: str
) -> int:
    backend, site_title = runtime.backend, runtime.config.title
    if isinstance(user, CurrentUser):
        actor = actor_of(user, auth, state.client)
        changed = await change_own_password(
            runtime.tables, actor, runtime.passwords, current, new, site_title=site_title
        )
        return len(changed.revoked_session_ids)
    if isinstance(backend, JWTAuthBackend) and backend.users.passwords_can_change:
        return await _change_at_host(runtime, backend, state, user, auth, current, new)
    raise NotFound(_("There is no such user."))


async def _change_at_host(
    runtime: Runtime,
    backend: JWTAuthBackend,
    state: RequestState,
    user: Any,
    auth: Authentication,
    current: str,
    new: str,
) -> int:
    if not await backend.users.verify(user, current):
        raise not_the_current_password()
    check_change(current, new, email=user.email, name=_name_of(user), site_title=runtime.config.title)
    subject = str(user.id)
    # Once before, so that a store that is away stops everything while nothing has changed yet; and once after, since
    # somebody may have signed in with the old password meanwhile.
    ended = await backend.sessions.end_all_of(subject, state.client, keep=auth.session_id)
    await backend.users.store_password(user, new)
    ended += await backend.sessions.end_all_of(subject, state.client, keep=auth.session_id)
    logger.info("user.password_changed: user %r from %s, %d other sessions ended", subject, state.client.ip, ended)
    if runtime.database is not None:
        actor = Actor(label=user.email, ip=state.client.ip)
        async with runtime.database.writing() as db:
            changes = {"sessions_ended": {"new": ended}}
            record(db, actor, "user.password_changed", target=("user", subject, user.email), changes=changes)
    return ended


def _name_of(user: Any) -> str:
    name: object = getattr(user, "name", "")
    return name if isinstance(name, str) else ""
