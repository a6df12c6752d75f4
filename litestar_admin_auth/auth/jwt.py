"""The default backend: signed tokens that point to a session.

A token only says "session S of subject U" (``tokens.py``). It travels in a header or in cookies
(``token_transport.py``). Whether the session lives, the registry is asked on every request (``registry.py``); who its
user is, our tables or the host (``host_users.py``). Here these four are put together.
"""

import dataclasses
from contextlib import suppress
from datetime import timedelta
from typing import Any

from litestar.enums import ScopeType
from litestar.stores.base import Store
from litestar.stores.memory import MemoryStore

from litestar_admin_auth.auth.elsewhere import answered_by_litestar
from litestar_admin_auth.auth.host_users import (
    HostUsers,
    PasswordHasher,
    PasswordUpdater,
    PasswordVerifier,
    UserLoader,
)
from litestar_admin_auth.auth.principal import Authentication
from litestar_admin_auth.auth.registry import LiveSession, SessionRegistry
from litestar_admin_auth.auth.request_state import Connection, client_asking, state_of
from litestar_admin_auth.auth.store_sessions import StoreSessions
from litestar_admin_auth.auth.token_transport import COOKIE, Location, Tokens, TokenTransport, tokens_of
from litestar_admin_auth.auth.tokens import verify
from litestar_admin_auth.core.config import JWTConfig
from litestar_admin_auth.core.exceptions import InvalidCredentials, InvalidSession, InvalidToken, NotAuthenticated
from litestar_admin_auth.core.protocols import AdminUserProtocol
from litestar_admin_auth.services.session_policy import SessionPolicy
from litestar_admin_auth.services.sessions import Client


