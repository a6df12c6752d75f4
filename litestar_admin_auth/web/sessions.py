"""Sessions: who is signed in, and ending one of them."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services import open_sessions
from litestar_admin_auth.services.open_sessions import SessionRow
from litestar_admin_auth.web import filters
from litestar_admin_auth.web.bulk import offered
from litestar_admin_auth.web.bulk_sessions import SESSION_ACTS
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import EXPIRED, ConfirmForm
from litestar_admin_auth.web.lists import SESSIONS, filter_text
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import admin_url, render, see_other

AnyRequest = Request[Any, Any, Any]


class SessionPages(Controller):
    """Everybody's live sessions; one's own stand on the account pages as well."""

    path = "/sessions"
    include_in_schema = False

    @get("/")
    async def index(self, request: AnyRequest) -> Response[Any]:
        """Needs `sessions:read`."""
        database, actor = tables_and_actor(request)
        query = SESSIONS.of(request)
        page = await open_sessions.list_sessions(database, actor, query)
        return render(
            request,
            "sessions/index.html",
            "results",
            page=page,
            query=query,
            acts=offered(request, SESSION_ACTS),
            filter_text=filter_text(query),
        )

    @get("/{session_id:uuid}/revocation")
    async def ask_revocation(self, request: AnyRequest, session_id: FromPath[UUID]) -> Response[Any]:
        """Needs `sessions:revoke`."""
        database, actor = tables_and_actor(request)
        return _revocation_page(request, await open_sessions.session_to_revoke(database, actor, session_id))

    @post("/{session_id:uuid}/revocation")
    async def revoke(self, request: AnyRequest, session_id: FromPath[UUID]) -> Response[Any]:
        """Needs `sessions:revoke`."""
        database, actor = tables_and_actor(request)
        session = await open_sessions.session_to_revoke(database, actor, session_id)
        form = ConfirmForm(request, await read_form(request))
        if not form.validate():
            return _revocation_page(request, session, status_code=400, error=EXPIRED)
        await open_sessions.revoke_session(database, actor, session_id)
        flash(request, "success", _("The session of %(email)s has ended.", email=session.user_email))
        return see_other(request, admin_url(request, "sessions"))


def _revocation_page(request: AnyRequest, session: SessionRow, **context: Any) -> Response[Any]:
    return render(
        request,
        "shared/confirm.html",
        "confirm",
        title=_("End the session of %(email)s?", email=session.user_email),
        message=_("%(device)s is signed out at its next click.", device=filters.device(session.user_agent)),
        action=admin_url(request, "sessions", session.id, "revocation"),
        label=_("End session"),
        cancel=admin_url(request, "sessions"),
        **context,
    )
