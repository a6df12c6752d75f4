"""Who can call what: every route of an application with what its guards ask for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.routes import ASGIRoute, HTTPRoute, WebSocketRoute

from litestar_admin_auth.auth.middleware import MOUNT_OPT

#: What stands where nothing is asked for.
OPEN = "open"


@dataclass(frozen=True)
class RouteAccess:
    """A route and what it needs, in words, such as ``permission articles:publish``; ``open`` for nothing."""

    path: str
    methods: list[str]
    needs: str
    handler: str


def access_map(app: Litestar, *, closed_by_default: bool = False) -> list[RouteAccess]:
    """Return the routes of an application, by path and method; the admin's mount is not one of them.

    Args:
        app: The host's application, or the admin's own.
        closed_by_default: Whether a handler without a guard still needs a login, unless its ``opt`` says ``public``.
    """
    otherwise = "signed in" if closed_by_default else OPEN
    found: list[RouteAccess] = []
    for route in app.routes:
        for handler, methods in _handlers(route):
            if handler.opt.get(MOUNT_OPT):
                continue
            words = [_words(guard) for guard in cast("Any", handler).resolve_guards()]
            needs = " and ".join(dict.fromkeys(words)) or (OPEN if handler.opt.get("public") else otherwise)
            found.append(RouteAccess(route.path, methods, needs, handler.handler_name))
    return sorted(found, key=lambda access: (access.path, access.methods))


def _handlers(route: HTTPRoute | ASGIRoute | WebSocketRoute) -> Iterable[tuple[BaseRouteHandler, list[str]]]:
    if isinstance(route, HTTPRoute):
        for handler in route.route_handlers:
            # Litestar answers OPTIONS by itself, from the route alone.
            methods = sorted(str(method) for method in handler.http_methods if method != "OPTIONS")
            if methods:
                yield handler, methods
    else:
        yield route.route_handler, ["WEBSOCKET" if isinstance(route, WebSocketRoute) else "ANY"]


def _words(guard: Any) -> str:
    """Return a guard's ``needs``; of a host's own guard only the name can be told."""
    # Litestar wraps a synchronous guard.
    guard = getattr(guard, "func", guard)
    needs = getattr(guard, "needs", None)
    return str(needs) if needs else f"guard {getattr(guard, '__qualname__', type(guard).__qualname__)}"
