"""A backend as a host writes one, its user, and a browser that signs in by the real form."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from litestar import Litestar, Request, get

from litestar_admin_auth.guards import requires_permission
from tests.auth.site import ORIGIN, form_token, plugin


@dataclass
class Person:
    id: Any = 1
    email: str = "ann@example.com"
    password_hash: str = "hash of right"
    roles: list[str] = field(default_factory=lambda: ["editor"])
    permissions: list[str] = field(default_factory=lambda: ["articles:*"])


ANN = Person()


class Tickets:
    """The class of the documentation: sessions in a dict, the cookie ``session_id``."""

    def __init__(self, user: Any = ANN, **items: Any) -> None:
        self.user, self.items = user, items
        self.sessions: dict[str, Any] = {}
        self.fault: dict[str, Exception] = {}

    def _raise(self, method: str) -> None:
        if method in self.fault:
            raise self.fault[method]

    async def authenticate(self, connection: Any, credentials: dict[str, str]) -> Any:
        self._raise("authenticate")
        return self.user if credentials == {"email": "ann@example.com", "password": "right"} else None

    async def get_current_user(self, connection: Any) -> Any:
        self._raise("get_current_user")
        return self.sessions.get(connection.cookies.get("session_id"))

    async def login(self, connection: Any, user: Any) -> Any:
        self._raise("login")
        session_id = uuid4().hex
        self.sessions[session_id] = user
        return {"session_id": session_id, **self.items}

    async def logout(self, connection: Any) -> None:
        self._raise("logout")
        self.sessions.pop(connection.cookies.get("session_id"), None)

    async def refresh(self, connection: Any) -> Any:
        self._raise("refresh")
        return {"session_id": "renewed"} if connection.cookies.get("session_id") in self.sessions else None


@get("/articles", guards=[requires_permission("articles:publish")])
async def articles(request: Request[Any, Any, Any]) -> str:
    return str(request.user.email)


@asynccontextmanager
async def browser(
    backend: Any, *, config: dict[str, Any] | None = None, **app: Any
) -> AsyncGenerator[httpx.AsyncClient]:
    admin = plugin(**({"auth_backend": backend, "secret_key": ""} | (config or {})))
    made = Litestar([articles], plugins=[admin], **({"logging_config": None} | app))
    transport = httpx.ASGITransport(made, raise_app_exceptions=False)
    headers = {"origin": ORIGIN}
    async with made.lifespan(), httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        yield client


async def sign_in(client: httpx.AsyncClient, password: str = "right") -> httpx.Response:
    data = {"csrf_token": await form_token(client), "email": "ann@example.com", "password": password}
    return await client.post("/admin/login", data=data)


async def sign_out(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/admin/logout", data={"csrf_token": await form_token(client, "/admin")})


def stable(value: object) -> str:
    """Call a value the same in every process: an address in memory is not."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
