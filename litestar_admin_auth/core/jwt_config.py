"""How tokens are made and carried. Each mistake stops the start and names its field."""

# ruff: noqa: S105 - names of settings, not secrets

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, cast

from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.core.signing_keys import (
    ASYMMETRIC_ALGORITHMS,
    HMAC_ALGORITHMS,
    SigningKey,
    SigningKeys,
    load_key,
)

ALGORITHMS = (*HMAC_ALGORITHMS, *ASYMMETRIC_ALGORITHMS)

#: An hour. Where refresh tokens are set to live shorter, this default gives way; another value is a mistake.
TOKEN_EXPIRY = 3600
#: Ten years: a longer life is a typing mistake.
MAX_EXPIRY = 10 * 365 * 86400
#: More is not a difference between clocks but a second life for stolen tokens.
MAX_LEEWAY = 300
#: Both claims stand in each token, and a cookie has 4096 bytes.
MAX_CLAIM_LENGTH = 255

_WORD = re.compile(r"[A-Za-z0-9_-]{1,100}")
# RFC 6265 section 4.1.1, without a dot at either end; the dot in the middle keeps out "com".
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+")
_COOKIE_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+=:@%/-]{0,200}")


@dataclass(frozen=True, kw_only=True)
class JWTConfig:
    """How tokens are made and carried.

    Example:
        ``JWTConfig(secret_key=os.environ["JWT_SECRET_KEY"], token_location="cookie")``

    Raises:
        ConfigError: For each bad value, naming the field.
    """

    #: The signing key: for HS256, HS384 and HS512 a secret of at least 32 bytes, else a private key in PEM.
    secret_key: str = field(repr=False)
    #: ``HS256``, ``HS384``, ``HS512``, or with a private key ``RS256``, ``PS256``, ``ES256`` and their siblings,
    #: ``ES256K``, or ``EdDSA`` (by its newer names ``Ed25519`` and ``Ed448``).
    algorithm: str = "HS256"
    #: Keys that verify and never sign, for rotation. Example: ``[old_secret]``; of another algorithm
    #: ``[("HS256", old_secret)]``. A public key is enough.
    previous_keys: Sequence[str | tuple[str, str]] = field(default=(), repr=False)
    #: Whether ``{path}/api/auth/jwks.json`` publishes the public keys; needs a private key.
    jwks_endpoint: bool = False
    #: Life of an access token, in seconds; it ends with its session at the latest.
    token_expiry: int = TOKEN_EXPIRY
    #: Life of a refresh token, in seconds; also the time after which an unused session ends.
    refresh_token_expiry: int = 86400
    #: Seconds by which the clocks of two machines may differ, 0 to 300: so much longer does a token work, and so far
    #: ahead may it have been issued.
    leeway: int = 0
    #: Where the API reads the token; the HTML pages always use cookies.
    token_location: Literal["header", "cookie"] = "header"
    #: The request header that carries the token.
    token_header: str = "Authorization"
    #: The word before the token in that header; empty for none.
    token_prefix: str = "Bearer"
    #: The ``iss`` claim, written and required when set.
    issuer: str | None = None
    #: The ``aud`` claim, written and required when set.
    audience: str | None = None
    #: The name of the access cookie; the refresh cookie adds ``_refresh``. When secure, ``__Host-`` is put before it,
    #: or ``__Secure-`` where ``cookie_path`` or ``cookie_domain`` is set.
    cookie_name: str = "admin_auth"
    #: The path below which browsers send the cookies; it must cover the admin as browsers see it.
    cookie_path: str = "/"
    #: The domain whose subdomains all get the cookies; None keeps them to the one host. Example: ``"shop.example"``.
    cookie_domain: str | None = None
    #: Send cookies over HTTPS only.
    cookie_secure: bool = True
    #: Hide cookies from scripts.
    cookie_httponly: bool = True
    #: ``lax`` lets a link from a mail arrive signed in; ``strict`` does not. ``none`` is for a front end on another
    #: site, named in ``AdminConfig.trusted_origins``.
    cookie_samesite: Literal["lax", "strict", "none"] = "lax"

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise _mistake("algorithm", self.algorithm, f"Use one of {', '.join(ALGORITHMS)}.")
        # Parsed here, once, and not at each request.
        published = self.keys.public()
        self._check_switches()
        if self.jwks_endpoint and not published:
            raise _mistake("jwks_endpoint", True, f"{self.algorithm} has no public key; use ES256 or EdDSA, say.")
        self._check_times()
        self._check_words()
        self._check_cookies()

    @cached_property
    def keys(self) -> SigningKeys:
        """The key that signs, and those that verify."""
        current = load_key(self.algorithm, self.secret_key, "JWTConfig.secret_key", signs=True)
        return SigningKeys(current, self._previous())

    def _previous(self) -> list[SigningKey]:
        hint = "Give a list, even of one: [old_secret], or [('HS256', old_secret)] for another algorithm."
        given: object = self.previous_keys
        if not isinstance(given, (list, tuple)):
            raise ConfigError("AA003", "JWTConfig.previous_keys is no list.", hint=hint)
        keys: list[SigningKey] = []
        for number, item in enumerate(cast("Sequence[object]", given)):
            setting = f"JWTConfig.previous_keys[{number}]"
            pair = cast("tuple[Any, ...]", item) if isinstance(item, tuple) else (self.algorithm, cast("Any", item))
            if len(pair) != 2 or pair[0] not in ALGORITHMS:
                raise ConfigError("AA003", f"{setting} has no algorithm of ours.", hint=hint)
            keys.append(load_key(*pair, setting, signs=False))
        return keys

    def _check_switches(self) -> None:
        for name in ("jwks_endpoint", "cookie_secure", "cookie_httponly"):
            # "false" from an environment variable would be true.
            if not isinstance(getattr(self, name), bool):
                raise _mistake(name, getattr(self, name), "Give True or False.")

    def _check_times(self) -> None:
        for name, least, most in (
            ("token_expiry", 1, MAX_EXPIRY),
            ("refresh_token_expiry", 1, MAX_EXPIRY),
            ("leeway", 0, MAX_LEEWAY),
        ):
            value: object = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise _mistake(name, value, f"Give whole seconds, {least} to {most}.")
        # An unused session ends with its refresh token, so that nobody could use the rest of such an access token.
        if self.token_expiry > self.refresh_token_expiry and self.token_expiry != TOKEN_EXPIRY:
            raise _mistake(
                "token_expiry",
                self.token_expiry,
                f"Give at most refresh_token_expiry, which is {self.refresh_token_expiry}, or raise that.",
            )

    def _check_words(self) -> None:
        choices: dict[str, tuple[str, ...]] = {
            "token_location": ("header", "cookie"),
            "cookie_samesite": ("lax", "strict", "none"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise _mistake(name, getattr(self, name), f"Use one of {', '.join(allowed)}.")
        for name in ("token_header", "cookie_name"):
            if not _matches(_WORD, getattr(self, name)):
                raise _mistake(name, getattr(self, name), "Use letters, digits, - and _ only.")
        # Empty is allowed: the bare token stands in the header.
        if self.token_prefix != "" and not _matches(_WORD, self.token_prefix):
            raise _mistake("token_prefix", self.token_prefix, "Use one word, or ''.")
        for name in ("issuer", "audience"):
            value: object = getattr(self, name)
            if value is None:
                continue
            # As it is written into the token, where a letter beyond ASCII takes six or twelve places.
            if not (isinstance(value, str) and 1 <= len(json.dumps(value)) - 2 <= MAX_CLAIM_LENGTH):
                raise _mistake(name, value, f"Give a text of at most {MAX_CLAIM_LENGTH} characters, or None.")

    def _check_cookies(self) -> None:
        if not _matches(_COOKIE_PATH, self.cookie_path):
            raise _mistake("cookie_path", self.cookie_path, "Write it like '/' or '/admin'.")
        if self.cookie_domain is not None and not _matches(_DOMAIN, self.cookie_domain):
            hint = "Write it like 'shop.example', in lower case, without scheme, port or leading dot, or leave it None."
            raise _mistake("cookie_domain", self.cookie_domain, hint)
        # Browsers drop such a cookie without a word, and nobody could sign in.
        if self.cookie_samesite == "none" and not self.cookie_secure:
            raise _mistake("cookie_samesite", "none", "It needs cookie_secure=True.")


def _mistake(name: str, value: object, hint: str) -> ConfigError:
    return ConfigError("AA003", f"JWTConfig.{name} is {value!r}.", hint=hint)


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
