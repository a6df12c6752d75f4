"""Who can call what: every route of an application with what its guards ask for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute, WebSocketRoute

from litestar_admin_auth.auth.admission import PUBLIC
from litestar_admin_auth.auth.request_state import MOUNT_OPT

#: What stands where nothing is asked for.
OPEN = "open"

#: The sentence in the description of a handler of ours: "Needs `users:read` and `users:write`."
_NEEDS = re.compile(r"Needs ((?:`[a-z]+:[a-z]+`(?: and )?)+)(, or being that user)?")


@dataclass(frozen=True)
class RouteAccess:
    """A route and what it needs, in words, such as ``permission articles:publish``; ``open`` for nothing.

    ``permissions`` and ``roles`` are the codes and names among that.
    """

    path: str
    methods: list[str]
    needs: str
    handler: str
    permissions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


def access_map(app: Litestar) -> list[RouteAccess]:
    """Return an application's own routes, by path and method, with what their guards and ``current_user`` ask for."""
    found: list[RouteAccess] = []
    for path, handler, methods in _handlers(app):
        # Litestar wraps a synchronous guard.
        guards: list[Any] = [getattr(guard, "func", guard) for guard in cast("Any", handler).resolve_guards()]
        words = [*map(_words, guards), *_words_of_dependencies(handler)]
        needs = " and ".join(dict.fromkeys(words)) or OPEN
        # The mount of the admin is no route of the host's.
        if not handler.opt.get(MOUNT_OPT):
            codes = [code for guard in guards for code in getattr(guard, "codes", ())]
            names = sorted(name for guard in guards for name in getattr(guard, "names", ()))
            found.append(
                RouteAccess(
                    path,
                    methods,
                    needs,
                    handler.handler_name,
                    tuple(dict.fromkeys(codes)),
                    tuple(dict.fromkeys(names)),
                )
            )
    return sorted(found, key=lambda access: (access.path, access.methods))


def admin_access_map(inner: Litestar) -> list[RouteAccess]:
    """Return the routes of the admin itself, which are closed unless their ``opt`` says that they are public.

    Its permissions are checked by the services, inside the transaction; the description of a handler, or of its
    controller, names those it needs, and the API's own documentation shows the same sentence. The tests knock at each
    door with all others.
    """
    found: list[RouteAccess] = []
    for path, handler, methods in _handlers(inner):
        owner: Any = getattr(handler.fn, "__self__", None)
        sentence = _NEEDS.search(" ".join(f"{handler.fn.__doc__} {owner.__doc__}".split()))
        codes = tuple(sentence[1].replace("`", "").removesuffix(" and ").split(" and ")) if sentence else ()
        needs = OPEN if handler.opt.get(PUBLIC) else "signed in"
        if sentence:
            needs = f"permission {' and '.join(codes)}{sentence[2] or ''}"
        found.append(RouteAccess(path, methods, needs, handler.handler_name, codes))
    return sorted(found, key=lambda access: (access.path, access.methods))


def _handlers(app: Litestar) -> Iterable[tuple[str, BaseRouteHandler, list[str]]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                # Litestar answers OPTIONS by itself, from the route alone.
                methods = sorted(str(method) for method in handler.http_methods if method != "OPTIONS")
                if methods:
                    yield route.path, handler, methods
        else:
            yield route.path, route.route_handler, ["WEBSOCKET" if isinstance(route, WebSocketRoute) else "ANY"]


def _words_of_dependencies(handler: BaseRouteHandler) -> list[str]:
    """Return what the dependencies that a handler takes ask for; one that no parameter names is never made."""
    provided: dict[str, Any] = cast("Any", handler).resolve_dependencies()
    taken: Any = cast("Any", handler).parsed_fn_signature.parameters
    found = [getattr(provide.dependency, "needs", None) for name, provide in provided.items() if name in taken]
    return [str(needs) for needs in found if needs]


def _words(guard: Any) -> str:
    """Return a guard's ``needs``; of a host's own guard only the name can be told."""
    needs = getattr(guard, "needs", None)
    return str(needs) if needs else f"guard {getattr(guard, '__qualname__', type(guard).__qualname__)}"
