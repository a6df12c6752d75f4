"""Signing and verifying tokens (RFC 7519, hardened after RFC 8725).

A token says who and which session, nothing else: rights are read from the database on each request. Every purpose has
its own ``typ`` header and ``purpose`` claim, and a token of one purpose is refused everywhere else.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID, uuid4

from litestar_admin_auth.auth import jws
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.config import JWTConfig
from litestar_admin_auth.core.exceptions import InvalidToken

Purpose = Literal["access", "refresh"]

TYPES: dict[Purpose, str] = {"access": "admin-access+jwt", "refresh": "admin-refresh+jwt"}

#: The clocks of two machines may differ by so much, at least, before a token that one has just signed is refused by the
#: other as not valid yet. It never makes a token live longer.
CLOCK_SKEW_SECONDS = 10

#: The end of the year 9999: no library knows a later time.
_LAST_SECOND = 253_402_300_799
#: As in OpenID Connect; a file store makes a file name of a session's id.
_MAX_ID_LENGTH = 255
#: The largest INTEGER of PostgreSQL.
_MAX_GENERATION = 2**31 - 1


@dataclass(frozen=True)
class Claims:
    """What a verified token states."""

    subject: str
    session_id: str
    issued_at: int
    expires_at: int
    generation: int = 0


def sign_access(config: JWTConfig, subject: str, session_id: str, seconds: int | None = None) -> str:
    """Return an access token that lives so many seconds from now, by default ``config.token_expiry``."""
    issued = int(now().timestamp())
    expires = issued + (config.token_expiry if seconds is None else seconds)
    return _sign(config, "access", subject, session_id, issued, expires, {"jti": uuid4().hex})


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
    return jws.sign(config.keys, TYPES[purpose], claims)


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
    header, payload = jws.open_signed(config.keys, token)
    claims = jws.read_object(payload)
    # A token of another kind may be as genuine: it is refused all the same (RFC 8725 section 3.11).
    if header.get("typ") != TYPES[purpose] or claims.get("purpose") != purpose:
        raise InvalidToken
    # Null is a claim too, and none that we write.
    if None in (claims.get("iss", ""), claims.get("aud", "")):
        raise InvalidToken
    if claims.get("iss") != config.issuer or not _is_for(claims.get("aud"), config.audience):
        raise InvalidToken
    _check_times(claims, config.leeway, even_expired=even_expired)
    generation = claims.get("gen", 0)
    if type(generation) is not int or not 0 <= generation <= _MAX_GENERATION:
        raise InvalidToken
    _id(claims, "jti")
    return Claims(_id(claims, "sub"), _id(claims, "sid"), claims["iat"], claims["exp"], generation)


def _is_for(audience: object, wanted: str | None) -> bool:
    # RFC 7519 section 4.1.3: one name or a list of names; whoever is not named refuses, also who has no name.
    if isinstance(audience, list) and wanted is not None:
        return wanted in cast("list[object]", audience)
    return audience == wanted


def _check_times(claims: dict[str, Any], leeway: int, *, even_expired: bool) -> None:
    moment = now().timestamp()
    ahead = moment + max(leeway, CLOCK_SKEW_SECONDS)
    issued, not_before = _second(claims.get("iat")), _second(claims.get("nbf", 0))
    expires = _second(claims.get("exp")) + leeway
    if max(issued, not_before) > ahead or (moment >= expires and not even_expired):
        raise InvalidToken


def _second(value: object) -> int:
    # A bool is an int and 1e300 is a number; only whole seconds are a time.
    if type(value) is int and 0 <= value <= _LAST_SECOND:
        return value
    raise InvalidToken


def _id(claims: dict[str, Any], name: str) -> str:
    value: object = claims.get(name)
    if isinstance(value, str) and is_id(value):
        return value
    raise InvalidToken


def is_id(value: str) -> bool:
    """Tell whether a token may carry this as an id."""
    # NUL and lone surrogates reach a database or a store, and are a fault there.
    return 0 < len(value) <= _MAX_ID_LENGTH and "\x00" not in value and _is_encodable(value)


def _is_encodable(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def as_uuid(value: str) -> UUID:
    """Return an id from a token as a UUID.

    Raises:
        InvalidToken: When it is none.
    """
    try:
        return UUID(value)
    except ValueError as error:
        raise InvalidToken from error
