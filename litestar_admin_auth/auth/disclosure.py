"""What strangers may find out where the host's session is the way in: by default, nothing at all."""

from collections.abc import Container
from dataclasses import dataclass

from litestar.types import Scope

from litestar_admin_auth.auth.request_state import items_of
from litestar_admin_auth.auth.session import SessionAuthBackend
from litestar_admin_auth.core.protocols import AuthBackend

_KEY = "admin_auth_disclosure"


@dataclass
class Disclosure:
    """Whether the answer to one request may tell that there is an admin: no, until the mount says so.

    It travels as one object through every copy that middleware makes of the scope.
    """

    granted: bool = False


def keep_disclosure(scope: Scope, disclosure: Disclosure) -> None:
    """Put the disclosure into the scope."""
    items_of(scope)[_KEY] = disclosure


def disclosure_of(scope: Scope) -> Disclosure | None:
    """Return the disclosure, or None where nothing is concealed."""
    return items_of(scope).get(_KEY)


def conceals(backend: AuthBackend) -> bool:
    """Tell whether strangers shall not learn that there is an admin."""
    return isinstance(backend, SessionAuthBackend)


def opens(method: str, below: str, *, has_login_form: bool, static: Container[str]) -> bool:
    """Tell whether a stranger gets an answer of the admin's: to sign in, and the files of that page.

    Args:
        method: Of the request.
        below: The path below the admin's, without slashes at its ends.
        has_login_form: Whether a password can be used at all.
        static: The names of the static files.
    """
    if not has_login_form:
        return False
    if below == "login":
        return method in ("GET", "HEAD", "POST")
    if below == "api/auth/login":
        return method == "POST"
    folder, _, rest = below.partition("/")
    _, _, name = rest.partition("/")
    return folder == "static" and method in ("GET", "HEAD") and name in static
