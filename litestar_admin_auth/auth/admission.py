"""The door below the admin path: closed unless a route says in its ``opt`` that it is public."""

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.datastructures import Headers
from litestar.types import ASGIApp, Receive, Scope, Send

from litestar_admin_auth.auth.cross_origin import refusal
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.core.exceptions import CrossOrigin, NotAuthenticated

#: In a handler's ``opt``: may be asked for without being signed in.
PUBLIC = "admin_auth_public"


class Admission(ASGIMiddleware):
    """Refuses strangers and foreign pages; a fault met while authenticating is raised here, where it gets a page."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        state = state_of(scope)
        if state is None:
            msg = "the inner application was reached without the mount"
            raise RuntimeError(msg)
        if state.fault is not None:
            raise state.fault
        headers = Headers.from_scope(scope)
        config = self.runtime.config
        reason = refusal(
            scope["method"],
            headers,
            carries_cookie="cookie" in headers,
            trusted_origins=[*config.trusted_origins, *([config.public_origin] if config.public_origin else [])],
        )
        if reason is not None:
            raise CrossOrigin(reason)
        if state.user is None and not scope["route_handler"].opt.get(PUBLIC):
            raise NotAuthenticated
        await next_app(scope, receive, send)
