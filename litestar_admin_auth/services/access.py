"""Who may do what: always read from the database, inside the transaction that acts on the answer."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import NotAllowed, NotFound, StrongerThanYou, SystemRole
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.permissions import WILDCARD, holds, missing
from litestar_admin_auth.models import Role, RolePermission, User, UserRole
from litestar_admin_auth.services.actor import Actor


def unexpired(moment: datetime, grant: type[UserRole] = UserRole) -> ColumnElement[bool]:
    """Return the condition that a grant of a role, possibly an alias of the table, has not ended."""
    return or_(grant.expires_at.is_(None), grant.expires_at > moment)


def has_ended(grant: UserRole, moment: datetime) -> bool:
    """Tell whether a loaded grant's end has passed: what :func:`unexpired` asks of the database."""
    return grant.expires_at is not None and grant.expires_at <= moment


async def permissions_of(db: AsyncSession, user_id: UUID) -> frozenset[str]:
    """Return the codes and wildcards that a user holds now: by unexpired grants, and none unless active."""
    return frozenset((await held_by(db, user_id))[1])


async def held_by(db: AsyncSession, user_id: UUID) -> tuple[list[str], list[str]]:
    """Return the names of an active user's roles, and the codes and wildcards they hold, both sorted."""
    rows = await db.execute(
        select(Role.name, RolePermission.code)
        .select_from(UserRole)
        .join(User, User.id == UserRole.user_id)
        .join(Role, Role.id == UserRole.role_id)
        .outerjoin(RolePermission, RolePermission.role_id == Role.id)
        .where(UserRole.user_id == user_id, User.is_active, unexpired(now()))
    )
    roles: set[str] = set()
    codes: set[str] = set()
    for role, code in rows:
        roles.add(role)
        codes.add(code)
    # The outer join gives None for a role that holds nothing.
    return sorted(roles), sorted(code for code in codes if code)


async def held_by_actor(db: AsyncSession, actor: Actor) -> frozenset[str]:
    """Return what an actor holds: the system everything, a host's user what the host vouches for, nobody nothing."""
    if actor.is_system:
        return frozenset({WILDCARD})
    return actor.vouched if actor.user_id is None else await permissions_of(db, actor.user_id)


async def require(db: AsyncSession, actor: Actor, code: str) -> frozenset[str]:
    """Return what the actor holds, after checking that it includes a permission.

    Raises:
        NotAllowed: When it does not.
    """
    held = await held_by_actor(db, actor)
    if not holds(held, code):
        raise NotAllowed(code)
    return held


async def require_any(db: AsyncSession, actor: Actor, *codes: str) -> frozenset[str]:
    """Return what the actor holds, after checking that it includes one of several permissions.

    Raises:
        NotAllowed: When it includes none; the first one is named.
    """
    held = await held_by_actor(db, actor)
    if not any(holds(held, code) for code in codes):
        raise NotAllowed(codes[0])
    return held


def require_covers(held: Iterable[str], wanted: Iterable[str]) -> None:
    """Refuse to hand out, take away or touch what the actor does not hold.

    Raises:
        StrongerThanYou: With the codes that are missing.
    """
    lacking = missing(held, wanted)
    if lacking:
        raise StrongerThanYou(lacking)


async def load_user(db: AsyncSession, user_id: UUID, *, with_permissions: bool = False) -> User:
    """Return a user with grants and roles.

    Args:
        db: Where.
        user_id: Whom.
        with_permissions: Whether to load what the roles hold, too. Thirty roles of a hundred permissions are three
            thousand rows, so only for who asks for them; a role whose permissions are not loaded raises.

    Raises:
        NotFound: When there is none.
    """
    roles = selectinload(User.grants).joinedload(UserRole.role)
    if with_permissions:
        roles = roles.selectinload(Role.permissions)
    user = await db.scalar(select(User).where(User.id == user_id).options(roles))
    if user is None:
        raise NotFound(_("There is no such user."))
    return user


async def load_user_to_change(db: AsyncSession, actor: Actor, held: frozenset[str], user_id: UUID) -> User:
    """Return a user whom the actor may change: oneself, or somebody who holds nothing that the actor lacks.

    A suspended user counts with what the grants would give: else a weaker actor could bring a stronger one back, or
    redirect the stronger one's e-mail first.

    Raises:
        NotFound: When there is none, or when the actor may not even see that there is a stronger one.
        StrongerThanYou: When the user holds what the actor does not.
    """
    user = await load_user(db, user_id, with_permissions=True)
    if user.id != actor.user_id:
        try:
            require_covers(held, codes_granted_to(user))
        except StrongerThanYou:
            if not holds(held, "users:read"):
                raise NotFound(_("There is no such user.")) from None
            raise
    return user


async def lacking_to_change(database: Database, actor: Actor, user_id: UUID) -> list[str]:
    """Return what an actor would need besides the permission to change a user: none for oneself or a weaker user.

    For showing things: the change itself asks again, inside its own transaction.

    Raises:
        NotFound: When there is no such user.
    """
    async with database.reading() as db:
        await load_user(db, user_id)
        if user_id == actor.user_id:
            return []
        # As codes_granted_to, also of somebody suspended; without a row in memory for each code of each role.
        theirs = (
            select(RolePermission.code)
            .join(UserRole, UserRole.role_id == RolePermission.role_id)
            .where(UserRole.user_id == user_id, unexpired(now()))
            .distinct()
        )
        return missing(await held_by_actor(db, actor), await db.scalars(theirs))


async def load_role(db: AsyncSession, role_id: UUID) -> Role:
    """Return a role with what it holds.

    Raises:
        NotFound: When there is none.
    """
    role = await db.scalar(select(Role).where(Role.id == role_id).options(selectinload(Role.permissions)))
    if role is None:
        raise NotFound(_("There is no such role."))
    return role


async def load_role_to_change(db: AsyncSession, held: frozenset[str], role_id: UUID) -> Role:
    """Return a role that an actor may change or delete: not the built-in one, and none that holds what they lack.

    Raises:
        NotFound: When there is none.
        SystemRole: For the built-in role.
        StrongerThanYou: When the role holds what the actor does not.
    """
    role = await load_role(db, role_id)
    if role.is_system:
        raise SystemRole
    require_covers(held, role.codes)
    return role


async def roles_beyond(db: AsyncSession, held: frozenset[str]) -> frozenset[UUID]:
    """Return the roles that hold something which these permissions do not cover: whoever lacks it may not give them."""
    if WILDCARD in held:
        return frozenset()
    lacking = missing(held, await db.scalars(select(RolePermission.code).distinct()))
    rows = await db.scalars(select(RolePermission.role_id).where(RolePermission.code.in_(lacking)).distinct())
    return frozenset(rows)


def codes_granted_to(user: User) -> set[str]:
    """Return what a loaded user's unexpired grants give, also while the user is suspended."""
    moment = now()
    return {code for grant in user.grants if not has_ended(grant, moment) for code in grant.role.codes}
