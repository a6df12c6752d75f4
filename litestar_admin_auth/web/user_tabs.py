"""Two tabs of a user's page: where the user is signed in, and what happened."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import ngettext
from litestar_admin_auth.services import audit, open_sessions, users
from litestar_admin_auth.services.users import UserRow
from litestar_admin_auth.web.dependencies import list_query, tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import EXPIRED, ConfirmForm
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import render, see_other, viewer_who
from litestar_admin_auth.web.user_page import is_changeable, require_changeable, tab_page, user_url

AnyRequest = Request[Any, Any, Any]


class UserTabPages(Controller):
    """The tabs are addresses: each can be sent to a colleague."""

    path = "/users/{user_id:uuid}"
    include_in_schema = False

    @get("/sessions")
    async def list_sessions(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `sessions:read`."""
        viewer_who(request, "sessions:read")
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        query = list_query(request, sort="-created_at")
        page = await open_sessions.list_sessions(database, actor, query, user_id=user_id)
        return tab_page(request, "sessions", user, changeable=await is_changeable(request, user_id), page=page)

    @get("/sessions/revocation")
    async def ask_revocation(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `sessions:revoke`."""
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        await require_changeable(request, user_id, "sessions:revoke")
        return _revocation_page(request, user)

    @post("/sessions/revocation")
    async def revoke(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `sessions:revoke`."""
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        if not ConfirmForm(request, await read_form(request)).validate():
            return _revocation_page(request, user, status_code=400, error=EXPIRED)
        # Only one's own session can be the current one: for anybody else, nothing is kept.
        ended = await open_sessions.revoke_user_sessions(database, actor, user_id, keep=actor.session_id)
        flash(request, "success", ngettext("%(num)s session has ended.", "%(num)s sessions have ended.", len(ended)))
        return see_other(request, user_url(request, user_id, "sessions"))

    @get("/activity")
    async def activity(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `audit:read`."""
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        concerning = {"target_type": "user", "target_id": str(user_id)}
        query = replace(list_query(request, sort="-at"), filters=concerning)
        page = await audit.list_events(database, actor, query)
        return tab_page(request, "activity", user, changeable=await is_changeable(request, user_id), page=page)


def _revocation_page(request: AnyRequest, user: UserRow, **context: Any) -> Response[Any]:
    own = tables_and_actor(request)[1].user_id == user.id
    return render(
        request,
        "shared/confirm.html",
        "confirm",
        title=_("End all sessions of %(email)s?", email=user.email),
        message=_("All but this one end. Other devices are signed out at their next click.")
        if own
        else _("All devices are signed out at their next click."),
        action=user_url(request, user.id, "sessions", "revocation"),
        label=_("End all sessions"),
        cancel=user_url(request, user.id, "sessions"),
        **context,
    )
