"""Whether a user may sign in at all: suspended with all sessions ended, and let in again. Each is one transaction."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.models import User
from litestar_admin_auth.services.access import load_user_to_change, require
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.sessions import end_sessions_of_all
from litestar_admin_auth.services.superusers import foresee_a_superuser, keeping_a_superuser
from litestar_admin_auth.services.user_lists import UserRow, row_of
from litestar_admin_auth.services.versions import count_up


async def suspend_user(database: Database, actor: Actor, user_id: UUID) -> UserRow:
    """Keep a user from signing in and end all sessions, in one transaction. Suspending twice changes nothing.

    Raises:
        NotAllowed: Without ``users:write``.
        NotFound: When there is no such user.
        StrongerThanYou: When the user holds what the actor does not.
        LastSuperuser: When nobody else could administer everything.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "users:write")
        user = await load_user_to_change(db, actor, held, user_id)
        if user.is_active:
            async with keeping_a_superuser(db):
                await suspend_all(db, actor, [user])
        return row_of(user)


async def check_suspension(database: Database, actor: Actor, user_id: UUID) -> None:
    """Be refused as :func:`suspend_user` would be, without suspending anybody: for the question before it."""
    async with database.reading() as db:
        held = await require(db, actor, "users:write")
        user = await load_user_to_change(db, actor, held, user_id)
        await foresee_a_superuser(db, without=User.id == user.id)


async def reactivate_user(database: Database, actor: Actor, user_id: UUID) -> UserRow:
    """Let a suspended user sign in again; the old sessions stay ended. Reactivating twice changes nothing.

    Raises:
        NotAllowed: Without ``users:write``.
        NotFound: When there is no such user.
        StrongerThanYou: When the user would hold what the actor does not.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "users:write")
        user = await load_user_to_change(db, actor, held, user_id)
        if not user.is_active:
            reactivate(db, actor, user)
        return row_of(user)


async def suspend_all(db: AsyncSession, actor: Actor, users: Sequence[User]) -> None:
    """Suspend active users inside the caller's transaction, who has asked all the questions."""
    for user in users:
        _switch(db, actor, user, active=False)
        # A login that has proven its password but not written its session yet must fail: see record_login.
        user.security_epoch += 1
    await end_sessions_of_all(db, [user.id for user in users], "suspended")


def reactivate(db: AsyncSession, actor: Actor, user: User) -> None:
    """Reactivate a suspended user inside the caller's transaction, who has asked all the questions."""
    _switch(db, actor, user, active=True)


def _switch(db: AsyncSession, actor: Actor, user: User, *, active: bool) -> None:
    before = user.status
    user.is_active = active
    count_up(user)
    action = "user.reactivated" if active else "user.suspended"
    record(db, actor, action, target=user, changes={"status": {"old": before, "new": user.status}})
