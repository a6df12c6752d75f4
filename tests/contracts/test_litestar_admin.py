"""The released litestar-admin takes our backends: ``litestar_admin.AdminPlugin``, and no plugin of ours.

What it breaks itself (its ``/me`` answers strangers 404, its ``/refresh`` takes the token from the body alone) it does
with every backend; here is what it does with ours.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import litestar_admin
import pytest
from litestar import Litestar
from litestar.middleware.session.server_side import ServerSideSessionConfig

from litestar_admin_auth.auth import CookieMiddleware, JWTAuthBackend, JWTConfig, SessionAuthBackend

ORIGIN = "https://shop.example"
SECRET = "a secret of the tests, long enough for HS256"
ACCESS, REFRESH = "__Host-admin_auth", "__Host-admin_auth_refresh"
CREDENTIALS = {"email": "ann@example.com", "password": "right"}
API = "/admin/api/auth"

# It is written for an older Litestar, which says so.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.base_exceptions.LitestarDeprecationWarning")


@dataclass
class Ann:
    id: int = 1
    email: str = "ann@example.com"
    password_hash: str = "hash of right"
    roles: list[str] = field(default_factory=lambda: ["admin"])
    permissions: list[str] = field(default_factory=lambda: ["models:read"])


ME = {"id": 1, "email": "ann@example.com", "roles": ["admin"], "permissions": ["models:read"]}


async def load(identifier: Any) -> Ann | None:
    return Ann() if str(identifier) in ("1", "ann@example.com") else None


async def verify(stored: str, password: str) -> bool:
    return stored == f"hash of {password}"


async def retrieve(session: dict[str, Any], connection: Any) -> Ann | None:
    return await load(session["user_id"])


async def prove(connection: Any, credentials: dict[str, str]) -> Ann | None:
    return Ann() if credentials == CREDENTIALS else None


class Tickets:
    """A backend of the host's own."""

    def __init__(self) -> None:
        self.open: set[str] = set()

    async def authenticate(self, connection: Any, credentials: dict[str, str]) -> Ann | None:
        return await prove(connection, credentials)

    async def get_current_user(self, connection: Any) -> Ann | None:
        return Ann() if connection.headers.get("x-ticket") in self.open else None

    async def login(self, connection: Any, user: Ann) -> dict[str, str]:
        self.open.add("ticket")
        return {"access_token": "ticket"}

    async def logout(self, connection: Any) -> None:
        self.open.discard(connection.headers.get("x-ticket"))

    async def refresh(self, connection: Any) -> dict[str, str] | None:
        return None


def jwt(**settings: Any) -> JWTAuthBackend:
    return JWTAuthBackend(JWTConfig(secret_key=SECRET, **settings), load, verify)


@asynccontextmanager
async def parent(backend: Any, *middleware: Any, debug: bool = False) -> AsyncGenerator[httpx.AsyncClient]:
    config = litestar_admin.AdminConfig(auth_backend=backend)
    app = Litestar(plugins=[litestar_admin.AdminPlugin(config)], middleware=list(middleware), debug=debug)
    transport = httpx.ASGITransport(app)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


class TestJWTInAHeader:
    async def test_login_me_refresh_logout(self) -> None:
        async with parent(jwt()) as client:
            wrong = await client.post(f"{API}/login", json=CREDENTIALS | {"password": "wrong"})
            assert wrong.status_code == 401
            answer = await client.post(f"{API}/login", json=CREDENTIALS)
            first = answer.json()
            assert (answer.status_code, first["token_type"], first["expires_in"]) == (200, "bearer", "3600")
            assert "set-cookie" not in answer.headers

            async def me(token: str) -> httpx.Response:
                return await client.get(f"{API}/me", headers={"authorization": f"Bearer {token}"})

            assert (await me(first["access_token"])).json() == ME
            assert (await me("x.y.z")).status_code == 404
            assert (await me(first["refresh_token"])).status_code == 404
            answer = await client.post(f"{API}/refresh", json={"refresh_token": first["refresh_token"]})
            second = answer.json()
            # Rotated, which litestar-admin's own backend never does.
            assert second["refresh_token"] != first["refresh_token"]
            assert (await me(second["access_token"])).json() == ME
            headers = {"authorization": f"Bearer {second['access_token']}"}
            assert (await client.post(f"{API}/logout", headers=headers)).status_code == 200
            for tokens in (first, second):
                assert (await me(tokens["access_token"])).status_code == 404
                ended = await client.post(f"{API}/refresh", json={"refresh_token": tokens["refresh_token"]})
                assert ended.status_code == 401

    async def test_what_is_refused_is_a_401_and_no_fault(self) -> None:
        async with parent(jwt()) as client:
            assert (await client.post(f"{API}/logout")).status_code == 401
            for token in ("", "x", "x.y.z"):
                answer = await client.post(f"{API}/refresh", json={"refresh_token": token})
                assert answer.status_code == 401
            assert (await client.get(f"{API}/me")).status_code == 404


class TestJWTInCookies:
    async def test_login_me_refresh_logout(self) -> None:
        async with parent(jwt(token_location="cookie"), CookieMiddleware()) as client:
            answer = await client.post(f"{API}/login", json=CREDENTIALS)
            body = answer.json()
            assert (answer.status_code, body["access_token"], body["refresh_token"]) == (200, "", "")
            named = [header.partition("=")[0] for header in answer.headers.get_list("set-cookie")]
            assert named == [ACCESS, REFRESH]
            assert (await client.get(f"{API}/me")).json() == ME
            old = dict(client.cookies)
            answer = await client.post(f"{API}/refresh", json={"refresh_token": ""})
            assert answer.status_code == 200
            assert dict(client.cookies)[REFRESH] != old[REFRESH]
            assert (await client.get(f"{API}/me")).json() == ME
            answer = await client.post(f"{API}/logout")
            assert (answer.status_code, dict(client.cookies)) == (200, {})
            client.cookies.update(old)
            assert (await client.get(f"{API}/me")).status_code == 404

    async def test_without_the_middleware_a_login_fails_loudly(self) -> None:
        async with parent(jwt(token_location="cookie"), debug=True) as client:
            answer = await client.post(f"{API}/login", json=CREDENTIALS)
        assert (answer.status_code, "add CookieMiddleware()" in answer.text) == (500, True)
        assert "set-cookie" not in answer.headers


class TestSession:
    async def test_login_me_logout(self) -> None:
        backend = SessionAuthBackend(retrieve, authenticate_handler=prove)
        async with parent(backend, ServerSideSessionConfig().middleware) as client:
            client.cookies.set("session", "chosen", domain="shop.example")
            assert (await client.post(f"{API}/login", json=CREDENTIALS)).status_code == 200
            # Renewed, which litestar-admin's own backend never does.
            assert client.cookies["session"] != "chosen"
            assert (await client.get(f"{API}/me")).json() == ME
            assert (await client.post(f"{API}/refresh", json={"refresh_token": "session"})).status_code == 401
            assert (await client.post(f"{API}/logout")).status_code == 200
            assert (await client.get(f"{API}/me")).status_code == 404


async def test_a_backend_of_the_hosts_own() -> None:
    async with parent(Tickets()) as client:
        token = (await client.post(f"{API}/login", json=CREDENTIALS)).json()["access_token"]
        headers = {"x-ticket": token}
        assert (await client.get(f"{API}/me", headers=headers)).json() == ME
        assert (await client.post(f"{API}/logout", headers=headers)).status_code == 200
        assert (await client.get(f"{API}/me", headers=headers)).status_code == 404
