"""Who changed a role last, for somebody whose own change has come too late."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.permissions import holds
from litestar_admin_auth.models import AuditEvent
from litestar_admin_auth.services.access import require
from litestar_admin_auth.services.actor import Actor

CHANGES = ("role.updated", "role.permissions_changed")
#: More than this would be another role: the history tells the rest.
MAX_CHANGES = 5


@dataclass(frozen=True)
class RoleChange:
    """One saving of a role. ``actor`` is empty for a reader who may see neither users nor the audit log."""

    at: datetime
    actor: str
    changes: dict[str, Any]


async def latest_changes(database: Database, actor: Actor, role_id: UUID, *, count: int) -> list[RoleChange]:
    """Return the last changes of a role, newest first.

    Args:
        database: Where.
        actor: Must hold ``roles:read``.
        role_id: Which.
        count: How many: by how many versions the role has gone on. At most five are told.

    Raises:
        NotAllowed: Without ``roles:read``.
    """
    wanted = min(max(count, 0), MAX_CHANGES)
    async with database.reading() as db:
        held = await require(db, actor, "roles:read")
        events = await db.scalars(
            select(AuditEvent)
            .where(
                AuditEvent.target_type == "role",
                AuditEvent.target_id == str(role_id),
                AuditEvent.action.in_(CHANGES),
            )
            .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
            # One saving is one event or two, with the same time.
            .limit(2 * wanted)
        )
        found: dict[datetime, RoleChange] = {}
        for event in events:
            before = found.get(event.at)
            told = event.actor if holds(held, "audit:read") or holds(held, "users:read") else ""
            found[event.at] = RoleChange(event.at, told, {**event.changes, **(before.changes if before else {})})
    return list(found.values())[:wanted]
