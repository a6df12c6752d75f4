"""One host with the plugin and without, compared answer by answer."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.auth.site import plugin, running, sign_in
from tests.manners import host

ORIGIN = "https://shop.example"

PATHS = [
    "/", "/who", "/items/7", "/items/x", "/items", "/any", "/teapot", "/visits", "/nothing", "/nothing/at/all", "/api",
    "/api/books/Momo", "/api/books", "/api/books/a/b", "/static/host.css", "/static/none.css", "/static", "/mounted",
    "/mounted/deep/path", "/schema", "/schema/openapi.json", "/schema/swagger", "/slug", "/sl%2fug", "/a//b", "/any/",
    "/administration", "/administration/7", "/administration/7/8", "/adminx", "/adminx/7", "/admi", "/ADMIN", "/Admin",
    "/admin.html", "/xadmin", "/x/admin", "/%61dministration/7", "/admin-", "/login", "/items/7?q=%ff", "/?a=1&a=2",
]  # fmt: skip

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]

REQUESTS: list[dict[str, Any]] = [
    {},
    {"accept": "text/html"},
    {"x-user": "host's own"},
    {"origin": "https://other.example", "access-control-request-method": "GET"},
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"cookie": "__Host-admin_auth=x.y.z; __Host-admin_auth_refresh=x; admin_auth=1; session=chosen"},
    {"authorization": "Bearer x.y.z"},
    {"hx-request": "true"},
]


@pytest.fixture(scope="module")
async def pair(static: Path, url: str) -> AsyncGenerator[tuple[Any, Any]]:
    async with running(host.build(static, plugins=[plugin(database=url)])) as site:
        yield host.build(static), site.app


async def ask(app: Any, method: str, path: str, headers: dict[str, str]) -> tuple[int, list[tuple[str, str]], str]:
    """What a host answers, but for the random parts of its cookies."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        answer = await client.request(method, path, headers=headers)
    random = re.compile(r"^(csrftoken|session)=[0-9a-f]{16,}")
    listed = [(name, random.sub(r"\1=", value)) for name, value in answer.headers.multi_items()]
    # Litestar lists the methods in whatever order a set has.
    listed = [(name, ", ".join(sorted(value.split(", "))) if name == "allow" else value) for name, value in listed]
    # A cookie of ours that is dead is taken back, by whatever answer; then no cache may keep that answer.
    kept = [pair for pair in listed if not pair[1].startswith("__Host-admin_auth")]
    if len(kept) < len(listed):
        assert ("cache-control", "no-store") in kept
        kept.remove(("cache-control", "no-store"))
    return answer.status_code, kept, answer.text


@pytest.mark.parametrize("headers", REQUESTS, ids=lambda headers: next(iter(headers), "plain"))
@pytest.mark.parametrize("method", METHODS)
async def test_every_answer_is_the_same(pair: tuple[Any, Any], method: str, headers: dict[str, str]) -> None:
    without, with_plugin = pair
    for path in PATHS:
        assert await ask(with_plugin, method, path, headers) == await ask(without, method, path, headers), path


async def test_only_the_admins_own_addresses_are_new(pair: tuple[Any, Any]) -> None:
    without, with_plugin = pair
    for path in ("/admin", "/admin/", "/admin/login", "/admin/api/auth/me", "/%61dmin/login"):
        assert (await ask(with_plugin, "GET", path, {})) != (await ask(without, "GET", path, {})), path


async def test_the_hosts_description_of_itself_does_not_mention_the_admin(pair: tuple[Any, Any]) -> None:
    _, document = await _schema(pair[1])
    assert document == (await _schema(pair[0]))[1]
    assert "admin_auth" not in document
    assert '"/admin/' not in document


async def _schema(app: Any) -> tuple[int, str]:
    status, _, text = await ask(app, "GET", "/schema/openapi.json", {})
    return status, text


async def test_the_hosts_middleware_runs_round_the_admin_in_its_order(pair: tuple[Any, Any]) -> None:
    transport = httpx.ASGITransport(pair[1])
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        for path in ("/admin/login", "/admin/nothing", "/admin/api/auth/me"):
            answer = await client.get(path)
            assert answer.headers.get_list("x-order") == ["first,second", "first,second"]


async def test_cookies_of_both_arrive_once_each(pair: tuple[Any, Any], url: str) -> None:
    from tests.auth.site import use_fast_hashes

    site = use_fast_hashes(pair[1])
    user = await site.add_user()
    async with site.browser() as browser:
        answer = await sign_in(browser, user)
        assert answer.status_code == 303
        names = [header.partition("=")[0] for header in answer.headers.get_list("set-cookie")]
        ours = ["__Host-admin_auth", "__Host-admin_auth_refresh"]
        assert sorted(names) == [*ours, "host_first", "host_second", "session"]
        browser.cookies.delete("__Host-admin_auth")
        answer = await browser.get("/visits")
        names = [header.partition("=")[0] for header in answer.headers.get_list("set-cookie")]
        expected = [
            "__Host-admin_auth",
            "__Host-admin_auth_refresh",
            "csrftoken",
            "host_first",
            "host_second",
            "session",
        ]
        assert sorted(names) == expected


class TestUser:
    async def test_the_hosts_own_user_is_never_overwritten(self, pair: tuple[Any, Any]) -> None:
        from tests.auth.site import use_fast_hashes

        site = use_fast_hashes(pair[1])
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            ours = (await browser.get("/who")).json()
            theirs = (await browser.get("/who", headers={"x-user": "bob"})).json()
            async with site.statements() as seen:
                await browser.get("/who", headers={"x-user": "bob"})
        assert user.email in ours["user"]
        assert "session_id" in ours["auth"]
        assert theirs == {"user": "{'name': 'bob'}", "auth": "token of bob"}
        assert seen == []

    async def test_the_hosts_own_user_is_no_user_of_the_admin(self, pair: tuple[Any, Any]) -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(pair[1]), base_url=ORIGIN) as client:
            answer = await client.get("/admin/api/auth/me", headers={"x-user": "bob"})
        assert answer.status_code == 401

    async def test_it_can_be_switched_off(self, static: Path, url: str) -> None:
        app = host.build(static, plugins=[plugin(database=url, authenticate_host_routes=False)])
        async with running(app) as site, site.browser() as browser:
            await sign_in(browser, await site.add_user())
            assert (await browser.get("/who")).json() == {"user": "None", "auth": "None"}
            assert (await browser.get("/admin/api/auth/me")).status_code == 200
