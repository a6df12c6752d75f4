"""Changes of a user as a whole: suspension, deletion, and a new one-time link."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from litestar_admin_auth.core.exceptions import Conflict
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import normalize_email
from litestar_admin_auth.services import users
from litestar_admin_auth.services.one_time_links import INVITATION, RESET
from litestar_admin_auth.services.users import UserRow
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import EXPIRED, ConfirmForm, require_token
from litestar_admin_auth.web.one_time_link import new_link
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import admin_url, render, see_other
from litestar_admin_auth.web.user_page import user_url
from litestar_admin_auth.web.users import profile_page

AnyRequest = Request[Any, Any, Any]


class UserAccountPages(Controller):
    """What cannot be taken back is asked first; the service decides whether it may be."""

    path = "/users/{user_id:uuid}"
    include_in_schema = False

    @get(["/invitation", "/password-reset", "/reactivation"])
    async def leave(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """These are the answers to buttons; whoever opens such an address afterwards gets the user."""
        return see_other(request, user_url(request, user_id))

    @post("/invitation")
    async def invite(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `users:write`."""
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        require_token(request, await read_form(request))
        try:
            return await new_link(request, user, INVITATION)
        except Conflict as error:
            return await profile_page(request, user, status_code=error.status_code, problem=error.message)

    @post("/password-reset")
    async def send_reset_link(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `users:write`."""
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        require_token(request, await read_form(request))
        try:
            return await new_link(request, user, RESET)
        except Conflict as error:
            return await profile_page(request, user, status_code=error.status_code, problem=error.message)

    @post("/reactivation")
    async def reactivate(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:write`."""
        database, actor = tables_and_actor(request)
        require_token(request, await read_form(request))
        user = await users.reactivate_user(database, actor, user_id)
        flash(request, "success", _("%(email)s may sign in again.", email=user.email))
        return see_other(request, user_url(request, user_id))

    @get("/suspension")
    async def ask_suspension(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `users:write`."""
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        return _suspension_page(request, user, refusal=await _refusal(users.check_suspension(database, actor, user_id)))

    @post("/suspension")
    async def suspend(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `users:write`."""
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        if not ConfirmForm(request, await read_form(request)).validate():
            return _suspension_page(request, user, status_code=400, error=EXPIRED)
        try:
            await users.suspend_user(database, actor, user_id)
        except Conflict as error:
            return _suspension_page(request, user, status_code=error.status_code, refusal=error.message)
        flash(request, "success", _("%(email)s is suspended and signed out everywhere.", email=user.email))
        return see_other(request, user_url(request, user_id))

    @get("/deletion")
    async def ask_deletion(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `users:delete`."""
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        return _deletion_page(request, user, refusal=await _refusal(users.check_deletion(database, actor, user_id)))

    @post("/deletion")
    async def delete(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `users:delete`."""
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        posted = await read_form(request)
        if not ConfirmForm(request, posted).validate():
            return _deletion_page(request, user, status_code=400, error=EXPIRED)
        if normalize_email(posted.get("typed", "")) != normalize_email(user.email):
            return _deletion_page(request, user, status_code=400, error=_("This is not the user's e-mail address."))
        try:
            await users.delete_user(database, actor, user_id)
        except Conflict as error:
            return _deletion_page(request, user, status_code=error.status_code, refusal=error.message)
        flash(request, "success", _("%(email)s is deleted.", email=user.email))
        return see_other(request, admin_url(request, "users"))


async def _refusal(check: Awaitable[None]) -> str:
    """Return why the answer to a question would be refused, for whoever may ask it; empty when it would not."""
    try:
        await check
    except Conflict as error:
        return error.message
    return ""


def _suspension_page(request: AnyRequest, user: UserRow, **context: Any) -> Response[Any]:
    return render(
        request,
        "shared/confirm.html",
        "confirm",
        title=_("Suspend %(email)s?", email=user.email),
        message=_("All sessions end at once, and nobody signs in with this account until it is reactivated."),
        action=user_url(request, user.id, "suspension"),
        label=_("Suspend"),
        cancel=user_url(request, user.id),
        **context,
    )


def _deletion_page(request: AnyRequest, user: UserRow, **context: Any) -> Response[Any]:
    return render(
        request,
        "shared/confirm.html",
        "confirm",
        title=_("Delete %(email)s?", email=user.email),
        message=_("Sessions, roles and links of this user go with it. This cannot be undone."),
        action=user_url(request, user.id, "deletion"),
        label=_("Delete user"),
        cancel=user_url(request, user.id),
        typed=user.email,
        **context,
    )
