"""Sessions: one row a login, checked on every request, and the single winner of each refresh.

A refresh token is a signed statement "session S, generation G". Refreshing locks the row and moves it from G to G+1, so
that of twenty parallel callers exactly one writes. The others, within the grace, are told the generation that the
winner wrote and sign an equal token: parallel tabs end in one family. After the grace an old generation can only be a
stolen copy.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidSession, NotFound, RefreshReused
from litestar_admin_auth.models import Session, User
from litestar_admin_auth.services.access import held_by, permissions_of, require, require_covers
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.lists import ListQuery, Page, Sort, filters_of, paginate, search

#: ``last_seen_at`` is written at most this often: a page of ten requests must not be ten writes.
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SessionPolicy:
    """How long sessions live.

    Args:
        idle: An unused session ends after this.
        absolute: A session ends after this whatever happens.
        grace: For how long the last refresh token answers with its successor once more.
    """

    idle: timedelta = timedelta(days=1)
    absolute: timedelta = timedelta(days=14)
    grace: timedelta = timedelta(seconds=10)


@dataclass(frozen=True)
class Client:
    """Where a request comes from."""

    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True)
class SessionRow:
    """A session as pages and API show it; ``current`` marks the viewer's own."""

    id: UUID
    user_id: UUID
    user_email: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip: str
    user_agent: str
    current: bool
    revoked_at: datetime | None


@dataclass(frozen=True)
class SignedIn:
    """Whom a live session belongs to, and what they hold right now."""

    session: Session
    user: User
    roles: list[str]
    permissions: list[str]


