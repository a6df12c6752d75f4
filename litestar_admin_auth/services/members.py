"""Who holds a role: by whose hand, since when, why and until when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.models import User, UserRole
from litestar_admin_auth.services import user_lists
from litestar_admin_auth.services.access import has_ended, load_role, require, unexpired
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.grant_ends import ending
from litestar_admin_auth.services.lists import ListQuery, Page, Sort, filters_of, paginate, search
from litestar_admin_auth.services.user_lists import UserRow, row_of

SORTS = {
    **user_lists.SORTS,
    "granted_at": Sort(UserRole.granted_at),
    "expires_at": Sort(UserRole.expires_at),
}


@dataclass(frozen=True, kw_only=True)
class Member(UserRow):
    """A user with the grant of the role in question."""

    granted_by: str
    granted_at: datetime
    expires_at: datetime | None
    reason: str
    expired: bool


async def members_of(database: Database, actor: Actor, role_id: UUID, query: ListQuery) -> Page[Member]:
    """Return the users who hold a role, searched by e-mail and name.

    Filter: ``ends`` (``7`` or ``30`` for grants that end within so many days, ``ended`` for those that have); without
    it, every grant that has not ended. Sorts: as for users, ``granted_at`` and ``expires_at``.

    Raises:
        NotAllowed: Without ``roles:read`` and ``users:read``.
        NotFound: When there is no such role.
        InvalidInput: For a bad filter, sort, limit, cursor or search.
    """
    filters = filters_of(query, "ends")
    statement = (
        select(UserRole)
        .join(UserRole.user)
        .options(contains_eager(UserRole.user).options(selectinload(User.grants).options(joinedload(UserRole.role))))
        .where(UserRole.role_id == role_id, *search(query, User.email, User.name))
        .where(ending(filters["ends"]) if "ends" in filters else unexpired(now()))
    )
    async with database.reading() as db:
        await require(db, actor, "roles:read")
        await require(db, actor, "users:read")
        await load_role(db, role_id)
        page = await paginate(db, statement, query, SORTS, key=UserRole.id)
    return page.map(_member)


def _member(grant: UserRole) -> Member:
    return Member(
        **vars(row_of(grant.user)),
        granted_by=grant.granted_by,
        granted_at=grant.granted_at,
        expires_at=grant.expires_at,
        reason=grant.reason,
        expired=has_ended(grant, now()),
    )
