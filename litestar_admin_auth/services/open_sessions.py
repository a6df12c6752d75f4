"""Seeing and ending open sessions: one's own, or with a permission those of others who are not stronger."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import NotFound, StrongerThanYou
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.permissions import holds
from litestar_admin_auth.core.text import normalize_email
from litestar_admin_auth.models import Session, User
from litestar_admin_auth.services.access import permissions_of, require, require_covers
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.lists import MAX_SEARCH_LENGTH, ListQuery, Page, Sort, filters_of, paginate, search
from litestar_admin_auth.services.sessions import end_sessions_of, live_at, load_session, lock_session

SORTS = {"created_at": Sort(Session.created_at), "last_seen_at": Sort(Session.last_seen_at)}
#: What a list of sessions can be filtered by.
FILTERS = ("user",)


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


async def list_sessions(
    database: Database, actor: Actor, query: ListQuery, *, user_id: UUID | None = None
) -> Page[SessionRow]:
    """Return live sessions, newest first: everybody's, or one user's; filters as in :func:`matching_sessions`.

    Sorts: ``created_at``, ``last_seen_at``.

    Raises:
        NotAllowed: Without ``sessions:read``; one's own sessions need nothing.
        InvalidInput: For a bad filter, sort, limit, cursor or search.
    """
    statement = matching_sessions(query).options(contains_eager(Session.user))
    async with database.reading() as db:
        if user_id is None or user_id != actor.user_id:
            await require(db, actor, "sessions:read")
        if user_id is not None:
            statement = statement.where(Session.user_id == user_id)
        page = await paginate(db, statement, query, SORTS, key=Session.id)
    return page.map(lambda session: _row(session, actor))


def matching_sessions(query: ListQuery) -> Select[Session]:
    """Return the statement for all live sessions that a search by e-mail and IP address and the filters let through.

    It joins the sessions' users. Filter: ``user`` (an id or an e-mail address).

    Raises:
        InvalidInput: For a bad filter or search, naming it.
    """
    filters = filters_of(query, *FILTERS)
    statement = live(select(Session)).where(*search(query, User.email_normalized, Session.ip))
    if "user" in filters:
        try:
            statement = statement.where(Session.user_id == UUID(filters["user"]))
        except ValueError:
            statement = statement.where(User.email_normalized == normalize_email(filters["user"][:MAX_SEARCH_LENGTH]))
    return statement


async def session_to_revoke(database: Database, actor: Actor, session_id: UUID) -> SessionRow:
    """Return the session that :func:`revoke_session` would end, for the question before; raises as that does."""
    async with database.reading() as db:
        session = await load_session(db, session_id)
        await _require_revocable(db, actor, session and session.user_id)
        if session is None:
            raise NotFound
    return _row(session, actor)


async def revoke_session(database: Database, actor: Actor, session_id: UUID) -> None:
    """End a session: one's own, or with ``sessions:revoke`` that of somebody who is not stronger.

    Raises:
        NotFound: When there is no such session.
        NotAllowed: Without ``sessions:revoke``, for somebody else's.
        StrongerThanYou: When its user holds what the actor does not.
    """
    async with database.writing() as db:
        session = await lock_session(db, session_id)
        await _require_revocable(db, actor, session and session.user_id)
        if session is None:
            raise NotFound
        if session.revoked_at is None:
            revoke(db, actor, session)


async def revoke_own_session(database: Database, actor: Actor, session_id: UUID) -> None:
    """End one of one's own sessions. Somebody else's is not there, whatever one holds.

    Raises:
        NotFound: When there is no such session of the actor's.
    """
    async with database.writing() as db:
        session = await lock_session(db, session_id)
        if session is None or session.user_id != actor.user_id:
            raise NotFound(_("There is no such session."))
        if session.revoked_at is None:
            revoke(db, actor, session)


def revoke(db: AsyncSession, actor: Actor, session: Session) -> None:
    """End a live session, loaded with its user, inside the caller's transaction, who has asked all the questions."""
    session.revoked_at, session.revoked_reason = now(), "revoked"
    record(db, actor, "session.revoked", target=session, changes={"user": {"old": session.user.email}})


async def revoke_user_sessions(
    database: Database, actor: Actor, user_id: UUID, *, keep: UUID | None = None
) -> list[UUID]:
    """End all live sessions of a user but ``keep`` and return their ids.

    Raises:
        NotFound: When there is no such user.
        NotAllowed: Without ``sessions:revoke``, for somebody else's.
        StrongerThanYou: When the user holds what the actor does not.
    """
    async with database.writing() as db:
        user = await db.get(User, user_id)
        await _require_revocable(db, actor, user and user.id)
        if user is None:
            raise NotFound
        ended = await end_sessions_of(db, user_id, "revoked", keep)
        if ended:
            record(db, actor, "session.revoked", target=user, changes={"sessions": {"old": len(ended), "new": 0}})
        return ended


async def _require_revocable(db: AsyncSession, actor: Actor, user_id: UUID | None) -> None:
    """Check that the actor may end sessions of a user, None for one who is not there.

    Who may not end them learns nothing: neither whether there is such a session, nor, without seeing users or sessions,
    whether its user is stronger.
    """
    if user_id is not None and user_id == actor.user_id:
        return
    held = await require(db, actor, "sessions:revoke")
    if user_id is None:
        return
    try:
        require_covers(held, await permissions_of(db, user_id))
    except StrongerThanYou:
        if not (holds(held, "users:read") or holds(held, "sessions:read")):
            raise NotFound from None
        raise


def live(statement: Select[Session]) -> Select[Session]:
    """Return a statement of sessions with their users, and only those sessions that may still be used."""
    return statement.join(User, User.id == Session.user_id).where(live_at(now()))


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
