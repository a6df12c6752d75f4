"""Guards on the app, a router, a controller and a handler; for pages, scripts and WebSockets."""

from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Any

import pytest
from litestar import Controller, Litestar, Request, Router, WebSocket, get, websocket
from litestar.connection import ASGIConnection
from litestar.exceptions import WebSocketDisconnect
from litestar.middleware import ASGIMiddleware
from litestar.testing import TestClient

from litestar_admin_auth.guards import (
    requires_authentication,
    requires_permission,
    requires_role,
    requires_superuser,
)


@dataclass
class Person:
    """What the host's own middleware puts into ``request.user``."""

    id: int = 1
    email: str = "ann@example.com"
    roles: list[str] = field(default_factory=list)
    permissions: list[str] = field(default_factory=list)


class Nameless:
    """A user object that knows no roles and no permissions."""

    roles = None


class SetUser(ASGIMiddleware):
    def __init__(self, user: object) -> None:
        self.user = user

    async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
        scope["user"] = self.user
        await next_app(scope, receive, send)


def ask(guard: Any, user: object, **headers: str) -> int:
    @get("/", guards=[guard])
    async def handler() -> str:
        return "in"

    with TestClient(Litestar([handler], middleware=[SetUser(user)])) as client:
        return client.get("/", headers=headers, follow_redirects=False).status_code


def person(*permissions: str, roles: tuple[str, ...] = ()) -> Person:
    return Person(permissions=list(permissions), roles=list(roles))


WHO = [
    (requires_authentication, None, 401),
    (requires_authentication, person(), 200),
    (requires_authentication, Nameless(), 200),
    (requires_superuser, None, 401),
    (requires_superuser, person(), 403),
    (requires_superuser, person("users:*", "roles:*"), 403),
    (requires_superuser, person("*"), 200),
    (requires_superuser, person(roles=("superuser",)), 403),  # the name of a role is nothing, holding "*" is all
    (requires_superuser, Nameless(), 403),
    (requires_role("editor"), None, 401),
    (requires_role("editor"), person(roles=("viewer",)), 403),
    (requires_role("editor"), person(roles=("viewer", "editor")), 200),
    (requires_role("editor", "author"), person(roles=("author",)), 200),
    (requires_role("editor"), person(roles=("Editor",)), 403),
    (requires_role("editor"), person("*"), 403),
    (requires_role("editor"), Nameless(), 403),
    (requires_permission("a:x"), None, 401),
    (requires_permission("a:x"), person(), 403),
    (requires_permission("a:x"), person("a:x"), 200),
    (requires_permission("a:x"), person("a:*"), 200),
    (requires_permission("a:x"), person("*"), 200),
    (requires_permission("a:x"), person("a:xy", "ab:*", "b:x"), 403),
    (requires_permission("a:x", "b:y"), person("a:x"), 403),
    (requires_permission("a:x", "b:y"), person("a:x", "b:y"), 200),
    (requires_permission("a:x", "b:y"), person("a:*", "b:*"), 200),
    (requires_permission("a:x", "b:y", any_of=True), person("b:y"), 200),
    (requires_permission("a:x", "b:y", any_of=True), person("c:z"), 403),
    (requires_permission("a:x"), Nameless(), 403),
]


@pytest.mark.parametrize(("guard", "user", "status"), WHO)
def test_who_gets_in(guard: Any, user: object, status: int) -> None:
    assert ask(guard, user) == status


GUARDS = [requires_authentication, requires_superuser, requires_role("a"), requires_permission("a:b")]


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_runs_on_the_event_loop(guard: Any) -> None:
    # Litestar would run a synchronous one in a thread, at a third of the throughput.
    assert iscoroutinefunction(type(guard).__call__)


@pytest.mark.parametrize(
    ("guard", "needs"),
    [
        (requires_authentication, "signed in"),
        (requires_superuser, "superuser"),
        (requires_role("a", "b"), "role a or b"),
        (requires_permission("a:x"), "permission a:x"),
        (requires_permission("a:x", "b:y"), "permission a:x and b:y"),
        (requires_permission("a:x", "b:y", any_of=True), "permission a:x or b:y"),
    ],
)
def test_a_guard_says_in_words_what_it_needs(guard: Any, needs: str) -> None:
    assert guard.needs == needs


