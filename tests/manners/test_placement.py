"""Where the admin stands: at any path, below a path of the host's or a proxy's, beside whatever the host has."""

import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Controller, Litestar, Request, Response, Router, get
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import asgi
from litestar.middleware import AbstractAuthenticationMiddleware, ASGIMiddleware, AuthenticationResult, DefineMiddleware
from litestar.middleware.logging import LoggingMiddlewareConfig
from litestar.params import FromPath
from litestar.static_files import create_static_files_router
from litestar.testing import TestClient
from litestar.utils.scope.state import ScopeState

from litestar_admin_auth import AdminPlugin
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.guards import requires_authentication
from tests.auth.site import ACCESS, ORIGIN, Site, plugin, running, sign_in
from tests.manners import host


@get("/private", guards=[requires_authentication])
async def private(request: Request[Any, Any, Any]) -> str:
    return str(request.user.email)


@asynccontextmanager
async def at(url: str, path: str = "/admin", handlers: list[Any] | None = None, **app: Any) -> AsyncGenerator[Site]:
    """A host with the admin at a path."""
    made = Litestar([private, *(handlers or [])], plugins=[plugin(database=url, path=path)], **app)
    async with running(made) as site:
        yield site


class TestPaths:
    @pytest.mark.parametrize("path", ["/admin", "/back/office", "/a", "/A-1_b"])
    async def test_it_works_at_any_path(self, url: str, path: str) -> None:
        async with at(url, path) as site, site.browser(accept="text/html") as browser:
            answer = await browser.get("/private")
            assert (answer.status_code, answer.headers["location"]) == (303, f"{path}/login?next=/private")
            page = await browser.get(f"{path}/login")
            assert page.status_code == 200
            assert f'"{path}/static/' in page.text
            assert f'action="{path}/login' in page.text
            answer = await sign_in(browser, await site.add_user(), path=path)
            assert answer.headers["location"] == path
            assert (await browser.get("/private")).status_code == 200
            assert (await browser.get(f"{path}/api/auth/me")).status_code == 200
            assert (await browser.get("/admin/login")).status_code == (303 if path == "/admin" else 404)

    @pytest.mark.parametrize(
        "path",
        ["/admin/login", "/admin/login/", "/admin//login", "//admin/login", "/admin/login?a=b", "/%61dmin/login",
         "/admin/%6cogin", "/admin%2flogin"],
    )  # fmt: skip
    async def test_slashes_and_escapes_lead_to_the_same_page(self, url: str, path: str) -> None:
        async with at(url) as site, site.browser() as browser:
            answer = await browser.get(httpx.URL(ORIGIN + path))
            assert answer.status_code == 200
            assert "csrf_token" in answer.text

    @pytest.mark.parametrize("path", ["/admin", "/admin/"])
    async def test_its_root_asks_strangers_to_sign_in(self, url: str, path: str) -> None:
        async with at(url) as site, site.browser() as browser:
            answer = await browser.get(path)
            assert answer.status_code in (303, 404)  # 404 until there is an overview
            if answer.status_code == 303:
                assert answer.headers["location"] == "/admin/login?next=/admin"

    async def test_below_a_host_with_a_path_of_its_own(self, url: str) -> None:
        async with at(url, handlers=[], path="/admin") as plain:
            assert plain.runtime.config.path == "/admin"
        app = Litestar([private], path="/shop", plugins=[plugin(database=url)])
        async with running(app) as site, site.browser(accept="text/html") as browser:
            assert (await browser.get("/shop/private")).headers["location"] == "/shop/admin/login?next=/shop/private"
            assert '"/shop/admin/static/' in (await browser.get("/shop/admin/login")).text
            answer = await sign_in(browser, await site.add_user(), path="/shop/admin")
            assert answer.headers["location"] == "/shop/admin"
            assert (await browser.get("/shop/admin/api/auth/me")).status_code == 200
            assert (await browser.get("/admin/login")).status_code == 404

    @pytest.mark.parametrize(
        ("root", "stripped"),
        [("/back", True), ("/back", False), ("/deep/er", True), ("/deep/er", False), ("/a", False), ("/admin", False)],
    )
    async def test_below_a_proxy_with_a_path_of_its_own(self, url: str, root: str, stripped: bool) -> None:
        async with at(url) as site:
            transport = httpx.ASGITransport(site.app, root_path=root)
            before = "" if stripped else root
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}) as browser:
                headers = {"accept": "text/html"}
                answer = await browser.get(f"{before}/private", headers=headers)
                assert answer.headers["location"] == f"{root}/admin/login?next={root}/private"
                assert (await browser.get(f"{before}/admin/login")).status_code == 200
                assert (await browser.get(f"{before}/admin/nothing")).headers["content-type"].startswith("text/html")
                missing = await browser.get(f"{before}/admin/api/nothing")
                assert (missing.status_code, missing.json()["extra"]["code"]) == (404, "not_found")
                assert (await browser.get(f"{before}/admin/api/auth/me")).status_code == 401


