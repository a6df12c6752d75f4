"""Grants that end: extended, ended early, and found before or after they end. The end itself needs nobody."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.models import User, UserRole
from litestar_admin_auth.services.access import has_ended, load_user_to_change, require, require_covers
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import difference, record
from litestar_admin_auth.services.grants import Grant, describe, terms
from litestar_admin_auth.services.superusers import keeping_a_superuser
from litestar_admin_auth.services.versions import count_up

#: What a list may be filtered by: grants that end within so many days, or that have ended.
ENDS = ("7", "30", "ended")

#: The most days that a grant is extended by at once: ten years.
MAX_EXTENSION_DAYS = 3650


async def extend_grant(database: Database, actor: Actor, user_id: UUID, role_id: UUID, *, days: int) -> Grant:
    """Let a grant end so many days later than it would, or so many days from now when it has ended already.

    Who gave the role, when and why stays; the audit log tells who extended it.

    Args:
        database: Where.
        actor: Must hold ``users:write``, everything the role holds and everything the user holds.
        user_id: Whose.
        role_id: Of which role.
        days: From 1 to 3650.

    Raises:
        NotAllowed: Without ``users:write``.
        NotFound: When there is no such user, or the user was not given the role.
        StrongerThanYou: When the role or the user holds what the actor does not.
        InvalidInput: For ``days``, or when the grant has no end.
    """
    if not 1 <= days <= MAX_EXTENSION_DAYS:
        raise InvalidInput(_("Choose from 1 to %(maximum)s.", maximum=MAX_EXTENSION_DAYS), field="days")
    async with database.writing() as db:
        user, grant = await _load_grant_to_change(database, db, actor, user_id, role_id)
        if grant.expires_at is None:
            raise InvalidInput(_("This role has no end."), field="days")
        try:
            later = max(now(), grant.expires_at) + timedelta(days=days)
        except OverflowError as error:
            raise InvalidInput(_("The calendar ends before that."), field="days") from error
        _move_end(db, actor, user, grant, later, "user.role_extended")
        return describe(grant)


async def end_grant(database: Database, actor: Actor, user_id: UUID, role_id: UUID) -> Grant:
    """End a grant now. It stays to be seen, and can be extended again; one that has ended stays as it is.

    Raises:
        NotAllowed: Without ``users:write``.
        NotFound: When there is no such user, or the user was not given the role.
        StrongerThanYou: When the role or the user holds what the actor does not.
        LastSuperuser: When nobody else could administer everything.
    """
    async with database.writing() as db:
        user, grant = await _load_grant_to_change(database, db, actor, user_id, role_id)
        if not has_ended(grant, now()):
            async with keeping_a_superuser(db):
                _move_end(db, actor, user, grant, now(), "user.role_ended")
        return describe(grant)


def ending(value: str) -> ColumnElement[bool]:
    """Return the condition of a filter on the end of grants: one of ``ENDS``.

    Raises:
        InvalidInput: For ``ends``.
    """
    moment = now()
    if value not in ENDS:
        raise InvalidInput(_("Choose one of %(choices)s.", choices=", ".join(ENDS)), field="ends")
    if value == "ended":
        return UserRole.expires_at <= moment
    return UserRole.expires_at.between(moment, moment + timedelta(days=int(value)))


async def _load_grant_to_change(
    database: Database, db: AsyncSession, actor: Actor, user_id: UUID, role_id: UUID
) -> tuple[User, UserRole]:
    await database.serialize_access_changes(db)
    held = await require(db, actor, "users:write")
    user = await load_user_to_change(db, actor, held, user_id)
    grant = next((grant for grant in user.grants if grant.role_id == role_id), None)
    if grant is None:
        raise NotFound(_("This user does not have that role."))
    require_covers(held, grant.role.codes)
    return user, grant


def _move_end(db: AsyncSession, actor: Actor, user: User, grant: UserRole, end: datetime, action: str) -> None:
    before = terms(grant)
    grant.expires_at = end
    changes = {"role": {"old": grant.role.name, "new": grant.role.name}, **difference(before, terms(grant))}
    record(db, actor, action, target=user, changes=changes)
    count_up(user)
