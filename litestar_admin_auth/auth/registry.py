"""Where sessions live: a protocol, and its implementation on our table."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from litestar_admin_auth.auth.principal import CurrentUser
from litestar_admin_auth.auth.tokens import as_uuid
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidSession
from litestar_admin_auth.core.protocols import AdminUserProtocol
from litestar_admin_auth.models import User
from litestar_admin_auth.services import logins, open_sessions, sessions
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.session_policy import SessionPolicy
from litestar_admin_auth.services.sessions import Client, SignedIn


@dataclass(frozen=True)
class LiveSession:
    """A session that may be used. ``user`` is None where the registry does not know users: ask the loader."""

    id: str
    subject: str
    generation: int
    rotated_at: datetime
    expires_at: datetime
    user: AdminUserProtocol | None = None
    #: The user's id as the host's loader knows it.
    user_id: int | str | UUID | None = None
    #: At a login: when, since the login before, a copied refresh token ended a session of this user. Tell them.
    refresh_reused_at: datetime | None = None


class SessionRegistry(Protocol):
    """Starts, finds, rotates and ends sessions, over however many workers share it.

    ``find`` and ``rotate`` raise ``InvalidSession`` for a session that is not live or not the subject's. Ending and
    rotating at the same moment leaves the session ended.
    """

    async def start(self, user: Any, client: Client) -> LiveSession:
        """Start a session for a user who has just proven who they are."""
        ...

    async def find(self, session_id: str, subject: str) -> LiveSession:
        """Return a live session of a subject."""
        ...

    async def rotate(self, session_id: str, subject: str, generation: int, client: Client) -> LiveSession:
        """Move a session to its next generation; of parallel callers one wins and all get the same answer.

        Raises:
            RefreshReused: For an old generation after its grace; the session is ended before that.
        """
        ...

    async def end(self, session_id: str, subject: str, client: Client) -> None:
        """End a session; ending it twice changes nothing."""
        ...

    async def end_all_of(self, subject: str, client: Client, *, keep: str | None = None) -> int:
        """End all sessions of a subject but ``keep`` and return how many that were."""
        ...


class DatabaseSessions:
    """Sessions in our table, for users of our tables."""

    def __init__(self, database: Database, policy: SessionPolicy) -> None:
        self.database, self.policy = database, policy

    async def start(self, user: User, client: Client) -> LiveSession:
        session = await logins.record_login(self.database, user, client, self.policy)
        return LiveSession(
            str(session.id),
            str(user.id),
            session.generation,
            session.rotated_at,
            session.idle_expires_at,
            refresh_reused_at=await logins.refresh_reused_before(self.database, session.id),
        )

    async def find(self, session_id: str, subject: str) -> LiveSession:
        return _live(await sessions.find_session(self.database, as_uuid(session_id), as_uuid(subject)))

    async def rotate(self, session_id: str, subject: str, generation: int, client: Client) -> LiveSession:
        return _live(
            await sessions.rotate_session(
                self.database, as_uuid(session_id), as_uuid(subject), generation, self.policy, client
            )
        )

    async def end(self, session_id: str, subject: str, client: Client) -> None:
        try:
            signed_in = await self.find(session_id, subject)
        except InvalidSession:
            return
        label = signed_in.user.email if signed_in.user else ""
        actor = Actor(label=label, user_id=as_uuid(subject), session_id=as_uuid(session_id), ip=client.ip)
        await sessions.end_session(self.database, actor, as_uuid(session_id))

    async def end_all_of(self, subject: str, client: Client, *, keep: str | None = None) -> int:
        # Whoever asks is the application's own code, not a user.
        actor = Actor(label="system", ip=client.ip, is_system=True)
        kept = as_uuid(keep) if keep is not None else None
        return len(await open_sessions.revoke_user_sessions(self.database, actor, as_uuid(subject), keep=kept))


def _live(signed_in: SignedIn) -> LiveSession:
    session = signed_in.session
    return LiveSession(
        str(session.id),
        str(session.user_id),
        session.generation,
        session.rotated_at,
        session.idle_expires_at,
        CurrentUser.of(signed_in),
    )