class TestNeighbours:
    async def test_two_admins_in_one_application_are_refused(self, url: str) -> None:
        with pytest.raises(ConfigError) as refused:
            Litestar(plugins=[plugin(database=url), plugin(database=url, path="/other")])
        assert refused.value.check_id == "AA008"

    async def test_two_applications_in_one_process_do_not_disturb_each_other(self, url: str, static: Path) -> None:
        async with at(url) as one, at(url, "/other") as other:
            assert one.runtime is not other.runtime
            async with one.browser() as browser, other.browser() as second:
                assert (await browser.get("/admin/login")).status_code == 200
                assert (await second.get("/other/login")).status_code == 200
                assert (await second.get("/admin/login")).status_code == 404

    @pytest.mark.parametrize("path", ["/admin", "/admin/users", "/admin/{rest:path}", "/admin/x/y"])
    @pytest.mark.parametrize("layer", ["handler", "router", "controller", "mount"])
    async def test_a_route_of_the_hosts_in_its_place_is_refused_by_name(self, url: str, path: str, layer: str) -> None:
        handler: Any
        if layer == "handler":

            @get(path)
            async def plain() -> None: ...

            handler = plain
        elif layer == "router":

            @get("/")
            async def inner() -> None: ...

            handler = Router(path, route_handlers=[inner])
        elif layer == "controller":

            class Pages(Controller):
                @get()
                async def page(self) -> None: ...

            Pages.path = path
            handler = Pages
        else:
            if "{" in path:
                return

            @asgi(path, is_mount=True, copy_scope=True)
            async def mount(scope: Any, receive: Any, send: Any) -> None: ...

            handler = mount
        with pytest.raises(ConfigError, match=r"AA016.*/admin.*AdminConfig\.path"):
            Litestar([handler], plugins=[plugin(database=url)])

    async def test_a_route_that_is_added_later_is_refused_too(self, url: str) -> None:
        @get("/admin/late")
        async def late() -> None: ...

        async with at(url) as site:
            with pytest.raises(ConfigError, match="AA016"):
                site.app.register(late)

    async def test_a_route_whose_path_begins_alike_stays_the_hosts(self, url: str) -> None:
        @get(["/administration/{page:str}", "/admin-tools/{page:str}", "/adminx"])
        async def neighbour(page: FromPath[str] = "none") -> str:
            return f"host {page}"

        async with at(url, handlers=[neighbour]) as site, site.browser() as browser:
            for path, page in (("/administration/7", "7"), ("/admin-tools/x", "x"), ("/adminx", "none")):
                assert (await browser.get(path)).text == f"host {page}"
            assert (await browser.get("/admin/login")).status_code == 200

    async def test_it_stays_so_when_the_host_registers_a_route_while_it_runs(self, url: str) -> None:
        @get("/administration/{page:str}")
        async def neighbour(page: FromPath[str]) -> str:
            return f"host {page}"

        @get("/late")
        async def late() -> str:
            return "late"

        async with at(url, handlers=[neighbour]) as site, site.browser() as browser:
            site.app.register(late)
            assert (await browser.get("/late")).text == "late"
            assert (await browser.get("/administration/7")).text == "host 7"
            assert (await browser.get("/admin/login")).status_code == 200

    async def test_an_application_at_the_hosts_root_does_not_swallow_it(self, url: str) -> None:
        @asgi("/", is_mount=True, copy_scope=True)
        async def everything(scope: Any, receive: Any, send: Any) -> None:
            response = Response("everything").to_asgi_response(app=None, request=Request(scope))
            await response(scope, receive, send)

        async with at(url, handlers=[everything]) as site, site.browser() as browser:
            assert (await browser.get("/elsewhere")).text == "everything"
            assert (await browser.get("/administration")).text == "everything"
            assert "csrf_token" in (await browser.get("/admin/login")).text

    async def test_static_files_at_the_hosts_root_do_not_swallow_it(self, url: str, static: Path) -> None:
        router = create_static_files_router(path="/", directories=[static], html_mode=True)
        async with at(url, handlers=[router]) as site, site.browser() as browser:
            assert (await browser.get("/host.css")).status_code == 200
            assert "csrf_token" in (await browser.get("/admin/login")).text


