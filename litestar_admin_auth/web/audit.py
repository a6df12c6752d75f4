"""The audit log: what happened, searched and filtered by the address, so that a finding can be sent to a colleague."""

from typing import Any

from litestar import Controller, Request, Response, get

from litestar_admin_auth.services import audit
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.lists import AUDIT, filter_text
from litestar_admin_auth.web.render import render

AnyRequest = Request[Any, Any, Any]

#: What the filter offers: all of a noun, then one thing alone.
ACTIONS = (
    "audit_events.exported",
    "login.failed",
    "login.succeeded",
    "logout",
    "mail.failed",
    "permissions.synced",
    "refresh.reused",
    "role.*",
    "role.created",
    "role.deleted",
    "role.permissions_changed",
    "role.updated",
    "roles.exported",
    "session.revoked",
    "sessions.exported",
    "sessions.revoked",
    "user.*",
    "user.created",
    "user.deleted",
    "user.invited",
    "user.password_changed",
    "user.reactivated",
    "user.reset_link_created",
    "user.reset_requested",
    "user.role_ended",
    "user.role_extended",
    "user.role_granted",
    "user.role_revoked",
    "user.suspended",
    "user.updated",
    "users.exported",
    "users.reactivated",
    "users.role_granted",
    "users.role_revoked",
    "users.sessions_ended",
    "users.suspended",
)

TARGET_TYPES = ("role", "session", "user")


class AuditPages(Controller):
    """One list: events are written by what they tell of, and changed by nobody."""

    path = "/audit"
    include_in_schema = False

    @get("/")
    async def index(self, request: AnyRequest) -> Response[Any]:
        """Needs `audit:read`."""
        database, actor = tables_and_actor(request)
        query = AUDIT.of(request)
        page = await audit.list_events(database, actor, query)
        # A host may record actions of its own, and a link may name one.
        actions = sorted({*ACTIONS, query.filters["action"]} - {""})
        return render(
            request,
            "audit/index.html",
            "results",
            page=page,
            query=query,
            actions=actions,
            target_types=sorted({*TARGET_TYPES, query.filters["target_type"]} - {""}),
            filter_text=filter_text(query),
        )
