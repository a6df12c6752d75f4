"""Where the host's router finds the admin, and how the host answers as though there were none."""

import logging
import re
from contextvars import ContextVar
from copy import copy
from functools import lru_cache
from typing import Any

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, Message, Receive, Scope, Send
from litestar.utils import normalize_path
from litestar.utils.scope.state import CONNECTION_STATE_KEY

from litestar_admin_auth.auth.disclosure import Disclosure, disclosure_of, keep_disclosure
from litestar_admin_auth.auth.request_state import items_of

logger = logging.getLogger(__name__)

#: Whether the request that is routed next in this task shall not find the admin.
_overlooked: ContextVar[bool] = ContextVar("admin_auth_overlooked", default=False)


def place_mount(app: Litestar, path: str) -> None:
    """Keep the host's neighbours out of the mount, and teach the router to overlook it.

    Litestar finds mounts by the bare beginning of a path, so that a mount at ``/admin`` takes ``/administration/7``
    away from the host, and a host's mount at ``/`` takes ``/admin`` away from us. It also puts mounts into the tree of
    the paths with parameters, where ``/back/office`` would take ``/back`` away from the host's ``/{slug:str}``. No
    setting changes that.
    """
    router: Any = app.asgi_router
    _prune(router.root_route_map_node, path)
    router.handle_routing = _Routing(router, path)


class _Routing:
    """Finds the handler for a path, in the place of the router's own function.

    Args:
        router: The host's.
        path: The admin path.
    """

    def __init__(self, router: Any, path: str) -> None:
        self._router, self._path = router, path
        self._place()

    def __call__(self, path: str, method: Any) -> Any:
        # A host that registers a route while it runs makes the router look for mounts in its own way again.
        if self._router._mount_paths_regex is not self._regex:
            self._place()
        if not _overlooked.get():
            return self._seeing(path=path, method=method)
        # Once: a handler of the host's that calls its own application sees the admin again.
        _overlooked.set(False)
        return self._overlooking(path=path, method=method)

    def _place(self) -> None:
        router: Any = self._router
        others = {mount: node for mount, node in router._mount_routes.items() if mount != self._path}
        patterns = sorted(others)
        self._regex = re.compile("|".join([rf"{re.escape(self._path)}(?=/|$)", *patterns]))
        router._mount_paths_regex = self._regex
        hidden: Any = copy(router)
        hidden._mount_routes = others
        hidden._mount_paths_regex = re.compile("|".join(patterns)) if patterns else None
        self._seeing = lru_cache(1024)(router._handle_routing)
        self._overlooking = lru_cache(1024)(hidden._handle_routing)


def _prune(root: Any, path: str) -> None:
    """Take the mount out of the tree of paths; the list of mounts, which is asked first, keeps it."""
    mount = root.children.pop(path, None)
    trail: list[tuple[Any, str]] = []
    node = root
    for component in path.strip("/").split("/"):
        if component not in node.children:
            return
        trail.append((node, component))
        node = node.children[component]
    for parent, component in reversed(trail):
        node = parent.children[component]
        if node is not mount and (node.children or node.asgi_handlers):
            return
        del parent.children[component]
        parent.child_keys.discard(component)


class Concealment:
    """Asks the admin first and, unless it discloses itself, lets the host answer as though there were no plugin.

    Who asks is known only behind the host's middleware, which brings the session and also changes what is answered. So
    a request below the admin path is tried: no answer of anybody's leaves before the mount grants it. Else all is
    dropped, and the host gets the request as it came, its body included, with a router that overlooks the mount.

    Args:
        app: What answered the host's requests before.
        host: The host's application.
        path: The admin path, with that of the host's application before it.
    """

    def __init__(self, app: ASGIApp, host: Litestar, path: str) -> None:
        self.app, self.host, self.path = app, host, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # An application that is started twice is wrapped twice: only the outermost asks.
        if disclosure_of(scope) is not None or not self._is_below(scope):
            await self.app(scope, receive, send)
            return
        read: list[Message] = []
        # The admin has no WebSockets for anybody.
        if scope["type"] == ScopeType.HTTP and await self._ask(scope, receive, send, read):
            return

        async def receive_again() -> Any:
            return read.pop(0) if read else await receive()

        token = _overlooked.set(True)
        try:
            await self.app(scope, receive_again, send)
        finally:
            _overlooked.reset(token)

    async def _ask(self, scope: Scope, receive: Receive, send: Send, read: list[Message]) -> bool:
        """Try the request on a copy of the scope; return whether the admin has answered."""
        disclosure = Disclosure()
        trial = copy(scope)
        keep_disclosure(trial, disclosure)
        state: dict[str, Any] = {**scope["state"]}
        if CONNECTION_STATE_KEY in state:
            state[CONNECTION_STATE_KEY] = copy(state[CONNECTION_STATE_KEY])
        trial["state"] = state

        async def keep(message: Any) -> Any:
            if not disclosure.granted:
                read.append(message)
            return message

        async def receive_and_keep() -> Any:
            return await keep(await receive())

        async def send_if_granted(message: Message) -> None:
            if disclosure.granted:
                # The host's hooks look for what belongs to the request where it came in.
                items_of(scope).update(items_of(trial))
                await send(message)

        try:
            await self.app(trial, receive_and_keep, send_if_granted)
        except Exception:
            if disclosure.granted:
                raise
            logger.exception("a request below %s failed before the admin answered", self.path)
        if not disclosure.granted:
            await self._clean_up(trial)
        return disclosure.granted

    async def _clean_up(self, trial: Scope) -> None:
        """Show the dropped answer to the host's hooks: one of them may close the database session of this request."""
        start: HTTPResponseStartEvent = {"type": "http.response.start", "status": 404, "headers": []}
        body: HTTPResponseBodyEvent = {"type": "http.response.body", "body": b"", "more_body": False}
        for message in (start, body):
            for hook in self.host.before_send:
                try:
                    await hook(message, trial)
                except Exception:
                    logger.exception("a before_send hook failed on an answer that was dropped")

    def _is_below(self, scope: Scope) -> bool:
        # As the router sees it.
        path = scope["path"]
        root: str = items_of(scope).get("root_path", "")
        if root:
            path = path.split(root, maxsplit=1)[-1]
        path = normalize_path(path)
        return path == self.path or path.startswith(self.path + "/")
