"""Who can call what, read from the guards and dependencies of each route."""

from typing import Any

from litestar import Litestar, Request, Router, WebSocket, get, post, websocket
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler

from litestar_admin_auth.auth import AdminUser
from litestar_admin_auth.auth.access_map import access_map
from litestar_admin_auth.dependencies import current_user, optional_user
from litestar_admin_auth.guards import requires_authentication, requires_permission, requires_role, requires_superuser
from tests.auth.site import Site, plugin, running, sign_in

USER = Provide(current_user)


def office_hours(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard of the host's own."""


@get("/open")
async def open_to_all() -> None: ...


@get("/guarded", guards=[requires_permission("a:x", "b:y"), requires_role("editor")])
async def guarded() -> None: ...


@post("/guarded", guards=[requires_superuser])
async def change() -> None: ...


@get("/mine", dependencies={"user": USER})
async def mine(user: NamedDependency[AdminUser]) -> None: ...


@get("/unused", dependencies={"user": USER})
async def unused() -> None: ...


@get("/anybody", dependencies={"user": Provide(optional_user)})
async def anybody(user: NamedDependency[AdminUser | None]) -> None: ...


@get("/both", guards=[requires_authentication], dependencies={"user": USER})
async def both(user: NamedDependency[AdminUser]) -> None: ...


@get("/own", guards=[office_hours])
async def own() -> None: ...


@websocket("/socket", guards=[requires_permission("a:x", "b:y", any_of=True)])
async def socket(socket: WebSocket[Any, Any, Any]) -> None: ...


def test_each_route_says_what_it_needs() -> None:
    app = Litestar(
        [open_to_all, guarded, change, mine, unused, anybody, both, own, socket],
        openapi_config=None,
        plugins=[plugin(database="sqlite+aiosqlite:///nowhere.sqlite3")],
    )
    assert {(route.path, *route.methods): route.needs for route in access_map(app)} == {
        ("/open", "GET"): "open",
        ("/guarded", "GET"): "permission a:x and b:y and role editor",
        ("/guarded", "POST"): "superuser",
        ("/mine", "GET"): "signed in",
        ("/unused", "GET"): "open",
        ("/anybody", "GET"): "open",
        ("/both", "GET"): "signed in",
        ("/own", "GET"): "guard office_hours",
        ("/socket", "WEBSOCKET"): "permission a:x or b:y",
    }


def test_guards_of_the_layers_around_count() -> None:
    router = Router("/r", route_handlers=[open_to_all], guards=[requires_role("a")])
    app = Litestar([router], guards=[requires_authentication], openapi_config=None)
    (route,) = access_map(app)
    assert route.needs == "signed in and role a"


async def test_a_user_is_looked_up_once_however_many_ask(site: Site) -> None:
    seen: list[Any] = []

    @get("/", guards=[requires_authentication, requires_permission("*")], dependencies={"user": USER})
    async def handler(request: Request[Any, Any, Any], user: NamedDependency[AdminUser]) -> str:
        seen.extend([request.user, user, request.auth.location])
        return user.email

    app = Litestar(
        [handler],
        guards=[requires_authentication],
        plugins=[plugin(database=site.runtime.config.database)],
    )
    async with running(app) as host, host.browser() as browser:
        user = await host.add_user("superuser")
        await sign_in(browser, user)
        async with host.statements() as statements:
            assert (await browser.get("/")).text == user.email
        assert len([statement for statement in statements if statement.startswith("SELECT")]) == 2, statements
        async with host.statements() as statements, host.browser() as stranger:
            assert (await stranger.get("/")).status_code == 401
        assert statements == []
    assert seen[0] is seen[1]
    assert seen[2] == "cookie"