class Demanding(AbstractAuthenticationMiddleware):
    """A host that closes all of its routes to strangers, as Litestar's own backends do."""

    async def authenticate_request(self, connection: Any) -> AuthenticationResult:
        if connection.headers.get("x-key") != "right":
            raise NotAuthorizedException
        return AuthenticationResult(user={"host": "user"}, auth="key")


class TestHosts:
    async def test_its_own_authentication_does_not_stand_before_the_login(self, url: str) -> None:
        @get("/host")
        async def own(request: Request[Any, Any, Any]) -> dict[str, str]:
            return dict(request.user)

        demanding = DefineMiddleware(Demanding, exclude_from_auth_key="exclude_from_auth")
        async with at(url, handlers=[own], middleware=[demanding]) as site, site.browser() as browser:
            assert (await browser.get("/host")).status_code == 401
            assert (await browser.get("/host", headers={"x-key": "right"})).json() == {"host": "user"}
            assert (await sign_in(browser, await site.add_user())).status_code == 303
            assert (await browser.get("/admin/api/auth/me")).status_code == 200

    async def test_its_guards_on_the_whole_app_do_not_stand_before_the_login(self, url: str) -> None:
        async with at(url, guards=[requires_authentication]) as site, site.browser() as browser:
            assert (await browser.get("/private")).status_code == 401
            assert (await sign_in(browser, await site.add_user())).status_code == 303
            assert (await browser.get("/private")).status_code == 200

    async def test_its_csrf_protection_does_not_ask_our_forms_for_its_token(self, url: str, static: Path) -> None:
        async with running(host.build(static, plugins=[plugin(database=url)])) as site, site.browser() as browser:
            assert (await sign_in(browser, await site.add_user())).status_code == 303
            # And still stands before its own.
            assert (await browser.post("/items", json={})).status_code == 403

    async def test_its_servers_log_of_requests_names_what_was_asked_for(self, url: str) -> None:
        logged: list[str] = []

        async with at(url) as site:

            async def server(scope: Any, receive: Any, send: Any) -> None:
                async def send_and_log(message: Any) -> None:
                    # As uvicorn does: when the answer begins.
                    if message["type"] == "http.response.start":
                        logged.append(scope["path"])
                    await send(message)

                await site.app(scope, receive, send_and_log)

            asked = ["/admin", "/admin/login", "/admin/api/auth/me", "/admin/static/none", "/private"]
            async with httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url=ORIGIN) as client:
                for path in asked:
                    await client.get(path)
        assert logged == asked

    async def test_a_body_that_its_middleware_has_read_arrives_all_the_same(self, url: str) -> None:
        class Reading(ASGIMiddleware):
            async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
                await Request(scope, receive).body()
                await next_app(scope, receive, send)

        async with at(url, middleware=[Reading()]) as site, site.browser() as browser:
            user = await site.add_user()
            assert (await sign_in(browser, user)).status_code == 303
            answer = await browser.post("/admin/api/auth/login", json={"email": user.email, "password": "wrong"})
            assert answer.status_code == 401

    @pytest.mark.parametrize(("key", "told"), [(None, True), ("quiet", False)])
    async def test_a_log_of_bodies_is_warned_of_and_looks_away_where_it_can(
        self, url: str, caplog: pytest.LogCaptureFixture, key: str | None, told: bool
    ) -> None:
        logs = LoggingMiddlewareConfig(exclude_opt_key=key).middleware
        with caplog.at_level("INFO"):
            async with at(url, middleware=[logs], logging_config=None) as site, site.browser() as browser:
                site.app.get_logger = logging.getLogger  # type: ignore[assignment]
                await sign_in(browser, await site.add_user())
        assert ("AA017" in caplog.text) is told
        assert ("correct+horse" in caplog.text) is told

    async def test_its_log_of_requests_and_compression_go_on(self, url: str) -> None:
        logs = LoggingMiddlewareConfig().middleware
        compression = CompressionConfig("gzip", minimum_size=1)
        async with (
            at(url, middleware=[logs], compression_config=compression) as site,
            site.browser() as browser,
        ):
            assert (await sign_in(browser, await site.add_user())).status_code == 303
            answer = await browser.get("/admin/api/auth/me", headers={"accept-encoding": "gzip"})
            assert "email" in answer.json()

    async def test_its_allowed_hosts_count_here_too(self, url: str) -> None:
        allowed = AllowedHostsConfig(["other.example"])
        async with at(url, allowed_hosts=allowed) as site, site.browser() as browser:
            assert (await browser.get("/admin/login")).status_code == 400

    async def test_what_its_middleware_puts_into_the_state_is_there_and_ours_is_not_in_its(self, url: str) -> None:
        seen: list[dict[str, Any]] = []

        class Watch(ASGIMiddleware):
            async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
                before = dict(scope)
                await next_app(scope, receive, send)
                seen.append({name: scope[name] for name in scope if scope[name] is not before.get(name)})

        async with at(url, middleware=[Watch()]) as site, site.browser() as browser:
            await browser.get("/admin/login")
            await browser.get("/admin/nothing")
        # The path is put back, which Litestar has cut off.
        assert seen == [{"path": "/admin/login"}, {"path": "/admin/nothing"}]

    async def test_what_litestar_keeps_for_the_host_is_not_ours_to_change(self, url: str) -> None:
        seen: list[bool] = []

        class Watch(ASGIMiddleware):
            async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
                kept = ScopeState.from_scope(scope)
                before = kept.exception_handlers
                await next_app(scope, receive, send)
                seen.append(ScopeState.from_scope(scope) is kept and kept.exception_handlers is before)

        async with at(url, middleware=[Watch()]) as site, site.browser() as browser:
            await browser.get("/admin/login")
            await browser.get("/admin/nothing")
        assert seen == [True, True]

    async def test_debug_mode_shows_no_source_below_the_admin(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        async with at(url, debug=True) as site, site.browser() as browser:

            async def broken(*_: object, **_kw: object) -> None:
                raise RuntimeError("a secret")

            monkeypatch.setattr(type(site.runtime.backend), "authenticate", broken)
            answer = await browser.post("/admin/api/auth/login", json={"email": "a@example.com", "password": "x"})
        assert answer.status_code == 500
        assert "secret" not in answer.text

    async def test_its_state_and_hooks_are_kept(self, url: str) -> None:
        calls: list[str] = []

        async def up() -> None:
            calls.append("up")

        async def down() -> None:
            calls.append("down")

        made = plugin(database=url)
        app = Litestar([private], plugins=[made], state=State({"host": 1}), on_startup=[up], on_shutdown=[down])
        async with running(app) as site:
            assert app.state.host == 1
            assert calls == ["up"]
            engine = site.database.engine
            async with site.browser() as browser:
                await sign_in(browser, "nobody@example.com")
        assert calls == ["up", "down"]
        assert "checkedin" not in engine.pool.status() or "Connections in pool: 0" in engine.pool.status()

    async def test_it_can_be_started_twice(self, url: str) -> None:
        app = Litestar([private], plugins=[plugin(database=url)])
        for _ in range(2):
            async with running(app) as site, site.browser() as browser:
                assert (await sign_in(browser, await site.add_user())).status_code == 303

    def test_a_synchronous_test_client_of_the_hosts_works(self, url: str) -> None:
        with TestClient(Litestar([private], plugins=[plugin(database=url)]), base_url=ORIGIN) as client:
            assert client.get("/private").status_code == 401
            assert client.get("/admin/login").status_code == 200


class TestWebSocket:
    @pytest.mark.parametrize("path", ["/admin", "/admin/login", "/admin/users", "/admin/nothing", "/admin/api/auth/me"])
    async def test_below_the_admin_it_is_closed_cleanly(self, url: str, path: str) -> None:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        async with at(url) as site:
            scope: Any = {
                "type": "websocket", "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
                "scheme": "wss", "headers": [(b"host", b"shop.example"), (b"cookie", f"{ACCESS}=x".encode())],
                "client": None, "server": None, "subprotocols": [], "extensions": {},
            }  # fmt: skip
            await site.app(scope, receive, send)
        assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 4404)]


