"""Signed texts in the compact form (RFC 7515), read so strictly that two readers cannot understand one differently."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, cast

from litestar_admin_auth.core.exceptions import InvalidToken
from litestar_admin_auth.core.signing_keys import SigningKeys

#: Ours are some 400 bytes, and with the largest RSA key 1800; more is an attack on the parser, or no cookie.
MAX_TOKEN_LENGTH = 4096

# Nothing is taken from the header but what we wrote into it: jku, jwk, x5u and x5c bring the attacker's key, crit and
# b64 his rules, zip his bomb.
_ALLOWED_HEADERS = frozenset({"alg", "typ", "kid"})

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def sign(keys: SigningKeys, typ: str, claims: dict[str, Any]) -> str:
    """Return claims signed with the current key.

    Args:
        keys: Ours.
        typ: The token's type, for the header.
        claims: What the token states.
    """
    key = keys.current
    header = {"alg": key.algorithm, "typ": typ} | ({"kid": key.kid} if key.kid is not None else {})
    signed = f"{_encode(_json(header))}.{_encode(_json(claims))}"
    return f"{signed}.{_encode(key.sign(signed.encode()))}"


def open_signed(keys: SigningKeys, token: str) -> tuple[dict[str, Any], bytes]:
    """Return the header and the payload of a text that one of our keys has signed.

    Raises:
        InvalidToken: For any other text, whatever is wrong with it.
    """
    if len(token) > MAX_TOKEN_LENGTH or _COMPACT.fullmatch(token) is None:
        raise InvalidToken
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    stated = read_object(_decode(header))
    if not stated.keys() <= _ALLOWED_HEADERS or ("kid" in stated and not isinstance(stated["kid"], str)):
        raise InvalidToken
    message, raw = signed.encode(), _decode(signature)
    # "none" is no key's algorithm, and a kid that is not ours is nobody's: then nothing is left to try.
    if not any(key.verify(message, raw) for key in keys.candidates(stated.get("alg"), stated.get("kid"))):
        raise InvalidToken
    return stated, _decode(payload)


def read_object(raw: bytes) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        InvalidToken: For anything but UTF-8, for a key that comes twice, ``NaN``, and nesting without end.
    """
    try:
        value = _READER.decode(raw.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidToken from error
    if not isinstance(value, dict):
        raise InvalidToken
    return cast("dict[str, Any]", value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    # Of two equal keys a gateway may read the first and we the last (RFC 7519 section 4).
    if len(value) != len(pairs):
        raise ValueError
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


_READER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(segment: str) -> bytes:
    try:
        raw = urlsafe_b64decode(segment + "==")
    except ValueError as error:
        raise InvalidToken from error
    # Bits beyond the last byte are dropped: the same token must not have several spellings.
    if _encode(raw) != segment:
        raise InvalidToken
    return raw
