"""The backend that the plugin builds when none is passed: our users, our sessions, our password hashes."""

from typing import Any

from litestar_admin_auth.auth.jwt import JWTAuthBackend
from litestar_admin_auth.auth.registry import DatabaseSessions
from litestar_admin_auth.auth.request_state import Connection
from litestar_admin_auth.core.config import JWTConfig
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.passwords import Passwords
from litestar_admin_auth.services.logins import verify_credentials
from litestar_admin_auth.services.session_policy import SessionPolicy


class DatabaseAuthBackend(JWTAuthBackend):
    """Authenticates the users of our tables."""

    def __init__(self, config: JWTConfig, database: Database, passwords: Passwords, policy: SessionPolicy) -> None:
        super().__init__(config, _no_loader, sessions=DatabaseSessions(database, policy))
        self._database, self._passwords = database, passwords

    async def authenticate(self, connection: Connection, credentials: dict[str, str]) -> Any:
        return await verify_credentials(
            self._database, self._passwords, credentials.get("email", ""), credentials.get("password", "")
        )


async def _no_loader(_identifier: Any) -> None:
    """Our registry brings the user along with the session: nothing is ever loaded by an id from a token alone."""