class TestStart:
    def test_without_a_secret_it_does_not_start_and_says_how_to_make_one(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("ADMIN_AUTH_SECRET_KEY", raising=False)
        for secret, check_id in (("", "AA001"), ("short", "AA002")):
            with pytest.raises(ConfigError, match="token_urlsafe") as refused:
                Litestar(plugins=[plugin(database=url, secret_key=secret)])
            assert refused.value.check_id == check_id

    def test_settings_that_are_none_are_told_how_to_write_them(self) -> None:
        with pytest.raises(TypeError, match=r"AdminConfig\(title="):
            AdminPlugin({"title": "Shop"})  # type: ignore[arg-type]

    def test_a_proxy_that_is_no_address_stops_it(self, url: str) -> None:
        with pytest.raises(ConfigError, match="AA015"):
            Litestar(plugins=[plugin(database=url, trusted_proxies=["proxy"])])

    @pytest.mark.parametrize("name", ["authenticate", "get_current_user", "login", "logout", "refresh"])
    @pytest.mark.parametrize("value", [None, lambda *_: None])
    def test_a_backend_that_lacks_a_method_stops_it(self, name: str, value: Any) -> None:
        async def method(*_: object) -> None: ...

        methods = dict.fromkeys(("authenticate", "get_current_user", "login", "logout", "refresh"), method)
        backend = type("Backend", (), methods | {name: value})()
        with pytest.raises(ConfigError, match=f"AA009.*Backend.{name}"):
            Litestar(plugins=[plugin(auth_backend=backend)])


async def test_a_host_that_brings_its_own_users_needs_neither_our_tables_nor_our_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ADMIN_AUTH_SECRET_KEY", raising=False)
    monkeypatch.chdir(tmp_path)

    async def method(*_: object) -> None: ...

    methods = dict.fromkeys(("authenticate", "get_current_user", "login", "logout", "refresh"), method)
    app = Litestar(plugins=[plugin(auth_backend=type("Backend", (), methods)(), secret_key="")])
    async with app.lifespan():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}) as client:
            assert (await client.get("/admin/login")).status_code == 200
            assert (await client.get("/admin/api/users")).status_code == 404
            assert (await client.get("/admin/api/auth/me")).status_code == 401
    assert os.listdir(tmp_path) == []
