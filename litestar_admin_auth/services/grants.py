"""Which roles a user holds: who gave each, when, why and until when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import MAX_REASON_LENGTH, check_storable, one_line
from litestar_admin_auth.models import Role, User, UserRole
from litestar_admin_auth.services.access import has_ended, load_user, load_user_to_change, require, require_covers
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import difference, record
from litestar_admin_auth.services.superusers import keeping_a_superuser
from litestar_admin_auth.services.versions import count_up


@dataclass(frozen=True)
class Grant:
    """A role that a user was given; ``expired`` ones give nothing any more and stay to be seen."""

    role_id: UUID
    role: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime | None
    reason: str
    expired: bool


async def grants_of(database: Database, actor: Actor, user_id: UUID) -> list[Grant]:
    """Return a user's grants by the role's name, expired ones included.

    Raises:
        NotAllowed: Without ``users:read``; one's own need nothing.
        NotFound: When there is no such user.
    """
    async with database.reading() as db:
        if actor.user_id != user_id:
            await require(db, actor, "users:read")
        user = await load_user(db, user_id)
    return sorted((describe(grant) for grant in user.grants), key=lambda grant: grant.role)


async def grant_role(
    database: Database,
    actor: Actor,
    user_id: UUID,
    role_name: str,
    *,
    reason: str = "",
    expires_at: datetime | None = None,
) -> Grant:
    """Give a user a role, or change the reason and the end of one that the user has.

    Args:
        database: Where.
        actor: Must hold ``users:write``, everything the role holds and everything the user holds.
        user_id: To whom.
        role_name: Which role.
        reason: At most 500 characters on one line.
        expires_at: The end, timezone-aware and in the future; None for no end.

    Raises:
        NotAllowed: Without ``users:write``.
        NotFound: When there is no such user.
        StrongerThanYou: When the role or the user holds what the actor does not.
        InvalidInput: For ``role``, ``reason`` or ``expires_at``.
        LastSuperuser: When the end would come upon the last superuser.
    """
    reason = one_line(reason, "reason", maximum=MAX_REASON_LENGTH)
    if expires_at is not None:
        expires_at = in_the_future(expires_at)
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "users:write")
        user = await load_user_to_change(db, actor, held, user_id)
        role = (await load_roles(db, [role_name], field="role"))[role_name]
        require_covers(held, role.codes)
        async with keeping_a_superuser(db):
            grant = give_role(db, actor, user, role, reason=reason, expires_at=expires_at)
        return describe(grant)


async def revoke_role(database: Database, actor: Actor, user_id: UUID, role_name: str) -> None:
    """Take a role away from a user.

    Raises:
        NotAllowed: Without ``users:write``.
        NotFound: When there is no such user, or the user does not have the role.
        StrongerThanYou: When the role or the user holds what the actor does not.
        LastSuperuser: When nobody else could administer everything.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "users:write")
        user = await load_user_to_change(db, actor, held, user_id)
        grant = next((grant for grant in user.grants if grant.role.name == role_name), None)
        if grant is None:
            raise NotFound(_("This user does not have that role."))
        require_covers(held, grant.role.codes)
        async with keeping_a_superuser(db):
            take_role(db, actor, user, grant)


async def set_roles(
    db: AsyncSession, actor: Actor, held: frozenset[str], user: User, role_names: Iterable[str]
) -> bool:
    """Make a loaded user's roles exactly these, inside the caller's transaction, and tell whether that changed any.

    Grants that stay keep their giver, reason and end. An expired grant stays as history unless its role is wanted:
    then it is given anew, without an end. The caller counts up the user's version.

    Raises:
        InvalidInput: For ``roles``, when there is no such role.
        StrongerThanYou: When a role that is given or taken holds what the actor does not.
        LastSuperuser: When nobody else could administer everything.
    """
    moment = now()
    roles = await load_roles(db, list(role_names), field="roles")
    current = {grant.role.name: grant for grant in user.grants if not has_ended(grant, moment)}
    given = [role for name, role in sorted(roles.items()) if name not in current]
    taken = [grant for name, grant in sorted(current.items()) if name not in roles]
    require_covers(held, {code for role in [*given, *(grant.role for grant in taken)] for code in role.codes})
    async with keeping_a_superuser(db):
        for role in given:
            _give(db, actor, user, role, reason="", expires_at=None)
        for grant in taken:
            _take(db, actor, user, grant)
    return bool(given or taken)


async def load_roles(db: AsyncSession, names: list[str], *, field: str) -> dict[str, Role]:
    """Return roles by their names, with what they hold.

    Raises:
        InvalidInput: For ``field``, naming the first that there is not.
    """
    found: dict[str, Role] = {}
    for name in names:
        check_storable(name, field)
    wanted = {name for name in names if len(name) <= 100}
    if wanted:
        statement = select(Role).where(Role.name.in_(wanted)).options(selectinload(Role.permissions))
        found = {role.name: role for role in await db.scalars(statement)}
    unknown = sorted(set(names) - set(found))
    if unknown:
        raise InvalidInput(_("There is no role named %(name)s.", name=ascii(unknown[0][:100])), field=field)
    return found


def in_the_future(moment: datetime) -> datetime:
    """Return the end of a grant in UTC.

    Raises:
        InvalidInput: For ``expires_at``, when it has no zone or has passed, or lies past the year 9999 in UTC.
    """
    try:
        if moment.tzinfo is not None and moment > now():
            return moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput(_("The calendar ends before that."), field="expires_at") from error
    raise InvalidInput(_("Choose a time in the future."), field="expires_at")


def give_role(
    db: AsyncSession, actor: Actor, user: User, role: Role, *, reason: str, expires_at: datetime | None
) -> UserRole:
    """Give a loaded user a role inside the caller's transaction, who has asked all the questions."""
    grant = _give(db, actor, user, role, reason=reason, expires_at=expires_at)
    count_up(user)
    return grant


def take_role(db: AsyncSession, actor: Actor, user: User, grant: UserRole) -> None:
    """Take a role away from a loaded user inside the caller's transaction, who has asked all the questions."""
    _take(db, actor, user, grant)
    count_up(user)


def _give(
    db: AsyncSession, actor: Actor, user: User, role: Role, *, reason: str, expires_at: datetime | None
) -> UserRole:
    grant = next((grant for grant in user.grants if grant.role_id == role.id), None)
    before = {} if grant is None else terms(grant)
    if grant is None:
        grant = UserRole(role_id=role.id, role=role)
        user.grants.append(grant)
    grant.granted_at, grant.granted_by = now(), actor.label
    grant.reason, grant.expires_at = reason, expires_at
    record(db, actor, "user.role_granted", target=user, changes=difference(before, terms(grant)))
    return grant


def _take(db: AsyncSession, actor: Actor, user: User, grant: UserRole) -> None:
    before = terms(grant)
    user.grants.remove(grant)
    record(db, actor, "user.role_revoked", target=user, changes={"role": {"old": before["role"], "new": None}})


def terms(grant: UserRole) -> dict[str, str | None]:
    """Return what the audit log tells of a grant."""
    return {
        "role": grant.role.name,
        "reason": grant.reason,
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
    }


def describe(grant: UserRole) -> Grant:
    """Return a loaded grant as a row."""
    return Grant(
        role_id=grant.role_id,
        role=grant.role.name,
        granted_by=grant.granted_by,
        granted_at=grant.granted_at,
        expires_at=grant.expires_at,
        reason=grant.reason,
        expired=has_ended(grant, now()),
    )
