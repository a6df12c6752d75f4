"""Where a browser is sent, and that it stays home."""

import re
import unicodedata
from urllib.parse import quote, unquote

from litestar_admin_auth.auth.request_state import Connection, items_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.auth.session import SessionAuthBackend

MAX_NEXT_LENGTH = 2000

# A second slash or a backslash at the front begins a host name, also behind dots that are cut away.
_ABROAD = re.compile(r"/(?:\.{1,2}/)*[/\\]|.*\\", re.DOTALL)


def wants_page(connection: Connection) -> bool:
    """Tell a browser that opens a page from a script: the one function that decides.

    ``Sec-Fetch-Dest: document`` is the browser's own word; without it, an ``Accept`` that names HTML before JSON.
    """
    destination = connection.headers.get("sec-fetch-dest")
    if destination:
        return destination == "document"
    accept = connection.headers.get("accept", "").lower()
    page, data = accept.find("text/html"), accept.find("application/json")
    return page >= 0 and not 0 <= data < page


def login_redirect(connection: Connection) -> str | None:
    """Return the login page's address with the way back, or None for a client that is answered 401.

    A form that somebody posts after the session has ended is lost, as in Django: a redirect has no body. The way back
    is the page that the form stood on.
    """
    if not has_login_page(connection) or not wants_page(connection):
        return None
    reading = items_of(connection.scope).get("method") in ("GET", "HEAD")
    return login_url(connection, target=None if reading else page_before(connection, default=home_path(connection)))


def htmx_redirect(connection: Connection) -> dict[str, str]:
    """Return the header that makes HTMX leave the page for the login, or nothing for every other client."""
    if "hx-request" not in connection.headers or not has_login_page(connection):
        return {}
    return {"HX-Redirect": login_url(connection, target=page_in_view(connection))}


def page_in_view(connection: Connection) -> str:
    """Return the path of the page that an HTMX request comes from: back to that, not to the fragment asked for."""
    current = connection.headers.get("hx-current-url", "")
    return _path_of(current) if current else base_path(connection)


def has_login_page(connection: Connection) -> bool:
    """Tell whether a stranger can be sent to a login page: there is an admin, and it lets itself be seen."""
    if "admin_auth" not in connection.app.state:
        return False
    backend = runtime_of(connection).backend
    # Where the host's session is the only way in, the admin does not exist for strangers: do not tell them its address.
    return not isinstance(backend, SessionAuthBackend) or backend.has_login_form


def page_before(connection: Connection, *, default: str) -> str:
    """Return the path of the page of this host that a form stood on, else the default."""
    referer = connection.headers.get("referer", "")
    host = connection.headers.get("host", "")
    same = bool(host) and referer.split("://", 1)[-1].partition("/")[0].lower() == host.lower()
    return _path_of(referer) if same else default


def _path_of(url: str) -> str:
    return "/" + url.split("://", 1)[-1].partition("/")[2].partition("#")[0]


def base_path(connection: Connection) -> str:
    """Return where a browser finds the admin: its path, after that of a proxy or application around the host."""
    return _root_path(connection) + runtime_of(connection).config.path


def home_path(connection: Connection) -> str:
    """Return where a browser finds the host's first page."""
    return _root_path(connection) + "/"


def login_url(connection: Connection, *, target: str | None = None, lost: bool = False) -> str:
    """Return the login page's address, with the way back in ``next``: by default what was asked for.

    Args:
        connection: The request that needs a login.
        target: Where to go after it.
        lost: Whether the page shall say that what was sent has not been saved.
    """
    if target is None:
        query: bytes = items_of(connection.scope).get("query_string", b"")
        path = quote(_root_path(connection) + connection.scope["path"], safe="/:@!$&'()*+,;=~")
        target = path + (f"?{query.decode('latin-1')}" if query else "")
    return f"{base_path(connection)}/login?next={quote(target, safe='/')}{'&lost=1' if lost else ''}"


def _root_path(connection: Connection) -> str:
    root: str = items_of(connection.scope).get("root_path", "")
    return root.rstrip("/")


def safe_next(target: str, default: str) -> str:
    """Return where to go after the login: a path on this host, untouched, else the default (OWASP ASVS 5.0, 3.7.2).

    ``//evil``, ``/\\evil``, ``https:evil``, ``%2f%2fevil``, tabs, CR and LF all have sent browsers abroad.
    """
    # A URL as it travels is printable ASCII; browsers drop tabs and line breaks and take a backslash for a slash.
    plain = 0 < len(target) <= MAX_NEXT_LENGTH and target.isascii() and target.isprintable()
    if not plain or " " in target:
        return default
    # Decoded twice: some server or script on the way decodes once too often. The query leads nowhere.
    path = unquote(unquote(target.partition("?")[0].partition("#")[0]))
    if not target.startswith("/") or _ABROAD.match(target) or _ABROAD.match(path):
        return default
    return default if any(unicodedata.category(character) == "Cc" for character in path) else target
