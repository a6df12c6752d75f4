"""``/api/audit-events``: what happened."""

from dataclasses import replace
from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Stream

from litestar_admin_auth.api.dependencies import AnyRequest, listing
from litestar_admin_auth.api.schemas import AuditEvent, Listing
from litestar_admin_auth.auth.exports import take_along
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.services import audit
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.export import EVENTS
from litestar_admin_auth.services.lists import ListQuery

ActionFilter = Annotated[str, QueryParameter(description="Such as `user.created`, or `user.*`.")]
#: The query says "actor"; here that is the one who asks.
WhoFilter = Annotated[str, QueryParameter(name="actor", description="Who did it: an id, an e-mail or `cli`.")]
TargetTypeFilter = Annotated[str, QueryParameter(description="`user`, `role` or `session`.")]
TargetIdFilter = Annotated[str, QueryParameter(description="The id of what it was done to.")]
SinceFilter = Annotated[str, QueryParameter(description="From this day of UTC on, or this time with its zone.")]
UntilFilter = Annotated[str, QueryParameter(description="To the end of this day, or up to this time.")]


class AuditEventController(Controller):
    path = "/audit-events"
    tags = ["audit events"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @get(summary="List audit events")
    async def list_events(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        action: ActionFilter = "",
        who: WhoFilter = "",
        target_type: TargetTypeFilter = "",
        target_id: TargetIdFilter = "",
        since: SinceFilter = "",
        until: UntilFilter = "",
    ) -> Listing[AuditEvent]:
        """Return events, newest first. Needs `audit:read`."""
        filters = {"action": action, "actor": who, "target_type": target_type, "target_id": target_id}
        filters |= {"since": since, "until": until}
        return listing(await audit.list_events(database, actor, replace(page, filters=filters)), AuditEvent)

    @post("/export", status_code=200, media_type="text/csv", summary="Export audit events")
    async def export(
        self,
        request: AnyRequest,
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        action: ActionFilter = "",
        who: WhoFilter = "",
        target_type: TargetTypeFilter = "",
        target_id: TargetIdFilter = "",
        since: SinceFilter = "",
        until: UntilFilter = "",
    ) -> Stream:
        """Return all events that match as CSV; `limit`, `cursor` and `count` say nothing here.

        The audit log notes who took them. Needs `audit:read`.
        """
        filters = {"action": action, "actor": who, "target_type": target_type, "target_id": target_id}
        filters |= {"since": since, "until": until}
        return await take_along(request, actor, EVENTS, replace(page, filters=filters))
