"""The admin below the host: an application of its own, whose errors, headers and middleware touch nothing outside."""

import logging
from typing import Any, cast

from litestar import Litestar
from litestar.datastructures import State
from litestar.handlers import asgi
from litestar.handlers.asgi_handlers import ASGIRouteHandler
from litestar.types import ControllerRouterHandler, HTTPScope, Message, Receive, Scope, Send

from litestar_admin_auth.api.openapi import openapi_config
from litestar_admin_auth.auth.admission import Admission
from litestar_admin_auth.auth.authentication import authenticate, bind_forms, open_state
from litestar_admin_auth.auth.errors import handle
from litestar_admin_auth.auth.headers import with_cookies, with_security_headers
from litestar_admin_auth.auth.middleware import MOUNT_OPT
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.core import i18n

logger = logging.getLogger(__name__)

#: Our largest form is a role of a few thousand permissions.
MAX_BODY_BYTES = 1_000_000


def build_inner(runtime: Runtime, handlers: list[ControllerRouterHandler]) -> Litestar:
    """Build the application that answers below the admin path."""
    return Litestar(
        path=runtime.config.path,
        route_handlers=handlers,
        middleware=[Admission(runtime)],
        exception_handlers={Exception: handle},
        state=State({"admin_auth": runtime}),
        openapi_config=openapi_config(runtime),
        logging_config=None,
        request_max_body_size=MAX_BODY_BYTES,
    )


def build_mount(runtime: Runtime, inner: Litestar, *, opt: dict[str, Any]) -> ASGIRouteHandler:
    """Build the handler that hands everything below the admin path to the inner application.

    Args:
        runtime: The running admin.
        inner: The application of :func:`build_inner`.
        opt: What excludes the mount from the host's own CSRF and authentication middleware.
    """
    prefix = runtime.config.path

    @asgi(prefix, is_mount=True, copy_scope=True, opt={MOUNT_OPT: True, **opt})
    async def admin_auth_mount(scope: Scope, receive: Receive, send: Send) -> None:
        inside = cast("Scope", dict(scope))
        # Litestar takes the prefix away and caches what it parsed: the inner application starts from the whole path.
        tail = scope["path"].strip("/")
        inside["path"] = f"{prefix}/{tail}" if tail else prefix
        inside["raw_path"] = inside["path"].encode()
        inside["state"] = {}
        state = open_state(runtime, inside)
        locked_down = with_security_headers(with_cookies(send, state))
        i18n.activate(i18n.negotiate(_header(scope, b"accept-language")))
        try:
            pages = not inside["path"].startswith(runtime.api_path)
            await authenticate(runtime, inside, state, pages=pages)
            if pages and "/static/" not in inside["path"]:
                bind_forms(runtime, inside, state)
        except Exception as fault:  # noqa: BLE001 - raised again by the admission, where it gets an error page
            state.fault = fault
        inside["user"], inside["auth"] = state.user, state.auth
        if scope["type"] == "http" and scope["method"] == "HEAD":
            # Litestar routes HEAD only where a handler says so; RFC 9110 section 9.3.2 wants it wherever there is GET.
            cast("HTTPScope", inside)["method"] = "GET"
            locked_down = _without_body(locked_down)
        await inner(inside, receive, locked_down)

    return admin_auth_mount


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    return send_head


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")
