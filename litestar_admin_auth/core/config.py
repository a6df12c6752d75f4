"""The settings: every field with its type, default and an example. Mistakes stop the start."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from litestar_admin_auth.core.appearance import NavEntry, OverviewCard, check_appearance
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.core.jwt_config import JWTConfig as JWTConfig
from litestar_admin_auth.core.mail import MailBackend
from litestar_admin_auth.core.mail_backends import check_backend, mail_from_environment
from litestar_admin_auth.core.permissions import is_code
from litestar_admin_auth.core.protocols import AuthBackend
from litestar_admin_auth.core.secrets import check_secret as check_secret

MAX_GRACE = timedelta(minutes=1)
MAX_WEBSOCKET_CHECK = timedelta(minutes=10)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.replace("-", "").replace("_", "").isalnum()


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
    #: How the tokens of our users are made and carried, instead of ``auth_backend``; None means cookies, signed with
    #: ``secret_key``. Example: ``JWTConfig(secret_key=private_key, algorithm="ES256", token_location="header")``.
    jwt: JWTConfig | None = None
    #: The secret behind tokens and forms; default ``ADMIN_AUTH_SECRET_KEY`` from the environment.
    secret_key: str = field(default_factory=lambda: os.environ.get("ADMIN_AUTH_SECRET_KEY", ""), repr=False)
    #: Secrets that ``secret_key`` replaced: tokens signed with them still work. Default: the words of
    #: ``ADMIN_AUTH_PREVIOUS_SECRET_KEYS``.
    previous_secret_keys: Sequence[str] = field(
        default_factory=lambda: os.environ.get("ADMIN_AUTH_PREVIOUS_SECRET_KEYS", "").split(), repr=False
    )
    #: An asynchronous SQLAlchemy URL or an Advanced Alchemy ``SQLAlchemyAsyncConfig``; None means
    #: ``ADMIN_AUTH_DATABASE_URL``, else the host's Advanced Alchemy plugin, else ``admin_auth.sqlite3``.
    database: Any = None
    #: The origin that people see, for links in mails and the origin check. Example: ``"https://shop.example"``.
    public_origin: str | None = None
    #: Other origins whose pages may change state here. Example: ``["https://app.shop.example"]``.
    trusted_origins: Sequence[str] = ()
    #: Addresses or networks of proxies whose ``X-Forwarded-For`` counts. Example: ``["10.0.0.0/8"]``.
    trusted_proxies: Sequence[str] = ()
    #: What carries mails; None means none are sent, and one-time links are shown to the administrator instead. Default:
    #: ``ADMIN_AUTH_MAIL_URL`` and ``ADMIN_AUTH_MAIL_SENDER`` from the environment.
    #: Example: ``SMTPMail(sender="Shop <no-reply@shop.example>", host="smtp.example.com")``.
    mail: MailBackend | None = field(default_factory=mail_from_environment)
    #: Your permissions, code to description. Example: ``{"orders:refund": "Refund an order"}``.
    permissions: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Folders whose templates replace ours. Example: ``[Path("templates")]``.
    template_dirs: Sequence[Path] = ()
    #: The picture beside the title: a file (SVG, PNG or WebP, at most 64 KB), or an address on this origin; None means
    #: ours. Example: ``Path("static/logo.svg")``.
    logo: Path | str | None = None
    #: The colour of links and main buttons as ``#rrggbb``; its readable shades are derived. Example: ``"#7c3aed"``.
    accent: str | None = None
    #: A style sheet after ours: a file, or an address on this origin. Example: ``Path("static/admin.css")``.
    style_sheet: Path | str | None = None
    #: More links in the side navigation. Example: ``[NavEntry("Orders", "/orders", permission="orders:read")]``.
    navigation: Sequence[NavEntry] = ()
    #: More cards on the first page. Example: ``[OverviewCard("Orders", "cards/orders.html", load=open_orders)]``.
    overview_cards: Sequence[OverviewCard] = ()
    #: Whether ``request.user`` is set on the host's own routes.
    authenticate_host_routes: bool = True
    #: Whether the admin's JSON API describes itself at ``{path}/api/schema``.
    openapi: bool = True
    #: Whether cookies need HTTPS; default true, ``ADMIN_AUTH_COOKIE_SECURE=0`` for plain HTTP on your own machine.
    cookie_secure: bool = field(default_factory=lambda: os.environ.get("ADMIN_AUTH_COOKIE_SECURE", "1") != "0")
    #: After this time a session ends whatever happens; None means 14 days, or the life of a refresh token where that is
    #: longer. Example: ``timedelta(hours=12)``.
    session_lifetime: timedelta | None = None
    #: For how long a refresh token that was just rotated answers with the same successor (parallel tabs).
    refresh_grace: timedelta = timedelta(seconds=10)
    #: How often the session of an open WebSocket is checked. Example: ``timedelta(minutes=1)``.
    websocket_check: timedelta = timedelta(seconds=15)

    def __post_init__(self) -> None:
        if not _is_path(self.path):
            raise ConfigError(
                "AA004",
                f"AdminConfig.path is {self.path!r}.",
                hint="Write it like '/admin': letters, digits, - and _ between slashes, none at the end.",
            )
        self._check_tokens()
        if not isinstance(self.permissions, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(
                "AA005",
                f"AdminConfig.permissions is {self.permissions!r}.",
                hint="Write {'articles:publish': 'Publish articles'}: each code with a description.",
            )
        for code, description in self.permissions.items():
            if not isinstance(description, str):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ConfigError(
                    "AA005",
                    f"AdminConfig.permissions has {code!r} with {description!r}.",
                    hint="Say in a text what it allows.",
                )
            if not isinstance(code, str) or not is_code(code):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ConfigError(
                    "AA005", f"AdminConfig.permissions has {code!r}.", hint="Write codes like 'articles:publish'."
                )
        origins: list[tuple[str, object]] = [("trusted_origins", origin) for origin in _listed(self, "trusted_origins")]
        if self.public_origin is not None:
            origins.append(("public_origin", self.public_origin))
        for setting, origin in origins:
            if not _is_origin(origin):
                raise ConfigError(
                    "AA006",
                    f"AdminConfig.{setting} has {origin!r}.",
                    hint="Write origins like 'https://shop.example', in lower case, without path or default port.",
                )
        _listed(self, "trusted_proxies")
        check_appearance(self)
        if self.mail is not None:
            check_backend(self.mail)
        lifetime: object = self.session_lifetime
        if lifetime is not None and (not isinstance(lifetime, timedelta) or lifetime <= timedelta()):  # pyright: ignore
            raise ConfigError(
                "AA014",
                f"AdminConfig.session_lifetime is {lifetime!r}.",
                hint="Write it like timedelta(days=14).",
            )
        # The grace is for tabs that refresh at the same moment; a longer one is a window for a stolen token.
        if not isinstance(self.refresh_grace, timedelta) or not timedelta() <= self.refresh_grace <= MAX_GRACE:  # pyright: ignore
            raise ConfigError(
                "AA014",
                f"AdminConfig.refresh_grace is {self.refresh_grace!r}.",
                hint="Write it like timedelta(seconds=10), at most a minute.",
            )
        # Every open session costs a look-up each time; a longer wait is a revocation that does not revoke.
        check = self.websocket_check
        if not isinstance(check, timedelta) or not timedelta(seconds=1) <= check <= MAX_WEBSOCKET_CHECK:  # pyright: ignore
            raise ConfigError(
                "AA014",
                f"AdminConfig.websocket_check is {check!r}.",
                hint="Write it like timedelta(seconds=15), between a second and ten minutes.",
            )

    def _check_tokens(self) -> None:
        jwt: object = self.jwt
        if jwt is not None and not isinstance(jwt, JWTConfig):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError("AA060", "AdminConfig.jwt is no JWTConfig.", hint="Give a JWTConfig, or None.")
        previous: object = self.previous_secret_keys
        if not isinstance(previous, (list, tuple)):
            raise ConfigError("AA060", "AdminConfig.previous_secret_keys is no list.", hint="Give a list, even of one.")
        # Of two answers to one question one would be ignored, and nobody would know which.
        if jwt is not None and self.auth_backend is not None:
            raise ConfigError(
                "AA060",
                "AdminConfig.jwt and AdminConfig.auth_backend are both set.",
                hint="Keep jwt for our users, or auth_backend for your own: a JWTAuthBackend has its own JWTConfig.",
            )
        if previous and (jwt is not None or self.auth_backend is not None):
            raise ConfigError(
                "AA060",
                "AdminConfig.previous_secret_keys is set, but AdminConfig.secret_key signs no tokens here.",
                hint="Move it to JWTConfig.previous_keys.",
            )


def _listed(config: AdminConfig, setting: str) -> list[object]:
    value: Any = getattr(config, setting)
    # A text is a sequence too: of its letters.
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise ConfigError("AA006", f"AdminConfig.{setting} is {value!r}.", hint="Give a list, even of one.")
    return list(cast("Iterable[object]", value))


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value.startswith("/") and all(_is_word(part) for part in value[1:].split("/"))


def _is_origin(value: object) -> bool:
    # An origin as browsers send it (RFC 6454 section 6.2): anything else would never match, and nobody would know why.
    if not isinstance(value, str) or value != value.lower():
        return False
    scheme, separator, host = value.partition("://")
    port = {"http": ":80", "https": ":443"}.get(scheme)
    return port is not None and bool(separator and host) and not host.endswith(port) and not set(host) & set("/?#@, ")
