"""On the host's routes: set ``user`` and ``auth`` where the host has not, and nothing else."""

import logging
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.exceptions import WebSocketDisconnect
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from litestar_admin_auth.auth.authentication import authenticate, note_fault, open_state
from litestar_admin_auth.auth.cross_origin import refusal
from litestar_admin_auth.auth.guards import passes
from litestar_admin_auth.auth.headers import with_cookies
from litestar_admin_auth.auth.host_backends import recognise
from litestar_admin_auth.auth.host_session import as_stored_now
from litestar_admin_auth.auth.jwt import JWTAuthBackend
from litestar_admin_auth.auth.live_sockets import LiveSocket
from litestar_admin_auth.auth.principal import Authentication
from litestar_admin_auth.auth.request_state import MOUNT_OPT, items_of
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.auth.token_transport import COOKIE

logger = logging.getLogger(__name__)


class HostAuthentication(ASGIMiddleware):
    """Authenticates once per request that carries a credential. Appended, so that the host's middleware runs first.

    A page of another origin that makes a browser send our cookie, to change something or to open a WebSocket, gets
    nobody's rights: the request goes on without a user.
    """

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        items = items_of(scope)
        if scope["route_handler"].opt.get(MOUNT_OPT) or items.get("user") is not None:
            await next_app(scope, receive, send)
            return
        backend = self.runtime.backend
        user = auth = state = None
        if not isinstance(backend, JWTAuthBackend) or backend.transport.carries_credential(scope):
            state = open_state(self.runtime, scope, scope["path"])
            if not self._borrowed(scope):
                try:
                    await authenticate(self.runtime, scope, state, pages=False)
                except Exception as fault:  # noqa: BLE001 - whatever it is, it signs nobody in
                    # Fails closed: the host's public pages go on, whatever is guarded answers 401.
                    note_fault(self.runtime, fault)
            user, auth = state.user, state.auth
            send = with_cookies(send, state)
        # The host may have set one and not the other.
        for name, value in (("user", user), ("auth", auth)):
            if items.get(name) is None:
                items[name] = value
        if user is not None and auth is not None and scope["type"] == ScopeType.WEBSOCKET:
            await self._keep_watch(scope, receive, send, next_app, user, auth)
            return
        await next_app(scope, receive, send)
        if user is None and state is not None and state.set_cookies:
            # The cookies of a session that has ended: perhaps just now, since its refresh token was an old one.
            self.runtime.sockets.check_soon()

    async def _keep_watch(
        self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp, user: Any, auth: Authentication
    ) -> None:
        """Run a WebSocket's handler for as long as its user may be there."""
        backend, subject, session_id = self.runtime.backend, str(user.id), auth.session_id

        async def ask() -> Any:
            if isinstance(backend, JWTAuthBackend) and session_id is not None:
                return await backend.user_of(session_id, subject)
            # Another backend reads again what the opening request carried.
            return await recognise(backend, ASGIConnection(await as_stored_now(scope)))

        def allows(user: Any) -> bool:
            return passes(scope["route_handler"], user)

        key = session_id if session_id is not None else f"socket {id(scope)}"
        socket = LiveSocket(scope, receive, send, key=key, ask=ask, allows=allows)
        self.runtime.sockets.add(socket)
        try:
            await next_app(scope, socket.receive, socket.send)
        except WebSocketDisconnect:
            # The handler's way of hearing that we have closed it is no fault of its.
            if not socket.has_ended:
                raise
        finally:
            self.runtime.sockets.discard(socket)

    def _borrowed(self, scope: Scope) -> bool:
        backend = self.runtime.backend
        if isinstance(backend, JWTAuthBackend):
            by_cookie = backend.config.token_location == COOKIE
        else:
            # What another backend reads may be a cookie. The host protects itself against forged requests; that stops
            # no WebSocket.
            by_cookie = scope["type"] == ScopeType.WEBSOCKET
        if not by_cookie:
            return False
        # A WebSocket is opened by a GET that no browser keeps from crossing origins.
        method: str = items_of(scope).get("method", "POST")
        reason = refusal(method, Headers.from_scope(scope), carries_cookie=False, trusted_origins=self.runtime.origins)
        if reason is not None:
            logger.warning("a request goes on without its user: %s", reason)
        return reason is not None
