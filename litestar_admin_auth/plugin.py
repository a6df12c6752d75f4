"""The plugin: wiring only."""

import dataclasses
import logging
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.plugins import CLIPlugin, InitPlugin, ReceiveRoutePlugin
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler
from sqlalchemy.exc import SQLAlchemyError

from litestar_admin_auth import host_database
from litestar_admin_auth.api import controllers as api_controllers
from litestar_admin_auth.auth.access_map import access_map, admin_access_map
from litestar_admin_auth.auth.backend_checks import check_backend
from litestar_admin_auth.auth.client import proxy_networks
from litestar_admin_auth.auth.cookies import Cookies
from litestar_admin_auth.auth.database_backend import DatabaseAuthBackend
from litestar_admin_auth.auth.disclosure import conceals
from litestar_admin_auth.auth.jwt import JWTAuthBackend
from litestar_admin_auth.auth.middleware import HostAuthentication
from litestar_admin_auth.auth.request_state import MOUNT_OPT
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.auth.session import SessionAuthBackend
from litestar_admin_auth.auth.store_sessions import STORE_NAME
from litestar_admin_auth.auth.token_transport import COOKIE
from litestar_admin_auth.core.config import AdminConfig, JWTConfig
from litestar_admin_auth.core.database import Database, enable_wal
from litestar_admin_auth.core.database_trouble import trouble_of
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.core.i18n import load_catalogues
from litestar_admin_auth.core.passwords import Passwords
from litestar_admin_auth.core.protocols import AuthBackend
from litestar_admin_auth.core.signing_keys import secret_key
from litestar_admin_auth.host_middleware import opt_out, warn_of_late_sessions, warn_of_logged_secrets
from litestar_admin_auth.mount import build_inner, build_mount
from litestar_admin_auth.routing import Concealment, place_mount
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.checks import run_checks
from litestar_admin_auth.services.mailer import Mailer
from litestar_admin_auth.services.migrations import at_head
from litestar_admin_auth.services.session_policy import SessionPolicy
from litestar_admin_auth.web import controllers as web_controllers
from litestar_admin_auth.web import install_pages

if TYPE_CHECKING:
    from click import Group

logger = logging.getLogger(__name__)


