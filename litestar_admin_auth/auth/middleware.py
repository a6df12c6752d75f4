"""On the host's routes: set ``user`` and ``auth`` where the host has not, and nothing else."""

import logging

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from litestar_admin_auth.auth.authentication import authenticate, open_state
from litestar_admin_auth.auth.cross_origin import refusal
from litestar_admin_auth.auth.headers import with_cookies
from litestar_admin_auth.auth.jwt import COOKIE, JWTAuthBackend
from litestar_admin_auth.auth.request_state import items_of
from litestar_admin_auth.auth.runtime import Runtime

logger = logging.getLogger(__name__)

#: Marks the admin's mount in a route handler's ``opt``.
MOUNT_OPT = "admin_auth_mount"


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
        user = auth = None
        if not isinstance(backend, JWTAuthBackend) or backend.carries_credential(scope):
            state = open_state(self.runtime, scope, scope["path"])
            if not self._borrowed(scope):
                try:
                    await authenticate(self.runtime, scope, state, pages=False)
                except Exception:
                    # Fails closed: the host's public pages go on, whatever is guarded answers 401.
                    logger.exception("the user of a request could not be looked up")
            user, auth = state.user, state.auth
            send = with_cookies(send, state)
        # The host may have set one and not the other.
        for name, value in (("user", user), ("auth", auth)):
            if items.get(name) is None:
                items[name] = value
        await next_app(scope, receive, send)

    def _borrowed(self, scope: Scope) -> bool:
        backend = self.runtime.backend
        if not isinstance(backend, JWTAuthBackend) or backend.config.token_location != COOKIE:
            return False
        # A WebSocket is opened by a GET that no browser keeps from crossing origins.
        method: str = items_of(scope).get("method", "POST")
        reason = refusal(method, Headers.from_scope(scope), carries_cookie=False, trusted_origins=self.runtime.origins)
        if reason is not None:
            logger.warning("a request goes on without its user: %s", reason)
        return reason is not None
