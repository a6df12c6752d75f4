"""One search over users, roles and permissions."""

import pytest

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.search import LIMIT, find
from tests.services.people import CLI, SHOP, People


@pytest.fixture
async def shop(database: Database, people: People) -> None:
    await sync_permissions(database, SHOP)
    await people.user(email="olga@orders.example", name="Olga Ødegård")
    await people.role(name="orders desk", description="Answers the telephone")


class TestFind:
    async def test_finds_each_kind_by_any_of_its_texts(self, database: Database, shop: None) -> None:
        found = await find(database, CLI, "orders")
        assert [user.email for user in found.users] == ["olga@orders.example"]
        assert [role.name for role in found.roles] == ["orders desk"]
        assert [one.code for one in found.permissions] == ["orders:read", "orders:refund"]
        assert [role.name for role in (await find(database, CLI, "telephone")).roles] == ["orders desk"]
        assert [user.name for user in (await find(database, CLI, "ØDEGÅRD")).users] == ["Olga Ødegård"]

    @pytest.mark.parametrize(
        ("permission", "seen"),
        [
            ("users:read", {"users"}),
            ("roles:read", {"roles"}),
            ("permissions:read", {"permissions"}),
            ("users:write", set[str]()),
            ("orders:read", set[str]()),
        ],
    )
    async def test_finds_only_what_the_actor_may_read(
        self, database: Database, people: People, shop: None, permission: str, seen: set[str]
    ) -> None:
        found = await find(database, await people.user(permission), "orders")
        assert {kind for kind in ("users", "roles", "permissions") if getattr(found, kind)} == seen

    async def test_takes_percent_and_underscore_for_letters(self, database: Database, shop: None) -> None:
        for wildcard in ("%", "_", "o%s", "\\"):
            found = await find(database, CLI, wildcard)
            assert (found.users, found.roles, found.permissions) == ([], [], [])

    async def test_gives_the_first_few_and_says_that_there_is_more(self, database: Database, people: People) -> None:
        for number in range(LIMIT + 1):
            await people.user(email=f"twin{number}@example.com")
        found = await find(database, CLI, "twin")
        assert len(found.users) == LIMIT
        assert found.more == {"users"}
        assert not (await find(database, CLI, "twin0")).more

    async def test_puts_names_that_begin_so_before_the_others(self, database: Database, people: People) -> None:
        await people.role(name="a writer")
        await people.role(name="writers")
        assert [role.name for role in (await find(database, CLI, "writer")).roles] == ["writers", "a writer"]

    async def test_finds_nothing_for_no_words_and_asks_nothing(
        self, database: Database, shop: None, queries: list[str]
    ) -> None:
        queries.clear()
        found = await find(database, CLI, "   ")
        assert (found.users, found.roles, found.permissions) == ((), (), ())
        assert queries == []

    async def test_costs_four_queries_however_much_matches(
        self, database: Database, people: People, shop: None, queries: list[str]
    ) -> None:
        actor = await people.superuser()
        for q in ("orders", "nothing-is-called-this", "e"):
            queries.clear()
            await find(database, actor, q)
            assert len([statement for statement in queries if statement.startswith("SELECT")]) == 4

    @pytest.mark.parametrize("q", ["x" * 201, "a\x00b", "a\ud800b"])
    async def test_refuses_what_no_search_can_be(self, database: Database, q: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            await find(database, CLI, q)
        assert caught.value.field == "q"
