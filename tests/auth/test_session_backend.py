"""The host's own session as the way in."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from litestar import Litestar, Request, get, post
from litestar.middleware.session.server_side import ServerSideSessionConfig

from litestar_admin_auth.auth import SessionAuthBackend
from litestar_admin_auth.guards import requires_role
from tests.auth.site import ORIGIN, form_token, plugin


@dataclass
class Staff:
    id: str
    email: str
    roles: list[str] = field(default_factory=lambda: ["staff"])
    permissions: list[str] = field(default_factory=list)


ANN = Staff("7", "ann@example.com")
ASKED: list[dict[str, Any]] = []


async def retrieve(session: dict[str, Any], connection: Any) -> Staff | None:
    ASKED.append(dict(session))
    return ANN if session["user_id"] == "7" else None


async def prove(connection: Any, credentials: dict[str, str]) -> Staff | None:
    return ANN if credentials == {"email": "ann@example.com", "password": "right"} else None


@post("/host/login/{user_id:str}", status_code=200)
async def host_login(request: Request[Any, Any, Any]) -> None:
    request.session.update({"user_id": request.path_params["user_id"], "cart": [1, 2]})


@get("/host/cart")
async def cart(request: Request[Any, Any, Any]) -> list[int]:
    return list(request.session.get("cart", []))


@get("/host/staff", guards=[requires_role("staff")])
async def staff(request: Request[Any, Any, Any]) -> str:
    return str(request.user.email)


@asynccontextmanager
async def browser(*, by_password: bool) -> AsyncGenerator[httpx.AsyncClient]:
    backend = SessionAuthBackend(retrieve_user_handler=retrieve, authenticate_handler=prove if by_password else None)
    app = Litestar(
        [host_login, cart, staff],
        plugins=[plugin(auth_backend=backend, secret_key="")],
        middleware=[ServerSideSessionConfig().middleware],
    )
    async with app.lifespan():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}) as client:
            yield client


async def test_whoever_is_signed_in_at_the_host_is_signed_in_here() -> None:
    async with browser(by_password=False) as client:
        assert (await client.get("/admin/api/auth/me")).status_code == 401
        await client.post("/host/login/7")
        assert (await client.get("/admin/api/auth/me")).json()["email"] == "ann@example.com"
        assert (await client.get("/host/staff")).text == "ann@example.com"
        await client.post("/host/login/8")
        assert (await client.get("/admin/api/auth/me")).status_code == 401


async def test_without_the_key_the_hosts_database_is_not_troubled() -> None:
    async with browser(by_password=False) as client:
        ASKED.clear()
        await client.get("/admin/api/auth/me")
        await client.get("/host/cart")
        assert ASKED == []


async def test_logout_takes_our_key_and_leaves_the_rest() -> None:
    async with browser(by_password=False) as client:
        await client.post("/host/login/7")
        assert (await client.post("/admin/api/auth/logout")).status_code == 200
        assert (await client.get("/admin/api/auth/me")).status_code == 401
        assert (await client.get("/host/cart")).json() == [1, 2]


async def test_the_form_signs_in_at_the_host_too() -> None:
    async with browser(by_password=True) as client:
        for password, status in (("wrong", 401), ("right", 303)):
            data = {"csrf_token": await form_token(client), "email": "ann@example.com", "password": password}
            assert (await client.post("/admin/login", data=data)).status_code == status
        assert (await client.get("/host/staff")).text == "ann@example.com"


async def test_without_a_handler_no_password_is_taken() -> None:
    async with browser(by_password=False) as client:
        answer = await client.post("/admin/api/auth/login", json={"email": "ann@example.com", "password": "right"})
        assert answer.status_code == 401
