"""The host's own session as the way in: in a cookie, in memory and in Redis."""

import inspect
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar, Request, WebSocket, get, post, websocket
from litestar.connection import ASGIConnection
from litestar.middleware import DefineMiddleware
from litestar.middleware.session.client_side import CookieBackendConfig
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.security.session_auth import SessionAuth
from litestar.stores.memory import MemoryStore
from litestar.stores.redis import RedisStore

from litestar_admin_auth.auth import AuthBackend, SessionAuthBackend
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.guards import requires_authentication, requires_role
from tests.auth.site import ORIGIN, form_token, plugin


@dataclass
class Staff:
    id: Any
    email: str
    roles: list[str] = field(default_factory=lambda: ["staff"])
    permissions: list[str] = field(default_factory=list)


PEOPLE = {7: Staff(7, "ann@example.com"), "b": Staff("b", "bob@example.com")}
ASKED: list[dict[str, Any]] = []


async def retrieve(session: dict[str, Any], connection: ASGIConnection[Any, Any, Any, Any]) -> Staff | None:
    assert session is connection.session
    ASKED.append(dict(session))
    return PEOPLE.get(session["user_id"])


async def prove(connection: ASGIConnection[Any, Any, Any, Any], credentials: dict[str, str]) -> Staff | None:
    found = [person for person in PEOPLE.values() if person.email == credentials["email"]]
    return found[0] if found and credentials["password"] == "right" else None


@post("/host/login/{user_id:int}", status_code=200)
async def host_login(request: Request[Any, Any, Any]) -> None:
    request.session.update({"user_id": request.path_params["user_id"], "cart": [1, 2]})


@post("/host/cart", status_code=200)
async def fill_cart(request: Request[Any, Any, Any]) -> None:
    request.session["cart"] = [3]


