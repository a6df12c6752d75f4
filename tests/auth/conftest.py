"""A site on each engine, shared by all tests of the edge: each test adds people of its own."""

from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import pytest
from litestar import Litestar, Request, WebSocket, get, post, websocket
from litestar.datastructures import CacheControlHeader

from litestar_admin_auth.core import clock
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.guards import requires_authentication, requires_permission
from litestar_admin_auth.services.migrations import upgrade
from tests.auth.site import Clock, Site, plugin, running


@pytest.fixture
def later() -> Iterator[Clock]:
    moved = Clock()
    clock.set_clock(moved.now)
    yield moved
    clock.set_clock(None)


@get("/open")
async def open_to_all(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {"user": getattr(request.user, "email", None)}


@get("/private", guards=[requires_authentication])
async def private(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {"user": request.user.email, "permissions": request.user.permissions}


@get("/cacheable", cache_control=CacheControlHeader(public=True, max_age=3600))
async def cacheable() -> str:
    return "the same for everybody"


@post("/change", guards=[requires_authentication], status_code=200)
async def change(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {"user": request.user.email}


@get("/reports", guards=[requires_permission("reports:read")])
async def reports() -> str:
    return "reports"


@websocket("/socket", guards=[requires_authentication])
async def socket(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.send_text(socket.user.email)
    await socket.close()


@pytest.fixture(scope="session")
async def site_url(shared_database_url: Callable[[], str]) -> str:
    """A migrated database on each engine."""
    url = shared_database_url()
    database = Database(create_engine(url))
    await upgrade(database)
    await database.close()
    return url


@pytest.fixture(scope="session")
async def site(site_url: str) -> AsyncGenerator[Site]:
    handlers = [open_to_all, private, cacheable, change, reports, socket]
    async with running(Litestar(handlers, plugins=[plugin(database=site_url)])) as running_site:
        yield running_site
