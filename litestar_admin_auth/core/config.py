"""The settings: every field with its type, default and an example. Mistakes stop the start."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.core.permissions import is_code
from litestar_admin_auth.core.protocols import AuthBackend

MIN_SECRET_BYTES = 32

#: Secrets that stand in documentation: whoever copies one has none.
EXAMPLE_SECRETS = frozenset({
    "your-super-secret-key-change-in-production",
    "change-me-change-me-change-me-change-me",
})

_MAKE_SECRET = 'Make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"'


def check_secret(secret: str, setting: str) -> None:
    """Refuse a missing, short or published secret (RFC 7518 section 3.2; ASVS 13.3.1).

    Args:
        secret: The signing secret.
        setting: The name of the setting, for the message.

    Raises:
        ConfigError: ``AA001`` when empty, ``AA002`` when short or taken from an example.
    """
    if not secret:
        raise ConfigError("AA001", f"{setting} is not set.", hint=_MAKE_SECRET)
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise ConfigError("AA002", f"{setting} is shorter than {MIN_SECRET_BYTES} bytes.", hint=_MAKE_SECRET)
    if secret in EXAMPLE_SECRETS or len(set(secret)) < 8:
        raise ConfigError("AA002", f"{setting} is an example or can be guessed.", hint=_MAKE_SECRET)


@dataclass(frozen=True, kw_only=True)
class JWTConfig:
    """How tokens are made and carried.

    Example:
        ``JWTConfig(secret_key=os.environ["JWT_SECRET_KEY"], token_location="cookie")``

    Raises:
        ConfigError: For each bad value, naming the field.
    """

    #: The signing secret, at least 32 bytes.
    secret_key: str = field(repr=False)
    #: ``HS256``, ``HS384`` or ``HS512``.
    algorithm: str = "HS256"
    #: Life of an access token, in seconds.
    token_expiry: int = 3600
    #: Life of a refresh token, in seconds; also the time after which an unused session ends.
    refresh_token_expiry: int = 86400
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
    #: The name of the access cookie; the refresh cookie adds ``_refresh``. ``__Host-`` is put before it when secure.
    cookie_name: str = "admin_auth"
    #: Send cookies over HTTPS only.
    cookie_secure: bool = True
    #: Hide cookies from scripts.
    cookie_httponly: bool = True
    #: ``lax`` lets a link from a mail arrive signed in; ``strict`` does not.
    cookie_samesite: Literal["lax", "strict"] = "lax"

    def __post_init__(self) -> None:
        check_secret(self.secret_key, "JWTConfig.secret_key")
        if self.algorithm not in ("HS256", "HS384", "HS512"):
            raise ConfigError(
                "AA003", f"JWTConfig.algorithm {self.algorithm!r} is not supported.", hint="Use HS256, HS384 or HS512."
            )
        for name in ("token_expiry", "refresh_token_expiry"):
            value: object = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 10 * 365 * 86400:
                raise ConfigError("AA003", f"JWTConfig.{name} is {value!r}.", hint="Give whole seconds, at least 1.")
        choices: dict[str, tuple[str, ...]] = {
            "token_location": ("header", "cookie"),
            "cookie_samesite": ("lax", "strict"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ConfigError(
                    "AA003", f"JWTConfig.{name} is {getattr(self, name)!r}.", hint=f"Use one of {', '.join(allowed)}."
                )
        for name in ("token_header", "cookie_name"):
            if not _is_token(getattr(self, name)):
                raise ConfigError(
                    "AA003", f"JWTConfig.{name} is {getattr(self, name)!r}.", hint="Use letters, digits, - and _ only."
                )


def _is_token(value: str) -> bool:
    return bool(value) and value.isascii() and value.replace("-", "").replace("_", "").isalnum()


@dataclass(kw_only=True)
class AdminConfig:
    """Everything about the admin; each field has a default that is safe in production.

    Example:
        ``AdminConfig(title="Shop", permissions={"orders:refund": "Refund an order"})``
    """

    #: The name in the page header and in mails. Example: ``"Shop"``.
    title: str = "Admin"
    #: Where the admin stands in the host application. Example: ``"/backoffice"``.
    path: str = "/admin"
    #: How people are authenticated; None means our users with cookie JWTs. Example: ``SessionAuthBackend(...)``.
    auth_backend: AuthBackend | None = None
    #: The secret behind tokens and forms; default ``ADMIN_AUTH_SECRET_KEY`` from the environment.
    secret_key: str = field(default_factory=lambda: os.environ.get("ADMIN_AUTH_SECRET_KEY", ""), repr=False)
    #: An asynchronous SQLAlchemy URL or an Advanced Alchemy ``SQLAlchemyAsyncConfig``; None means
    #: ``ADMIN_AUTH_DATABASE_URL``, else the host's Advanced Alchemy plugin, else ``admin_auth.sqlite3``.
    database: Any = None
    #: The origin that people see, for links in mails and the origin check. Example: ``"https://shop.example"``.
    public_origin: str | None = None
    #: Other origins whose pages may change state here. Example: ``["https://app.shop.example"]``.
    trusted_origins: Sequence[str] = ()
    #: Addresses or networks of proxies whose ``X-Forwarded-For`` counts. Example: ``["10.0.0.0/8"]``.
    trusted_proxies: Sequence[str] = ()
    #: Your permissions, code to description. Example: ``{"orders:refund": "Refund an order"}``.
    permissions: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Folders whose templates replace ours. Example: ``[Path("templates")]``.
    template_dirs: Sequence[Path] = ()
    #: Whether ``request.user`` is set on the host's own routes.
    authenticate_host_routes: bool = True
    #: Whether the admin's JSON API describes itself at ``{path}/api/schema``.
    openapi: bool = True
    #: Whether cookies need HTTPS; default true, ``ADMIN_AUTH_COOKIE_SECURE=0`` for plain HTTP on your own machine.
    cookie_secure: bool = field(default_factory=lambda: os.environ.get("ADMIN_AUTH_COOKIE_SECURE", "1") != "0")
    #: After this time a session ends whatever happens.
    session_lifetime: timedelta = timedelta(days=14)
    #: For how long a refresh token that was just rotated answers with the same successor (parallel tabs).
    refresh_grace: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        if not self.path.startswith("/") or len(self.path) < 2 or self.path.endswith("/") or "//" in self.path:
            raise ConfigError("AA004", f"AdminConfig.path is {self.path!r}.", hint="Write it like '/admin'.")
        if not all(part and part.replace("-", "").replace("_", "").isalnum() for part in self.path[1:].split("/")):
            raise ConfigError(
                "AA004", f"AdminConfig.path is {self.path!r}.", hint="Use letters, digits, - and _ between slashes."
            )
        for code in self.permissions:
            if not is_code(code):
                raise ConfigError(
                    "AA005", f"AdminConfig.permissions has {code!r}.", hint="Write codes like 'articles:publish'."
                )
        for setting in ("trusted_origins", "public_origin"):
            value: Any = getattr(self, setting)
            for origin in [value] if isinstance(value, str) else value or ():
                if not _is_origin(origin):
                    raise ConfigError(
                        "AA006",
                        f"AdminConfig.{setting} has {origin!r}.",
                        hint="Write origins like 'https://shop.example', without a path.",
                    )


def _is_origin(value: str) -> bool:
    scheme, separator, host = value.partition("://")
    return scheme in ("http", "https") and bool(separator) and bool(host) and not set(host) & set("/?#@ ")
