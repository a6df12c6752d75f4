"""The catalogue keeps up with what the package and the host declare."""

import pytest

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import ConfigError, InvalidInput, NotAllowed, NotFound
from litestar_admin_auth.core.permissions import OWN_PERMISSIONS
from litestar_admin_auth.services import catalogue, roles
from litestar_admin_auth.services.catalogue import SyncResult, sync_permissions
from litestar_admin_auth.services.lists import ListQuery
from tests.services.people import CLI, SHOP, People


async def contents(database: Database) -> dict[str, str]:
    return {row.code: row.description for row in await catalogue.all_permissions(database, CLI)}


class TestSync:
    async def test_holds_the_packages_own_and_the_hosts(self, database: Database) -> None:
        assert await contents(database) == dict(OWN_PERMISSIONS) | SHOP

    async def test_a_second_time_writes_nothing(self, database: Database, people: People, queries: list[str]) -> None:
        queries.clear()
        assert not await sync_permissions(database, SHOP)
        assert all(statement.startswith(("SELECT", "BEGIN")) for statement in queries)
        assert "BEGIN IMMEDIATE" not in queries
        assert await people.events() == []

    async def test_adds_changes_and_removes(self, database: Database, people: People) -> None:
        declared = {"orders:read": "Look at orders", "orders:refund": SHOP["orders:refund"], "mugs:read": "See mugs"}
        result = await sync_permissions(database, declared)
        assert result == SyncResult(added=["mugs:read"], changed=["orders:read"], removed=["books:read"])
        assert await contents(database) == dict(OWN_PERMISSIONS) | declared
        [event] = await people.events()
        assert (event.action, event.actor) == ("permissions.synced", "system")
        assert event.changes["added"] == {"new": ["mugs:read"]}
        assert event.changes["removed"] == {"old": ["books:read"]}

    async def test_keeps_what_a_role_still_holds_until_it_lets_go(self, database: Database, people: People) -> None:
        role = await people.role("books:read")
        assert (await sync_permissions(database, {})).removed == ["orders:read", "orders:refund"]
        assert (await catalogue.get_permission(database, CLI, "books:read")).source == "orphaned"
        assert not await sync_permissions(database, {}), "orphaned once"
        with pytest.raises(InvalidInput):
            await roles.create_role(database, CLI, name="Another", permissions=["books:read"])
        await roles.update_role(database, CLI, role.id, permissions=[])
        assert (await sync_permissions(database, {})).removed == ["books:read"]

    async def test_of_an_orphan_that_is_declared_again_makes_it_the_hosts(
        self, database: Database, people: People
    ) -> None:
        await people.role("books:read")
        await sync_permissions(database, {})
        assert "books:read" in (await sync_permissions(database, SHOP)).changed
        row = await catalogue.get_permission(database, CLI, "books:read")
        assert (row.description, row.source) == (SHOP["books:read"], "host")

    async def test_lets_nobody_redefine_the_packages_own(self, database: Database) -> None:
        await sync_permissions(database, SHOP | {"users:read": "Harmless"})
        page = await catalogue.list_permissions(database, CLI, ListQuery(q="users:read"))
        [row] = page.items
        assert (row.description, row.source) == (OWN_PERMISSIONS["users:read"], "package")

    async def test_says_which_description_is_too_long(self, database: Database) -> None:
        with pytest.raises(ConfigError) as mistake:
            await sync_permissions(database, {"a:b": "x" * 501})
        assert mistake.value.check_id == "AA005"
        assert "a:b" in mistake.value.message


class TestReading:
    async def test_tells_which_roles_give_a_permission_by_code_or_wildcard(
        self, database: Database, people: People
    ) -> None:
        await people.role("orders:read", name="by code")
        await people.role("orders:*", name="by wildcard")
        await people.role("books:read", name="another")
        page = await catalogue.list_permissions(database, CLI, ListQuery(q="orders:read"))
        assert [row.roles for row in page.items] == [["by code", "by wildcard", "superuser"]]

    async def test_by_role_finds_what_it_gives(self, database: Database, people: People) -> None:
        await people.role("orders:*", name="by wildcard")
        for role, expected in (("by wildcard", {"orders:read", "orders:refund"}), ("no such role", set[str]())):
            page = await catalogue.list_permissions(database, CLI, ListQuery(filters={"role": role}))
            assert {row.code for row in page.items} == expected
        everything = await catalogue.list_permissions(database, CLI, ListQuery(filters={"role": "superuser"}))
        assert len(everything.items) == len(OWN_PERMISSIONS) + len(SHOP)

    async def test_by_source_finds_whose_it_is(self, database: Database) -> None:
        for source, expected in (("host", SHOP), ("package", OWN_PERMISSIONS)):
            page = await catalogue.list_permissions(database, CLI, ListQuery(filters={"source": source}))
            assert {row.code for row in page.items} == set(expected)
        with pytest.raises(InvalidInput):
            await catalogue.list_permissions(database, CLI, ListQuery(filters={"source": "elsewhere"}))

    async def test_of_one_tells_what_each_role_holds_that_gives_it(self, database: Database, people: People) -> None:
        both = await people.role("orders:read", "orders:*", name="both")
        await people.role("books:read", name="another")
        row = await catalogue.get_permission(database, CLI, "orders:read")
        assert [(role.name, role.patterns) for role in row.giving] == [
            ("both", ["orders:read", "orders:*"]), ("superuser", ["*"]),
        ]  # fmt: skip
        assert row.giving[0].id == both.id
        for code in ("no:such", "nonsense", "orders:*", "\x00", "\ud800"):
            with pytest.raises(NotFound):
                await catalogue.get_permission(database, CLI, code)

    async def test_asks_as_often_for_many_roles_as_for_one(
        self, database: Database, people: People, queries: list[str]
    ) -> None:
        async def cost() -> int:
            queries.clear()
            await catalogue.list_permissions(database, CLI, ListQuery())
            return len([sent for sent in queries if sent.startswith("SELECT")])

        before = await cost()
        for _ in range(5):
            await people.role("orders:read", "books:*")
        assert await cost() == before

    async def test_needs_permissions_read(self, database: Database, people: People) -> None:
        assert (await catalogue.list_permissions(database, await people.user("permissions:read"), ListQuery())).items
        with pytest.raises(NotAllowed):
            await catalogue.list_permissions(database, await people.user("roles:*"), ListQuery())

    async def test_of_the_whole_needs_that_or_roles_read(self, database: Database, people: People) -> None:
        for code in ("permissions:read", "roles:read"):
            assert await catalogue.all_permissions(database, await people.user(code))
        with pytest.raises(NotAllowed):
            await catalogue.all_permissions(database, await people.user("users:*"))
