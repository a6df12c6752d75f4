"""The host's own middleware: what keeps it off the admin, and what in it would do harm."""

import logging
from collections.abc import Iterable
from typing import Any

from litestar.config.app import AppConfig
from litestar.middleware import DefineMiddleware
from litestar.middleware.logging import LoggingMiddlewareConfig
from litestar.security.session_auth import SessionAuth

from litestar_admin_auth.auth.host_session import session_backend_of
from litestar_admin_auth.auth.middleware import HostAuthentication

logger = logging.getLogger(__name__)


def opt_out(app_config: AppConfig) -> dict[str, Any]:
    """Return the marks that keep the host's CSRF and authentication middleware off our pages, which have their own.

    A log of requests is told to look away where the host has given it a mark for that.
    """
    opt: dict[str, Any] = {"exclude_from_auth": True}
    if app_config.csrf_config is not None:
        opt[app_config.csrf_config.exclude_from_csrf_key] = True
    for config in _request_logs(app_config.middleware):
        if config.exclude_opt_key:
            opt[config.exclude_opt_key] = True
    # Litestar's SessionAuth may call the mark otherwise; it goes on bringing the session.
    opt |= {
        config.exclude_opt_key: True for config in _configs(app_config.middleware) if isinstance(config, SessionAuth)
    }
    return opt


def _request_logs(middleware: Iterable[object]) -> list[LoggingMiddlewareConfig]:
    """Return the settings of the host's middleware that writes requests into a log."""
    return [config for config in _configs(middleware) if isinstance(config, LoggingMiddlewareConfig)]


def _configs(middleware: Iterable[object]) -> list[Any]:
    return [defined.kwargs.get("config") for defined in middleware if isinstance(defined, DefineMiddleware)]


def warn_of_logged_secrets(middleware: Iterable[object]) -> None:
    """Say so where the host's log of requests would hold passwords and tokens."""
    for config in _request_logs(middleware):
        if "body" in config.request_log_fields and not config.exclude_opt_key and not config.exclude:
            logger.warning(
                "AA017: LoggingMiddlewareConfig writes bodies and cookies into the log, passwords and tokens of the "
                "admin among them. Give it an exclude_opt_key, and the admin is left out."
            )


def warn_of_late_sessions(middleware: Iterable[object]) -> None:
    """Say so where our middleware for host routes runs before the session that it reads is there."""
    ours_ran = False
    for defined in middleware:
        ours_ran = ours_ran or isinstance(defined, HostAuthentication)
        if ours_ran and session_backend_of(defined) is not None:
            logger.warning(
                "AA040: A plugin after AdminPlugin adds the sessions that SessionAuthBackend reads: on your own routes "
                "nobody is signed in. Put AdminPlugin behind it in the list of plugins."
            )
