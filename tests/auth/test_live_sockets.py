"""Revoking a session closes its WebSockets: over the wire, with uvicorn and a real client."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar, Request, WebSocket, asgi, get, post, websocket, websocket_listener
from litestar.exceptions import WebSocketDisconnect
from litestar.middleware import ASGIMiddleware
from litestar.middleware.session.server_side import ServerSideSessionConfig
from websockets.asyncio.client import connect

from litestar_admin_auth import AdminConfig, AdminPlugin
from litestar_admin_auth.auth import SessionAuthBackend
from litestar_admin_auth.auth.live_sockets import LiveSocket, LiveSockets
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.guards import requires_authentication, requires_permission
from litestar_admin_auth.models import User
from litestar_admin_auth.services import open_sessions, roles
from litestar_admin_auth.services.actor import Actor
from tests.auth.serving import closed, open_socket, serving, until
from tests.auth.site import ACCESS, PASSWORD, SECRET, Clock, Site, plugin, session_id, sign_in, use_fast_hashes

TESTS = Actor.system("test")
NEW = "seven lamps above the harbour"

#: What happened in the handlers.
HEARD: list[str] = []
LEFT: list[str] = []


@websocket("/echo", guards=[requires_authentication])
async def echo(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    try:
        async for text in socket.iter_data():
            HEARD.append(text)
            await socket.send_text(f"{text} {socket.user.email}")
    finally:
        LEFT.append("echo")


@websocket("/push", guards=[requires_authentication])
async def push(socket: WebSocket[Any, Any, Any]) -> None:
    """Sends and never listens."""
    await socket.accept()
    try:
        while True:
            await socket.send_text("tick")
            await asyncio.sleep(0.005)
    finally:
        LEFT.append("push")


@websocket("/both", guards=[requires_authentication])
async def both(socket: WebSocket[Any, Any, Any]) -> None:
    """Listens with a time limit of its own and sends in between."""
    await socket.accept()
    try:
        while True:
            try:
                HEARD.append(await asyncio.wait_for(socket.receive_text(), 0.01))
            except TimeoutError:
                await socket.send_text("still here")
    finally:
        LEFT.append("both")


@websocket_listener("/listener", guards=[requires_authentication])
async def listener(data: str) -> str:
    return data.upper()


@websocket("/reports", guards=[requires_permission("reports:read")])
async def reports(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    async for _ in socket.iter_data():
        await socket.send_json(socket.user.permissions)


@websocket("/bye", guards=[requires_authentication])
async def bye(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.close(3000)


@websocket("/public")
async def public(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.send_text(str(socket.scope.get("user") and socket.user.email))
    async for text in socket.iter_data():
        await socket.send_text(text)


@get("/page", guards=[requires_authentication])
async def page() -> str:
    return "page"


@asgi("/mounted", is_mount=True, copy_scope=True)
async def mounted(scope: Any, receive: Any, send: Any) -> None:
    """An application of the host's that speaks ASGI alone."""
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    await send({"type": "websocket.send", "text": f"{scope['path']} {scope['user'].email}", "bytes": None})
    HEARD.append((await receive())["type"])


class Replaced:
    """Whom the host puts in the place of our user."""

    email = "replaced@example.com"


@websocket("/replaced", guards=[requires_authentication])
async def replaced(socket: WebSocket[Any, Any, Any]) -> None:
    socket.scope["user"] = Replaced()
    await socket.accept()
    async for _ in socket.iter_data():
        await socket.send_text(socket.user.email)


HANDLERS = [mounted, replaced, echo, push, both, listener, reports, bye, public, page]


@dataclass
class Served(Site):
    """A site behind a real server."""

    address: str = ""

    async def cookie(self, browser: httpx.AsyncClient) -> str:
        return f"{ACCESS}={browser.cookies[ACCESS]}"

    @property
    def sockets(self) -> LiveSockets:
        return self.runtime.sockets


@pytest.fixture(scope="module")
async def served(site_url: str) -> AsyncGenerator[Served]:
    # The interval is longer than any test: whatever closes, closes because something happened.
    settings = {"database": site_url, "websocket_check": timedelta(minutes=10), "permissions": {"reports:read": "See"}}
    app = Litestar(HANDLERS, plugins=[plugin(**settings)])
    async with serving(app) as address:
        site = use_fast_hashes(app)
        yield Served(app, site.hasher, address)


