"""The session that the host's middleware has put into the scope: reading it, and giving it a new id."""

from collections.abc import Iterable, Iterator
from copy import copy
from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.middleware import DefineMiddleware
from litestar.middleware.session.base import BaseSessionBackend
from litestar.middleware.session.server_side import ServerSideSessionBackend
from litestar.types import Empty, Scope

from litestar_admin_auth.auth.request_state import Connection, items_of, state_of


def session_of(connection: Connection) -> dict[str, Any] | None:
    """Return the host's session, empty where it was cleared, or None where no middleware provides one."""
    items = items_of(connection.scope)
    if "session" not in items:
        return None
    # A cleared session is no dict but a sentinel.
    if not isinstance(items["session"], dict):
        items["session"] = {}
    return cast("dict[str, Any]", items["session"])


async def renew_session_id(connection: Connection) -> None:
    """Make the host's middleware store the session under a new id, and delete what is stored under the old one.

    Litestar takes whatever id the client sends. Without this, whoever planted an id in somebody's browser would be
    signed in with them (session fixation; ASVS 7.2.4). Sessions that live in the cookie itself have no id.
    """
    state = state_of(connection.scope)
    # Below the admin, the host's middleware looks at the scope outside.
    host: Connection = ASGIConnection(state.outer) if state is not None and state.outer is not None else connection
    old = host.get_session_id()
    if not old:
        return
    for backend in _server_side_backends(host):
        if host.cookies.get(backend.config.key) == old:
            await backend.delete(old, backend.config.get_store_from_app(host.scope["litestar_app"]))
    # The middleware asks the cookies first, then the connection, and else makes a new id. Litestar has no public call
    # for that; both are what it keeps of this request, and the answer is written after them.
    for name in [name for name, value in host.cookies.items() if value == old]:
        del host.cookies[name]
    host._connection_state.session_id = Empty  # pyright: ignore[reportPrivateUsage]


async def as_stored_now(scope: Scope) -> Scope:
    """Return a copy of a connection's scope with the host's session as the host's store has it by now.

    A WebSocket keeps the session that it was opened with, and somebody who has signed out since must not stay in it. A
    session that lives in the cookie itself is stored nowhere: it stays what it was.
    """
    connection: Connection = ASGIConnection(scope)
    backend: Any = next(_server_side_backends(connection), None)
    if backend is None:
        return scope
    again = copy(scope)
    items_of(again)["session"] = await backend.load_from_connection(connection)
    return again


def session_backend_of(middleware: object) -> Any:
    """Return what stores the sessions of a middleware, or None for one that brings no session of Litestar's."""
    kwargs = middleware.kwargs if isinstance(middleware, DefineMiddleware) else {}
    # The session middleware itself, or SessionAuth, which brings it along.
    found = kwargs.get("backend") or getattr(kwargs.get("config"), "session_backend", None)
    return cast("Any", found) if isinstance(found, BaseSessionBackend) else None


def _server_side_backends(host: Connection) -> Iterator[ServerSideSessionBackend]:
    handler: Any = items_of(host.scope).get("route_handler")
    middleware: Iterable[object] = handler.resolve_middleware() if handler is not None else ()
    for found in map(session_backend_of, middleware):
        if isinstance(found, ServerSideSessionBackend):
            yield found