@get("/host/session")
async def see_session(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return dict(request.session)


@get("/host/staff", guards=[requires_role("staff")])
async def staff(request: Request[Any, Any, Any]) -> str:
    return str(request.user.email)


@get("/host/open")
async def open_to_all(request: Request[Any, Any, Any]) -> str:
    return str(getattr(request.user, "email", None))


@websocket("/host/socket", guards=[requires_authentication])
async def socket(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.send_text(socket.user.email)
    await socket.close()


KINDS = ["cookie", "memory", "redis"]


@dataclass
class Browser:
    http: httpx.AsyncClient
    app: Litestar

    async def sign_in(self, email: str = "ann@example.com", password: str = "right") -> httpx.Response:
        """By the real form."""
        data = {"csrf_token": await form_token(self.http), "email": email, "password": password}
        return await self.http.post("/admin/login", data=data)

    async def me(self) -> Any:
        answer = await self.http.get("/admin/api/auth/me")
        return answer.json()["email"] if answer.status_code == 200 else answer.status_code

    async def session(self) -> dict[str, Any]:
        return (await self.http.get("/host/session")).json()

    def other(self, **cookies: str) -> "Browser":
        """Somebody else, who has these cookies."""
        transport = httpx.ASGITransport(self.app)
        headers = {"origin": ORIGIN}
        client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers, cookies=cookies)
        return Browser(client, self.app)


def backend(**settings: Any) -> SessionAuthBackend:
    return SessionAuthBackend(**({"retrieve_user_handler": retrieve, "authenticate_handler": prove} | settings))


def session_of_kind(kind: str) -> DefineMiddleware:
    if kind == "cookie":
        return CookieBackendConfig(secret=b"0123456789abcdef").middleware
    return ServerSideSessionConfig(store="sessions").middleware


@asynccontextmanager
async def visiting(kind: str = "memory", redis_url: str = "", **more: Any) -> AsyncGenerator[Browser]:
    ASKED.clear()
    made: SessionAuthBackend = more.pop("backend", None) or backend()
    plugins = more.pop("plugins", None) or [plugin(auth_backend=made, secret_key="", **more.pop("config", {}))]
    settings: dict[str, Any] = {
        "middleware": [session_of_kind(kind)],
        "stores": {"sessions": RedisStore.with_client(url=redis_url) if kind == "redis" else MemoryStore()},
        "logging_config": None,
    }
    handlers = [host_login, fill_cart, see_session, staff, open_to_all, socket, *more.pop("handlers", [])]
    app = Litestar(handlers, plugins=plugins, **(settings | more))
    async with app.lifespan():
        one = Browser(httpx.AsyncClient(), app).other()
        async with one.http:
            yield one


@pytest.fixture(params=KINDS)
def visit(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Opens a host with each kind of session in turn."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    return lambda **more: visiting(request.param, url, **more)


@pytest.fixture(params=["memory", "redis"])
def visit_server_side(request: pytest.FixtureRequest) -> Callable[..., Any]:
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    return lambda **more: visiting(request.param, url, **more)


class TestReading:
    async def test_whoever_is_signed_in_at_the_host_is_signed_in_here(self, visit: Callable[..., Any]) -> None:
        async with visit() as b:
            assert await b.me() == 404
            await b.http.post("/host/login/7")
            assert await b.me() == "ann@example.com"
            assert (await b.http.get("/host/staff")).text == "ann@example.com"
            assert (await b.http.get("/admin")).status_code == 200
            await b.http.post("/host/login/8")
            assert await b.me() == 404
            assert (await b.http.get("/host/staff")).status_code == 401

    async def test_without_the_key_the_hosts_database_is_not_troubled(self, visit: Callable[..., Any]) -> None:
        async with visit() as b:
            await b.http.post("/host/cart")
            assert "cart" in await b.session()
            for path in ("/admin/api/auth/me", "/host/open", "/host/staff", "/admin/login", "/admin"):
                await b.http.get(path)
            assert ASKED == []

    async def test_with_it_the_host_is_asked_once_a_request(self) -> None:
        async with visiting() as b:
            await b.http.post("/host/login/7")
            for path in ("/admin/api/auth/me", "/host/open", "/host/staff", "/admin"):
                ASKED.clear()
                await b.http.get(path)
                assert len(ASKED) == 1, path

    @pytest.mark.parametrize(("value", "asked"), [(None, 0), ("", 0), (0, 1), ("0", 1), (False, 1)])
    async def test_an_empty_key_is_none(self, value: Any, asked: int) -> None:
        async with visiting() as b:
            await b.app.stores.get("sessions").set("mine", json.dumps({"user_id": value}).encode())
            await b.other(session="mine").me()
            assert len(ASKED) == asked

    async def test_another_key(self) -> None:
        async def by_other_key(session: dict[str, Any], connection: Any) -> Staff | None:
            return PEOPLE.get(session["who"])

        async with visiting(backend=backend(retrieve_user_handler=by_other_key, session_key="who")) as b:
            await b.http.post("/host/login/7")
            assert await b.me() == 404
            assert (await b.sign_in()).status_code == 303
            assert await b.me() == "ann@example.com"
            assert (await b.session())["who"] == 7

    async def test_a_host_without_sessions_has_nobody_signed_in_and_is_told_why(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with visiting(middleware=[]) as b:
            assert [await b.me(), await b.me()] == [404, 404]
            assert caplog.text.count("finds no session: add session middleware") == 1
            assert (await b.sign_in()).status_code == 500
            assert caplog.text.count("finds no session: add session middleware") > 1

    async def test_the_host_can_clear_or_replace_the_session_in_its_handler(self, visit: Callable[..., Any]) -> None:
        async def clear_if_unknown(session: dict[str, Any], connection: Any) -> Staff | None:
            if session["user_id"] not in PEOPLE:
                connection.clear_session()
                return None
            connection.set_session({**session, "seen": True})
            return PEOPLE[session["user_id"]]

        async with visit(backend=backend(retrieve_user_handler=clear_if_unknown)) as b:
            await b.http.post("/host/login/7")
            assert (await b.http.get("/admin")).status_code == 200
            assert (await b.session())["seen"] is True

    async def test_the_handlers_find_the_hosts_application(self) -> None:
        found: list[Any] = []

        async def look(connection: Any) -> None:
            found.append((connection.app.state.database, connection.app.stores.get("sessions")))

        async def retrieving(session: dict[str, Any], connection: Any) -> Staff | None:
            await look(connection)
            return PEOPLE.get(session["user_id"])

        async def proving(connection: Any, credentials: dict[str, str]) -> Staff | None:
            await look(connection)
            return await prove(connection, credentials)

        async def on_startup(app: Litestar) -> None:
            app.state.database = "the host's"

        made = backend(retrieve_user_handler=retrieving, authenticate_handler=proving)
        async with visiting(backend=made, on_startup=[on_startup]) as b:
            await b.sign_in()
            await b.me()
            assert found == [("the host's", b.app.stores.get("sessions"))] * 2


class TestLogin:
    async def test_the_form_signs_in_at_the_host_too(self, visit: Callable[..., Any]) -> None:
        async with visit() as b:
            assert (await b.sign_in(password="wrong")).status_code == 401
            assert (await b.http.get("/host/staff")).status_code == 401
            answer = await b.sign_in()
            assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
            assert (await b.http.get("/host/staff")).text == "ann@example.com"
            assert "ann@example.com" in (await b.http.get("/admin")).text

    async def test_so_does_the_api_with_an_empty_body_and_no_cookie_of_ours(self, visit: Callable[..., Any]) -> None:
        async with visit() as b:
            credentials = {"email": "bob@example.com", "password": "right"}
            answer = await b.http.post("/admin/api/auth/login", json=credentials)
            assert (answer.status_code, answer.json()) == (200, {})
            assert {header.partition("=")[0] for header in answer.headers.get_list("set-cookie")} == {"session"}
            assert await b.me() == "bob@example.com"

    @pytest.mark.parametrize(("user_id", "stored"), [(7, 7), ("7", "7"), (UUID(int=7), str(UUID(int=7)))])
    async def test_the_id_is_kept_as_the_host_knows_it(self, user_id: Any, stored: Any) -> None:
        async def proving(connection: Any, credentials: dict[str, str]) -> Staff | None:
            return Staff(user_id, "ann@example.com")

        async with visiting(backend=backend(authenticate_handler=proving)) as b:
            await b.sign_in()
            assert (await b.session())["user_id"] == stored

    async def test_without_a_handler_no_password_is_taken(self) -> None:
        async with visiting(backend=backend(authenticate_handler=None)) as b:
            credentials = {"email": "ann@example.com", "password": "right"}
            assert (await b.http.post("/admin/api/auth/login", json=credentials)).status_code == 404
            assert (await b.http.post("/admin/login", data=credentials)).status_code == 404
            assert await b.session() == {}
            # Nor from somebody who is in already.
            await b.http.post("/host/login/7")
            assert (await b.http.post("/admin/api/auth/login", json=credentials)).status_code == 401

    async def test_a_handler_that_raises_refuses_and_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        async def broken(connection: Any, credentials: dict[str, str]) -> Staff | None:
            raise ValueError("the directory is down")

        async with visiting(backend=backend(authenticate_handler=broken)) as b:
            answer = await b.sign_in()
            assert (answer.status_code, "directory" in answer.text) == (401, False)
            assert "the directory is down" in caplog.text


class TestFixation:
    """F1: Litestar takes the session id that the client sends; OWASP ASVS 7.2.4 wants a new one at each login."""

    @pytest.mark.parametrize("by_form", [True, False], ids=["form", "api"])
    async def test_an_id_that_an_attacker_chose_is_not_the_one_after_the_login(
        self, visit_server_side: Callable[..., Any], by_form: bool
    ) -> None:
        async with visit_server_side() as b:
            victim, attacker = b.other(session="chosen"), b.other(session="chosen")
            # The attacker has put something into it, so that it exists.
            await attacker.http.post("/host/cart")
            if by_form:
                assert (await victim.sign_in()).status_code == 303
            else:
                credentials = {"email": "ann@example.com", "password": "right"}
                await victim.http.post("/admin/api/auth/login", json=credentials)
            renewed = str(victim.http.cookies.get("session", domain="shop.example"))
            # 256 bits of the middleware's own.
            assert len(renewed) == 64
            fresh = b.other(session=renewed)
            assert await fresh.me() == "ann@example.com"
            for path in ("/admin", "/admin/api/auth/me", "/host/staff"):
                assert (await attacker.http.get(path)).status_code in (401, 404)
            assert "user_id" not in await attacker.session()

    async def test_what_the_old_id_held_is_deleted(self, visit_server_side: Callable[..., Any]) -> None:
        async with visit_server_side() as b:
            store = b.app.stores.get("sessions")
            await b.http.post("/host/login/7")
            old = b.http.cookies["session"]
            assert await store.get(old)
            await b.http.post("/admin/api/auth/login", json={"email": "ann@example.com", "password": "right"})
            new = b.http.cookies["session"]
            assert new != old
            assert await store.get(old) is None
            assert json.loads(await store.get(new) or b"")["user_id"] == 7
            thief = b.other(session=old)
            assert await thief.me() == 404
            assert await thief.session() == {}

    async def test_a_second_login_renews_the_id_again(self, visit_server_side: Callable[..., Any]) -> None:
        async with visit_server_side() as b:
            ids: list[str] = []
            for _ in range(3):
                credentials = {"email": "ann@example.com", "password": "right"}
                await b.http.post("/admin/api/auth/login", json=credentials)
                ids.append(b.http.cookies["session"])
            assert len(set(ids)) == 3
            assert [await b.other(session=one).me() for one in ids] == [404, 404, "ann@example.com"]

    async def test_a_login_that_fails_renews_nothing(self, visit_server_side: Callable[..., Any]) -> None:
        async with visit_server_side() as b:
            await b.http.post("/host/cart")
            before = b.http.cookies["session"]
            assert (await b.sign_in(password="wrong")).status_code == 401
            assert b.http.cookies["session"] == before

    @pytest.mark.parametrize("mark", ["exclude_from_auth", "open_to_all"])
    async def test_sessions_of_session_auth_are_renewed_too(self, mark: str) -> None:
        """Litestar's SessionAuth brings its own session middleware along, and refuses strangers unless told."""

        async def host_user(session: dict[str, Any], connection: Any) -> Any:
            return PEOPLE.get(session.get("user_id"))

        config: SessionAuth[Any, Any] = SessionAuth(
            retrieve_user_handler=host_user,
            session_backend_config=ServerSideSessionConfig(store="sessions"),
            exclude=["/host/session", "/host/cart"],
            exclude_opt_key=mark,
        )
        async with visiting(middleware=[], on_app_init=[config.on_app_init]) as b:
            await b.http.post("/host/cart")
            old = b.http.cookies["session"]
            await b.sign_in()
            assert b.http.cookies["session"] != old
            assert await b.app.stores.get("sessions").get(old) is None
            assert (await b.http.get("/host/staff")).text == "ann@example.com"

    async def test_a_session_in_a_cookie_has_no_id_and_an_old_copy_of_it_no_user(self) -> None:
        async with visiting("cookie") as b:
            await b.http.post("/host/cart")
            planted = b.http.cookies["session"]
            assert (await b.sign_in()).status_code == 303
            assert b.http.cookies["session"] != planted
            assert await b.other(session=planted).me() == 404


class TestWhatElseIsInTheSession:
    async def test_a_strangers_cart_is_kept(self, visit: Callable[..., Any]) -> None:
        async with visit() as b:
            await b.http.post("/host/cart")
            await b.sign_in()
            assert await b.session() == {"cart": [3], "user_id": 7}

    async def test_the_users_own_is_kept(self, visit: Callable[..., Any]) -> None:
        async with visit() as b:
            await b.http.post("/host/login/7")
            await b.http.post("/admin/api/auth/login", json={"email": "ann@example.com", "password": "right"})
            assert await b.session() == {"cart": [1, 2], "user_id": 7}

    async def test_another_users_is_not(self, visit: Callable[..., Any]) -> None:
        async with visit() as b:
            await b.http.post("/host/login/7")
            await b.http.post("/admin/api/auth/login", json={"email": "bob@example.com", "password": "right"})
            assert await b.session() == {"user_id": "b"}


class TestLogout:
    @pytest.mark.parametrize("by_form", [True, False], ids=["form", "api"])
    async def test_it_takes_our_key_and_leaves_the_rest(self, visit: Callable[..., Any], by_form: bool) -> None:
        async with visit() as b:
            await b.http.post("/host/login/7")
            if by_form:
                token = await form_token(b.http, "/admin")
                answer = await b.http.post("/admin/logout", data={"csrf_token": token})
                assert (answer.status_code, answer.headers["location"]) == (303, "/admin/login")
            else:
                answer = await b.http.post("/admin/api/auth/logout")
                assert (answer.status_code, answer.json()) == (200, {"message": "Logged out successfully"})
            assert await b.me() == 404
            assert (await b.http.get("/host/staff")).status_code == 401
            assert await b.session() == {"cart": [1, 2]}

    async def test_a_session_with_nothing_else_in_it_is_ended_too(self, visit: Callable[..., Any]) -> None:
        async with visit() as b:
            await b.sign_in()
            await b.http.post("/admin/api/auth/logout")
            assert await b.session() == {}
            assert await b.me() == 404

    async def test_on_the_server_a_copy_of_the_id_is_worth_nothing_afterwards(
        self, visit_server_side: Callable[..., Any]
    ) -> None:
        async with visit_server_side() as b:
            await b.sign_in()
            thief = b.other(session=b.http.cookies["session"])
            assert await thief.me() == "ann@example.com"
            await b.http.post("/admin/api/auth/logout")
            assert await thief.me() == 404

    async def test_a_stranger_is_told_nothing(self) -> None:
        async with visiting() as b:
            for path in ("/admin/logout", "/admin/api/auth/logout", "/admin/api/auth/refresh"):
                assert (await b.http.post(path)).json() == {"status_code": 404, "detail": "Not Found"}

    async def test_there_is_nothing_to_refresh(self) -> None:
        async with visiting() as b:
            await b.http.post("/host/login/7")
            assert (await b.http.post("/admin/api/auth/refresh")).status_code == 401
            assert await b.me() == "ann@example.com"


class TestHostRoutes:
    async def test_a_websocket_knows_its_user(self, visit: Callable[..., Any]) -> None:
        async with visit() as b:
            await b.http.post("/host/login/7")
            cookie = "; ".join(f"{name}={value}" for name, value in b.http.cookies.items())
            assert await _talk(b.app, cookie) == ["websocket.accept", "ann@example.com", "websocket.close"]
            assert await _talk(b.app, "") == ["websocket.close"]

    @pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
    async def test_sessions_that_another_plugin_adds_are_found_wherever_it_stands(
        self, first: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        from litestar.plugins import InitPlugin

        class AddsSessions(InitPlugin):
            def on_app_init(self, app_config: Any) -> Any:
                app_config.middleware.append(session_of_kind("memory"))
                return app_config

        ours = plugin(auth_backend=backend(), secret_key="")
        plugins = [AddsSessions(), ours] if first else [ours, AddsSessions()]
        async with visiting(middleware=[], plugins=plugins) as b:
            await b.http.post("/host/login/7")
            # Below the admin path the order does not matter.
            assert await b.me() == "ann@example.com"
            assert (await b.http.get("/host/staff")).status_code == (200 if first else 401)
            assert ("AA040" in caplog.text) is not first


async def _talk(app: Litestar, cookie: str) -> list[str]:
    sent: list[str] = []
    received = iter([{"type": "websocket.connect"}])

    async def receive() -> Any:
        return next(received, {"type": "websocket.disconnect", "code": 1000})

    async def send(message: Any) -> None:
        sent.append(message.get("text") or message["type"])

    scope: Any = {
        "type": "websocket", "path": "/host/socket", "raw_path": b"/host/socket", "root_path": "", "query_string": b"",
        "scheme": "wss", "headers": [(b"host", b"shop.example"), (b"cookie", cookie.encode())],
        "client": None, "server": None, "subprotocols": [], "extensions": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return sent


class TestConstructor:
    def test_only_the_retrieve_handler_is_required(self) -> None:
        made = SessionAuthBackend(retrieve_user_handler=retrieve)
        assert (made.session_key, made.authenticate_handler) == ("user_id", None)
        parameters = inspect.signature(SessionAuthBackend).parameters
        assert list(parameters) == ["retrieve_user_handler", "session_key", "authenticate_handler"]
        with pytest.raises(TypeError):
            SessionAuthBackend()  # type: ignore[call-arg]
        assert isinstance(made, AuthBackend)

    @pytest.mark.parametrize("name", ["retrieve_user_handler", "authenticate_handler"])
    def test_a_handler_that_is_not_asynchronous_is_found_at_once(self, name: str) -> None:
        def plain(one: Any, two: Any) -> None: ...

        async def of_one(one: Any) -> None: ...

        async def yields(one: Any, two: Any) -> AsyncGenerator[None]:
            yield

        for wrong in (plain, lambda one, two: None, of_one, yields, "retrieve", Staff, retrieve({}, None)):  # type: ignore[arg-type]
            with pytest.raises(ConfigError, match=f"AA009: {name}.*async def {name}") as refused:
                backend(**{name: wrong})
            assert refused.value.check_id == "AA009"
            if inspect.iscoroutine(wrong):
                wrong.close()