@pytest.fixture(autouse=True)
async def nothing_stays_behind(request: pytest.FixtureRequest) -> AsyncGenerator[None]:
    HEARD.clear()
    LEFT.clear()
    yield
    if "served" in request.fixturenames:
        site: Served = request.getfixturevalue("served")
        await until(lambda: len(site.sockets) == 0)
        await until(lambda: site.sockets._watcher is None)
        await until(lambda: not site.sockets._closing)


@dataclass
class Person:
    """Somebody with a browser that is signed in."""

    site: Served
    user: User
    browser: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def session(self) -> UUID:
        return session_id(self.browser)

    def socket(self, path: str) -> Any:
        return open_socket(self.site.address, path, cookie=f"{ACCESS}={self.browser.cookies[ACCESS]}")


async def signed_in(site: Served, *role_names: str, user: User | None = None) -> Person:
    user = user or await site.add_user(*role_names)
    browser = site.browser()
    assert (await sign_in(browser, user)).status_code == 303
    return Person(site, user, browser)


class TestLogout:
    @pytest.mark.parametrize("path", ["/echo", "/push", "/both", "/listener", "/public"])
    async def test_closes_the_socket_whatever_its_handler_does(self, served: Served, path: str) -> None:
        ann = await signed_in(served)
        async with ann.socket(path) as client:
            if path != "/push":
                await client.send("hi")
            await until(lambda: len(served.sockets) == 1)
            assert (await ann.browser.post("/admin/api/auth/logout")).status_code == 200
            assert await closed(client) == 4401
        if path in ("/echo", "/push", "/both"):
            await until(lambda: path[1:] in LEFT)

    async def test_by_the_page_too(self, served: Served) -> None:
        from tests.auth.site import form_token

        ann = await signed_in(served)
        async with ann.socket("/echo") as client:
            await until(lambda: len(served.sockets) == 1)
            token = await form_token(ann.browser, "/admin/account")
            assert (await ann.browser.post("/admin/logout", data={"csrf_token": token})).status_code == 303
            assert await closed(client) == 4401

    async def test_leaves_the_sockets_of_others_and_of_other_sessions_open(self, served: Served) -> None:
        ann, bob = await signed_in(served), await signed_in(served)
        elsewhere = await signed_in(served, user=ann.user)
        async with (
            ann.socket("/echo") as mine,
            ann.socket("/push") as also_mine,
            bob.socket("/echo") as his,
            elsewhere.socket("/echo") as hers,
        ):
            await until(lambda: len(served.sockets) == 4)
            await ann.browser.post("/admin/api/auth/logout")
            assert (await closed(mine), await closed(also_mine)) == (4401, 4401)
            for client, person in ((his, bob), (hers, elsewhere)):
                await client.send("still")
                assert await client.recv() == f"still {person.user.email}"


class TestSomebodyElse:
    async def test_an_administrators_revocation_closes_it(self, served: Served) -> None:
        ann, admin = await signed_in(served), await signed_in(served, "superuser")
        async with ann.socket("/echo") as client:
            await until(lambda: len(served.sockets) == 1)
            assert (await admin.browser.delete(f"/admin/api/sessions/{ann.session}")).status_code == 204
            assert await closed(client) == 4401

    async def test_a_suspension_closes_it(self, served: Served) -> None:
        ann, admin = await signed_in(served), await signed_in(served, "superuser")
        async with ann.socket("/push") as client:
            await until(lambda: len(served.sockets) == 1)
            answer = await admin.browser.post(f"/admin/api/users/{ann.user.id}/suspension")
            assert answer.status_code < 300
            assert await closed(client) == 4401

    async def test_a_change_of_the_password_closes_those_of_the_other_sessions(self, served: Served) -> None:
        ann = await signed_in(served)
        elsewhere = await signed_in(served, user=ann.user)
        async with ann.socket("/echo") as kept, elsewhere.socket("/echo") as ended:
            await until(lambda: len(served.sockets) == 2)
            body = {"current_password": PASSWORD, "new_password": NEW}
            assert (await ann.browser.post("/admin/api/auth/change-password", json=body)).status_code == 200
            assert await closed(ended) == 4401
            await kept.send("still")
            assert await kept.recv() == f"still {ann.user.email}"

    async def test_a_permission_taken_away_closes_what_it_guards(self, served: Served) -> None:
        role = f"reader {served.address} {served.runtime.database}"[:60]
        await roles.create_role(served.database, TESTS, name=role, permissions=["reports:read"])
        ann, admin = await signed_in(served, role), await signed_in(served, "superuser")
        async with ann.socket("/reports") as guarded, ann.socket("/echo") as open_to_all:
            await until(lambda: len(served.sockets) == 2)
            answer = await admin.browser.patch(f"/admin/api/users/{ann.user.id}", json={"roles": []})
            assert answer.status_code == 200
            assert await closed(guarded) == 4403
            await open_to_all.send("still")
            assert await open_to_all.recv() == f"still {ann.user.email}"

    async def test_a_permission_given_counts_on_the_open_socket(self, served: Served) -> None:
        role = f"giver {served.address} {served.runtime.database}"[:60]
        await roles.create_role(served.database, TESTS, name=role, permissions=["reports:*"])
        ann, admin = await signed_in(served, role), await signed_in(served, "superuser")
        async with ann.socket("/reports") as client:
            await client.send("?")
            assert await client.recv() == '["reports:*"]'
            body = {"roles": [role, "superuser"]}
            assert (await admin.browser.patch(f"/admin/api/users/{ann.user.id}", json=body)).status_code == 200
            seen = ""
            async with asyncio.timeout(20):
                while seen != '["*","reports:*"]':
                    await client.send("?")
                    seen = str(await client.recv())
                    await asyncio.sleep(0.01)


