"""A host whose session is the way in: for strangers it is, answer by answer, the host without the plugin."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar, MediaType, Request, Response, WebSocket, get, post, websocket
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.config.compression import CompressionConfig
from litestar.config.cors import CORSConfig
from litestar.config.csrf import CSRFConfig
from litestar.exceptions import HTTPException, NotFoundException
from litestar.handlers import asgi
from litestar.middleware import ASGIMiddleware
from litestar.middleware.logging import LoggingMiddlewareConfig
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.params import FromPath
from litestar.stores.memory import MemoryStore

from litestar_admin_auth.auth import SessionAuthBackend
from tests.auth.site import ORIGIN, plugin
from tests.bare_request import send_bare
from tests.manners import host


@dataclass
class Staff:
    id: str
    email: str
    roles: list[str] = field(default_factory=lambda: ["staff"])
    permissions: list[str] = field(default_factory=list)


async def retrieve(session: dict[str, Any], connection: Any) -> Staff | None:
    if session["user_id"] == "broken":
        raise RuntimeError("the host's database is down")
    return Staff("7", "ann@example.com") if session["user_id"] == "7" else None


async def prove(connection: Any, credentials: dict[str, str]) -> Staff | None:
    return None


@post("/sign-in/{user_id:str}", status_code=200, opt={"exclude_from_csrf": True})
async def sign_in(request: Request[Any, Any, Any], user_id: FromPath[str]) -> None:
    request.session["user_id"] = user_id


def backend(*, with_form: bool = False) -> SessionAuthBackend:
    return SessionAuthBackend(retrieve, authenticate_handler=prove if with_form else None)


def admin(*, with_form: bool = False, **settings: Any) -> Any:
    return plugin(auth_backend=backend(with_form=with_form), secret_key="", **settings)


class Note(ASGIMiddleware):
    """Adds a header and a cookie to every answer of a route."""

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-host", b"1"), (b"set-cookie", b"seen=1; Path=/")]
            await send(message)

        await next_app(scope, receive, noting)


class ReadsBodies(ASGIMiddleware):
    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        if scope["type"] == "http":
            await Request(scope, receive).body()
        await next_app(scope, receive, send)


class Refuses(ASGIMiddleware):
    """Answers itself, before anybody else can, and lets the sign-in through."""

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/sign-in"):
            await send({"type": "http.response.start", "status": 418, "headers": []})
            await send({"type": "http.response.body", "body": b"short and stout", "more_body": False})
            return
        await next_app(scope, receive, send)


class Raises(ASGIMiddleware):
    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        if not scope["path"].startswith("/sign-in"):
            raise HTTPException(status_code=409, detail="the host's middleware raises")
        await next_app(scope, receive, send)


def echoing(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """What a 404 page may show of a request."""
    scope = request.scope
    return Response(
        {
            "path": request.url.path, "url": str(request.url), "scope": scope["path"],
            "query": str(request.query_params),
            "raw": scope.get("raw_path", b"").decode(), "route": str(scope.get("route_handler")),
            "user": str(scope.get("user")), "session": str(scope.get("session")), "params": str(scope["path_params"]),
            "keys": sorted(key for key in scope), "state": sorted(map(str, scope["state"])), "why": str(error),
        },
        status_code=404,
        headers={"x-not-found": request.url.path.encode("ascii", "replace").decode()},
    )  # fmt: skip


@get("/{slug:str}")
async def slug(slug: FromPath[str]) -> str:
    return f"the page {slug}"


@get("/{anything:path}", media_type=MediaType.HTML)
async def single_page(anything: FromPath[str]) -> str:
    return f"<title>the shop</title>{anything}"


@asgi("/", is_mount=True, copy_scope=True)
async def everything(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    text = f"{scope['method']} {scope['path']} {len(body)}"
    await Response(text).to_asgi_response(app=None, request=Request(scope))(scope, receive, send)


@get("/{one:str}/{two:str}")
async def two_parts(one: FromPath[str], two: FromPath[str]) -> str:
    return f"{one} and {two}"


@get("/plain")
async def plain() -> str:
    return "plain"


async def before_send(message: Any, scope: Any) -> None:
    """Writes what it knows of the route into the answer."""
    if message["type"] == "http.response.start":
        known = f"{scope.get('route_handler')} {scope['path']} {sorted(scope)} {scope.get('path_template')}"
        message["headers"] = [*message["headers"], (b"x-known", known.encode("ascii", "replace"))]


def session(**more: Any) -> Any:
    return ServerSideSessionConfig(**more).middleware


HOSTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "debug": {"debug": True},
    "headers": {"middleware": [Note(), session()]},
    "headers behind the session": {"middleware": [session(), Note()]},
    "own 404": {"exception_handlers": {NotFoundException: echoing}},
    "own 404 by number, debug": {"exception_handlers": {404: echoing}, "debug": True},
    "all errors": {"exception_handlers": {Exception: echoing}, "middleware": [session(), Raises()]},
    "slug": {"route_handlers": [slug, two_parts]},
    "single page": {"route_handlers": [single_page]},
    "mount at the root": {"route_handlers": [everything], "middleware": [session(), Note()]},
    "two parts": {"route_handlers": [two_parts, plain]},
    "cors": {"cors_config": CORSConfig(allow_origins=["https://other.example"], allow_credentials=True)},
    "compression": {"compression_config": CompressionConfig(backend="gzip", minimum_size=1)},
    "csrf": {"csrf_config": CSRFConfig(secret="a secret of the host's")},
    "logging": {"middleware": [LoggingMiddlewareConfig().middleware, session()]},
    "reads bodies": {"middleware": [ReadsBodies(), session(), ReadsBodies()]},
    "refuses": {"middleware": [session(), Refuses()]},
    "raises": {"middleware": [session(), Raises()]},
    "rate limit": {"middleware": [RateLimitConfig(("hour", 3)).middleware, session()]},
    "allowed hosts": {"allowed_hosts": AllowedHostsConfig(["elsewhere.example"])},
    "before send": {"before_send": [before_send]},
    "own path": {"path": "/shop", "route_handlers": [slug]},
    "hooks": {"after_exception": [lambda error, scope: None], "exception_handlers": {404: echoing}},
}  # fmt: skip


def build(plugins: list[Any], **settings: Any) -> Litestar:
    made: dict[str, Any] = {"middleware": [session()], "logging_config": None, "openapi_config": None} | settings
    made["route_handlers"] = [sign_in, *made.get("route_handlers", [])]
    made["stores"] = {"sessions": MemoryStore()}
    return Litestar(plugins=plugins, **made)


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]

PATHS = [
    "", "/", "/login", "/login/", "//login", "/logout", "/theme", "/language", "/users", "/users/new",
    "/users/7/access",
    "/roles", "/permissions", "/sessions", "/audit", "/account", "/account/password", "/password-reset",
    "/invitation/token", "/api", "/api/auth/login", "/api/auth/logout", "/api/auth/refresh", "/api/auth/me",
    "/api/auth/change-password", "/api/users", "/api/roles", "/api/schema", "/api/schema/openapi.json",
    "/api/auth/jwks.json", "/.well-known/jwks.json", "/static/{digest}/admin.css", "/static/x/admin.js",
    "/static/{digest}/favicon.svg", "/static", "/static/x/none.css", "/nothing", "/a/b/c/d", "/%6cogin", "/lo%67in",
    "/../admin/login", "/login;a=b", "/login?next=/x&a=%ff", "?q=1", "/%00", "/%f0%9f%92%a9", "/LOGIN",
]  # fmt: skip

REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "browser": {"headers": {"accept": "text/html,*/*;q=0.8", "sec-fetch-dest": "document"}},
    "script": {"headers": {"accept": "application/json", "origin": "https://other.example"}},
    "cookies": {"headers": {"cookie": "session=chosen; __Host-admin_auth=x.y.z; admin_auth_form=abcdefghijklmnop"}},
    "bearer": {"headers": {"authorization": "Bearer x.y.z", "hx-request": "true", "x-refresh-token": "x"}},
    "body": {"content": b'{"email": "a@b.example", "password": "x"}', "headers": {"content-type": "application/json"}},
}  # fmt: skip


async def ask(app: Litestar, method: str, path: str, request: dict[str, Any], cookies: dict[str, str]) -> Any:
    headers = dict(request.get("headers", {}))
    if cookies:
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = await send_bare(app, method, ORIGIN + path, sent, request.get("content", b""))
    listed = [(name, RANDOM.sub(rb"\1=", value)) for name, value in answer.headers]
    listed = [(name, b", ".join(sorted(value.split(b", "))) if name == b"allow" else value) for name, value in listed]
    return answer.status_code, listed, answer.content


RANDOM = re.compile(rb"^(csrftoken|session)=[0-9a-f]{16,}")


def browser(app: Litestar, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN} | headers)


async def open_socket(app: Litestar, path: str, cookie: str = "") -> list[tuple[Any, ...]]:
    """What a host answers to a WebSocket."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
        "scheme": "wss", "headers": [(b"host", b"shop.example"), (b"cookie", cookie.encode())],
        "client": None, "server": None, "subprotocols": [], "extensions": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return [(message["type"], message.get("code"), message.get("reason")) for message in sent]


