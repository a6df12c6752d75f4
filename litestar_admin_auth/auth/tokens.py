"""Signing and verifying tokens (RFC 7519, hardened after RFC 8725).

A token says who and which session, nothing else: rights are read from the database on each request. Every purpose has
its own ``typ`` header and ``purpose`` claim, and a token of one purpose is refused everywhere else.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import jwt

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.config import JWTConfig
from litestar_admin_auth.core.exceptions import InvalidToken

Purpose = Literal["access", "refresh"]

TYPES: dict[Purpose, str] = {"access": "admin-access+jwt", "refresh": "admin-refresh+jwt"}

#: Ours are some 400 bytes; more is an attack on the parser.
MAX_TOKEN_LENGTH = 4096

#: How far the clocks of two machines may disagree before a token that one signed is too young for the other.
CLOCK_SKEW_SECONDS = 60

# Nothing is taken from the header but what we wrote into it: jku, jwk and x5u name the attacker's key, crit his rules.
_ALLOWED_HEADERS = frozenset({"alg", "typ"})


@dataclass(frozen=True)
class Claims:
    """What a verified token states."""

    subject: str
    session_id: str
    issued_at: int
    expires_at: int
    generation: int = 0


def sign_access(config: JWTConfig, subject: str, session_id: str) -> str:
    """Return an access token that lives ``config.token_expiry`` seconds from now."""
    issued = int(now().timestamp())
    return _sign(config, "access", subject, session_id, issued, issued + config.token_expiry, {"jti": uuid4().hex})


def sign_refresh(
    config: JWTConfig, subject: str, session_id: str, *, generation: int, rotated_at: datetime, expires_at: datetime
) -> str:
    """Return the refresh token of one generation.

    Every claim follows from the session's row, so that parallel callers of one rotation sign equal tokens.
    """
    jti = hashlib.sha256(f"{session_id}/{generation}".encode()).hexdigest()[:32]
    times = int(rotated_at.timestamp()), int(expires_at.timestamp())
    return _sign(config, "refresh", subject, session_id, *times, {"jti": jti, "gen": generation})


def _sign(
    config: JWTConfig, purpose: Purpose, subject: str, session_id: str, issued: int, expires: int, more: dict[str, Any]
) -> str:
    claims: dict[str, Any] = {
        "sub": subject,
        "sid": session_id,
        "iat": issued,
        "exp": expires,
        "purpose": purpose,
        **more,
    }
    if config.issuer is not None:
        claims["iss"] = config.issuer
    if config.audience is not None:
        claims["aud"] = config.audience
    return jwt.encode(claims, config.secret_key, algorithm=config.algorithm, headers={"typ": TYPES[purpose]})


def verify(config: JWTConfig, token: str, purpose: Purpose, *, even_expired: bool = False) -> Claims:
    """Return the claims of a token of ours for one purpose.

    Args:
        config: The settings that it was signed with.
        token: As it came.
        purpose: What it is presented for.
        even_expired: Whether one that has run out will do, for signing out and nothing else.

    Raises:
        InvalidToken: For anything else, whatever is wrong with it.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise InvalidToken
    required = ["exp", "iat", "sub", "jti", "sid", "purpose"]
    if config.issuer is not None:
        required.append("iss")
    if config.audience is not None:
        required.append("aud")
    try:
        decoded = jwt.decode_complete(
            token,
            config.secret_key,
            # The list is the configured algorithm: a header that says "none" or another one is refused.
            algorithms=[config.algorithm],
            issuer=config.issuer,
            audience=config.audience,
            # Times are checked below, against the one clock that tests can move.
            options={"require": required, "verify_exp": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidToken from error
    header, claims = decoded["header"], decoded["payload"]
    strings, numbers = (claims["sub"], claims["sid"], claims["jti"]), (claims["iat"], claims["exp"])
    if (
        header.get("typ") != TYPES[purpose]
        or claims["purpose"] != purpose
        or not set(header) <= _ALLOWED_HEADERS
        or not all(isinstance(value, str) and value for value in strings)
        # A bool is an int and 1e300 is a number; only whole seconds are a time.
        or not all(type(value) is int for value in (*numbers, claims.get("gen", 0)))
        or not _is_current(claims["iat"], claims["exp"], even_expired=even_expired)
    ):
        raise InvalidToken
    return Claims(claims["sub"], claims["sid"], claims["iat"], claims["exp"], claims.get("gen", 0))


def _is_current(issued: int, expires: int, *, even_expired: bool) -> bool:
    moment = now().timestamp()
    return issued - CLOCK_SKEW_SECONDS <= moment and (even_expired or moment < expires)


def as_uuid(value: str) -> UUID:
    """Return an id from a token as a UUID.

    Raises:
        InvalidToken: When it is none.
    """
    try:
        return UUID(value)
    except ValueError as error:
        raise InvalidToken from error
