"""Our backends in an application without our plugin, such as litestar-admin's, or on a host's own routes."""

from collections.abc import Generator
from contextlib import contextmanager

from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from litestar_admin_auth.auth.client import client_in
from litestar_admin_auth.auth.headers import with_cookies
from litestar_admin_auth.auth.request_state import Connection, RequestState, keep_state, state_of
from litestar_admin_auth.core.exceptions import AdminAuthError


class CookieMiddleware(ASGIMiddleware):
    """Lets a backend with ``token_location="cookie"`` set its cookies where there is no ``AdminPlugin``.

    A backend is handed the request, never the answer; without this nothing of it could reach the browser.

    Example:
        ``Litestar(plugins=[litestar_admin.AdminPlugin(...)], middleware=[CookieMiddleware()])``
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        state = state_of(scope)
        if state is None:
            # Nobody has said here which proxies count.
            state = RequestState(client_in(scope))
            keep_state(scope, state)
            send = with_cookies(send, state)
        await next_app(scope, receive, send)


@contextmanager
def answered_by_litestar(connection: Connection) -> Generator[None]:
    """Raise our refusals as Litestar's own where our error pages are not: else each would be a 500.

    Raises:
        HTTPException: With the status, the message and the code of the refusal.
    """
    state = state_of(connection.scope)
    try:
        yield
    except AdminAuthError as error:
        if state is not None and state.outer is not None:
            raise
        raise HTTPException(status_code=error.status_code, detail=error.message, extra={"code": error.code}) from error
