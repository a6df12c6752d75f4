"""What one plugin's parts share: built once at the start, read by every request and command."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from litestar import Request, Response

from litestar_admin_auth.auth.client import Networks
from litestar_admin_auth.auth.cookies import Cookies
from litestar_admin_auth.auth.live_sockets import LiveSockets
from litestar_admin_auth.auth.request_state import Connection
from litestar_admin_auth.auth.throttle import Throttle, Unlimited
from litestar_admin_auth.core.background import Background
from litestar_admin_auth.core.config import AdminConfig
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import NotFound
from litestar_admin_auth.core.passwords import Passwords
from litestar_admin_auth.core.protocols import AuthBackend
from litestar_admin_auth.services.session_policy import SessionPolicy


@dataclass(kw_only=True)
class Runtime:
    """The parts of a running admin.

    Args:
        config: The host's settings; ``path`` with the path of the host's application before it.
        backend: How people are authenticated.
        database: Our tables; None when the host brings its own users and no database.
        secret: What the keys of forms and flash messages are derived from.
        cookies: Names and attributes of cookies.
        policy: How long sessions live.
        proxies: Networks whose forwarded headers count.
        passwords: Hashes and verifies.
        throttle: The hook of every credential path.
        sockets: The WebSockets of this process.
        background: Work that no answer waits for.
        resets: How many questions for a new password are looked into at once.
        error_page: Renders an error as HTML; the pages set it.
        pages: The templates, set by the pages.
        routes: Tells what each route of the application and of the admin asks for (``auth/access_map.py``); set at the
            start, when all routes are there.
    """

    config: AdminConfig
    backend: AuthBackend
    database: Database | None
    secret: bytes = field(repr=False)
    cookies: Cookies
    policy: SessionPolicy
    proxies: Networks = ()
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Unlimited)
    sockets: LiveSockets = field(init=False)
    background: Background = field(default_factory=Background)
    resets: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    error_page: Callable[[Request[Any, Any, Any], Any], Response[Any]] | None = None
    pages: Any = None
    routes: Callable[[], Sequence[Any]] = tuple

    def __post_init__(self) -> None:
        self.sockets = LiveSockets(self.config.websocket_check)

    def key(self, purpose: str) -> bytes:
        """Return the key for one purpose: a token made for one is worthless for another."""
        return hmac.digest(self.secret, f"litestar-admin-auth/{purpose}".encode(), hashlib.sha256)

    @property
    def tables(self) -> Database:
        """The database, where the admin manages users.

        Raises:
            NotFound: Without one: the management pages are then absent.
        """
        if self.database is None:
            raise NotFound
        return self.database

    @property
    def origins(self) -> list[str]:
        """Origins whose pages may change state here, besides the one that a request was sent to."""
        config = self.config
        return [*config.trusted_origins, *([config.public_origin] if config.public_origin else [])]

    def is_api(self, path: str) -> bool:
        """Tell whether an address, below the application's root, belongs to the JSON API."""
        api = self.config.path + "/api"
        return path == api or path.startswith(api + "/")


def runtime_of(connection: Connection) -> Runtime:
    """Return the runtime from a request, below the admin or on a host's route."""
    return cast("Runtime", connection.app.state.admin_auth)
