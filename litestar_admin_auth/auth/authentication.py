"""Looking at a request once: who asks, from where."""

import logging
import secrets

from litestar.connection import ASGIConnection
from litestar.types import Scope

from litestar_admin_auth.auth.client import client_in
from litestar_admin_auth.auth.host_backends import recognise
from litestar_admin_auth.auth.jwt import JWTAuthBackend
from litestar_admin_auth.auth.principal import Authentication
from litestar_admin_auth.auth.request_state import Connection, RequestState, keep_state
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.auth.token_transport import COOKIE
from litestar_admin_auth.core.database_trouble import trouble_of
from litestar_admin_auth.core.exceptions import Unavailable

logger = logging.getLogger(__name__)


def open_state(runtime: Runtime, scope: Scope, path: str) -> RequestState:
    """Make the request's state, with the client's address, and keep it in the scope."""
    state = RequestState(client_in(scope, runtime.proxies), path)
    keep_state(scope, state)
    return state


async def authenticate(runtime: Runtime, scope: Scope, state: RequestState, *, pages: bool) -> None:
    """Find out who asks and put it into the state and the scope.

    Args:
        runtime: The running admin.
        scope: The request.
        state: Its state, already in the scope.
        pages: Whether this is an HTML page of ours, which reads cookies whatever the API uses.
    """
    connection: Connection = ASGIConnection(scope)
    backend = runtime.backend
    if isinstance(backend, JWTAuthBackend):
        location = COOKIE if pages else backend.config.token_location
        resolved = await backend.resolve(connection, location)
        if resolved is not None:
            state.user, state.auth = resolved
    else:
        user = await recognise(backend, connection)
        if user is not None:
            state.user, state.auth = user, Authentication(None, "backend")


def note_fault(runtime: Runtime, fault: Exception) -> None:
    """Write down why a request's user could not be looked up. A store that is away has been written down already."""
    if isinstance(fault, Unavailable):
        return
    if not note_trouble(runtime, fault):
        logger.error("the user of a request could not be looked up", exc_info=fault)


def note_trouble(runtime: Runtime, fault: Exception) -> bool:
    """Write down what the database lacks, in one line that says what to do; False for a fault that is not its own."""
    trouble = trouble_of(fault, runtime.database.engine.url) if runtime.database is not None else None
    if trouble is not None:
        logger.error("%s: %s %s", trouble.check_id, trouble.message, trouble.hint)
    return trouble is not None


def bind_forms(runtime: Runtime, scope: Scope, state: RequestState) -> None:
    """Bind this browser's forms: to the session, or before there is one to a random cookie that lives as briefly."""
    if state.auth is not None and state.auth.session_id is not None:
        state.form_binding = f"session/{state.auth.session_id}"
        return
    connection: Connection = ASGIConnection(scope)
    value = connection.cookies.get(runtime.cookies.form, "")
    if not (20 <= len(value) <= 64 and value.isascii() and value.isprintable()):
        value, state.form_binding_is_new = secrets.token_urlsafe(24), True
        state.set_cookies.append(runtime.cookies.set(runtime.cookies.form, value, max_age=12 * 3600, httponly=True))
    state.form_binding = f"browser/{value}"
