"""The default backend: signed tokens that point to a session, in a header or in cookies."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.stores.memory import MemoryStore
from litestar.types import Scope

from litestar_admin_auth.auth.cookies import Cookies
from litestar_admin_auth.auth.principal import Authentication
from litestar_admin_auth.auth.registry import DatabaseSessions, LiveSession, SessionRegistry
from litestar_admin_auth.auth.request_state import RequestState, state_of
from litestar_admin_auth.auth.store_sessions import StoreSessions
from litestar_admin_auth.auth.tokens import Claims, Purpose, sign_access, sign_refresh, verify
from litestar_admin_auth.core.config import JWTConfig
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidSession, InvalidToken, NotAuthenticated
from litestar_admin_auth.core.passwords import Passwords
from litestar_admin_auth.core.protocols import AdminUserProtocol
from litestar_admin_auth.core.text import normalize_email
from litestar_admin_auth.services.logins import verify_credentials
from litestar_admin_auth.services.sessions import Client, SessionPolicy

logger = logging.getLogger(__name__)

Connection = ASGIConnection[Any, Any, Any, Any]
Location = Literal["header", "cookie"]
#: Where tokens travel with the HTML pages, whatever the API does.
COOKIE: Location = "cookie"
#: What a stranger's password is compared with: bcrypt, cost 12, of a random password that was thrown away.
NOBODYS_HASH = "$2b$12$uohFZFtcZ.53lTg9bGwF0uxxLt1EMUikWzMN402pQUrsvAUblqXZG"
UserLoader = Callable[[Any], Awaitable[Any]]
PasswordVerifier = Callable[[str, str], Awaitable[bool]]


@dataclass(frozen=True)
class Tokens:
    """A pair of tokens and how long they live, in seconds."""

    access: str
    refresh: str
    access_seconds: int
    refresh_seconds: int


class JWTAuthBackend:
    """Authenticates by JWT.

    Args:
        config: How tokens are made and carried.
        user_loader: Returns the user for an id or an e-mail address, or None.
        password_verifier: ``(stored_hash, password) -> bool``, with the loaded user's ``password_hash``. Without it
            every password login is refused: nobody is ever let in unchecked.
        sessions: Where sessions live; by default in the application's store ``admin_auth``, which is memory unless
            the host registers another under that name.
    """

    def __init__(
        self,
        config: JWTConfig,
        user_loader: UserLoader,
        password_verifier: PasswordVerifier | None = None,
        *,
        sessions: SessionRegistry | None = None,
    ) -> None:
        self.config = config
        self.user_loader = user_loader
        self.password_verifier = password_verifier
        self.has_own_sessions = sessions is not None
        policy = SessionPolicy(idle=timedelta(seconds=config.refresh_token_expiry))
        self.sessions: SessionRegistry = sessions or StoreSessions(MemoryStore(), policy)
        self.cookies = Cookies.of(config)

    async def authenticate(self, connection: Connection, credentials: dict[str, str]) -> Any:
        """Return the user whom ``email`` and ``password`` prove, or None."""
        email, password = credentials.get("email", ""), credentials.get("password", "")
        if self.password_verifier is None or "@" not in email or not password:
            return None
        user = await self.user_loader(email)
        stored: str | None = getattr(user, "password_hash", None)
        # A loader may take ids too: whoever types an id for an address must not get that user.
        known = user is not None and stored is not None and normalize_email(user.email) == normalize_email(email)
        try:
            # Nobody costs what somebody costs, so that the time of an answer tells nothing (ASVS 6.3.8).
            verified = await self.password_verifier(stored if known and stored else NOBODYS_HASH, password)
        except Exception:
            # A verifier that fails has verified nothing: the login is refused, and the fault is in the log.
            if known:
                logger.exception("password_verifier raised; the login is refused")
            return None
        return user if known and verified is True else None

    async def get_current_user(self, connection: Connection) -> AdminUserProtocol | None:
        """Return the user whose token the connection carries at the configured place, or None."""
        resolved = await self.resolve(connection, self.config.token_location)
        return resolved[0] if resolved else None

    async def login(self, connection: Connection, user: Any) -> dict[str, str]:
        """Start a session and return the JSON body; with cookies, the tokens travel in them and not in the body."""
        tokens = await self.start(connection, user)
        return self._answer(connection, tokens, self.config.token_location, with_refresh=True)

    async def logout(self, connection: Connection) -> None:
        """End the session of the access token or, when that has expired, of the refresh token.

        Raises:
            NotAuthenticated: When the connection carries neither.
        """
        claims = self._any_claims(connection)
        if claims is None:
            raise NotAuthenticated
        await self.sessions.end(claims.session_id, claims.subject, _client(connection))
        self.forget(connection)

    async def refresh(self, connection: Connection) -> dict[str, str] | None:
        """Rotate the refresh token that the connection carries and return the JSON body, or None without a good one.

        Raises:
            RefreshReused: When an old token came back; its session has been ended.
        """
        location = self.config.token_location
        token = self.refresh_token(connection, location)
        if not token:
            return None
        try:
            _, tokens = await self._rotate(connection, token)
        except InvalidToken:
            return None
        return self._answer(connection, tokens, location, with_refresh=True)

    # What the pages and the middleware use besides the protocol.

    async def start(self, connection: Connection, user: Any) -> Tokens:
        """Start a session for a user and return its tokens, wherever they shall travel."""
        return self._sign(await self.sessions.start(user, _client(connection)), str(user.id))

    async def end_current(self, connection: Connection) -> None:
        """End the session that the request was recognised by, if any; its cookies are left alone."""
        state = state_of(connection.scope)
        if state is not None and state.user is not None and state.auth is not None and state.auth.session_id:
            await self.sessions.end(state.auth.session_id, str(state.user.id), state.client)

    def carries_credential(self, scope: Scope) -> bool:
        """Tell cheaply whether a request carries anything that could authenticate it."""
        if self.config.token_location == COOKIE:
            return self.carries_token_cookie(scope)
        wanted = self.config.token_header.lower().encode()
        return any(name == wanted for name, _ in scope["headers"])

    def carries_token_cookie(self, scope: Scope) -> bool:
        """Tell cheaply whether a cookie of ours may come along. The refresh cookie's name begins with the other's."""
        wanted = self.cookies.access.encode()
        return any(name == b"cookie" and wanted in value for name, value in scope["headers"])

    async def resolve(
        self, connection: Connection, location: Location
    ) -> tuple[AdminUserProtocol, Authentication] | None:
        """Return who is signed in by the token at a location, or None.

        With cookies, an access token that has run out is renewed by the refresh token without anybody noticing. A
        session that has ended takes its cookies along.
        """
        try:
            claims = verify(self.config, self._access_token(connection, location), "access")
            session = await self.sessions.find(claims.session_id, claims.subject)
        except InvalidSession:
            if location == "cookie":
                self.forget(connection)
            return None
        except InvalidToken:
            renewed = await self._renew(connection) if location == "cookie" else None
            if renewed is None:
                return None
            session = renewed
        user = session.user or await self._load(session)
        return (user, Authentication(session.id, location)) if user is not None else None

    async def user_of(self, session_id: str, subject: str) -> AdminUserProtocol | None:
        """Return whom a session belongs to, as they are now, or None when it has ended."""
        try:
            session = await self.sessions.find(session_id, subject)
        except InvalidSession:
            return None
        return session.user or await self._load(session)

    def set_cookies(self, connection: Connection, tokens: Tokens) -> None:
        """Let the tokens leave as cookies with the answer."""
        state = _state(connection)
        state.set_cookies += self.cookies.set_tokens(
            tokens.access, tokens.refresh, refresh_max_age=tokens.refresh_seconds
        )

    def forget(self, connection: Connection) -> None:
        """Remove the cookies with the answer, where there are any."""
        state = state_of(connection.scope)
        if state is not None and {self.cookies.access, self.cookies.refresh} & set(connection.cookies):
            state.set_cookies += self.cookies.delete_tokens()

    def refresh_token(self, connection: Connection, location: Location) -> str:
        """Return the refresh token: from ``X-Refresh-Token``, else with cookies from its cookie, else empty."""
        header = connection.headers.get("x-refresh-token", "")
        return header or (connection.cookies.get(self.cookies.refresh, "") if location == "cookie" else "")

    def _access_token(self, connection: Connection, location: Location) -> str:
        if location == "cookie":
            return connection.cookies.get(self.cookies.access, "")
        value = connection.headers.get(self.config.token_header, "")
        if not self.config.token_prefix:
            return value
        prefix, _, token = value.partition(" ")
        # "Basic <jwt>" is not ours, however genuine the token (RFC 9110 section 11.1: the scheme ignores case).
        return token.strip() if prefix.lower() == self.config.token_prefix.lower() else ""

    async def _renew(self, connection: Connection) -> LiveSession | None:
        token = connection.cookies.get(self.cookies.refresh, "")
        # Without an answer that takes the new cookies along, the browser would come back with the old token, and that
        # is what a thief does: outside the admin's reach, and on WebSockets, an expired access token stays expired.
        if not token or state_of(connection.scope) is None or connection.scope["type"] != ScopeType.HTTP:
            return None
        try:
            session, tokens = await self._rotate(connection, token)
        except (InvalidToken, InvalidSession):
            self.forget(connection)
            return None
        self.set_cookies(connection, tokens)
        return session

    async def _rotate(self, connection: Connection, token: str) -> tuple[LiveSession, Tokens]:
        claims = verify(self.config, token, "refresh")
        session = await self.sessions.rotate(claims.session_id, claims.subject, claims.generation, _client(connection))
        return session, self._sign(session, claims.subject)

    def _sign(self, session: LiveSession, subject: str) -> Tokens:
        refresh = sign_refresh(
            self.config,
            subject,
            session.id,
            generation=session.generation,
            rotated_at=session.rotated_at,
            expires_at=session.expires_at,
        )
        seconds = max(1, int((session.expires_at - session.rotated_at).total_seconds()))
        return Tokens(sign_access(self.config, subject, session.id), refresh, self.config.token_expiry, seconds)

    def _answer(
        self, connection: Connection, tokens: Tokens, location: Location, *, with_refresh: bool
    ) -> dict[str, str]:
        answer = {"token_type": "bearer", "expires_in": str(tokens.access_seconds)}
        if location == "cookie":
            self.set_cookies(connection, tokens)
            return answer
        return {"access_token": tokens.access, "refresh_token": tokens.refresh, **answer}

    def _any_claims(self, connection: Connection) -> Claims | None:
        """Return the claims of the access token or, when that has expired, of the refresh token, wherever they are."""
        # A page signs out by cookie whatever the API uses.
        for location in dict.fromkeys((self.config.token_location, COOKIE)):
            given: tuple[tuple[Purpose, str], ...] = (
                ("access", self._access_token(connection, location)),
                ("refresh", self.refresh_token(connection, location)),
            )
            for purpose, token in given:
                try:
                    return verify(self.config, token, purpose)
                except InvalidToken:
                    continue
        return None

    async def _load(self, session: LiveSession) -> AdminUserProtocol | None:
        user = await self.user_loader(session.subject if session.user_id is None else session.user_id)
        # A loader that answers with somebody else must not make this session theirs.
        return user if user is not None and str(user.id) == session.subject else None


class DatabaseAuthBackend(JWTAuthBackend):
    """The backend that the plugin builds when none is passed: our users, our sessions, our password hashes."""

    def __init__(self, config: JWTConfig, database: Database, passwords: Passwords, policy: SessionPolicy) -> None:
        super().__init__(config, _no_loader, sessions=DatabaseSessions(database, policy))
        self._database, self._passwords = database, passwords

    async def authenticate(self, connection: Connection, credentials: dict[str, str]) -> Any:
        return await verify_credentials(
            self._database, self._passwords, credentials.get("email", ""), credentials.get("password", "")
        )


async def _no_loader(_identifier: Any) -> None:
    """Our registry brings the user along with the session: nothing is ever loaded by an id from a token alone."""


def _state(connection: Connection) -> RequestState:
    state = state_of(connection.scope)
    if state is None:
        msg = "cookies can be set only where AdminPlugin's middleware or mount runs"
        raise RuntimeError(msg)
    return state


def _client(connection: Connection) -> Client:
    state = state_of(connection.scope)
    return state.client if state is not None else Client(ip=connection.client.host if connection.client else "")
