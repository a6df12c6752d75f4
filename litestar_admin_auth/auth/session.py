"""The host's own session as the way in (single sign-on)."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from litestar_admin_auth.auth.backend_checks import check_handler
from litestar_admin_auth.auth.host_session import renew_session_id, session_of
from litestar_admin_auth.auth.request_state import Connection
from litestar_admin_auth.core.protocols import AdminUserProtocol

logger = logging.getLogger(__name__)

RetrieveUser = Callable[[dict[str, Any], Connection], Awaitable[AdminUserProtocol | None]]
Authenticate = Callable[[Connection, dict[str, str]], Awaitable[AdminUserProtocol | None]]

_NO_SESSION = (
    "SessionAuthBackend finds no session: add session middleware to the application, such as "
    "Litestar(middleware=[ServerSideSessionConfig().middleware]), not to a router."
)


class SessionAuthBackend:
    """Reads the host's session; the host configures the session middleware itself.

    Strangers are not told that there is an admin: whoever ``retrieve_user_handler`` does not return gets, at every
    address below the admin path, the answer that the host gives without the plugin.

    Args:
        retrieve_user_handler: ``(session, connection) -> user or None``; it is not asked when ``session_key`` is not
            in the session. None means a stranger: return it for users who are no administrators too.
        session_key: The key under which the host's session keeps the user's id.
        authenticate_handler: ``(connection, credentials) -> user or None``, with ``email`` and ``password``. Without
            it nobody signs in here, and the login page is concealed as well.

    Raises:
        ConfigError: ``AA009``, when a handler is not an async function of two arguments.
    """

    def __init__(
        self,
        retrieve_user_handler: RetrieveUser,
        session_key: str = "user_id",
        authenticate_handler: Authenticate | None = None,
    ) -> None:
        check_handler(retrieve_user_handler, "retrieve_user_handler", "session", "connection")
        if authenticate_handler is not None:
            check_handler(authenticate_handler, "authenticate_handler", "connection", "credentials")
        self.retrieve_user_handler = retrieve_user_handler
        self.session_key = session_key
        self.authenticate_handler = authenticate_handler
        self._has_warned = False

    @property
    def has_login_form(self) -> bool:
        """Whether a password can be used here at all."""
        return self.authenticate_handler is not None

    async def authenticate(self, connection: Connection, credentials: dict[str, str]) -> AdminUserProtocol | None:
        """Ask the host's handler, if it gave one."""
        return await self.authenticate_handler(connection, credentials) if self.authenticate_handler else None

    async def get_current_user(self, connection: Connection) -> AdminUserProtocol | None:
        """Return the user of the host's session, or None."""
        session = session_of(connection)
        if session is None:
            if not self._has_warned:
                self._has_warned = True
                logger.error(_NO_SESSION)
            return None
        # Without the key nobody is signed in: do not trouble the host's database.
        if session.get(self.session_key) in (None, ""):
            return None
        return await self.retrieve_user_handler(session, connection)

    async def login(self, connection: Connection, user: AdminUserProtocol) -> dict[str, str]:
        """Write the user's id into the host's session, under a new session id.

        What else is in the session stays, a cart for instance, unless it was another user's: then it goes.

        Returns:
            An empty body: the session's cookie is the host's, and there are no tokens.

        Raises:
            RuntimeError: When the host has no session middleware: a login that is not kept must not look like one.
        """
        session = session_of(connection)
        if session is None:
            raise RuntimeError(_NO_SESSION)
        user_id: object = user.id
        before: object = session.get(self.session_key)
        if before not in (None, "") and str(before) != str(user_id):
            session.clear()
        await renew_session_id(connection)
        # As the host's own login would write it; what JSON cannot hold, such as a UUID, as text.
        session[self.session_key] = user_id if isinstance(user_id, (int, str)) else str(user_id)
        return {}

    async def logout(self, connection: Connection) -> None:
        """Remove our key from the host's session and nothing else."""
        session = session_of(connection)
        if session is not None:
            session.pop(self.session_key, None)

    async def refresh(self, connection: Connection) -> dict[str, str] | None:
        """The host's session renews itself; there is nothing to exchange."""
        return None
