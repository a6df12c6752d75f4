"""On the host's routes: set ``user`` and ``auth`` where the host has not, and nothing else."""

import logging

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from litestar_admin_auth.auth.authentication import authenticate, open_state
from litestar_admin_auth.auth.headers import with_cookies
from litestar_admin_auth.auth.jwt import JWTAuthBackend
from litestar_admin_auth.auth.runtime import Runtime

logger = logging.getLogger(__name__)

#: Marks the admin's mount in a route handler's ``opt``.
MOUNT_OPT = "admin_auth_mount"


class HostAuthentication(ASGIMiddleware):
    """Authenticates once per request that carries a credential. Appended, so that the host's middleware runs first."""

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope["route_handler"].opt.get(MOUNT_OPT) or scope.get("user") is not None:
            await next_app(scope, receive, send)
            return
        backend = self.runtime.backend
        if not isinstance(backend, JWTAuthBackend) or backend.carries_credential(scope):
            state = open_state(self.runtime, scope)
            try:
                await authenticate(self.runtime, scope, state, pages=False)
            except Exception:
                # Fails closed: the host's public pages go on, whatever is guarded answers 401.
                logger.exception("the user of a request could not be looked up")
            scope["user"], scope["auth"] = state.user, state.auth
            send = with_cookies(send, state)
        else:
            scope.setdefault("user", None)
            scope.setdefault("auth", None)
        await next_app(scope, receive, send)
