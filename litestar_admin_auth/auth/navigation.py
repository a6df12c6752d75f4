"""Where a browser is sent, and that it stays home."""

from typing import Any
from urllib.parse import quote, unquote, urlsplit

from litestar.connection import ASGIConnection

MAX_NEXT_LENGTH = 2000


def wants_page(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Tell a browser that opens a page from a script: the one function that decides.

    ``Sec-Fetch-Dest: document`` is the browser's own word; without it, an ``Accept`` that names HTML.
    """
    destination = connection.headers.get("sec-fetch-dest")
    if destination:
        return destination == "document"
    return "text/html" in connection.headers.get("accept", "")


def login_redirect(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """Return the login page's address with the way back, or None for a client that is answered 401."""
    runtime: Any = connection.app.state.get("admin_auth")
    if runtime is None or connection.scope.get("method") not in ("GET", "HEAD") or not wants_page(connection):
        return None
    return login_url(runtime.config.path, connection)


def login_url(admin_path: str, connection: ASGIConnection[Any, Any, Any, Any], *, target: str | None = None) -> str:
    """Return the login page's address, with the page to return to in ``next``."""
    if target is None:
        query = connection.scope.get("query_string", b"").decode("latin-1")
        target = connection.scope["path"] + (f"?{query}" if query else "")
    return f"{admin_path}/login?next={quote(target, safe='/')}"


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
