"""Where sessions live: a protocol, and its implementation on our table."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from litestar_admin_auth.auth.principal import CurrentUser
from litestar_admin_auth.auth.tokens import as_uuid
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.protocols import AdminUserProtocol
from litestar_admin_auth.models import User
from litestar_admin_auth.services import logins, sessions
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.sessions import Client, SessionPolicy, SignedIn


@dataclass(frozen=True)
class LiveSession:
    """A session that may be used. ``user`` is None where the registry does not know users: ask the loader."""

    id: str
    subject: str
    generation: int
    rotated_at: datetime
    expires_at: datetime
    user: AdminUserProtocol | None = None
    #: The user's id as the host's loader knows it, a number or a text.
    user_id: int | str | None = None


class SessionRegistry(Protocol):
    """Starts, finds, rotates and ends sessions. Each method raises ``InvalidSession`` for one that is not live."""

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


class DatabaseSessions:
    """Sessions in our table, for users of our tables."""

    def __init__(self, database: Database, policy: SessionPolicy) -> None:
        self.database, self.policy = database, policy

    async def start(self, user: User, client: Client) -> LiveSession:
        session = await logins.record_login(self.database, user, client, self.policy)
        return LiveSession(
            str(session.id), str(user.id), session.generation, session.rotated_at, session.idle_expires_at
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
        except sessions.InvalidSession:
            return
        label = signed_in.user.email if signed_in.user else ""
        actor = Actor(label=label, user_id=as_uuid(subject), session_id=as_uuid(session_id), ip=client.ip)
        await sessions.end_session(self.database, actor, as_uuid(session_id))


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
