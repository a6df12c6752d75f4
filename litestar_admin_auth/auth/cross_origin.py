"""Is it really our page that asks? One pure function, after the way of Go's ``net/http`` cross-origin protection.

SameSite cookies alone do not tell a sibling subdomain from us, and double-submit tokens can be planted by one. The
browser's own word, ``Sec-Fetch-Site`` or else ``Origin``, can do neither (OWASP ASVS 5.0, 3.5.1).
"""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from litestar_admin_auth.core.i18n import gettext as _

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def refusal(
    method: str, headers: Mapping[str, str], *, carries_cookie: bool, trusted_origins: Collection[str] = ()
) -> str | None:
    """Return why a request may not change state, or None when it may.

    Args:
        method: The request's method, upper case.
        headers: The request's headers, names in lower case.
        carries_cookie: Whether a cookie of ours comes along. Without one there is nothing that a foreign page could
            borrow: a script with a Bearer token, or a stranger.
        trusted_origins: Other origins whose pages may change state, such as ``https://app.shop.example``.
    """
    if method in SAFE_METHODS:
        return None
    origin = headers.get("origin", "")
    if origin and origin in trusted_origins:
        return None
    site = headers.get("sec-fetch-site", "")
    if site:
        # "none" is the user's own doing: a bookmark, the address bar.
        return None if site in ("same-origin", "none") else _message(origin or site, headers)
    if origin:
        # "null" comes from sandboxed frames and data: pages, never from ours.
        return None if _is_same(origin, headers.get("host", "")) else _message(origin, headers)
    return _message(_("no origin at all"), headers) if carries_cookie else None


def _is_same(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    # A port that the scheme has anyway may be written out or not, by either side.
    port = {"http": ":80", "https": ":443"}.get(parts.scheme)
    if port is None:
        return False
    name = parts.netloc.lower().removesuffix(port)
    return bool(name) and name == host.lower().removesuffix(port)


def _message(origin: str, headers: Mapping[str, str]) -> str:
    return _(
        "The request comes from %(origin)s, not from %(host)s. "
        "If you trust that origin, add it to AdminConfig.trusted_origins.",
        origin=origin[:200],
        host=headers.get("host", "")[:200],
    )
