"""Nothing that a client sends is a fault of ours: no answer below the admin path is a 5xx."""

import httpx
import pytest

from tests.auth.site import ACCESS, ORIGIN, REFRESH, Site, sign_in
from tests.bare_request import send_bare

VALUES = [
    b"",
    b" ",
    b",",
    b";",
    b"=",
    b"\xff\xfe",
    b"\xc3\xa9",
    b"a" * 20_000,
    b"%00",
    b'"',
    b"\\",
    b"q=nan;q=inf",
    b"en;q=1e999",
    b"-1",
    b"9" * 400,
    b"null",
    b"[" * 2000,
    b"://",
    b"//[",
    b"https://[::1",
    b"bytes=0-",
    b"*/*;q=x",
    b"Bearer",
    b"Bearer ",
    b"Bearer \xff",
    b"Basic YTpi",
    b"a=b; a=c; =; ;;; $Version=1",
    b"{}",
    b"text/html;charset=\xff",
]

HEADERS = [
    "accept",
    "accept-language",
    "accept-encoding",
    "authorization",
    "content-type",
    "cookie",
    "forwarded",
    "hx-current-url",
    "hx-request",
    "if-none-match",
    "origin",
    "range",
    "referer",
    "sec-fetch-dest",
    "sec-fetch-site",
    "user-agent",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-http-method-override",
    "x-refresh-token",
]

REQUESTS = [
    ("GET", "/admin"),
    ("GET", "/admin/login"),
    ("POST", "/admin/login"),
    ("POST", "/admin/logout"),
    ("GET", "/private"),
    ("GET", "/admin/api/auth/me"),
    ("POST", "/admin/api/auth/login"),
    ("POST", "/admin/api/auth/refresh"),
    ("POST", "/admin/api/auth/logout"),
    ("GET", "/admin/static/x/admin.css"),
    ("DELETE", "/admin/nothing"),
]

TARGETS = [
    "/admin/%ff%fe",
    "/admin/%00",
    "/admin/%0d%0aX:y",
    "/admin/" + "a/" * 2000,
    "/admin/" + "a" * 20_000,
    "/admin/..%2f..",
    "/admin/%f0%9f%92%a9",
    "/admin/{x}",
    "/admin/*",
    "/admin/:",
    "/admin;x=y",
    "/admin/login?next=%ff%fe&next=%00",
    "/admin/login?" + "a=b&" * 2000,
    "/admin/login?%",
    "/admin/login?next[]=a",
    "/admin/api/users/%00",
    "/admin/api/%ff",
    "/admin/api/users?cursor=%00&limit=x&sort=%27",
    "/admin/static/%00/%00",
    "/admin/static/x/%ff",
    "/admin/invitation/%00",
]


# A stranger's header comes to no database.
@pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True, scope="session")
@pytest.mark.parametrize("name", HEADERS)
async def test_no_header_makes_a_fault(site: Site, name: str) -> None:
    for method, path in REQUESTS:
        for value in VALUES:
            headers = {b"origin": ORIGIN.encode(), name.encode(): value}
            answer = await send_bare(site.app, method, ORIGIN + path, headers.items())
            assert 200 <= answer.status_code < 500, (method, path, value)


@pytest.mark.parametrize("path", TARGETS)
async def test_no_address_makes_a_fault(site: Site, path: str) -> None:
    async with site.browser() as browser:
        await sign_in(browser, await site.add_user("superuser"))
        for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS"):
            answer = await browser.request(method, httpx.URL("https://shop.example" + path))
            assert answer.status_code < 500, method


@pytest.mark.parametrize("value", VALUES)
async def test_no_token_makes_a_fault(site: Site, value: bytes) -> None:
    cookie = b"; ".join(name.encode() + b"=" + value for name in (ACCESS, REFRESH, f"{ACCESS}_form", f"{ACCESS}_flash"))
    async with site.browser() as browser:
        for method, path in REQUESTS:
            answer = await browser.request(method, path, headers=httpx.Headers([(b"cookie", cookie)]))
            assert answer.status_code < 500, (method, path)
