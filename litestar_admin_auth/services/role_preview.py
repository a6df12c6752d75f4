"""What a change of a role would do, and to whom, before it is saved."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.permissions import holds
from litestar_admin_auth.models import Permission, RolePermission, User, UserRole
from litestar_admin_auth.services.access import load_role, require, unexpired
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.catalogue import check_known

#: So many users are named; ``users_total`` counts them all.
MAX_NAMED_USERS = 50


@dataclass(frozen=True)
class UserChange:
    """What one user would gain and lose, as codes of the catalogue: wildcards are spelled out."""

    id: UUID
    email: str
    gains: list[str]
    loses: list[str]


@dataclass(frozen=True)
class RolePreview:
    """What the role itself would gain and lose, and the users for whom that makes a difference, by e-mail."""

    added: list[str]
    removed: list[str]
    users: list[UserChange]
    users_total: int


async def preview_role(
    database: Database, actor: Actor, role_id: UUID, *, permissions: Iterable[str] | None = None
) -> RolePreview:
    """Tell what saving a role with these permissions would change, without saving anything.

    A user who has a permission by another role too neither gains nor loses it. Suspended users and expired grants do
    not count. Without ``users:read`` the users are counted but not named.

    Args:
        database: Where.
        actor: Must hold ``roles:write``.
        role_id: Which.
        permissions: Everything that the role would hold; None for what it holds already.

    Raises:
        NotAllowed: Without ``roles:write``.
        NotFound: When there is no such role.
        InvalidInput: For ``permissions``.
    """
    async with database.reading() as db:
        held = await require(db, actor, "roles:write")
        role = await load_role(db, role_id)
        before = set(role.codes)
        after = before if permissions is None else await check_known(db, permissions, kept=before)
        if before == after:
            return RolePreview([], [], [], 0)
        catalogue = set(await db.scalars(select(Permission.code)))
        members = await db.execute(
            select(User.id, User.email)
            .join(UserRole, UserRole.user_id == User.id)
            .where(UserRole.role_id == role_id, User.is_active, unexpired(now()))
            .order_by(User.email_normalized)
        )
        people: dict[UUID, str] = {row[0]: row[1] for row in members}
        elsewhere = await db.execute(
            select(UserRole.user_id, UserRole.role_id).where(
                UserRole.user_id.in_(select(UserRole.user_id).where(UserRole.role_id == role_id)),
                UserRole.role_id != role_id,
                unexpired(now()),
            )
        )
        other_roles: dict[UUID, set[UUID]] = {}
        for user_id, other_id in elsewhere:
            other_roles.setdefault(user_id, set()).add(other_id)
        codes: dict[UUID, set[str]] = {}
        for other_id, code in await db.execute(select(RolePermission.role_id, RolePermission.code)):
            codes.setdefault(other_id, set()).add(code)

    # Many people, few combinations of roles: each combination is worked out once.
    differences: dict[frozenset[UUID], tuple[list[str], list[str]]] = {}
    changes: list[UserChange] = []
    for user_id, email in people.items():
        combination = frozenset(other_roles.get(user_id, ()))
        if combination not in differences:
            other = {code for other_id in combination for code in codes.get(other_id, ())}
            differences[combination] = _difference(catalogue | before | after, other | before, other | after)
        gains, loses = differences[combination]
        if gains or loses:
            changes.append(UserChange(user_id, email, gains, loses))
    return RolePreview(
        added=sorted(after - before),
        removed=sorted(before - after),
        users=changes[:MAX_NAMED_USERS] if holds(held, "users:read") else [],
        users_total=len(changes),
    )


def _difference(codes: set[str], before: set[str], after: set[str]) -> tuple[list[str], list[str]]:
    concrete = sorted(code for code in codes if not code.endswith("*"))
    gains = [code for code in concrete if holds(after, code) and not holds(before, code)]
    loses = [code for code in concrete if holds(before, code) and not holds(after, code)]
    return gains, loses
