"""Guards for the host's routes and ours: on the app, a router, a controller or a handler.

Each carries ``needs``, in words, for the access map. They are asynchronous: Litestar would run a synchronous one in a
worker thread, which costs a third of the throughput.
"""

from typing import Any, cast

from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, NotAuthorizedException, PermissionDeniedException, WebSocketException
from litestar.handlers import BaseRouteHandler

from litestar_admin_auth.auth.live_sockets import CLOSE_NOT_ALLOWED, CLOSE_NOT_AUTHENTICATED
from litestar_admin_auth.auth.navigation import htmx_redirect, login_redirect
from litestar_admin_auth.auth.request_state import MOUNT_OPT, Connection, items_of
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.permissions import WILDCARD, holds


class Guard:
    """A condition on the user; see the functions below for those that ship."""

    def __init__(self, needs: str) -> None:
        self.needs = needs

    def allows(self, user: Any) -> bool:
        """Tell whether a signed-in user passes. A user object of the host's may know no roles or permissions: no."""
        return True

    async def __call__(self, connection: Connection, route_handler: BaseRouteHandler) -> None:
        # A guard on the whole app also stands before the admin's mount, whose doors are its own (and has the login).
        if route_handler.opt.get(MOUNT_OPT):
            return
        user: Any = items_of(connection.scope).get("user")
        if user is None:
            raise stranger(connection)
        if not self.allows(user):
            detail = _("You need this for it: %(needs)s.", needs=self.needs)
            if connection.scope["type"] == ScopeType.WEBSOCKET:
                raise WebSocketException(detail=detail, code=CLOSE_NOT_ALLOWED)
            raise PermissionDeniedException(detail=detail, extra={"code": "not_allowed"})


def stranger(connection: Connection) -> Exception:
    """Return what to raise for somebody who is not signed in: a way to the login page for a browser, 401 for the rest.

    A page's own script, HTMX, follows a redirect without showing it; it is told in a header to go there itself.
    """
    detail = _("Sign in to continue.")
    if connection.scope["type"] == ScopeType.WEBSOCKET:
        return WebSocketException(detail=detail, code=CLOSE_NOT_AUTHENTICATED)
    location = login_redirect(connection)
    if location is not None:
        return HTTPException(status_code=303, detail=detail, headers={"Location": location})
    return NotAuthorizedException(
        detail=detail,
        headers={"WWW-Authenticate": "Bearer", **htmx_redirect(connection)},  # RFC 9110 section 15.5.2
        extra={"code": "not_authenticated"},
    )


def passes(route_handler: BaseRouteHandler, user: Any) -> bool:
    """Tell whether a user passes our guards of a handler; of the host's own guards nothing can be told."""
    # Litestar wraps a synchronous guard.
    resolved: list[Any] = cast("Any", route_handler).resolve_guards()
    guards = [getattr(guard, "func", guard) for guard in resolved]
    return all(guard.allows(user) for guard in guards if isinstance(guard, Guard))


def _check_words(words: tuple[object, ...], guard: str, example: str) -> None:
    # Also what Litestar calls it with where somebody forgot to: "guards=[requires_permission]".
    if not words or not all(isinstance(word, str) for word in words):
        msg = f'{guard} needs at least one text, and nothing but texts: {guard}("{example}")'
        raise ValueError(msg)


class _Permission(Guard):
    def __init__(self, codes: tuple[str, ...], *, any_of: bool) -> None:
        _check_words(codes, "requires_permission", "articles:publish")
        super().__init__("permission " + (" or " if any_of else " and ").join(codes))
        self.codes, self.combine = codes, any if any_of else all

    def allows(self, user: Any) -> bool:
        return self.combine(holds(getattr(user, "permissions", None) or (), code) for code in self.codes)


class _Role(Guard):
    def __init__(self, names: tuple[str, ...]) -> None:
        _check_words(names, "requires_role", "editor")
        super().__init__("role " + " or ".join(names))
        self.names = frozenset(names)

    def allows(self, user: Any) -> bool:
        return not self.names.isdisjoint(getattr(user, "roles", None) or ())


class _Superuser(Guard):
    def allows(self, user: Any) -> bool:
        return WILDCARD in (getattr(user, "permissions", None) or ())


#: Anybody who is signed in.
requires_authentication = Guard("signed in")

#: Whoever holds the wildcard ``*``.
requires_superuser = _Superuser("superuser")


def requires_permission(*codes: str, any_of: bool = False) -> Guard:
    """Return a guard that asks for permissions.

    Args:
        codes: Such as ``"articles:publish"``.
        any_of: Whether one of several is enough; otherwise all are needed.
    """
    return _Permission(codes, any_of=any_of)


def requires_role(*names: str) -> Guard:
    """Return a guard that asks for one of the named roles."""
    return _Role(names)