@asynccontextmanager
async def two_hosts(
    settings: dict[str, Any], prefix: str = "", **admin_settings: Any
) -> AsyncGenerator[tuple[Litestar, Litestar, Callable[[str], str]]]:
    """The host without the plugin and with it, and what completes a path of the admin."""
    bare, full = build([], **settings), build([admin(**admin_settings)], **settings)
    async with bare.lifespan(), full.lifespan():
        digest = full.state.admin_auth.pages.static_files.digest
        place = full.state.admin_auth.config.path
        yield bare, full, lambda path: place + path.replace("{digest}", digest)


async def compare(name: str, cookies: dict[str, str], *, who: str = "", **admin_settings: Any) -> None:
    async with two_hosts(HOSTS[name], **admin_settings) as (bare, full, place):
        for app in (bare, full):
            if who:
                await app.stores.get("sessions").set("chosen", b'{"user_id": "%s"}' % who.encode())
        differences: list[Any] = []
        for kind, request in REQUESTS.items():
            if who and kind not in ("plain", "body"):
                continue
            for path in PATHS:
                for method in METHODS if kind == "plain" and not who else ("GET", "POST"):
                    asked = method, place(path), request, cookies
                    if await ask(full, *asked) != await ask(bare, *asked):
                        differences.append((method, place(path), request))
        assert differences == []


