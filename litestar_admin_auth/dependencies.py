"""The signed-in user as a dependency of a host's handlers.

Neither is registered under a name by itself: a host's handler may have a parameter of that name already, and it would
silently become another thing.
"""

from litestar.connection import ASGIConnection
from litestar.types import Scope

from litestar_admin_auth.auth.guards import requires_authentication, stranger
from litestar_admin_auth.auth.principal import Authentication as Authentication
from litestar_admin_auth.auth.principal import CurrentUser as CurrentUser
from litestar_admin_auth.auth.request_state import items_of
from litestar_admin_auth.core.protocols import AdminUserProtocol


async def current_user(scope: Scope) -> AdminUserProtocol:
    """Return the signed-in user, for HTTP and WebSockets alike.

    Example:
        ``@get("/", dependencies={"user": Provide(current_user)})``

    Raises:
        NotAuthorizedException: For a stranger; a browser is sent to the login page, a WebSocket closed with 4401, as by
            ``requires_authentication``.
    """
    user: AdminUserProtocol | None = items_of(scope).get("user")
    if user is None:
        raise stranger(ASGIConnection(scope))
    return user


#: For the access map, as a guard says it.
current_user.needs = requires_authentication.needs  # type: ignore[attr-defined]


async def optional_user(scope: Scope) -> AdminUserProtocol | None:
    """Return the signed-in user, or None for a stranger."""
    user: AdminUserProtocol | None = items_of(scope).get("user")
    return user
