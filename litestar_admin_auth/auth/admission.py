"""The door below the admin path: closed unless a route says in its ``opt`` that it is public."""

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from litestar_admin_auth.auth.authentication import note_fault
from litestar_admin_auth.auth.cross_origin import refusal
from litestar_admin_auth.auth.jwt import JWTAuthBackend
from litestar_admin_auth.auth.request_state import items_of, state_of
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.core.exceptions import CrossOrigin, NotAuthenticated

#: In a handler's ``opt``: may be asked for without being signed in.
PUBLIC = "admin_auth_public"


class Admission(ASGIMiddleware):
    """Refuses strangers and foreign pages; a fault met while authenticating is raised here, where it gets a page.

    Public routes are open in spite of it, to a stranger: who cannot be recognised must be able to sign in anew.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        state = state_of(scope)
        if state is None:
            msg = "the inner application was reached without the mount"
            raise RuntimeError(msg)
        reason = refusal(
            items_of(scope)["method"],
            Headers.from_scope(scope),
            carries_cookie=self._carries_cookie(scope),
            trusted_origins=self.runtime.origins,
        )
        if reason is not None:
            raise CrossOrigin(reason)
        if scope["route_handler"].opt.get(PUBLIC):
            if state.fault is not None:
                # Whoever cannot be looked up is nobody, who may still sign in: a broken cookie must lock no one out.
                note_fault(self.runtime, state.fault)
        elif state.fault is not None:
            raise state.fault
        elif state.user is None:
            raise NotAuthenticated
        await next_app(scope, receive, send)

    def _carries_cookie(self, scope: Scope) -> bool:
        backend = self.runtime.backend
        if isinstance(backend, JWTAuthBackend):
            return backend.transport.carries_token_cookie(scope)
        # What another backend reads only that backend knows: any cookie may be it.
        return any(name == b"cookie" for name, _ in scope["headers"])
