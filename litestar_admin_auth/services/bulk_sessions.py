"""Ending many sessions at once, by the rules for one."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from litestar_admin_auth.core.permissions import missing
from litestar_admin_auth.models import Role, Session, User, UserRole
from litestar_admin_auth.services.access import codes_granted_to, require
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.bulk_operation import STRONGER, YOURSELF, Operation, Rules
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.open_sessions import live, matching_sessions, revoke


class RevokeSessions(Operation[Session]):
    """Ends sessions; the one in which the actor asks for it goes on."""

    action = "sessions.revoked"

    def matching(self, query: ListQuery) -> Select[UUID]:
        return matching_sessions(query).with_only_columns(Session.id)

    async def enter(self, db: AsyncSession, actor: Actor) -> Rules:
        await require(db, actor, "sessions:read")
        return Rules(actor, await require(db, actor, "sessions:revoke"))

    async def load(self, db: AsyncSession, rules: Rules, ids: Sequence[UUID], *, lock: bool) -> list[Session]:
        grants = selectinload(User.grants).options(joinedload(UserRole.role).selectinload(Role.permissions))
        found = live(select(Session)).where(Session.id.in_(ids)).order_by(Session.id)
        found = found.options(contains_eager(Session.user).options(grants))
        # A refresh of one of them waits, and then sees that its session has ended.
        return list(await db.scalars(found.with_for_update(of=Session) if lock else found))

    def describe(self, row: Session) -> tuple[UUID, str]:
        return row.id, row.user.email

    def refusal(self, rules: Rules, row: Session) -> str | None:
        if row.id == rules.actor.session_id:
            return YOURSELF
        if row.user_id != rules.actor.user_id and missing(rules.held, codes_granted_to(row.user)):
            return STRONGER
        return None

    async def apply(self, db: AsyncSession, rules: Rules, rows: Sequence[Session]) -> None:
        for session in rows:
            revoke(db, rules.actor, session)
