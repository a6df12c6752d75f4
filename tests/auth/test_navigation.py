"""Redirects stay home (OWASP ASVS 5.0, 3.7.2)."""

import pytest

from litestar_admin_auth.auth.navigation import MAX_NEXT_LENGTH, safe_next

DEFAULT = "/admin"

HOME = [
    "/",
    "/admin",
    "/admin/users?q=a&sort=-created_at",
    "/admin/users?q=%C3%BC%20b",
    "/produkte/sch%C3%B6ne%20dinge",
    "/a/b.html#part",
    "/a?next=https://elsewhere.example/",
    "/a?q=%5Cd%2B",
    "/a?q=//b",
    "/a:b/@c/~d/e;f=g,h",
    "/..",
    "/.hidden/file",
    "/a/./b",
]

ABROAD = [
    "",
    "evil.example",
    "https://evil.example",
    "HTTPS://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http://evil.example/admin",
    "ftp://evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "mailto:a@evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "//evil.example@shop.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/a\\b",
    "/%2fevil.example",
    "/%2Fevil.example",
    "%2f%2fevil.example",
    "/%252fevil.example",
    "/%5cevil.example",
    "/%5Cevil.example",
    "/%255cevil.example",
    "/%09/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "/%0a/evil.example",
    "/%0d%0aSet-Cookie:%20a=b",
    "/a\r\nSet-Cookie: a=b",
    "/%250d%250aSet-Cookie:a=b",
    "/a%00b",
    "/a\x00b",
    "/a\x7fb",
    " /admin",
    "/admin ",
    " //evil.example",
    "\t//evil.example",
    "\x01//evil.example",
    "/ /evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/././/evil.example",
    "/.%2f/evil.example",
    "/%2e/%2fevil.example",
    "?next=/admin",
    "#a",
    "admin",
    "./admin",
    "../admin",
    "@evil.example",
    ":80",
    "/ü",
    "/\u2028",
    "/\uff0fevil.example",
    "/\ud800",
    "/" + "a" * MAX_NEXT_LENGTH,
]


@pytest.mark.parametrize("target", HOME)
def test_a_path_on_this_host_is_returned_untouched(target: str) -> None:
    assert safe_next(target, DEFAULT) == target


@pytest.mark.parametrize("target", ABROAD)
def test_anything_else_goes_to_the_default_page(target: str) -> None:
    assert safe_next(target, DEFAULT) == DEFAULT


def test_a_megabyte_is_answered() -> None:
    """By what looked at each character more than once, not before the limit of pyproject.toml."""
    for target in ("/" * 1_000_000, "/./" * 300_000, "/" + "%25" * 300_000, "/" + "./" * 999 + "a"):
        assert len(safe_next(target, DEFAULT)) <= len(target)
