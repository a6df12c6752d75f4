"""What every answer below the admin path carries, and that it stays below it."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar, get

from litestar_admin_auth.auth.headers import SECURITY_HEADERS
from litestar_admin_auth.auth.tokens import sign_access
from tests.auth.site import ACCESS, Site, plugin, running, sign_in

STATIC = "/admin/static/{digest}/admin.css"

# Method, address, status for a stranger.
ANSWERS = [
    ("GET", "/admin/login", 200),
    ("HEAD", "/admin/login", 200),
    ("OPTIONS", "/admin/login", 303),
    ("POST", "/admin/login", 400),
    ("DELETE", "/admin/login", 405),
    ("GET", "/admin/logout", 405),
    ("GET", "/admin/nothing", 404),
    ("GET", "/admin/nothing/at/all/", 404),
    ("GET", "/admin/%2e%2e/%00", 404),
    ("POST", "/admin/nothing", 404),
    ("GET", STATIC, 200),
    ("GET", "/admin/static/x/..%2f..%2fsecret", 404),
    ("GET", "/admin/static/x/nothing.css", 404),
    ("GET", "/admin/api/auth/me", 401),
    ("HEAD", "/admin/api/auth/me", 401),
    ("POST", "/admin/api/auth/me", 405),
    ("GET", "/admin/api/nothing", 404),
    ("GET", "/admin/api", 404),
    ("POST", "/admin/api/auth/login", 400),
    ("POST", "/admin/api/auth/refresh", 401),
]


def check(answer: httpx.Response) -> None:
    for name, value in SECURITY_HEADERS:
        assert answer.headers.get_list(name.decode()) == [value.decode()], name
    assert len(answer.headers.get_list("cache-control")) == 1
    assert "server" not in answer.headers
    assert "x-powered-by" not in answer.headers


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_every_answer_is_locked_down(site: Site, method: str, path: str, status: int) -> None:
    path = path.replace("{digest}", site.runtime.pages.static_files.digest)
    async with site.browser() as browser:
        answer = await browser.request(method, path)
    assert answer.status_code == status
    check(answer)
    stored = answer.headers["cache-control"]
    assert stored == "no-store" if "/static/" not in path else "no-store" not in stored
    if method == "HEAD":
        assert answer.content == b""


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_the_api_speaks_json_and_the_pages_html(site: Site, method: str, path: str, status: int) -> None:
    async with site.browser(accept="text/html") as browser:
        answer = await browser.request(method, path.replace("{digest}", "x"))
    if method in ("HEAD", "OPTIONS") or "/static/" in path:
        return
    if path.startswith("/admin/api"):
        assert answer.headers["content-type"].startswith("application/json")
        body = answer.json()
        assert (body["status_code"], type(body["detail"]), type(body["extra"]["code"])) == (status, str, str)
    else:
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/admin/login", "/admin/nothing", "/admin/api/auth/me", "/admin/static/x/admin.css"])
async def test_head_is_get_without_its_body(site: Site, path: str) -> None:
    async def ask(method: str) -> tuple[Any, bytes]:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope: Any = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": b"", "headers": [(b"host", b"shop.example")], "client": None, "server": None,
            "scheme": "https", "http_version": "1.1", "extensions": {}, "asgi": {"version": "3.0"},
        }  # fmt: skip
        await site.app(scope, receive, send)
        names = sorted(name for name, _ in sent[0]["headers"])
        return (sent[0]["status"], names), b"".join(message.get("body", b"") for message in sent[1:])

    (get, page), (head, nothing) = await ask("GET"), await ask("HEAD")
    assert head == get
    assert len(page) > 10
    assert nothing == b""


async def test_a_405_names_what_is_allowed(site: Site) -> None:
    async with site.browser() as browser:
        for path in ("/admin/login", "/admin/api/auth/me"):
            answer = await browser.delete(path)
            assert answer.status_code == 405
            assert "GET" in answer.headers["allow"]


async def test_a_fault_says_nothing_but_that_there_was_one(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **_kw: object) -> None:
        raise RuntimeError("SELECT secret FROM table -- /srv/app/file.py")

    monkeypatch.setattr(type(site.runtime.backend), "authenticate", broken)
    async with site.browser() as browser:
        body = {"email": "ann@example.com", "password": "a password"}
        for answer in (
            await browser.post("/admin/api/auth/login", json=body),
            await sign_in(browser, "ann@example.com"),
        ):
            assert answer.status_code == 500
            check(answer)
            for word in ("SELECT", "RuntimeError", "Traceback", "/srv/", "litestar", "a password"):
                assert word not in answer.text
    assert "SELECT secret" in caplog.text
    assert "a password" not in caplog.text


async def test_tables_that_nobody_has_made_are_a_line_in_the_log_that_says_what_to_do(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    @get("/")
    async def home() -> str:
        return "home"

    async with (
        running(Litestar([home], plugins=[plugin(database=sqlite_url)], logging_config=None)) as site,
        site.browser() as browser,
    ):
        body = {"email": "ann@example.com", "password": "a password"}
        answer = await browser.post("/admin/api/auth/login", json=body)
        assert (answer.status_code, answer.json()["extra"]["code"]) == (503, "unavailable")
        assert (await sign_in(browser, "ann@example.com")).status_code == 503
        # Somebody whose cookie is from before, on a page of the admin and on one of the host's.
        backend: Any = site.runtime.backend
        browser.cookies.set(ACCESS, sign_access(backend.config, str(uuid4()), str(uuid4())))
        assert (await browser.get("/admin/users")).status_code == 503
        assert (await browser.get("/admin/login")).status_code == 200
        assert (await browser.get("/")).text == "home"
    assert "litestar admin migrate" in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_log_line_cannot_be_forged_by_a_path(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **_kw: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(type(site.runtime.backend), "resolve", broken)
    async with site.browser() as browser:
        await browser.get("/admin/static/x/a%0aERROR:forged")
        await browser.get("/open")
    assert all("\nERROR:forged" not in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("path", ["/open", "/private", "/nothing", "/administration"])
async def test_the_hosts_answers_carry_none_of_it(site: Site, path: str) -> None:
    async with site.browser() as browser:
        answer = await browser.get(path)
    assert not {name.decode() for name, _ in SECURITY_HEADERS} & set(answer.headers)
    assert "cache-control" not in answer.headers
    assert "set-cookie" not in answer.headers


class TestBodies:
    async def test_a_huge_body_is_a_413(self, site: Site) -> None:
        async with site.browser() as browser:
            for answer in (
                await browser.post("/admin/api/auth/login", json={"email": "x" * 1_100_000, "password": "x"}),
                await browser.post("/admin/login", data={"email": "x" * 1_100_000}),
            ):
                assert answer.status_code == 413
                check(answer)

    async def test_a_huge_body_without_a_length_is_a_413_too(self, site: Site) -> None:
        async def chunks():  # type: ignore[no-untyped-def]
            for _ in range(20):
                yield b"x" * 100_000

        async with site.browser() as browser:
            headers = {"content-type": "application/json"}
            answer = await browser.post("/admin/api/auth/login", content=chunks(), headers=headers)
            assert answer.status_code == 413

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[" * 100_000, b"\xff", b"null", b"[]", b'{"email":1e999}', b'{"email":"a","email":"b"}']
    )
    async def test_a_mad_body_is_a_400(self, site: Site, body: bytes) -> None:
        async with site.browser() as browser:
            headers = {"content-type": "application/json"}
            answer = await browser.post("/admin/api/auth/login", content=body, headers=headers)
        assert answer.status_code == 400
        assert json.loads(answer.text)["status_code"] == 400

    @pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded", "application/xml"])
    async def test_a_page_of_another_origin_cannot_post_json_without_asking_first(self, site: Site, kind: str) -> None:
        async with site.browser() as browser:
            content = b'{"email": "a@example.com", "password": "x"}'
            answer = await browser.post("/admin/api/auth/login", content=content, headers={"content-type": kind})
        assert answer.status_code == 415
