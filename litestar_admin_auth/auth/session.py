"""The host's own session as the way in (single sign-on)."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from litestar.connection import ASGIConnection

from litestar_admin_auth.auth.request_state import items_of
from litestar_admin_auth.core.protocols import AdminUserProtocol

Connection = ASGIConnection[Any, Any, Any, Any]
RetrieveUser = Callable[[dict[str, Any], Connection], Awaitable[AdminUserProtocol | None]]
Authenticate = Callable[[Connection, dict[str, str]], Awaitable[AdminUserProtocol | None]]


class SessionAuthBackend:
    """Reads the host's session; the host configures the session middleware itself.

    Args:
        retrieve_user_handler: ``(session, connection) -> user or None``.
        session_key: The key under which the host's session keeps the user's id.
        authenticate_handler: ``(connection, credentials) -> user or None``; without it the login form is closed.
    """

    def __init__(
        self,
        retrieve_user_handler: RetrieveUser,
        session_key: str = "user_id",
        authenticate_handler: Authenticate | None = None,
    ) -> None:
        self.retrieve_user_handler = retrieve_user_handler
        self.session_key = session_key
        self.authenticate_handler = authenticate_handler

    async def authenticate(self, connection: Connection, credentials: dict[str, str]) -> AdminUserProtocol | None:
        """Ask the host's handler, if it gave one."""
        return await self.authenticate_handler(connection, credentials) if self.authenticate_handler else None

    async def get_current_user(self, connection: Connection) -> AdminUserProtocol | None:
        """Return the user of the host's session, or None."""
        session = _session(connection)
        # Without the key nobody is signed in: do not trouble the host's database.
        if not session.get(self.session_key):
            return None
        return await self.retrieve_user_handler(session, connection)

    async def login(self, connection: Connection, user: AdminUserProtocol) -> dict[str, str]:
        """Write the user's id into the host's session."""
        _session(connection)[self.session_key] = str(user.id)
        return {}

    async def logout(self, connection: Connection) -> None:
        """Remove our key from the host's session and nothing else."""
        _session(connection).pop(self.session_key, None)

    async def refresh(self, connection: Connection) -> dict[str, str] | None:
        """The host's session renews itself; there is nothing to exchange."""
        return None


def _session(connection: Connection) -> dict[str, Any]:
    # Not connection.session: that raises where the host has no session middleware.
    session: object = items_of(connection.scope).get("session")
    return cast("dict[str, Any]", session) if isinstance(session, dict) else {}
