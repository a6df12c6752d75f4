"""What the admin knows about one request, kept in its scope."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.types import Scope

from litestar_admin_auth.auth.principal import Authentication
from litestar_admin_auth.core.exceptions import InvalidSession
from litestar_admin_auth.core.protocols import AdminUserProtocol
from litestar_admin_auth.services.explanations import Explanation
from litestar_admin_auth.services.sessions import Client

#: What a host's functions and ours are given: a request or a WebSocket, whoever the user is.
Connection = ASGIConnection[Any, Any, Any, Any]

_KEY = "admin_auth"

#: Marks the admin's mount in a route handler's ``opt``.
MOUNT_OPT = "admin_auth_mount"


@dataclass
class RequestState:
    """Who asks, from where, and which cookies leave with the answer."""

    client: Client
    #: The address below the application's root, such as ``/admin/users``, also where no route was found.
    path: str = ""
    user: AdminUserProtocol | None = None
    auth: Authentication | None = None
    #: The refresh token of a JSON body, for the backend to find.
    refresh_token: str = field(default="", repr=False)
    set_cookies: list[str] = field(default_factory=list[str])
    #: The value that binds the forms of this browser while nobody is signed in.
    form_binding: str = ""
    #: Whether that value has just been made, since the browser sent none.
    form_binding_is_new: bool = False
    #: A fault met while authenticating; the admission raises it, so that it gets a page. Faults fail closed.
    fault: Exception | None = None
    #: The tokens that replaced an expired access token while this request was authenticated.
    renewed: Any = None
    #: Why there are none, where a genuine refresh token came along: its session has ended, perhaps just now.
    renewal_refused: InvalidSession | None = None
    #: At a login: when a copied refresh token ended an earlier session of this user. The page tells them, once.
    refresh_reused_at: datetime | None = None
    #: After a refusal: what would give the missing permission, for the error page.
    ways: Explanation | None = None
    #: Below the admin: the scope outside, which the host's middleware looks at.
    outer: Scope | None = None


def items_of(scope: Scope) -> dict[str, Any]:
    """Return the scope as the plain dict that it is: its declared type knows only Litestar's own keys."""
    return cast("dict[str, Any]", scope)


def state_of(scope: Scope) -> RequestState | None:
    """Return the request's state, or None where the admin has not looked at it yet."""
    return items_of(scope).get(_KEY)


def client_asking(connection: Connection) -> Client:
    """Return where a request comes from, also outside the admin's reach, where nobody knows its proxies."""
    state = state_of(connection.scope)
    return state.client if state is not None else Client(ip=connection.client.host if connection.client else "")


def keep_state(scope: Scope, state: RequestState) -> None:
    """Put the state into the scope."""
    items_of(scope)[_KEY] = state
