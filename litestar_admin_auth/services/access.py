"""Who may do what, and why: always read from the database, inside the transaction that acts on the answer."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import (
    InvalidInput,
    LastSuperuser,
    NotAllowed,
    NotFound,
    StrongerThanYou,
    SystemRole,
)
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.permissions import WILDCARD, grants, holds, is_code, missing
from litestar_admin_auth.models import Permission, Role, RolePermission, User, UserRole
from litestar_admin_auth.services.actor import Actor


@dataclass(frozen=True)
class GrantPath:
    """One way in which a permission reaches a user; ``permission`` is what the role holds, possibly a wildcard."""

    role: str
    permission: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime | None
    reason: str


@dataclass(frozen=True)
class EffectivePermission:
    """A permission of the catalogue that a user has, with every way in which it got there."""

    code: str
    description: str
    paths: list[GrantPath]


@dataclass(frozen=True)
class Explanation:
    """Why a user may do a thing or not.

    ``would_allow`` names the roles that would change a no into a yes; it is empty for a suspended user (``status``),
    whom no role helps.
    """

    allowed: bool
    paths: list[GrantPath]
    would_allow: list[str]
    status: str = "active"


def unexpired(moment: datetime, grant: type[UserRole] = UserRole) -> ColumnElement[bool]:
    """Return the condition that a grant of a role, possibly an alias of the table, has not ended."""
    return or_(grant.expires_at.is_(None), grant.expires_at > moment)


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
    """Return what an actor holds; the system holds everything, a stranger nothing."""
    if actor.is_system:
        return frozenset({WILDCARD})
    return frozenset() if actor.user_id is None else await permissions_of(db, actor.user_id)


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


async def load_user(db: AsyncSession, user_id: UUID) -> User:
    """Return a user with grants, roles and what the roles hold.

    Raises:
        NotFound: When there is none.
    """
    user = await db.scalar(
        select(User)
        .where(User.id == user_id)
        .options(selectinload(User.grants).joinedload(UserRole.role).selectinload(Role.permissions))
    )
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
    user = await load_user(db, user_id)
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
        user = await load_user(db, user_id)
        if user.id == actor.user_id:
            return []
        return missing(await held_by_actor(db, actor), codes_granted_to(user))


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


def codes_granted_to(user: User) -> set[str]:
    """Return what a loaded user's unexpired grants give, also while the user is suspended."""
    moment = now()
    return {code for grant in user.grants if not has_ended(grant, moment) for code in grant.role.codes}


def has_ended(grant: UserRole, moment: datetime) -> bool:
    """Tell whether a grant's end has passed."""
    return grant.expires_at is not None and grant.expires_at <= moment


@asynccontextmanager
async def keeping_a_superuser(db: AsyncSession) -> AsyncGenerator[None]:
    """Refuse the enclosed change when there was a superuser before it and there is none after it.

    Raises:
        LastSuperuser: On leaving; the caller's transaction rolls back with it.
    """
    had_one = await _a_superuser_exists(db)
    yield
    await db.flush()
    if had_one:
        await require_a_superuser_remains(db)


async def require_a_superuser_remains(db: AsyncSession) -> None:
    """Check that somebody can still administer everything, now and later.

    Only an active user counts, who can sign in (not one merely invited), and only a grant without an end.

    Raises:
        LastSuperuser: When there is nobody.
    """
    if not await _a_superuser_exists(db):
        raise LastSuperuser


async def lasting_superusers(db: AsyncSession) -> set[UUID]:
    """Return the ids of all who can administer everything, now and later; see :func:`is_lasting_superuser`."""
    return set(await db.scalars(_lasting_superusers()))


def is_lasting_superuser(user: User, *, without: UserRole | None = None) -> bool:
    """Tell whether a loaded user counts as a superuser who stays, were it not for one of the grants."""
    return user.status == "active" and any(
        grant is not without and grant.expires_at is None and WILDCARD in grant.role.codes for grant in user.grants
    )


async def _a_superuser_exists(db: AsyncSession) -> bool:
    return await db.scalar(_lasting_superusers().limit(1)) is not None


def _lasting_superusers() -> Select[UUID]:
    return (
        select(User.id)
        .join(UserRole, UserRole.user_id == User.id)
        .join(RolePermission, RolePermission.role_id == UserRole.role_id)
        .where(User.status == "active", UserRole.expires_at.is_(None), RolePermission.code == WILDCARD)
    )


async def effective_permissions(database: Database, actor: Actor, user_id: UUID) -> list[EffectivePermission]:
    """Return every permission of the catalogue that a user has now, by code, and where each comes from.

    Raises:
        NotAllowed: Without ``users:read``; one's own need nothing.
        NotFound: When there is no such user.
    """
    async with database.reading() as db:
        user = await _load_to_explain(db, actor, user_id)
        catalogue = (await db.scalars(select(Permission).order_by(Permission.code))).all()
    found = [EffectivePermission(entry.code, entry.description, _paths(user, entry.code)) for entry in catalogue]
    return [permission for permission in found if permission.paths]


async def explain(database: Database, actor: Actor, user_id: UUID, code: str) -> Explanation:
    """Tell whether a user may do a thing, by which grants, and else which roles would allow it.

    Raises:
        InvalidInput: When the code is not of the form ``resource:action``.
        NotAllowed: Without ``users:read``; one's own need nothing.
        NotFound: When there is no such user.
    """
    if not is_code(code):
        raise InvalidInput(_("Write a permission like 'articles:publish'."), field="code")
    async with database.reading() as db:
        user = await _load_to_explain(db, actor, user_id)
        roles = (await db.scalars(select(Role).order_by(Role.name).options(selectinload(Role.permissions)))).all()
    paths = _paths(user, code)
    would_allow = [role.name for role in roles if holds(role.codes, code)] if user.is_active and not paths else []
    return Explanation(bool(paths), paths, would_allow, user.status)


async def _load_to_explain(db: AsyncSession, actor: Actor, user_id: UUID) -> User:
    if actor.user_id != user_id:
        await require(db, actor, "users:read")
    return await load_user(db, user_id)


def _paths(user: User, code: str) -> list[GrantPath]:
    moment = now()
    return [
        GrantPath(grant.role.name, held, grant.granted_by, grant.granted_at, grant.expires_at, grant.reason)
        for grant in sorted(user.grants, key=lambda grant: grant.role.name)
        if user.is_active and not has_ended(grant, moment)
        for held in grant.role.codes
        if grants(held, code)
    ]