class TestTime:
    async def test_a_session_that_runs_out_takes_its_socket_along(self, served: Served, later: Clock) -> None:
        ann = await signed_in(served)
        async with ann.socket("/push") as client:
            await until(lambda: len(served.sockets) == 1)
            later.forward(hours=23)
            await served.sockets.check()
            assert len(served.sockets) == 1
            later.forward(hours=2)
            await served.sockets.check()
            assert await closed(client) == 4401

    async def test_an_access_token_that_runs_out_does_not(self, served: Served, later: Clock) -> None:
        ann = await signed_in(served)
        async with ann.socket("/echo") as client:
            later.forward(hours=2)
            await served.sockets.check()
            await client.send("still")
            assert await client.recv() == f"still {ann.user.email}"

    async def test_what_another_process_ends_is_closed_at_the_next_check(self, site_url: str) -> None:
        app = Litestar(HANDLERS, plugins=[plugin(database=site_url, websocket_check=timedelta(seconds=1))])
        async with serving(app) as address:
            site = Served(app, use_fast_hashes(app).hasher, address)
            ann = await signed_in(site)
            async with ann.socket("/echo") as client, ann.socket("/push") as other:
                await until(lambda: len(site.sockets) == 2)
                # As the command line does it: no request of ours tells of it.
                await open_sessions.revoke_user_sessions(site.database, TESTS, ann.user.id)
                assert (await closed(client), await closed(other)) == (4401, 4401)
            await until(lambda: site.sockets._watcher is None)