class JWTAuthBackend:
    """Authenticates by JWT.

    Args:
        config: How tokens are made and carried.
        user_loader: Returns the user for an id or an e-mail address, or None. An id comes as what it was at the
            login: a number, a text or a UUID. A user whose ``is_active`` is False is nobody.
        password_verifier: ``(stored_hash, password) -> bool``, with the loaded user's ``password_hash``. Without it
            every password login is refused: nobody is ever let in unchecked.
        password_hasher: ``(password) -> stored_hash``. With it and ``password_updater`` people can change their own
            password at ``POST /api/auth/change-password``, which is not there otherwise.
        password_updater: ``(user, stored_hash) -> None``: stores a new hash for a user whom ``user_loader`` returned.
        sessions: Where sessions live; by default in the application's store ``admin_auth``, which is memory unless
            the host registers another under that name.

    Raises:
        ConfigError: ``AA009`` for a function that is not asynchronous; ``AA019`` when of the parts that change
            passwords some are missing.
    """

    def __init__(
        self,
        config: JWTConfig,
        user_loader: UserLoader,
        password_verifier: PasswordVerifier | None = None,
        *,
        password_hasher: PasswordHasher | None = None,
        password_updater: PasswordUpdater | None = None,
        sessions: SessionRegistry | None = None,
    ) -> None:
        self.config = config
        self.users = HostUsers(user_loader, password_verifier, password_hasher, password_updater)
        self.has_own_sessions = sessions is not None
        policy = SessionPolicy.of(refresh_expiry=timedelta(seconds=config.refresh_token_expiry))
        self.sessions: SessionRegistry = sessions or StoreSessions(MemoryStore(), policy)
        self.transport = TokenTransport(config)

    # The five methods of AuthBackend.

    async def authenticate(self, connection: Connection, credentials: dict[str, str]) -> Any:
        """Return the user whom ``email`` and ``password`` prove, or None."""
        return await self.users.prove(credentials.get("email", ""), credentials.get("password", ""))

    async def get_current_user(self, connection: Connection) -> AdminUserProtocol | None:
        """Return the user whose token the connection carries at the configured place, or None."""
        resolved = await self.resolve(connection, self.config.token_location)
        return resolved[0] if resolved else None

    async def login(self, connection: Connection, user: Any) -> dict[str, str]:
        """Start a session and return the JSON body; with cookies, the tokens travel in them and not in the body."""
        return self.transport.answer(connection, await self.start(connection, user))

    async def logout(self, connection: Connection) -> None:
        """End every session that a token of the connection belongs to: a header's and a cookie's may be two.

        The refresh token alone is enough, and so is an access token that has run out while its session lives: whoever
        wants to leave must not be kept in by a clock.

        Raises:
            NotAuthenticated: When the connection carries no token of ours.
            InvalidSession: When all of them have ended already.
        """
        with answered_by_litestar(connection):
            named = self._named_sessions(connection)
            if not named:
                raise NotAuthenticated
            lived = False
            for session_id, subject in named:
                with suppress(InvalidSession, InvalidToken):
                    await self.sessions.find(session_id, subject)
                    await self.sessions.end(session_id, subject, client_asking(connection))
                    lived = True
            self.transport.forget(connection)
            if not lived:
                raise InvalidSession

    async def refresh(self, connection: Connection) -> dict[str, str] | None:
        """Rotate the refresh token that the connection carries and return the JSON body, or None without a good one.

        Raises:
            InvalidSession: When its session has ended, or its user may not sign in any more.
            RefreshReused: When an old token came back; its session has been ended.
        """
        token = self.transport.refresh_token(connection, self.config.token_location)
        state = state_of(connection.scope)
        if not token:
            return None
        if state is not None and state.renewed is not None:
            # Renewed at the door: the token that came along has been used, and twice would be once too often.
            return self.transport.answer(connection, state.renewed)
        with answered_by_litestar(connection):
            if state is not None and state.renewal_refused is not None:
                # Refused at the door. Asked again, its session has ended, and nobody would hear that it was reused.
                raise state.renewal_refused
            try:
                _, tokens = await self._rotate(connection, token)
            except InvalidToken:
                return None
        return self.transport.answer(connection, tokens)

    # What the plugin, the pages and the middleware use besides the protocol.

    def use_store(self, store: Store, policy: SessionPolicy) -> None:
        """Keep sessions in a store of the application, unless the host gave a registry of its own.

        Args:
            store: Where.
            policy: How long they live, the refresh token's expiry included.

        Raises:
            ConfigError: ``AA018`` when the store is a server whose client we cannot reach.
        """
        if not self.has_own_sessions:
            self.sessions = StoreSessions(store, policy)

    async def start(self, connection: Connection, user: Any) -> Tokens:
        """Start a session for a user who has just proven who they are, and return its tokens.

        Raises:
            InvalidCredentials: When the password changed between proof and login.
        """
        client, state = client_asking(connection), state_of(connection.scope)
        session = await self.sessions.start(user, client)
        if self.users.passwords_can_change and not await self.users.is_unchanged(user, session):
            await self.sessions.end(session.id, session.subject, client)
            raise InvalidCredentials
        if state is not None:
            state.refresh_reused_at = session.refresh_reused_at
        return tokens_of(self.config, session)

    async def end_current(self, connection: Connection) -> None:
        """End the session that the request was recognised by, if any; its cookies are left alone."""
        state = state_of(connection.scope)
        if state is not None and state.user is not None and state.auth is not None and state.auth.session_id:
            await self.sessions.end(state.auth.session_id, str(state.user.id), state.client)

    async def end_sessions_of(self, user_id: Any, *, keep: str | None = None) -> int:
        """End all sessions of a user but one and return how many: for the host, when it suspends somebody.

        Args:
            user_id: The user's id.
            keep: The id of a session that goes on.
        """
        return await self.sessions.end_all_of(str(user_id), Client(), keep=keep)

    async def resolve(
        self, connection: Connection, location: Location
    ) -> tuple[AdminUserProtocol, Authentication] | None:
        """Return who is signed in by the token at a location, or None.

        With cookies, an access token that has run out is renewed by the refresh token without anybody noticing. A
        session that has ended takes its cookies along.
        """
        try:
            claims = verify(self.config, self.transport.access_token(connection, location), "access")
            session = await self.sessions.find(claims.session_id, claims.subject)
        except InvalidSession:
            if location == COOKIE:
                self.transport.forget(connection)
            return None
        except InvalidToken:
            renewed = await self._renew(connection) if location == COOKIE else None
            if renewed is None:
                return None
            session = renewed
        user = session.user or await self.users.of(session)
        return (user, Authentication(session.id, location)) if user is not None else None

    async def user_of(self, session_id: str, subject: str) -> AdminUserProtocol | None:
        """Return whom a session belongs to, as they are now, or None when it has ended."""
        try:
            session = await self.sessions.find(session_id, subject)
        except InvalidSession:
            return None
        return session.user or await self.users.of(session)

    async def _renew(self, connection: Connection) -> LiveSession | None:
        token = connection.cookies.get(self.transport.cookies.refresh, "")
        # Without an answer that takes the new cookies along, the browser would come back with the old token, and that
        # is what a thief does: outside the admin's reach, and on WebSockets, an expired access token stays expired.
        state = state_of(connection.scope)
        if not token or state is None or connection.scope["type"] != ScopeType.HTTP:
            return None
        try:
            session, tokens = await self._rotate(connection, token)
        except (InvalidToken, InvalidSession) as error:
            self.transport.forget(connection)
            state.renewal_refused = error if isinstance(error, InvalidSession) else None
            return None
        self.transport.set_cookies(connection, tokens)
        state.renewed = tokens
        return session

    async def _rotate(self, connection: Connection, token: str) -> tuple[LiveSession, Tokens]:
        claims = verify(self.config, token, "refresh")
        session = await self.sessions.find(claims.session_id, claims.subject)
        # Before anything is written: somebody suspended must get no new tokens, and a fault of the host's loader must
        # not cost the client its successor.
        user = session.user or await self.users.of(session)
        if user is None:
            raise InvalidSession
        client = client_asking(connection)
        rotated = await self.sessions.rotate(claims.session_id, claims.subject, claims.generation, client)
        return dataclasses.replace(rotated, user=user), tokens_of(self.config, rotated)

    def _named_sessions(self, connection: Connection) -> set[tuple[str, str]]:
        named: set[tuple[str, str]] = set()
        for purpose, token in self.transport.all_tokens(connection):
            with suppress(InvalidToken):
                claims = verify(self.config, token, purpose, even_expired=purpose == "access")
                named.add((claims.session_id, claims.subject))
        return named
