"""Where a browser is sent, and that it stays home."""

from typing import Any
from urllib.parse import quote, unquote, urlsplit

from litestar.connection import ASGIConnection

from litestar_admin_auth.auth.request_state import items_of
from litestar_admin_auth.auth.runtime import runtime_of

Connection = ASGIConnection[Any, Any, Any, Any]

MAX_NEXT_LENGTH = 2000


def wants_page(connection: Connection) -> bool:
    """Tell a browser that opens a page from a script: the one function that decides.

    ``Sec-Fetch-Dest: document`` is the browser's own word; without it, an ``Accept`` that names HTML.
    """
    destination = connection.headers.get("sec-fetch-dest")
    if destination:
        return destination == "document"
    return "text/html" in connection.headers.get("accept", "")


def login_redirect(connection: Connection) -> str | None:
    """Return the login page's address with the way back, or None for a client that is answered 401."""
    scope = items_of(connection.scope)
    if "admin_auth" not in connection.app.state or scope.get("method") not in ("GET", "HEAD"):
        return None
    return login_url(connection) if wants_page(connection) else None


def base_path(connection: Connection) -> str:
    """Return where a browser finds the admin: its path, after that of a proxy or application around the host."""
    return _root_path(connection) + runtime_of(connection).config.path


def login_url(connection: Connection, *, target: str | None = None) -> str:
    """Return the login page's address, with the way back in ``next``: by default what was asked for."""
    if target is None:
        query: bytes = items_of(connection.scope).get("query_string", b"")
        target = _root_path(connection) + connection.scope["path"] + (f"?{query.decode('latin-1')}" if query else "")
    return f"{base_path(connection)}/login?next={quote(target, safe='/')}"


def _root_path(connection: Connection) -> str:
    root: str = items_of(connection.scope).get("root_path", "")
    return root.rstrip("/")


def safe_next(target: str, default: str) -> str:
    """Return where to go after the login: a path on this host, else the default (OWASP ASVS 5.0, 3.7.2).

    ``//evil``, ``/\\evil``, ``https:evil``, ``%2f%2fevil``, tabs, CR and LF all have sent browsers abroad.
    """
    decoded = unquote(unquote(target))
    if (
        not target
        or len(target) > MAX_NEXT_LENGTH
        or not target.startswith("/")
        or any(text[1:2] in ("/", "\\") or "\\" in text for text in (target, decoded))
        or not decoded.startswith("/")
        or any(ord(character) <= 32 or ord(character) == 127 for character in target + decoded.split("?")[0])
        or not target.isascii()
    ):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    return target if not parts.scheme and not parts.netloc else default
