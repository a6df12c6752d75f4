"""Where tokens travel: how they come in, by a header or by cookies, and how they leave with the answer."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from litestar.types import Scope

from litestar_admin_auth.auth.cookies import Cookies
from litestar_admin_auth.auth.registry import LiveSession
from litestar_admin_auth.auth.request_state import Connection, state_of
from litestar_admin_auth.auth.tokens import Purpose, sign_access, sign_refresh
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.config import JWTConfig

Location = Literal["header", "cookie"]

#: Where tokens travel with the HTML pages, whatever the API does.
COOKIE: Location = "cookie"


@dataclass(frozen=True)
class Tokens:
    """A pair of tokens and how long they live, in seconds."""

    access: str
    refresh: str
    access_seconds: int
    refresh_seconds: int


def tokens_of(config: JWTConfig, session: LiveSession) -> Tokens:
    """Return the tokens of a session that has just begun or been renewed. Neither outlives it."""
    left = max(1, math.ceil((session.expires_at - now()).total_seconds()))
    access_seconds = min(config.token_expiry, left)
    refresh = sign_refresh(
        config,
        session.subject,
        session.id,
        generation=session.generation,
        rotated_at=session.rotated_at,
        expires_at=session.expires_at,
    )
    return Tokens(sign_access(config, session.subject, session.id, access_seconds), refresh, access_seconds, left)


class TokenTransport:
    """Reads tokens from requests and sends them, after the settings.

    Args:
        config: Names the header, its prefix and the cookies.
    """

    def __init__(self, config: JWTConfig) -> None:
        self.config = config
        self.cookies = Cookies.of(config)

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

    def access_token(self, connection: Connection, location: Location) -> str:
        """Return the access token at a location, else empty."""
        if location == COOKIE:
            return connection.cookies.get(self.cookies.access, "")
        values = connection.headers.getall(self.config.token_header, [])
        # Of two a proxy may have looked at the other one: neither counts.
        value = values[0] if len(values) == 1 else ""
        if not self.config.token_prefix:
            return value
        prefix, _, token = value.partition(" ")
        # "Basic <jwt>" is not ours, however genuine the token (RFC 9110 section 11.1: the scheme ignores case).
        return token.strip() if prefix.lower() == self.config.token_prefix.lower() else ""

    def refresh_token(self, connection: Connection, location: Location) -> str:
        """Return the refresh token: from ``X-Refresh-Token``, from a JSON body or, with cookies, from its cookie.

        Empty without one, and when two of these places disagree: what would be renewed is not for us to guess.
        """
        given = self._refresh_tokens(connection, location)
        return given.pop() if len(given) == 1 else ""

    def all_tokens(self, connection: Connection) -> Iterator[tuple[Purpose, str]]:
        """Return every token that came along, wherever a page or the API reads one: for signing out."""
        for location in dict.fromkeys((self.config.token_location, COOKIE)):
            yield "access", self.access_token(connection, location)
            for token in self._refresh_tokens(connection, location):
                yield "refresh", token

    def _refresh_tokens(self, connection: Connection, location: Location) -> set[str]:
        state = state_of(connection.scope)
        given = {*connection.headers.getall("x-refresh-token", []), state.refresh_token if state is not None else ""}
        # Where litestar-admin's endpoint leaves what stood in the body.
        left: object = connection.scope["state"].get("refresh_token")
        if isinstance(left, str):
            given.add(left)
        if location == COOKIE:
            given.add(connection.cookies.get(self.cookies.refresh, ""))
        return given - {""}

    def answer(self, connection: Connection, tokens: Tokens) -> dict[str, str]:
        """Send a pair of tokens where the API's clients expect it, and return the JSON body."""
        body = {"token_type": "bearer", "expires_in": str(tokens.access_seconds)}
        if self.config.token_location == COOKIE:
            self.set_cookies(connection, tokens)
            return body
        return {"access_token": tokens.access, "refresh_token": tokens.refresh, **body}

    def set_cookies(self, connection: Connection, tokens: Tokens) -> None:
        """Let the tokens leave as cookies with the answer."""
        state = state_of(connection.scope)
        if state is None:
            msg = "no cookie can be set here: add CookieMiddleware() of litestar_admin_auth.auth to the application"
            raise RuntimeError(msg)
        state.set_cookies += self.cookies.set_tokens(
            tokens.access, tokens.refresh, refresh_max_age=tokens.refresh_seconds
        )

    def forget(self, connection: Connection) -> None:
        """Remove the cookies with the answer, where there are any."""
        state = state_of(connection.scope)
        if state is not None and {self.cookies.access, self.cookies.refresh} & set(connection.cookies):
            state.set_cookies += self.cookies.delete_tokens()
