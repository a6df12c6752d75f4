"""The audit log: what happened, searched and filtered by the address, so that a finding can be sent to a colleague."""

from typing import Any

from litestar import Controller, Request, Response, get

from litestar_admin_auth.services import audit
from litestar_admin_auth.web.dependencies import list_query, tables_and_actor
from litestar_admin_auth.web.render import render

AnyRequest = Request[Any, Any, Any]

#: What the filter offers: all of a noun, then one thing alone.
ACTIONS = (
    "login.failed",
    "login.succeeded",
    "logout",
    "permissions.synced",
    "refresh.reused",
    "role.*",
    "role.created",
    "role.deleted",
    "role.permissions_changed",
    "role.updated",
    "session.revoked",
    "user.*",
    "user.created",
    "user.deleted",
    "user.invited",
    "user.password_changed",
    "user.reactivated",
    "user.reset_link_created",
    "user.role_granted",
    "user.role_revoked",
    "user.suspended",
    "user.updated",
)


class AuditPages(Controller):
    """One list: events are written by what they tell of, and changed by nobody."""

    path = "/audit"
    include_in_schema = False

    @get("/")
    async def index(self, request: AnyRequest) -> Response[Any]:
        database, actor = tables_and_actor(request)
        query = list_query(request, sort="-at", filters=("action", "actor", "target_type", "target_id"))
        page = await audit.list_events(database, actor, query)
        # A host may record actions of its own, and a link may name one.
        actions = sorted({*ACTIONS, query.filters["action"]} - {""})
        return render(request, "audit/index.html", "results", page=page, query=query, actions=actions)