@pytest.mark.parametrize("name", HOSTS)
async def test_a_stranger_cannot_tell_it_from_a_host_without_the_plugin(name: str) -> None:
    await compare(name, {})


@pytest.mark.parametrize("name", ["headers", "own 404", "slug", "single page", "logging", "before send", "own path"])
@pytest.mark.parametrize("who", ["8", "broken"])
async def test_neither_can_a_user_who_is_no_administrator_nor_one_who_cannot_be_looked_up(name: str, who: str) -> None:
    await compare(name, {"session": "chosen"}, who=who)


@pytest.mark.parametrize("path", ["/back/office", "/x"])
async def test_neither_where_the_admin_stands_elsewhere(path: str) -> None:
    for name in ("two parts", "slug", "own 404"):
        await compare(name, {}, path=path)


@pytest.mark.parametrize("root", ["/back", "/a", "/admin", "/deep/er"])
@pytest.mark.parametrize("stripped", [True, False], ids=["stripped", "whole"])
async def test_neither_behind_a_proxy_with_a_path_of_its_own(root: str, stripped: bool) -> None:
    async with two_hosts(HOSTS["own 404"]) as (bare, full, place):
        for path in ("", "/", "/login", "/users", "/api/auth/me", "/static/x/admin.css"):
            for method in ("GET", "POST", "FOO"):
                told: list[Any] = []
                for app in (bare, full):
                    transport = httpx.ASGITransport(app, root_path=root)
                    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                        answer = await client.request(method, ("" if stripped else root) + place(path))
                    told.append((answer.status_code, answer.headers.multi_items(), answer.text))
                assert told[0] == told[1], (method, path)
                assert told[0][0] == 404


async def test_neither_when_the_host_has_registered_a_route_while_it_runs() -> None:
    @get("/late")
    async def late() -> None: ...

    async with two_hosts({"middleware": [session(), Note()]}) as (bare, full, place):
        for app in (bare, full):
            app.register(late)
        for path in (place(""), place("/login"), "/administration", "/admin;x"):
            asked = "GET", path, {}, {}
            assert await ask(full, *asked) == await ask(bare, *asked), path


@websocket("/{room:str}/{seat:str}")
async def room(socket: WebSocket[Any, Any, Any], room: FromPath[str], seat: FromPath[str]) -> None:
    await socket.accept()
    await socket.close(reason=f"{room} {seat}")


