"""A real site on each engine, and people who sign in to it by JSON."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.models import User
from litestar_admin_auth.services import roles
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.migrations import upgrade
from tests.api.described import Description
from tests.auth.site import PASSWORD, Site, plugin, running

TESTS = Actor.system("test")

PERMISSIONS = {"orders:read": "See orders", "orders:refund": "Give money back", "books:write": "Change books"}


@dataclass
class Caller:
    """Somebody with a signed-in client; paths are below ``/admin/api``."""

    client: httpx.AsyncClient
    user: User
    description: Description | None = None

    @property
    def id(self) -> UUID:
        return self.user.id

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        if body is not None:
            more["json"] = body
        answer = await self.client.request(method, f"/admin/api{path}", **more)
        if self.description is not None:
            self.description.check(answer)
        return answer

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.call("GET", path, params=query)


SignIn = Callable[..., Awaitable[Caller]]


@pytest.fixture(scope="session")
async def site(shared_database_url: Callable[[], str]) -> AsyncGenerator[Site]:
    url = shared_database_url()
    database = Database(create_engine(url))
    await upgrade(database)
    await database.close()
    async with running(Litestar(plugins=[plugin(database=url, permissions=PERMISSIONS)])) as running_site:
        yield running_site


@pytest.fixture(scope="session")
async def description(site: Site) -> Description:
    """The API's own description: whatever a caller is answered must stand in it."""
    async with site.browser() as client:
        user = await site.add_user()
        await client.post("/admin/api/auth/login", json={"email": user.email, "password": PASSWORD})
        return await Description.of(client)


@pytest.fixture
async def sign_in_as(site: Site, description: Description) -> AsyncGenerator[SignIn]:
    """Make a user who holds a role (``role=``), or exactly these permissions, and sign in by JSON."""
    async with AsyncExitStack() as clients:

        async def make(*permissions: str, role: str = "", user: User | None = None) -> Caller:
            if permissions:
                role = await a_role(site, *permissions)
            user = user or await site.add_user(*([role] if role else []))
            client = await clients.enter_async_context(site.browser())
            return await signed_in(client, user, description)

        yield make


@pytest.fixture
async def superuser(sign_in_as: SignIn) -> Caller:
    return await sign_in_as(role="superuser")


@pytest.fixture(scope="module")
async def lasting_superuser(site: Site, description: Description) -> AsyncGenerator[Caller]:
    """A superuser for all tests of a file whose every request is refused or only reads."""
    async with site.browser() as client:
        caller = await signed_in(client, await site.add_user("superuser"), description)
        yield caller
        # Else some test was answered as a stranger is, and said nothing.
        assert (await caller.get("/account")).status_code == 200


@pytest.fixture(scope="module")
async def lasting_nobody(site: Site, description: Description) -> AsyncGenerator[Caller]:
    """Somebody without a permission, for all tests of a file whose every request is refused."""
    async with site.browser() as client:
        yield await signed_in(client, await site.add_user(), description)


@pytest.fixture
async def nobody(sign_in_as: SignIn) -> Caller:
    """Somebody who may sign in and nothing else."""
    return await sign_in_as()


@pytest.fixture
async def stranger(site: Site) -> AsyncGenerator[httpx.AsyncClient]:
    async with site.browser() as client:
        yield client


async def signed_in(client: httpx.AsyncClient, user: User, description: Description) -> Caller:
    """Sign a user in by JSON."""
    answer = await client.post("/admin/api/auth/login", json={"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return Caller(client, user, description)


async def a_role(site: Site, *permissions: str) -> str:
    """Create a role and return its name."""
    name = f"role {uuid4().hex}"
    await roles.create_role(site.database, TESTS, name=name, permissions=permissions)
    return name


def an_email() -> str:
    return f"user-{uuid4().hex}@example.com"


def error_of(response: httpx.Response, status: int) -> dict[str, Any]:
    """The ``extra`` of an error in the one shape that errors have."""
    body = response.json()
    assert (response.status_code, body["status_code"]) == (status, status), response.text
    assert set(body) == {"status_code", "detail", "extra"}
    assert body["detail"]
    assert isinstance(body["detail"], str)
    assert body["extra"]["code"]
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    return body["extra"]
