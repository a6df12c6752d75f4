"""Users of a host on the management pages: they hold what the host vouches for, and nothing of our roles."""

import re
from typing import Any
from uuid import uuid4

import pytest

from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.services.migrations import upgrade
from tests.auth.tickets import Person, Tickets, browser, sign_in, stable


@pytest.fixture(scope="module")
async def tables(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('custom') / 'tables.sqlite3'}"
    database = Database(create_engine(url))
    await upgrade(database)
    await database.close()
    return url


class TestManagementPages:
    """A host's users with our tables: they hold here what the host says of them, and nothing of our roles."""

    async def test_a_user_who_holds_nothing_sees_and_changes_nothing(self, tables: str) -> None:
        async with browser(Tickets(), config={"database": tables}) as client:
            await sign_in(client)
            page = await client.get("/admin")
            assert (page.status_code, "You hold no permission for these pages" in page.text) == (200, True)
            links = set(re.findall(r'href="(/admin[^"#]*)', page.text))
            assert [link for link in links if (await client.get(link)).status_code != 200] == []
            for path in ("/admin/users", "/admin/roles", "/admin/audit", "/admin/api/users"):
                assert (await client.get(path)).status_code == 403
            # No account of ours: the pages and endpoints of one's own are not there.
            for path in ("/admin/account", "/admin/account/password", "/admin/account/sessions"):
                assert (await client.get(path)).status_code == 404
            answer = await client.post("/admin/api/roles", json={"name": "x", "permissions": []})
            assert answer.status_code == 403

    async def test_a_user_whom_the_host_vouches_for_does_that_much(self, tables: str) -> None:
        user = Person(email="boss@example.com", permissions=["users:read", "roles:*", "articles:publish"])
        async with browser(Tickets(user), config={"database": tables}) as client:
            await sign_in(client)
            assert (await client.get("/admin/users")).status_code == 200
            assert (await client.get("/admin/api/users")).status_code == 200
            assert (await client.get("/admin/api/audit-events")).status_code == 403
            made = await client.post("/admin/api/roles", json={"name": "reader", "permissions": ["users:read"]})
            assert made.status_code == 201
            # Nobody gives what they do not hold, whoever vouches for them.
            for permissions in (["users:write"], ["*"], ["users:*"]):
                answer = await client.post("/admin/api/roles", json={"name": "more", "permissions": permissions})
                assert answer.status_code == 403, permissions

    async def test_what_they_do_is_booked_to_their_address(self, tables: str) -> None:
        async with browser(Tickets(Person(permissions=["*"])), config={"database": tables}) as client:
            await sign_in(client)
            name = f"role {uuid4().hex}"
            assert (await client.post("/admin/api/roles", json={"name": name, "permissions": ["*"]})).status_code == 201
            events = (await client.get("/admin/api/audit-events")).json()["items"]
            assert next(event["actor"] for event in events if event["action"] == "role.created") == "ann@example.com"

    async def test_a_change_by_the_host_acts_at_the_next_request(self, tables: str) -> None:
        user = Person(permissions=["users:read"])
        async with browser(Tickets(user), config={"database": tables}) as client:
            await sign_in(client)
            assert (await client.get("/admin/users")).status_code == 200
            user.permissions = []
            assert (await client.get("/admin/users")).status_code == 403

    @pytest.mark.parametrize("stated", [None, "*", "users:read", 7, [None, 7, b"*", "USERS:READ", " *"]], ids=stable)
    async def test_what_is_no_list_of_permissions_holds_nothing(self, stated: Any, tables: str) -> None:
        user = Person(permissions=stated)
        async with browser(Tickets(user), config={"database": tables}) as client:
            await sign_in(client)
            assert (await client.get("/admin")).status_code == 200
            assert (await client.get("/admin/users")).status_code == 403

    async def test_without_tables_they_are_not_there(self) -> None:
        async with browser(Tickets(Person(permissions=["*"]))) as client:
            await sign_in(client)
            for path in (
                "/users",
                "/roles",
                "/permissions",
                "/sessions",
                "/audit",
                "/account",
                "/api/users",
                "/api/roles",
            ):
                assert (await client.get(f"/admin{path}")).status_code == 404, path
