"""Who has a permission now, and by which grants."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.permissions import check_code, patterns_giving
from litestar_admin_auth.models import RolePermission, User, UserRole
from litestar_admin_auth.services.access import has_ended, require, unexpired
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.grant_paths import GrantPath
from litestar_admin_auth.services.lists import ListQuery, Page, filters_of, paginate, search
from litestar_admin_auth.services.user_lists import SORTS, UserRow, row_of, with_roles


@dataclass(frozen=True)
class Holder:
    """Somebody who has a permission now, and every way in which they have it."""

    user: UserRow
    paths: list[GrantPath]


async def holders_of(database: Database, actor: Actor, code: str, query: ListQuery) -> Page[Holder]:
    """Return the users who have a permission now, by any path, searched by e-mail and name; sorts as for users.

    Suspended users have no permissions, and grants that have ended give none.

    Raises:
        NotAllowed: Without ``permissions:read`` and ``users:read``.
        InvalidInput: For a bad code, sort, limit, cursor or search.
    """
    check_code(code)
    filters_of(query)
    patterns = patterns_giving(code)
    statement = (
        select(User)
        .options(with_roles())
        .where(*search(query, User.email, User.name))
        .where(
            User.is_active,
            exists()
            .where(UserRole.user_id == User.id, UserRole.role_id == RolePermission.role_id)
            .where(RolePermission.code.in_(patterns), unexpired(now())),
        )
    )
    async with database.reading() as db:
        await require(db, actor, "permissions:read")
        await require(db, actor, "users:read")
        page = await paginate(db, statement, query, SORTS, key=User.id)
        held: dict[UUID, list[str]] = {}
        holding = select(RolePermission.role_id, RolePermission.code).where(RolePermission.code.in_(patterns))
        for role_id, pattern in await db.execute(holding):
            held.setdefault(role_id, []).append(pattern)
    return page.map(lambda user: Holder(row_of(user), _through(user, held)))


def _through(user: User, held: dict[UUID, list[str]]) -> list[GrantPath]:
    moment = now()
    return [
        GrantPath.of(grant, pattern)
        for grant in sorted(user.grants, key=lambda grant: grant.role.name)
        if not has_ended(grant, moment)
        for pattern in sorted(held.get(grant.role_id, []))
    ]