def start_session(
    db: AsyncSession, user: User, client: Client, policy: SessionPolicy, *, auth_method: str = "password"
) -> Session:
    """Add a session for a user to the caller's transaction and return it."""
    moment = now()
    session = Session(
        user_id=user.id,
        created_at=moment,
        last_seen_at=moment,
        rotated_at=moment,
        idle_expires_at=min(moment + policy.idle, moment + policy.absolute),
        expires_at=moment + policy.absolute,
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


async def find_session(database: Database, session_id: UUID, user_id: UUID) -> SignedIn:
    """Return who is signed in by a session, reading every fact from the database.

    Raises:
        InvalidSession: When the session is not there, not this user's, ended, or its user may not sign in any more.
    """
    moment = now()
    async with database.reading() as db:
        session = await _load(db, session_id)
        if session is None or session.user_id != user_id or not is_live(session, session.user, moment):
            raise InvalidSession(session_id)
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
        session = await _lock(db, session_id)
        if session is None or session.user_id != user_id or not is_live(session, session.user, moment):
            raise InvalidSession(session_id)
        late = session.generation == generation + 1 and moment - session.rotated_at <= policy.grace
        reused = session.generation != generation and not late
        if reused:
            # Reuse means theft: end the whole family. Committed here, so that the 401 cannot undo it.
            session.revoked_at, session.revoked_reason = moment, "refresh_reused"
            actor = Actor(label=session.user.email, user_id=user_id, session_id=session_id, ip=client.ip)
            record(db, actor, "refresh.reused", target=session)
        elif not late:
            session.generation += 1
            session.rotated_at = session.last_seen_at = moment
            session.idle_expires_at = min(moment + policy.idle, session.expires_at)
        roles, permissions = ([], []) if reused else await held_by(db, user_id)
    if reused:
        raise RefreshReused(session_id)
    return SignedIn(session, session.user, roles, permissions)


async def end_session(database: Database, actor: Actor, session_id: UUID) -> None:
    """End the actor's own session: logout. Ending one that has ended already changes nothing."""
    async with database.writing() as db:
        session = await _lock(db, session_id)
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


async def list_sessions(
    database: Database, actor: Actor, query: ListQuery, *, user_id: UUID | None = None
) -> Page[SessionRow]:
    """Return live sessions, newest first: everybody's, or one user's.

    Raises:
        NotAllowed: Without ``sessions:read``; one's own sessions need nothing.
        InvalidInput: For a bad sort, limit, cursor or search, and for any filter: there are none.
    """
    filters_of(query)
    async with database.reading() as db:
        if user_id is None or user_id != actor.user_id:
            await require(db, actor, "sessions:read")
        statement = _live(select(Session).options(joinedload(Session.user)))
        if user_id is not None:
            statement = statement.where(Session.user_id == user_id)
        statement = statement.where(*search(query, User.email_normalized, Session.ip))
        page = await paginate(
            db,
            statement,
            query,
            {"created_at": Sort(Session.created_at), "last_seen_at": Sort(Session.last_seen_at)},
            key=Session.id,
        )
    return page.map(lambda session: _row(session, actor))


async def session_to_revoke(database: Database, actor: Actor, session_id: UUID) -> SessionRow:
    """Return the session that :func:`revoke_session` would end, for the question before; raises as that does."""
    async with database.reading() as db:
        session = await _load(db, session_id)
        if session is None:
            raise NotFound
        await _require_revocable(db, actor, session)
    return _row(session, actor)


async def revoke_session(database: Database, actor: Actor, session_id: UUID) -> None:
    """End a session: one's own, or with ``sessions:revoke`` that of somebody who is not stronger.

    Raises:
        NotFound: When there is no such session.
        NotAllowed: Without ``sessions:revoke``, for somebody else's.
        StrongerThanYou: When its user holds what the actor does not.
    """
    async with database.writing() as db:
        session = await _lock(db, session_id)
        if session is None:
            raise NotFound
        await _require_revocable(db, actor, session)
        if session.revoked_at is None:
            session.revoked_at, session.revoked_reason = now(), "revoked"
            record(db, actor, "session.revoked", target=session, changes={"user": {"old": session.user.email}})


async def revoke_user_sessions(
    database: Database, actor: Actor, user_id: UUID, *, keep: UUID | None = None
) -> list[UUID]:
    """End all live sessions of a user but ``keep`` and return their ids; the rights are those of one session."""
    async with database.writing() as db:
        user = await db.get(User, user_id)
        if user is None:
            raise NotFound
        if user_id != actor.user_id:
            held = await require(db, actor, "sessions:revoke")
            require_covers(held, await permissions_of(db, user_id))
        ended = await end_sessions_of(db, user_id, "revoked", keep)
        if ended:
            record(db, actor, "session.revoked", target=user, changes={"sessions": {"old": len(ended), "new": 0}})
        return ended


async def _require_revocable(db: AsyncSession, actor: Actor, session: Session) -> None:
    if session.user_id != actor.user_id:
        held = await require(db, actor, "sessions:revoke")
        require_covers(held, await permissions_of(db, session.user_id))


async def _load(db: AsyncSession, session_id: UUID) -> Session | None:
    return await db.scalar(select(Session).where(Session.id == session_id).options(joinedload(Session.user)))


async def _lock(db: AsyncSession, session_id: UUID) -> Session | None:
    # Of parallel callers each waits here for the one before it and sees what it wrote (SQLite's writers always do).
    return await db.scalar(
        select(Session)
        .where(Session.id == session_id)
        .options(joinedload(Session.user, innerjoin=True))
        .with_for_update(of=Session)
    )


def _live(statement: Select[Session]) -> Select[Session]:
    moment = now()
    return statement.join(User, User.id == Session.user_id).where(
        Session.revoked_at.is_(None),
        Session.idle_expires_at > moment,
        Session.expires_at > moment,
        User.is_active,
        Session.security_epoch == User.security_epoch,
    )


def _row(session: Session, actor: Actor) -> SessionRow:
    return SessionRow(
        id=session.id,
        user_id=session.user_id,
        user_email=session.user.email,
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        expires_at=min(session.idle_expires_at, session.expires_at),
        ip=session.ip,
        user_agent=session.user_agent,
        current=session.id == actor.session_id,
        revoked_at=session.revoked_at,
    )
