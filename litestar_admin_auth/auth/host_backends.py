"""A backend of the host's at work: what it gets wrong refuses a login and breaks nothing."""

import logging
from collections.abc import Mapping
from typing import cast
from uuid import UUID

from litestar.exceptions import HTTPException

from litestar_admin_auth.auth.cookies import Cookies, is_cookie_name
from litestar_admin_auth.auth.principal import lacks
from litestar_admin_auth.auth.request_state import Connection, RequestState
from litestar_admin_auth.core.exceptions import AdminAuthError, LoginNotKept
from litestar_admin_auth.core.protocols import AdminUserProtocol, AuthBackend

logger = logging.getLogger(__name__)


async def prove(backend: AuthBackend, connection: Connection, credentials: dict[str, str]) -> AdminUserProtocol | None:
    """Return the user whom the backend finds proven, or None; a fault of the backend's proves nobody.

    Raises:
        AdminAuthError, HTTPException: As the backend raised it, but for a 401, which is a no.
    """
    name = type(backend).__name__
    try:
        user = await backend.authenticate(connection, credentials)
    except AdminAuthError:
        raise
    except HTTPException as error:
        if error.status_code != 401:
            raise
        return None
    except Exception:
        logger.exception("%s.authenticate raised; the login is refused", name)
        return None
    if user is not None and lacks(user):
        logger.error("%s.authenticate returned a %s without %s", name, type(user).__name__, ", ".join(lacks(user)))
        return None
    return user


async def recognise(backend: AuthBackend, connection: Connection) -> AdminUserProtocol | None:
    """Return the user whom the backend finds in a request, or None; a 401 is another way of saying that.

    Raises:
        TypeError: For what is no user.
    """
    try:
        user = await backend.get_current_user(connection)
    except (AdminAuthError, HTTPException) as error:
        if error.status_code != 401:
            raise
        return None
    if user is not None and lacks(user):
        msg = f"{type(backend).__name__} returned a {type(user).__name__} without {', '.join(lacks(user))}"
        raise TypeError(msg)
    return user


def keep_items(backend: AuthBackend, cookies: Cookies, state: RequestState, items: object) -> None:
    """Set each item that a backend's login returned as a cookie: the backend reads it back by that name.

    What no cookie can be is left out and written into the log, by its name alone.

    Raises:
        LoginNotKept: For an item that a browser would drop for its size: the login would seem to have worked.
    """
    if not isinstance(items, Mapping):
        return
    kept: dict[str, str] = {}
    for name, value in cast("Mapping[object, object]", items).items():
        try:
            kept[cast("str", name)] = cookies.set_item(cast("str", name), _text(value))
        except OverflowError as error:
            logger.error("%s.login returned %.100r, which no browser keeps: %s", type(backend).__name__, name, error)
            raise LoginNotKept from error
        except ValueError as error:
            logger.error("%s.login returned %.100r, which is no cookie: %s", type(backend).__name__, name, error)
    if kept:
        state.set_cookies += [*kept.values(), cookies.set_item(cookies.items, " ".join(kept))]


def forget_items(connection: Connection, cookies: Cookies, state: RequestState) -> None:
    """Remove the cookies that :func:`keep_items` set: a backend that keeps no state could not end them otherwise."""
    listed = connection.cookies.get(cookies.items)
    if listed is None:
        return
    names = [name for name in listed.split(" ") if is_cookie_name(name) and name in connection.cookies]
    for name in [*names, cookies.items]:
        try:
            state.set_cookies.append(cookies.set_item(name, "", max_age=0))
        except ValueError:
            continue  # a name that we would not have set


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float, UUID)):
        return str(value)
    msg = f"it is a {type(value).__name__}"
    raise ValueError(msg)
