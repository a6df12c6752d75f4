"""The only file that writes cookies.

A cookie is prepared on the request and leaves with whatever answer follows, a page, an error or a file, since the
``send`` wrapper adds it.
"""

import re
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import quote

from litestar_admin_auth.core.config import JWTConfig

#: Browsers drop larger ones without a word (RFC 6265 section 6.1).
MAX_COOKIE_BYTES = 4096

#: What may stand in a value as it is (RFC 6265 section 4.1.1), but for the percent sign, which begins an escape.
_COOKIE_OCTETS = "!#$&'()*+-./:<=>?@[]^_`{|}~"
_COOKIE_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}")


def is_cookie_name(name: object) -> bool:
    """Tell whether a cookie can have this name (a token of RFC 9110 section 5.6.2)."""
    return isinstance(name, str) and _COOKIE_NAME.fullmatch(name) is not None


@dataclass(frozen=True)
class Cookies:
    """Names and attributes of the admin's cookies.

    Args:
        name: The base of the names.
        secure: Whether they need HTTPS; then the names carry ``__Host-``, so that no subdomain can plant one.
        httponly: Whether scripts are kept from them.
        samesite: ``lax``, ``strict`` or ``none``.
        path: Below which path browsers send them.
        domain: The domain whose subdomains get them too; None for the one host only.
    """

    name: str = "admin_auth"
    secure: bool = True
    httponly: bool = True
    samesite: str = "lax"
    path: str = "/"
    domain: str | None = None

    @classmethod
    def of(cls, config: JWTConfig) -> "Cookies":
        return cls(
            config.cookie_name,
            config.cookie_secure,
            config.cookie_httponly,
            config.cookie_samesite,
            config.cookie_path,
            config.cookie_domain,
        )

    def _prefixed(self, name: str) -> str:
        if not self.secure:
            return name
        # Browsers drop a __Host- cookie with a domain or another path; __Secure- is what is left then (RFC 6265bis).
        return f"__Host-{name}" if self.path == "/" and self.domain is None else f"__Secure-{name}"

    @property
    def access(self) -> str:
        """The name of the access token's cookie."""
        return self._prefixed(self.name)

    @property
    def refresh(self) -> str:
        """The name of the refresh token's cookie."""
        return self._prefixed(self.name + "_refresh")

    @property
    def form(self) -> str:
        """The name of the cookie that binds the forms of somebody who is not signed in."""
        return self._prefixed(self.name + "_form")

    @property
    def flash(self) -> str:
        """The name of the cookie that carries a message to the next page."""
        return self._prefixed(self.name + "_flash")

    @property
    def theme(self) -> str:
        """The name of the cookie that remembers light or dark."""
        return self._prefixed(self.name + "_theme")

    @property
    def language(self) -> str:
        """The name of the cookie that remembers the chosen language."""
        return self._prefixed(self.name + "_language")

    @property
    def zone(self) -> str:
        """The name of the cookie in which the pages' script tells the browser's time zone."""
        return self._prefixed(self.name + "_zone")

    @property
    def items(self) -> str:
        """The name of the cookie that lists the cookies of a host's backend, so that signing out can remove them."""
        return self._prefixed(self.name + "_items")

    def link(self, purpose: str) -> str:
        """The name of the cookie that carries a one-time link's token from its address to its form."""
        return self._prefixed(f"{self.name}_{purpose}")

    def set(self, name: str, value: str, *, max_age: int | None = None, httponly: bool | None = None) -> str:
        """Return a ``Set-Cookie`` header value.

        Args:
            name: The full name, as the properties give it.
            value: The value.
            max_age: Its life in seconds; None ends it with the browser.
            httponly: Overrides the setting.

        Raises:
            ValueError: When a browser would drop it for its size.
        """
        cookie: SimpleCookie = SimpleCookie()
        cookie[name] = value
        morsel = cookie[name]
        morsel["path"] = self.path
        if self.domain is not None:
            morsel["domain"] = self.domain
        morsel["samesite"] = self.samesite
        if max_age is not None:
            morsel["max-age"] = max_age
        morsel["secure"] = self.secure
        morsel["httponly"] = self.httponly if httponly is None else httponly
        header = morsel.OutputString()
        if len(header) > MAX_COOKIE_BYTES:
            msg = f"the cookie {name} is larger than {MAX_COOKIE_BYTES} bytes"
            raise ValueError(msg)
        return header

    def set_item(self, name: str, value: str, *, max_age: int | None = None) -> str:
        """Return a ``Set-Cookie`` header value for what a host's backend asked to get back, under the host's name.

        Whatever a cookie cannot hold travels percent-encoded; Litestar decodes it.

        Raises:
            ValueError: When it can be no cookie: for its name, or for a value that is no Unicode.
            OverflowError: When a browser would drop it for its size.
        """
        if not is_cookie_name(name):
            msg = "the name is not one that a cookie can have"
            raise ValueError(msg)
        if name.lower().startswith(("__host-", "__secure-")) and not self.secure:
            msg = "browsers take such a name over HTTPS only"
            raise ValueError(msg)
        parts = [f"{name}={quote(value, safe=_COOKIE_OCTETS)}", "HttpOnly", "Path=/", f"SameSite={self.samesite}"]
        if max_age is not None:
            parts.append(f"Max-Age={max_age}")
        if self.secure:
            parts.append("Secure")
        header = "; ".join(parts)
        if len(header) > MAX_COOKIE_BYTES:
            msg = f"it is larger than {MAX_COOKIE_BYTES} bytes"
            raise OverflowError(msg)
        return header

    def delete(self, name: str) -> str:
        """Return a ``Set-Cookie`` header value that removes a cookie."""
        return self.set(name, "", max_age=0)

    def set_tokens(self, access: str, refresh: str, *, refresh_max_age: int) -> list[str]:
        """Return the headers for a pair of tokens.

        The access cookie outlives its token on purpose: what decides is the token, and a browser that dropped the
        cookie early could not be told from a stranger's.
        """
        return [
            self.set(self.access, access, max_age=refresh_max_age),
            self.set(self.refresh, refresh, max_age=refresh_max_age),
        ]

    def delete_tokens(self) -> list[str]:
        """Return the headers that remove both tokens."""
        return [self.delete(self.access), self.delete(self.refresh)]