class TestFault:
    async def test_a_database_that_is_away_closes_it(
        self, served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def away(*_: Any) -> None:
            raise OSError("no route to the database")

        ann = await signed_in(served)
        async with ann.socket("/echo") as client:
            await until(lambda: len(served.sockets) == 1)
            monkeypatch.setattr(served.runtime.backend, "user_of", away)
            await served.sockets.check()
            assert await closed(client) == 1011
        assert "no route to the database" in caplog.text

    async def test_a_stop_of_the_server_leaves_no_task(self, site_url: str) -> None:
        before = asyncio.all_tasks()
        app = Litestar(HANDLERS, plugins=[plugin(database=site_url)])
        async with serving(app) as address:
            site = Served(app, use_fast_hashes(app).hasher, address)
            ann = await signed_in(site)
            opened = ann.socket("/echo")
            client = await opened.__aenter__()
            await until(lambda: len(site.sockets) == 1)
        await closed(client)
        await opened.__aexit__(None, None, None)
        assert LEFT == ["echo"]
        await until(lambda: asyncio.all_tasks() <= before | {asyncio.current_task()})


class TestCost:
    async def test_two_sockets_of_a_session_are_one_look_up(self, served: Served) -> None:
        ann = await signed_in(served)
        async with ann.socket("/echo"), ann.socket("/push"):
            await until(lambda: len(served.sockets) == 2)
            async with served.statements() as seen:
                await served.sockets.check()
            assert len([statement for statement in seen if statement.startswith("SELECT")]) == 2, seen

    async def test_a_request_is_never_watched(self, served: Served) -> None:
        ann = await signed_in(served)
        assert (await ann.browser.get("/page")).status_code == 200
        assert (len(served.sockets), served.sockets._watcher) == (0, None)

    async def test_a_stranger_is_never_watched(self, served: Served) -> None:
        async with open_socket(served.address, "/public") as client:
            assert await client.recv() == "None"
            assert (len(served.sockets), served.sockets._watcher) == (0, None)

    async def test_a_flood_of_changes_is_not_a_flood_of_look_ups(self, served: Served) -> None:
        ann = await signed_in(served)
        async with ann.socket("/echo") as client:
            await client.send("hi")
            await client.recv()
            async with served.statements() as seen, served.browser() as stranger:
                for _ in range(30):
                    await stranger.post("/admin/api/auth/logout")
                await asyncio.sleep(0.05)
            assert len([statement for statement in seen if "admin_auth_session" in statement]) <= 2, seen


class TestHandler:
    async def test_its_own_closing_reaches_the_client(self, served: Served) -> None:
        ann = await signed_in(served)
        async with ann.socket("/bye") as client:
            assert await closed(client) == 3000

    async def test_a_client_that_goes_is_forgotten(self, served: Served) -> None:
        ann = await signed_in(served)
        async with ann.socket("/echo"):
            await until(lambda: len(served.sockets) == 1)
        await until(lambda: LEFT == ["echo"])

    async def test_a_mounted_application_hears_of_the_end_as_of_a_disconnect(self, served: Served) -> None:
        ann = await signed_in(served)
        async with ann.socket("/mounted/deeper") as client:
            assert str(await client.recv()).endswith(ann.user.email)
            await ann.browser.post("/admin/api/auth/logout")
            assert await closed(client) == 4401
        await until(lambda: HEARD == ["websocket.disconnect"])

    async def test_a_user_that_the_host_puts_in_the_place_of_ours_stays(self, served: Served) -> None:
        ann = await signed_in(served)
        async with ann.socket("/replaced") as client:
            await client.send("?")
            assert await client.recv() == "replaced@example.com"
            await served.sockets.check()
            await client.send("?")
            assert await client.recv() == "replaced@example.com"

    async def test_a_user_that_the_host_has_set_is_the_hosts_business(self, site_url: str) -> None:
        class Own(ASGIMiddleware):
            async def handle(self, scope: Any, receive: Any, send: Any, next_app: Any) -> None:
                scope["user"] = User(email="own@example.com")
                await next_app(scope, receive, send)

        app = Litestar(HANDLERS, plugins=[plugin(database=site_url)], middleware=[Own()])
        async with serving(app) as address, open_socket(address, "/echo") as client:
            await client.send("hi")
            assert await client.recv() == "hi own@example.com"
            assert len(app.state.admin_auth.sockets) == 0


class Cookies:
    """A host's own backend, whose sessions are a set."""

    def __init__(self) -> None:
        self.live = {"ann"}

    async def authenticate(self, connection: Any, credentials: dict[str, str]) -> Any:
        return None

    async def get_current_user(self, connection: Any) -> Any:
        name = connection.cookies.get("who")
        return Named(name) if name in self.live else None

    async def login(self, connection: Any, user: Any) -> dict[str, str]:
        return {}

    async def logout(self, connection: Any) -> None:
        self.live.clear()

    async def refresh(self, connection: Any) -> None:
        return None


@dataclass
class Named:
    id: str
    roles: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        return f"{self.id}@example.com"


async def test_a_hosts_own_backend_is_asked_again() -> None:
    backend = Cookies()
    app = Litestar(HANDLERS, plugins=[plugin(auth_backend=backend, secret_key="")])
    async with serving(app) as address, open_socket(address, "/echo", cookie="who=ann") as client:
        await client.send("hi")
        assert await client.recv() == "hi ann@example.com"
        async with httpx.AsyncClient(base_url=f"http://{address}", cookies={"who": "ann"}) as http:
            answer = await http.post("/admin/api/auth/logout", headers={"sec-fetch-site": "same-origin"})
            assert answer.status_code == 200
        assert await closed(client) == 4401


async def test_whoever_signs_out_of_the_hosts_session_does_not_stay_in_it() -> None:
    async def retrieve(session: dict[str, Any], _connection: Any) -> Any:
        return Named(session["user_id"])

    @post("/in")
    async def enter(request: Request[Any, Any, Any]) -> None:
        request.session.update(user_id="ann", cart=1)

    @post("/out")
    async def leave(request: Request[Any, Any, Any]) -> None:
        del request.session["user_id"]

    second = timedelta(seconds=1)
    ours = plugin(auth_backend=SessionAuthBackend(retrieve), secret_key="", websocket_check=second)
    app = Litestar([*HANDLERS, enter, leave], plugins=[ours], middleware=[ServerSideSessionConfig().middleware])
    async with serving(app) as address, httpx.AsyncClient(base_url=f"http://{address}") as http:
        await http.post("/in")
        async with open_socket(address, "/echo", cookie=f"session={http.cookies['session']}") as client:
            await app.state.admin_auth.sockets.check()
            await client.send("hi")
            assert await client.recv() == "hi ann@example.com"
            await http.post("/out")
            assert await closed(client) == 4401


async def test_a_page_of_another_origin_opens_none_in_the_name_of_a_hosts_user() -> None:
    app = Litestar(HANDLERS, plugins=[plugin(auth_backend=Cookies(), secret_key="")])
    async with serving(app) as address:
        origin: Any = "https://evil.example"
        foreign = connect(f"ws://{address}/public", origin=origin, additional_headers={"cookie": "who=ann"})
        async with foreign as client:
            assert await client.recv() == "None"
        async with open_socket(address, "/public", cookie="who=ann") as client:
            assert await client.recv() == "ann@example.com"


class TestSocket:
    """Between server and handler, message by message."""

    def make(self, *coming: dict[str, Any]) -> tuple[LiveSocket, asyncio.Queue[Any], list[Any]]:
        queue: asyncio.Queue[Any] = asyncio.Queue()
        for message in coming:
            queue.put_nowait(message)
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def ask() -> None:
            return None

        scope: Any = {"type": "websocket"}
        return LiveSocket(scope, queue.get, send, key="k", ask=ask, allows=lambda _: True), queue, sent

    async def test_what_a_client_sends_after_the_end_never_arrives(self) -> None:
        socket, queue, _ = self.make()
        await socket.end(4401)
        queue.put_nowait({"type": "websocket.receive", "text": "delete everything"})
        assert await socket.receive() == {"type": "websocket.disconnect", "code": 4401}

    async def test_a_handler_that_waits_is_woken(self) -> None:
        socket, queue, sent = self.make()
        waiting = asyncio.create_task(socket.receive())
        await asyncio.sleep(0)
        await socket.end(4403)
        assert await waiting == {"type": "websocket.disconnect", "code": 4403}
        assert sent == [{"type": "websocket.close", "code": 4403, "reason": ""}]
        queue.put_nowait("late")
        await asyncio.sleep(0)
        assert queue.qsize() == 1, "somebody still listens"

    async def test_a_handler_that_gives_up_waiting_loses_no_message(self) -> None:
        socket, queue, _ = self.make()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.receive(), 0.001)
        queue.put_nowait({"type": "websocket.receive", "text": "hi"})
        assert (await socket.receive())["text"] == "hi"

    async def test_a_handler_that_sends_after_the_end_hears_of_it(self) -> None:
        socket, _, sent = self.make()
        await socket.send({"type": "websocket.send", "text": "a", "bytes": None})
        await socket.end(4401)
        await socket.end(1011)
        with pytest.raises(WebSocketDisconnect) as heard:
            await socket.send({"type": "websocket.send", "text": "b", "bytes": None})
        assert heard.value.code == 4401
        # Closing what is closed is no error: Litestar does it after every exception.
        await socket.send({"type": "websocket.close", "code": 4500, "reason": ""})
        assert [message["type"] for message in sent] == ["websocket.send", "websocket.close"]

    async def test_a_fault_of_the_server_is_the_handlers(self) -> None:
        async def broken() -> Any:
            raise RuntimeError("no more")

        socket, _, _ = self.make()
        socket._receive = broken
        with pytest.raises(RuntimeError, match="no more"):
            await socket.receive()


@pytest.mark.parametrize("value", [timedelta(), timedelta(milliseconds=999), timedelta(minutes=11), 15, None])
def test_an_interval_that_makes_no_sense_stops_the_start(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"AA014.*websocket_check"):
        AdminPlugin(AdminConfig(secret_key=SECRET, websocket_check=value))