class AdminPlugin(InitPlugin, CLIPlugin, ReceiveRoutePlugin):
    """Gives a Litestar application users, roles, permissions, login pages and their administration.

    Args:
        config: The settings; the defaults need ``ADMIN_AUTH_SECRET_KEY`` in the environment.
    """

    def __init__(self, config: AdminConfig | None = None) -> None:
        if config is not None and not isinstance(config, AdminConfig):  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = f"AdminPlugin takes settings like AdminPlugin(AdminConfig(title='Shop')), not {config!r}"
            raise TypeError(msg)
        self.config = config or AdminConfig()
        #: Where the admin stands, with the path of the host's application before it.
        self.path = self.config.path

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Add the mount, the authentication of host routes and the start-up checks.

        Raises:
            ConfigError: For a mistake in the settings.
        """
        if sum(isinstance(plugin, AdminPlugin) for plugin in app_config.plugins) > 1:
            raise ConfigError(
                "AA008", "This application has two AdminPlugins.", hint="Keep one: they would share tables and cookies."
            )
        self.path = (app_config.path or "").rstrip("/") + self.config.path
        runtime = self._build_runtime(app_config)
        install_pages(runtime)
        _install_mail(runtime)
        handlers: list[ControllerRouterHandler] = [*web_controllers(runtime), *api_controllers(runtime)]
        inner = build_inner(runtime, handlers)
        mount = build_mount(runtime, inner, path=self.config.path, opt=opt_out(app_config))
        app_config.route_handlers = [*app_config.route_handlers, mount]
        app_config.state["admin_auth"] = runtime
        if self.config.authenticate_host_routes:
            app_config.middleware = [*app_config.middleware, HostAuthentication(runtime)]

        async def start(app: Litestar) -> None:
            runtime.routes = lambda: [*access_map(app), *admin_access_map(inner)]
            _take_host_templates(runtime, app)
            backend = runtime.backend
            place_mount(app, runtime.config.path)
            if conceals(backend):
                app.asgi_handler = Concealment(app.asgi_handler, app, runtime.config.path)
            # A host's backend finds its own things wherever it is asked.
            inner.state, inner.stores = app.state, app.stores
            if isinstance(backend, JWTAuthBackend):
                backend.use_store(app.stores.get(STORE_NAME), runtime.policy)
            warn_of_logged_secrets(app.middleware)
            if isinstance(backend, SessionAuthBackend):
                warn_of_late_sessions(app.middleware)
            await _start(runtime, debug=app.debug)

        async def stop(_app: Litestar) -> None:
            await runtime.sockets.stop()
            await runtime.background.drain()
            if runtime.database is not None:
                await runtime.database.close()

        app_config.on_startup = [*app_config.on_startup, start]
        app_config.on_shutdown = [*app_config.on_shutdown, stop]
        return app_config

    def receive_route(self, route: BaseRoute) -> None:
        """Refuse a route of the host's below the admin path: Litestar would give it some of our requests, silently.

        Raises:
            ConfigError: ``AA016``, naming the route.
        """
        handlers: list[Any] = getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]
        if any(handler is not None and handler.opt.get(MOUNT_OPT) for handler in handlers):
            return
        if route.path == self.path or route.path.startswith(self.path + "/"):
            raise ConfigError(
                "AA016",
                f"The application has a route {route.path!r} where the admin stands.",
                hint="Move the route, or set AdminConfig.path to another place.",
            )

    def on_cli_init(self, cli: "Group") -> None:
        """Add the ``admin`` commands, and our tables to ``litestar database``."""
        from litestar_admin_auth.cli import register

        register(cli)

    def _build_runtime(self, app_config: AppConfig) -> Runtime:
        config = dataclasses.replace(self.config, path=self.path)
        database = self._database(app_config)
        passwords = Passwords()
        backend = config.auth_backend
        if backend is None:
            jwt = config.jwt or _cookie_tokens(config)
            assert database is not None  # noqa: S101 - without a backend of the host's there is always a database
            backend = DatabaseAuthBackend(jwt, database, passwords, _policy(config, jwt))
        check_backend(backend)
        return Runtime(
            config=config,
            backend=backend,
            database=database,
            secret=_form_secret(config, backend),
            cookies=backend.transport.cookies
            if isinstance(backend, JWTAuthBackend)
            else Cookies(secure=config.cookie_secure),
            policy=_policy(config, backend.config) if isinstance(backend, JWTAuthBackend) else SessionPolicy(),
            proxies=proxy_networks(config.trusted_proxies),
            passwords=passwords,
        )

    def _database(self, app_config: AppConfig) -> Database | None:
        # A host with its own users gets our tables only when it asks for them.
        if self.config.auth_backend is not None and self.config.database is None:
            return None
        return host_database.resolve(self.config, app_config)


def _take_host_templates(runtime: Runtime, app: Litestar) -> None:
    """Let the pages look into the host's own Jinja templates, and read all of the host's that concern us once.

    Raises:
        ConfigError: ``AA050`` for one that cannot be read.
    """
    templates = runtime.pages.templates
    engine = cast("Any", app).template_engine
    templates.use_host_loader(getattr(getattr(engine, "engine", None), "loader", None))
    templates.check()


def _cookie_tokens(config: AdminConfig) -> JWTConfig:
    """Return the settings of the tokens where the host gave none: cookies, signed with the one secret."""
    # Here, so that the message names what the operator has set.
    secret_key("HS256", config.secret_key, "ADMIN_AUTH_SECRET_KEY")
    for secret in config.previous_secret_keys:
        secret_key("HS256", secret, "ADMIN_AUTH_PREVIOUS_SECRET_KEYS")
    return JWTConfig(
        secret_key=config.secret_key,
        previous_keys=config.previous_secret_keys,
        token_location=COOKIE,
        cookie_secure=config.cookie_secure,
    )


def _policy(config: AdminConfig, jwt: JWTConfig) -> SessionPolicy:
    return SessionPolicy.of(
        refresh_expiry=timedelta(seconds=jwt.refresh_token_expiry),
        lifetime=config.session_lifetime,
        grace=config.refresh_grace,
    )


def _install_mail(runtime: Runtime) -> None:
    """Have the letters of committed transactions written out and sent."""
    if runtime.config.mail is None or runtime.database is None:
        return
    runtime.database.postman = Mailer(
        runtime.config.mail,
        runtime.pages.templates.environment,
        title=runtime.config.title,
        background=runtime.background,
        database=runtime.database,
    ).post


def _form_secret(config: AdminConfig, backend: AuthBackend) -> bytes:
    """Return the root of the form keys: ours, else the backend's, else one for this process alone."""
    if config.secret_key:
        return config.secret_key.encode()
    if isinstance(backend, JWTAuthBackend):
        return backend.config.keys.current.root
    # Forms opened before a restart must be opened again; several workers need ADMIN_AUTH_SECRET_KEY.
    return os.urandom(32)


async def _start(runtime: Runtime, *, debug: bool) -> None:
    load_catalogues()
    try:
        await _check_and_fill(runtime, debug=debug)
    except (SQLAlchemyError, OSError) as error:
        trouble = trouble_of(error, runtime.database.engine.url) if runtime.database is not None else None
        if trouble is None:
            raise
        raise ConfigError(trouble.check_id, trouble.message, hint=trouble.hint) from error


async def _check_and_fill(runtime: Runtime, *, debug: bool) -> None:
    database = runtime.database
    if database is not None and database.owned:
        await enable_wal(database.engine)
    for finding in await run_checks(runtime.config, database, deploy=False, debug=debug):
        if finding.level == "error":
            raise ConfigError(finding.id, finding.message, hint=finding.hint)
        logger.warning("%s: %s %s", finding.id, finding.message, finding.hint)
    if database is not None and await at_head(database):
        await sync_permissions(database, runtime.config.permissions)