@pytest.mark.parametrize("handlers", [[], [room]], ids=["no sockets", "a socket for any path"])
async def test_neither_by_a_websocket(handlers: list[Any]) -> None:
    async with two_hosts({"route_handlers": handlers, "middleware": [session(), Note()]}) as (bare, full, place):
        await full.stores.get("sessions").set("admins", b'{"user_id": "7"}')
        for path in ("", "/", "/login", "/users", "/api/auth/me", "/static/x/admin.css"):
            for cookie in ("", "session=chosen"):
                told = await open_socket(full, place(path), cookie)
                assert told == await open_socket(bare, place(path), cookie), path
        # An administrator may know; there are no WebSockets all the same.
        assert (await open_socket(full, "/admin", "session=admins"))[-1][0] == "websocket.close"


async def test_an_administrator_finds_everything_and_only_then() -> None:
    async with two_hosts({"middleware": [Note(), session()]}) as (_, full, place), browser(full) as client:
        assert (await client.get("/admin")).status_code == 404
        await client.post("/sign-in/7")
        page = await client.get("/admin")
        assert (page.status_code, "ann@example.com" in page.text) == (200, True)
        assert (await client.get("/admin/api/auth/me")).json()["email"] == "ann@example.com"
        assert (await client.get(place("/static/{digest}/admin.css"))).status_code == 200
        assert (await client.get("/admin/login")).status_code == 303
        # Errors are the admin's own, in its clothes.
        missing = await client.get("/admin/nothing")
        assert (missing.status_code, "content-security-policy" in missing.headers) == (404, True)
        assert (await client.put("/admin/login")).status_code == 405
        # The host's middleware answers as for any of its routes.
        assert (page.headers["x-host"], page.headers.get_list("x-host")) == ("1", ["1"])
        await client.post("/sign-in/8")
        gone = await client.get("/admin")
        assert (gone.status_code, gone.json()["detail"], "x-host" in gone.headers) == (404, "Not Found", False)


async def test_whoever_signs_out_is_sent_to_the_hosts_first_page() -> None:
    async with two_hosts({}) as (_, full, _place), browser(full) as client:
        await client.post("/sign-in/7")
        token = re.search(r'name="csrf_token" value="([^"]+)"', (await client.get("/admin")).text)
        assert token
        answer = await client.post("/admin/logout", data={"csrf_token": token[1]})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await client.get("/admin")).json() == {"status_code": 404, "detail": "Not Found"}


OPEN = [("GET", "/login"), ("HEAD", "/login"), ("POST", "/login"), ("POST", "/api/auth/login")]


async def test_with_a_handler_the_login_and_its_files_are_open_and_nothing_else() -> None:
    async with two_hosts({"middleware": [Note(), session()]}, with_form=True) as (bare, full, place):
        files = [f"/static/{{digest}}/{name}" for name in full.state.admin_auth.pages.static_files.files]
        is_open = {*OPEN, *((method, path) for path in files for method in ("GET", "HEAD"))}
        spelled_once = {path for path in PATHS if re.fullmatch(r"(/[a-z{][a-z{}./-]*)?", path)}
        assert len(spelled_once) > 30
        for path in spelled_once | {*files}:
            plain_path = path.replace("/static/x/admin.js", "/static/{digest}/admin.js").rstrip("/")
            for method in METHODS:
                told = await ask(full, method, place(path), {}, {})
                host_says = await ask(bare, method, place(path), {}, {})
                assert (told == host_says) == ((method, plain_path) not in is_open), (method, path)


async def test_with_a_handler_the_login_page_offers_nothing_that_is_not_there() -> None:
    async with two_hosts({}, with_form=True) as (_, full, _place), browser(full) as client:
        page = (await client.get("/admin/login")).text
        for target in re.findall(r'(?:href|src|action)="(/[^"#]*)', page):
            method = "POST" if f'action="{target}' in page else "GET"
            assert (await client.request(method, target)).status_code != 404, target