@pytest.mark.parametrize("make", [requires_permission, requires_role])
def test_a_guard_that_would_let_everybody_in_cannot_be_made(make: Any) -> None:
    with pytest.raises(ValueError, match="at least one"):
        make()
    # A list, and what Litestar passes to a guard of which somebody wrote the name alone.
    for given in (["articles:publish"], ASGIConnection):
        with pytest.raises(ValueError, match=rf'{make.__name__}\("'):
            make(given)


def test_a_host_with_users_of_its_own_may_name_permissions_as_it_likes() -> None:
    assert ask(requires_permission("Can edit"), person("Can edit")) == 200
    assert ask(requires_permission("Can edit"), person("can edit")) == 403


def test_the_answer_carries_a_code_for_clients() -> None:
    @get("/", guards=[requires_permission("a:x")])
    async def handler() -> str:
        return "in"

    with TestClient(Litestar([handler], middleware=[SetUser(None)])) as client:
        assert client.get("/").json() == {
            "status_code": 401,
            "detail": "Sign in to continue.",
            "extra": {"code": "not_authenticated"},
        }
    with TestClient(Litestar([handler], middleware=[SetUser(person())])) as client:
        assert client.get("/").json() == {
            "status_code": 403,
            "detail": "You need this for it: permission a:x.",
            "extra": {"code": "not_allowed"},
        }


class TestLayers:
    @pytest.mark.parametrize("layer", ["app", "router", "controller", "handler"])
    @pytest.mark.parametrize(("user", "status"), [(None, 401), (person(), 403), (person("a:x"), 200)])
    def test_a_guard_works_on_every_layer(self, layer: str, user: object, status: int) -> None:
        guards: dict[str, Any] = {name: [] for name in ("app", "router", "controller", "handler")}
        guards[layer] = [requires_permission("a:x")]

        class Pages(Controller):
            path = "/pages"

            @get("/{number:int}", guards=guards["handler"])
            async def page(self) -> str:
                return "in"

        Pages.guards = guards["controller"]
        router = Router("/r", route_handlers=[Pages], guards=guards["router"])
        with TestClient(Litestar([router], guards=guards["app"], middleware=[SetUser(user)])) as client:
            assert client.get("/r/pages/7").status_code == status

    def test_guards_of_several_layers_all_count(self) -> None:
        @get("/", guards=[requires_permission("b:y")])
        async def handler() -> str:
            return "in"

        for held, status in ((("a:x",), 403), (("b:y",), 403), (("a:x", "b:y"), 200)):
            app = Litestar([handler], guards=[requires_permission("a:x")], middleware=[SetUser(person(*held))])
            with TestClient(app) as client:
                assert client.get("/").status_code == status


class TestWebSocket:
    @pytest.mark.parametrize(("user", "code"), [(None, 4401), (person(), 4403)])
    def test_it_is_closed_with_a_documented_code(self, user: object, code: int) -> None:
        @websocket("/", guards=[requires_permission("a:x")])
        async def handler(socket: WebSocket[Any, Any, Any]) -> None:
            await socket.accept()

        with (
            TestClient(Litestar([handler], middleware=[SetUser(user)])) as client,
            pytest.raises(WebSocketDisconnect) as closed,
            client.websocket_connect("/"),
        ):
            pass
        assert closed.value.code == code

    def test_whoever_may_gets_in(self) -> None:
        @websocket("/", guards=[requires_permission("a:x")])
        async def handler(socket: WebSocket[Any, Any, Any]) -> None:
            await socket.accept()
            await socket.send_text("in")
            await socket.close()

        app = Litestar([handler], middleware=[SetUser(person("a:x"))])
        with TestClient(app) as client, client.websocket_connect("/") as socket:
            assert socket.receive_text() == "in"


async def test_without_any_middleware_nobody_gets_in() -> None:
    """A host that has forgotten the plugin, or switched ``authenticate_host_routes`` off, is closed, not open."""

    @get("/", guards=[requires_authentication])
    async def handler(request: Request[Any, Any, Any]) -> str:
        return "in"

    with TestClient(Litestar([handler])) as client:
        assert client.get("/", headers={"accept": "text/html"}, follow_redirects=False).status_code == 401


def test_what_a_guard_is_given_is_a_connection_and_a_handler() -> None:
    import inspect
    import typing

    hints = typing.get_type_hints(type(requires_authentication).__call__)
    assert typing.get_origin(hints["connection"]) is ASGIConnection
    assert len(inspect.signature(requires_authentication.__call__).parameters) == 2
