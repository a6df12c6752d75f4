"""``/api/audit-events``: what happened."""

from dataclasses import replace
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from litestar_admin_auth.api.dependencies import listing
from litestar_admin_auth.api.schemas import AuditEvent, Listing
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.services import audit
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import ListQuery


class AuditEventController(Controller):
    path = "/audit-events"
    tags = ["audit events"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @get(summary="List audit events")
    async def list_events(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        action: Annotated[str, QueryParameter(description="Such as `user.created`, or `user.*`.")] = "",
        # The query says "actor"; here that is the one who asks.
        who: Annotated[str, QueryParameter(name="actor", description="Who did it: an id, an e-mail or `cli`.")] = "",
        target_type: Annotated[str, QueryParameter(description="`user`, `role` or `session`.")] = "",
        target_id: Annotated[str, QueryParameter(description="The id of what it was done to.")] = "",
        since: Annotated[str, QueryParameter(description="From this day of UTC on, or this time with its zone.")] = "",
        until: Annotated[str, QueryParameter(description="To the end of this day, or up to this time.")] = "",
    ) -> Listing[AuditEvent]:
        """Return events, newest first. Needs `audit:read`."""
        filters = {"action": action, "actor": who, "target_type": target_type, "target_id": target_id}
        filters |= {"since": since, "until": until}
        return listing(await audit.list_events(database, actor, replace(page, filters=filters)), AuditEvent)
