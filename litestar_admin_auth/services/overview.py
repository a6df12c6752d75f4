"""The numbers of the first page."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, func, select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.permissions import holds
from litestar_admin_auth.models import AuditEvent, Permission, Role, Session, User, UserRole
from litestar_admin_auth.services.access import held_by_actor
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.grant_ends import ending
from litestar_admin_auth.services.sessions import live_at


@dataclass(frozen=True)
class Counts:
    """What there is; None where the actor may not read it."""

    active_users: int | None = None
    suspended_users: int | None = None
    invited_users: int | None = None
    roles: int | None = None
    permissions: int | None = None
    #: Users who hold a role that ends within 7 days: as many as the list filtered by it has.
    ending_soon: int | None = None
    live_sessions: int | None = None
    failed_logins_24h: int | None = None


async def counts(database: Database, actor: Actor) -> Counts:
    """Return the counts that an actor may see, in one query, and nothing for the rest."""
    moment = now()
    wanted: dict[str, tuple[str, Select[int]]] = {
        f"{status}_users": ("users:read", select(func.count(User.id)).where(User.status == status))
        for status in ("active", "suspended", "invited")
    }
    wanted["ending_soon"] = ("users:read", select(func.count(UserRole.user_id.distinct())).where(ending("7")))
    wanted["roles"] = ("roles:read", select(func.count(Role.id)))
    wanted["permissions"] = ("permissions:read", select(func.count(Permission.id)))
    wanted["live_sessions"] = (
        "sessions:read",
        select(func.count(Session.id)).join(User, User.id == Session.user_id).where(live_at(moment)),
    )
    wanted["failed_logins_24h"] = (
        "audit:read",
        select(func.count(AuditEvent.id)).where(
            AuditEvent.action == "login.failed", AuditEvent.at > moment - timedelta(days=1)
        ),
    )
    async with database.reading() as db:
        held = await held_by_actor(db, actor)
        seen = {name: query for name, (permission, query) in wanted.items() if holds(held, permission)}
        if not seen:
            return Counts()
        row = (await db.execute(select(*(query.scalar_subquery().label(name) for name, query in seen.items())))).one()
        return Counts(**dict(zip(seen, row, strict=True)))
