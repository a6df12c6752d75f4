"""Sessions: one row a login, checked on every request, and the single winner of each refresh.

A refresh token is a signed statement "session S, generation G". Refreshing locks the row and moves it from G to G+1, so
that of twenty parallel callers exactly one writes. The others, within the grace, are told the generation that the
winner wrote and sign an equal token: parallel tabs end in one family. After the grace an old generation can only be a
stolen copy.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidSession, RefreshReused
from litestar_admin_auth.models import Session, User
from litestar_admin_auth.services.access import held_by
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.session_policy import SessionPolicy

#: Why a session was revoked, where somebody is told of it later.
REFRESH_REUSED = "refresh_reused"

#: ``last_seen_at`` is written at most this often: a page of ten requests must not be ten writes.
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Client:
    """Where a request comes from."""

    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True)
class SignedIn:
    """Whom a live session belongs to, and what they hold right now.

    ``moved`` is true for the one of parallel refreshes that moved the session to its next generation.
    """

    session: Session
    user: User
    roles: list[str]
    permissions: list[str]
    moved: bool = False


def start_session(
    db: AsyncSession, user: User, client: Client, policy: SessionPolicy, *, auth_method: str = "password"
) -> Session:
    """Add a session for a user to the caller's transaction and return it."""
    moment = now()
    ends = moment + policy.absolute
    session = Session(
        user_id=user.id,
        created_at=moment,
        last_seen_at=moment,
        rotated_at=moment,
        idle_expires_at=policy.idle_end(moment, ends),
        expires_at=ends,
        generation=0,
        ip=client.ip[:45],
        user_agent=client.user_agent[:400],
        auth_method=auth_method,
        security_epoch=user.security_epoch,
    )
    db.add(session)
    return session


def is_live(session: Session, user: User, moment: datetime) -> bool:
    """Tell whether a session may still be used by its user."""
    return (
        session.revoked_at is None
        and moment < min(session.idle_expires_at, session.expires_at)
        and user.is_active
        and session.security_epoch == user.security_epoch
    )


def live_at(moment: datetime) -> ColumnElement[bool]:
    """Return what :func:`is_live` tells as the condition of a statement that joins sessions with their users."""
    return and_(
        Session.revoked_at.is_(None),
        Session.idle_expires_at > moment,
        Session.expires_at > moment,
        User.is_active,
        Session.security_epoch == User.security_epoch,
    )


async def find_session(database: Database, session_id: UUID, user_id: UUID) -> SignedIn:
    """Return who is signed in by a session, reading every fact from the database.

    Raises:
        InvalidSession: When the session is not there, not this user's, ended, or its user may not sign in any more.
    """
    moment = now()
    async with database.reading() as db:
        session = await load_session(db, session_id)
        if session is None or session.user_id != user_id or not is_live(session, session.user, moment):
            raise InvalidSession(session_id)
        # A query of its own: joined to the first, the session and its user would come once for every permission.
        roles, permissions = await held_by(db, user_id)
    if moment - session.last_seen_at >= SEEN_EVERY:
        async with database.writing() as db:
            # The condition keeps parallel requests from writing the same minute twice.
            await db.execute(
                update(Session)
                .where(Session.id == session_id, Session.last_seen_at == session.last_seen_at)
                .values(last_seen_at=moment)
            )
    return SignedIn(session, session.user, roles, permissions)


async def rotate_session(
    database: Database, session_id: UUID, user_id: UUID, generation: int, policy: SessionPolicy, client: Client
) -> SignedIn:
    """Exchange a refresh token's generation for the next one.

    The token's signature must have been verified before. The caller signs a new token from ``session.generation`` and
    ``session.rotated_at`` of the result, which are the same for every parallel caller.

    Raises:
        InvalidSession: When the session has ended.
        RefreshReused: When the generation is an old one: the session is revoked, and that is committed, before this
            is raised.
    """
    moment = now()
    async with database.writing() as db:
        session = await lock_session(db, session_id)
        if session is None or session.user_id != user_id or not is_live(session, session.user, moment):
            raise InvalidSession(session_id)
        verdict = policy.judge(generation, session.generation, session.rotated_at, moment)
        if verdict == "reused":
            # End the whole family. Committed here, so that the 401 cannot undo it.
            session.revoked_at, session.revoked_reason = moment, REFRESH_REUSED
            actor = Actor(label=session.user.email, user_id=user_id, session_id=session_id, ip=client.ip)
            record(db, actor, "refresh.reused", target=session)
        elif verdict == "rotate":
            session.generation += 1
            session.rotated_at = session.last_seen_at = moment
            session.idle_expires_at = policy.idle_end(moment, session.expires_at)
        roles, permissions = await held_by(db, user_id)
    if verdict == "reused":
        raise RefreshReused(session_id)
    return SignedIn(session, session.user, roles, permissions, moved=verdict == "rotate")


async def end_session(database: Database, actor: Actor, session_id: UUID) -> None:
    """End the actor's own session: logout. Ending one that has ended already changes nothing."""
    async with database.writing() as db:
        session = await lock_session(db, session_id)
        if session is None or session.user_id != actor.user_id or session.revoked_at is not None:
            return
        session.revoked_at, session.revoked_reason = now(), "logout"
        record(db, actor, "logout", target=session)


async def end_sessions_of(db: AsyncSession, user_id: UUID, reason: str, keep: UUID | None = None) -> list[UUID]:
    """End a user's live sessions inside the caller's transaction and return their ids.

    Args:
        db: The caller's transaction.
        user_id: Whose sessions.
        reason: Stored with each, such as ``suspended``.
        keep: A session to leave alone: the one in which a person changes the own password.
    """
    ended = (
        update(Session)
        .where(Session.user_id == user_id, Session.revoked_at.is_(None))
        .values(revoked_at=now(), revoked_reason=reason)
        .returning(Session.id)
    )
    if keep is not None:
        ended = ended.where(Session.id != keep)
    return list((await db.scalars(ended)).all())


async def end_sessions_of_all(db: AsyncSession, user_ids: Sequence[UUID], reason: str) -> Counter[UUID]:
    """End the live sessions of several users inside the caller's transaction and return how many of whom."""
    ended = (
        update(Session)
        .where(Session.user_id.in_(user_ids), Session.revoked_at.is_(None))
        .values(revoked_at=now(), revoked_reason=reason)
        .returning(Session.user_id)
    )
    return Counter(await db.scalars(ended))


async def load_session(db: AsyncSession, session_id: UUID) -> Session | None:
    """Return a session with its user, dead or alive."""
    return await db.scalar(select(Session).where(Session.id == session_id).options(joinedload(Session.user)))


async def lock_session(db: AsyncSession, session_id: UUID) -> Session | None:
    """Return a session with its user, dead or alive, for changing it in the caller's transaction."""
    # Of parallel callers each waits here for the one before it and sees what it wrote (SQLite's writers always do).
    return await db.scalar(
        select(Session)
        .where(Session.id == session_id)
        .options(joinedload(Session.user, innerjoin=True))
        .with_for_update(of=Session)
    )