class TestSideEffects:
    async def test_no_session_is_stored_for_a_stranger(self) -> None:
        async with two_hosts({"middleware": [Note(), session()]}) as (_, full, _place), browser(full) as client:
            for path in ("", "/login", "/users"):
                await client.get("/admin" + path)
            assert full.stores.get("sessions")._store == {}
            assert dict(client.cookies) == {}

    async def test_the_hosts_middleware_runs_once_and_not_at_all_without_the_plugin(self) -> None:
        seen: list[str] = []

        class Counts(ASGIMiddleware):
            async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
                seen.append(scope["path"])
                await next_app(scope, receive, send)

        async with two_hosts({"middleware": [Counts(), session()]}) as (_, full, _place), browser(full) as client:
            await client.get("/admin/users")
            assert len(seen) == 1

    async def test_what_was_opened_for_the_request_is_closed_by_the_hosts_hook(self) -> None:
        """As Advanced Alchemy does: a database session in the scope, closed when the answer leaves."""
        opened: list[str] = []

        async def retrieve_with_database(session: dict[str, Any], connection: Any) -> Staff | None:
            connection.scope["_database"] = session["user_id"]
            opened.append(session["user_id"])
            return await retrieve(session, connection)

        async def close(message: Any, scope: Any) -> None:
            if message["type"] == "http.response.start" and "_database" in scope:
                opened.remove(scope.pop("_database"))

        made = plugin(auth_backend=SessionAuthBackend(retrieve_with_database), secret_key="")
        app = build([made], before_send=[close])
        async with app.lifespan(), browser(app) as client:
            for user_id, status in (("7", 200), ("8", 404)):
                await client.post(f"/sign-in/{user_id}")
                assert (await client.get("/admin/api/auth/me")).status_code == status
                assert opened == []

    async def test_a_body_reaches_the_hosts_own_route_whole(self) -> None:
        """The host's middleware has read it on the way to the admin, in pieces."""

        @post("/{anything:path}", status_code=200)
        async def take(request: Request[Any, Any, Any], anything: FromPath[str]) -> str:
            return f"{len(await request.body())} bytes for {anything}"

        async def pieces() -> AsyncGenerator[bytes]:
            for _ in range(7):
                yield b"x" * 10_000

        settings = {"route_handlers": [take], "middleware": [ReadsBodies(), session()]}
        async with two_hosts(settings) as (_, full, _place), browser(full) as client:
            answer = await client.post("/admin/login", content=pieces())
            assert answer.text == "70000 bytes for /admin/login"

    async def test_a_fault_of_the_handlers_is_in_the_log_and_not_in_the_answer(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with two_hosts({}) as (_, full, _place), browser(full) as client:
            await client.post("/sign-in/broken")
            assert (await client.get("/admin")).json() == {"status_code": 404, "detail": "Not Found"}
        assert "the host's database is down" in caplog.text

    async def test_started_twice_it_still_answers_both(self) -> None:
        app = build([admin()])
        for _ in range(2):
            async with app.lifespan(), browser(app) as client:
                assert (await client.get("/admin")).status_code == 404
                await client.post("/sign-in/7")
                assert (await client.get("/admin")).status_code == 200

    async def test_a_request_that_is_answered_before_routing_leaves_the_next_one_alone(self) -> None:
        """A preflight never reaches the router, which alone takes the mark back that hides the admin once."""
        async with two_hosts({"cors_config": CORSConfig()}) as (_, full, _place), browser(full) as client:
            await client.post("/sign-in/7")
            headers = {"origin": "https://other.example", "access-control-request-method": "GET"}
            await client.options("/admin", headers=headers)
            assert (await client.get("/admin")).status_code == 200

    async def test_before_the_start_it_is_a_404_too(self) -> None:
        app = build([admin()])
        async with browser(app) as client:
            assert (await client.get("/admin")).json() == {"status_code": 404, "detail": "Not Found"}


async def test_a_host_with_everything_is_the_same_too(static: Path) -> None:
    bare, full = host.build(static), host.build(static, plugins=[admin()])
    async with full.lifespan():
        for path in PATHS:
            if "{" not in path:
                for method in METHODS:
                    asked = method, f"/admin{path}", {"headers": {"x-user": "bob"}}, {}
                    assert await ask(full, *asked) == await ask(bare, *asked), (method, path)


async def test_a_guard_on_a_host_route_does_not_give_the_address_away() -> None:
    from litestar_admin_auth.guards import requires_authentication

    @get("/private", guards=[requires_authentication])
    async def private() -> None: ...

    app = build([admin()], route_handlers=[private])
    async with app.lifespan(), browser(app, accept="text/html") as client:
        answer = await client.get("/private")
        assert answer.status_code == 401
        assert "/admin" not in f"{answer.headers} {answer.text}"
