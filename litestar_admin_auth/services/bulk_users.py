"""What can be done to many users at once, by the rules and the functions of the services for one user."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.permissions import missing
from litestar_admin_auth.core.text import MAX_REASON_LENGTH, one_line
from litestar_admin_auth.models import Role, Session, User, UserRole
from litestar_admin_auth.services.access import codes_granted_to, has_ended, require, require_covers
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.bulk_operation import (
    LAST_SUPERUSER,
    STRONGER,
    UNCHANGED,
    YOURSELF,
    Operation,
    Plan,
    Rules,
)
from litestar_admin_auth.services.grants import give_role, in_the_future, load_roles, take_role
from litestar_admin_auth.services.grants_preview import GrantsPreview, preview_grants
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.sessions import end_sessions_of_all, live_at
from litestar_admin_auth.services.superusers import is_lasting_superuser, lasting_superusers
from litestar_admin_auth.services.suspension import reactivate, suspend_all
from litestar_admin_auth.services.user_lists import matching_users


class UserOperation(Operation[User]):
    """Everything about the choice of users: nobody changes oneself in bulk, or somebody stronger."""

    permission = "users:write"

    def matching(self, query: ListQuery) -> Select[UUID]:
        return matching_users(query).with_only_columns(User.id)

    async def enter(self, db: AsyncSession, actor: Actor) -> Rules:
        # Whoever may not see users would learn from the numbers who matches a filter.
        await require(db, actor, "users:read")
        return Rules(actor, await require(db, actor, self.permission))

    async def load(self, db: AsyncSession, rules: Rules, ids: Sequence[UUID], *, lock: bool) -> list[User]:
        grants = selectinload(User.grants).options(joinedload(UserRole.role).selectinload(Role.permissions))
        found = await db.scalars(select(User).where(User.id.in_(ids)).order_by(User.id).options(grants))
        return list(found)

    def describe(self, row: User) -> tuple[UUID, str]:
        return row.id, row.email

    def refusal(self, rules: Rules, row: User) -> str | None:
        if row.id == rules.actor.user_id:
            return YOURSELF
        if missing(rules.held, codes_granted_to(row)):
            return STRONGER
        return self.unfit(rules, row)

    def unfit(self, rules: Rules, user: User) -> str | None:
        """Return why this operation has nothing to do for a user whom the actor may change, or None."""
        return None


def _last(rules: Rules, user: User) -> bool:
    """Tell whether this is the last superuser; else count one less from here on."""
    if rules.superusers == {user.id}:
        return True
    rules.superusers.discard(user.id)
    return False


class Suspend(UserOperation):
    action = "users.suspended"

    async def enter(self, db: AsyncSession, actor: Actor) -> Rules:
        rules = await super().enter(db, actor)
        rules.superusers = await lasting_superusers(db)
        return rules

    def unfit(self, rules: Rules, user: User) -> str | None:
        if not user.is_active:
            return UNCHANGED
        return LAST_SUPERUSER if _last(rules, user) else None

    async def apply(self, db: AsyncSession, rules: Rules, rows: Sequence[User]) -> None:
        await suspend_all(db, rules.actor, rows)


class Reactivate(UserOperation):
    action = "users.reactivated"

    def unfit(self, rules: Rules, user: User) -> str | None:
        return UNCHANGED if user.is_active else None

    async def apply(self, db: AsyncSession, rules: Rules, rows: Sequence[User]) -> None:
        for user in rows:
            reactivate(db, rules.actor, user)


class EndSessions(UserOperation):
    """Ends all sessions of users; ``Rules.extra`` holds the ids of those who have any."""

    action = "users.sessions_ended"
    permission = "sessions:revoke"

    async def load(self, db: AsyncSession, rules: Rules, ids: Sequence[UUID], *, lock: bool) -> list[User]:
        signed_in = select(Session.user_id).join(User, User.id == Session.user_id)
        signed_in = signed_in.where(Session.user_id.in_(ids), live_at(now()))
        rules.extra = set(await db.scalars(signed_in.distinct()))
        return await super().load(db, rules, ids, lock=lock)

    def unfit(self, rules: Rules, user: User) -> str | None:
        return None if user.id in rules.extra else UNCHANGED

    async def apply(self, db: AsyncSession, rules: Rules, rows: Sequence[User]) -> None:
        ended = await end_sessions_of_all(db, [user.id for user in rows], "revoked")
        for user in rows:
            changes = {"sessions": {"old": ended[user.id], "new": 0}}
            record(db, rules.actor, "session.revoked", target=user, changes=changes)


@dataclass
class GiveRole(UserOperation):
    """Gives a role to whoever does not have it; those who have it keep their reason and end.

    Args:
        role: Its name.
        reason: At most 500 characters on one line.
        expires_at: The end, timezone-aware and in the future; None for no end.

    Raises:
        InvalidInput: For ``reason`` or ``expires_at``.
    """

    role: str
    reason: str = ""
    expires_at: datetime | None = None

    action = "users.role_granted"

    def __post_init__(self) -> None:
        self.reason = one_line(self.reason, "reason", maximum=MAX_REASON_LENGTH)
        if self.expires_at is not None:
            self.expires_at = in_the_future(self.expires_at)

    def terms(self) -> dict[str, str]:
        end = self.expires_at.isoformat() if self.expires_at else ""
        return {"role": self.role, "reason": self.reason, "expires_at": end}

    async def enter(self, db: AsyncSession, actor: Actor) -> Rules:
        rules = await super().enter(db, actor)
        rules.extra = (await load_roles(db, [self.role], field="role"))[self.role]
        require_covers(rules.held, rules.extra.codes)
        return rules

    def unfit(self, rules: Rules, user: User) -> str | None:
        return UNCHANGED if _grant(user, self.role) is not None else None

    async def apply(self, db: AsyncSession, rules: Rules, rows: Sequence[User]) -> None:
        for user in rows:
            give_role(db, rules.actor, user, rules.extra, reason=self.reason, expires_at=self.expires_at)


@dataclass
class TakeRole(UserOperation):
    """Takes a role away from whoever has it."""

    role: str

    action = "users.role_revoked"

    def terms(self) -> dict[str, str]:
        return {"role": self.role}

    async def enter(self, db: AsyncSession, actor: Actor) -> Rules:
        rules = await super().enter(db, actor)
        role = (await load_roles(db, [self.role], field="role"))[self.role]
        require_covers(rules.held, role.codes)
        rules.superusers = await lasting_superusers(db)
        return rules

    def unfit(self, rules: Rules, user: User) -> str | None:
        grant = _grant(user, self.role)
        if grant is None:
            return UNCHANGED
        if is_lasting_superuser(user) and not is_lasting_superuser(user, without=grant) and _last(rules, user):
            return LAST_SUPERUSER
        return None

    async def apply(self, db: AsyncSession, rules: Rules, rows: Sequence[User]) -> None:
        for user in rows:
            grant = _grant(user, self.role)
            if grant is not None:
                take_role(db, rules.actor, user, grant)


async def preview_roles(
    database: Database, actor: Actor, operation: Operation[Any], plan: Plan, *, offset: int = 0
) -> GrantsPreview | None:
    """Tell which permissions a planned operation would give or take, or None for one that gives and takes no role.

    Args:
        database: Where.
        actor: As for the operation.
        operation: What is planned.
        plan: What it would do.
        offset: How many users come before the fifty who are named.

    Raises:
        NotAllowed, StrongerThanYou, InvalidInput, LastSuperuser: As :func:`preview_grants`.
    """
    if not plan.changed or not isinstance(operation, GiveRole | TakeRole):
        return None
    give = isinstance(operation, GiveRole)
    return await preview_grants(database, actor, plan.changed, operation.role, give=give, offset=offset)


def _grant(user: User, role: str) -> UserRole | None:
    """Return a user's grant of a role that has not ended."""
    moment = now()
    held = (grant for grant in user.grants if grant.role.name == role and not has_ended(grant, moment))
    return next(held, None)
