"""A role that a user holds: taken away after a question, its end moved or brought forward."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from litestar_admin_auth.core.exceptions import Conflict, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import whole_number
from litestar_admin_auth.services import users
from litestar_admin_auth.services.grants import Grant
from litestar_admin_auth.services.grants_preview import preview_grants
from litestar_admin_auth.services.users import UserRow
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import EXPIRED, ConfirmForm, require_token
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import render, see_other
from litestar_admin_auth.web.user_page import require_changeable, user_url

AnyRequest = Request[Any, Any, Any]


class UserGrantPages(Controller):
    """Each form stands on the Access tab or on its own page; the answer leads back to the tab."""

    path = "/users/{user_id:uuid}/roles/{role_id:uuid}"
    include_in_schema = False

    @get("/removal")
    async def ask_removal(self, request: AnyRequest, user_id: FromPath[UUID], role_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `users:write`."""
        user, grant = await _held(request, user_id, role_id)
        await require_changeable(request, user_id, "users:write")
        return await _removal_page(request, user, grant)

    @post("/removal")
    async def remove(self, request: AnyRequest, user_id: FromPath[UUID], role_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `users:write`."""
        database, actor = tables_and_actor(request)
        user, grant = await _held(request, user_id, role_id)
        if not ConfirmForm(request, await read_form(request)).validate():
            return await _removal_page(request, user, grant, status_code=400, error=EXPIRED)
        try:
            await users.revoke_role(database, actor, user_id, grant.role)
        except Conflict as error:
            return await _removal_page(request, user, grant, status_code=error.status_code, error=error.message)
        flash(request, "success", _("The role %(name)s is taken away.", name=grant.role))
        return see_other(request, user_url(request, user_id, "access"))

    @post("/extension")
    async def extend(self, request: AnyRequest, user_id: FromPath[UUID], role_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:write`."""
        database, actor = tables_and_actor(request)
        posted = await read_form(request)
        require_token(request, posted)
        days = whole_number(posted.get("days", "")) or 0
        grant = await users.extend_grant(database, actor, user_id, role_id, days=days)
        flash(request, "success", _("The role %(name)s goes on.", name=grant.role))
        return see_other(request, user_url(request, user_id, "access"))

    @post("/end")
    async def end(self, request: AnyRequest, user_id: FromPath[UUID], role_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:write`."""
        database, actor = tables_and_actor(request)
        require_token(request, await read_form(request))
        grant = await users.end_grant(database, actor, user_id, role_id)
        flash(request, "success", _("The role %(name)s has ended.", name=grant.role))
        return see_other(request, user_url(request, user_id, "access"))


async def _held(request: AnyRequest, user_id: UUID, role_id: UUID) -> tuple[UserRow, Grant]:
    """Return a user and the grant of one role.

    Raises:
        NotAllowed: Without ``users:read``.
        NotFound: When there is no such user, or the user does not have the role.
    """
    database, actor = tables_and_actor(request)
    user = await users.get_user(database, actor, user_id)
    for grant in await users.grants_of(database, actor, user_id):
        if grant.role_id == role_id:
            return user, grant
    raise NotFound(_("This user does not have that role."))


async def _removal_page(
    request: AnyRequest, user: UserRow, grant: Grant, *, status_code: int = 200, error: str | None = None
) -> Response[Any]:
    database, actor = tables_and_actor(request)
    preview, refusal = None, ""
    try:
        preview = await preview_grants(database, actor, [user.id], grant.role, give=False)
    except Conflict as conflict:
        # Said once: what refuses the removal refuses the question about it as well.
        refusal, error = conflict.message, error if error != conflict.message else None
    return render(
        request,
        "users/removal.html",
        "confirm",
        status_code=status_code,
        user=user,
        grant=grant,
        preview=preview,
        refusal=refusal,
        error=error,
        give=False,
    )
