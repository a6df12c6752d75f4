"""Why somebody may do a thing or not, and what would help; the plain cases stand in test_users.py."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput, NotAllowed, NotFound
from litestar_admin_auth.models import Role, RolePermission
from litestar_admin_auth.services import explanations, users
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.explanations import explain, in_words
from litestar_admin_auth.services.holders import holders_of
from litestar_admin_auth.services.lists import ListQuery
from tests.services.people import CLI, People, id_of


class TestAdvice:
    async def test_names_the_roles_that_would_help_and_those_that_the_asker_may_give(
        self, database: Database, people: People
    ) -> None:
        weak = await people.role("orders:read", name="weak")
        await people.role("orders:*", "books:read", name="strong")
        clerk = await people.user("users:*", "orders:*")
        found = await explain(database, clerk, id_of(await people.user()), "orders:read")
        assert (found.allowed, found.advice) == (False, "give_a_role")
        assert set(found.would_allow) >= {"weak", "strong", "superuser"}
        assert "strong" not in found.may_give
        assert weak.name in found.may_give
        assert in_words(found).startswith("No. Any of these roles would give it: ")

    async def test_offers_nothing_to_give_to_somebody_stronger_or_by_who_may_not_give(
        self, database: Database, people: People
    ) -> None:
        await people.role("orders:read", name="weak")
        stronger = await people.user("books:read")
        for asker in (await people.user("users:*", "orders:*"), await people.user("users:read", "orders:*")):
            found = await explain(database, asker, id_of(stronger), "orders:read")
            assert ("weak" in found.would_allow, found.may_give) == (True, [])

    async def test_for_a_suspended_user_is_that_no_role_helps(self, database: Database, people: People) -> None:
        person = id_of(await people.user("orders:read", is_active=False))
        found = await explain(database, CLI, person, "orders:read")
        assert (found.allowed, found.advice, found.would_allow) == (False, "suspended", [])
        assert "suspended, and no role helps" in in_words(found)

    @pytest.mark.parametrize(("code", "declared"), [("vault:open", False), ("orders:read", True)])
    async def test_where_no_role_holds_it_says_whether_it_is_declared(
        self, database: Database, people: People, code: str, declared: bool
    ) -> None:
        # The built-in role gives everything: for the length of this test it holds nothing.
        async with database.writing() as db:
            system = (await db.scalars(select(Role.id).where(Role.is_system))).one()
            await db.execute(delete(RolePermission))
        try:
            found = await explain(database, CLI, id_of(await people.user()), code)
        finally:
            async with database.writing() as db:
                db.add(RolePermission(role_id=system, code="*", granted_at=now(), granted_by="system"))
        assert (found.advice, found.declared) == ("no_role_holds_it", declared)
        assert ("nobody declares" in in_words(found)) is not declared

    async def test_hides_the_names_of_roles_from_who_may_see_neither_roles_nor_users(
        self, database: Database, people: People
    ) -> None:
        await people.role("orders:read", name="secret plan")
        person = await people.user("orders:refund")
        found = await explain(database, person, id_of(person), "orders:read")
        assert (found.advice, found.would_allow, found.may_give) == ("ask_an_administrator", [], [])
        reader = await people.user("roles:read")
        assert "secret plan" in (await explain(database, reader, id_of(reader), "orders:read")).would_allow

    async def test_remembers_what_has_ended(self, database: Database, people: People) -> None:
        role = await people.role("orders:*", name="gone")
        person = id_of(await people.user(roles=["gone"], until=now() - timedelta(minutes=1)))
        found = await explain(database, CLI, person, "orders:read")
        assert (found.allowed, [path.role for path in found.ended]) == (False, [role.name])

    @pytest.mark.parametrize("code", ["*", "orders:*", "orders", "", "\x00", "a" * 10_000, "ORDERS:READ"])
    async def test_is_for_permissions_alone(self, database: Database, people: People, code: str) -> None:
        person = id_of(await people.user())
        for attempt in (explain(database, CLI, person, code), holders_of(database, CLI, code, ListQuery())):
            with pytest.raises(InvalidInput) as refusal:
                await attempt
            assert refusal.value.field == "code"


async def test_a_wildcard_gives_what_nobody_declares_too_and_the_words_say_so(
    database: Database, people: People
) -> None:
    """A slip of the pen, asked about a superuser, would pass for a permission."""
    boss = id_of(await people.superuser())
    found = await explanations.explain(database, CLI, boss, "orders:refnud")
    assert (found.allowed, found.declared) == (True, False)
    assert explanations.in_words(found).startswith("Yes, through superuser; but nobody declares this permission.")


class TestHolders:
    async def test_are_those_who_have_it_now_with_each_path(self, database: Database, people: People) -> None:
        code, wildcard = await people.role("orders:read", name="code"), await people.role("orders:*", name="wildcard")
        both = await people.user(roles=["code", "wildcard"], email="both@example.com")
        boss = await people.superuser(email="super@example.com")
        await people.user("orders:refund", "books:read")
        await people.user(roles=["code"], is_active=False)
        await people.user(roles=["code"], until=now() - timedelta(minutes=1))
        page = await holders_of(database, CLI, "orders:read", ListQuery(sort="email"))
        assert [(holder.user.id, [(path.role, path.permission) for path in holder.paths]) for holder in page.items] == [
            (both.user_id, [(code.name, "orders:read"), (wildcard.name, "orders:*")]),
            (boss.user_id, [("superuser", "*")]),
        ]

    async def test_agree_with_what_each_user_has(self, database: Database, people: People) -> None:
        crowd = [await people.user(*codes) for codes in (["orders:read"], ["orders:*"], ["*"], ["books:read"], [])]
        for wanted in ("orders:read", "books:read", "users:write"):
            page = await holders_of(database, CLI, wanted, ListQuery())
            found = {holder.user.id for holder in page.items}
            for person in crowd:
                allowed = (await explain(database, CLI, id_of(person), wanted)).allowed
                assert (person.user_id in found) is allowed

    async def test_come_in_pages_and_can_be_searched(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        for number in range(5):
            await people.user(roles=[role.name], email=f"{number}@example.com")
        first = await holders_of(database, CLI, "orders:read", ListQuery(sort="email", limit=3))
        second = await holders_of(database, CLI, "orders:read", ListQuery(sort="email", limit=3, cursor=first.next))
        assert [holder.user.email for holder in [*first.items, *second.items]] == [f"{n}@example.com" for n in range(5)]
        found = await holders_of(database, CLI, "orders:read", ListQuery(q="3@"))
        assert [holder.user.email for holder in found.items] == ["3@example.com"]

    @pytest.mark.parametrize(
        ("held", "needed"), [("users:read", "permissions:read"), ("permissions:read", "users:read")]
    )
    async def test_need_both_permissions(self, database: Database, people: People, held: str, needed: str) -> None:
        with pytest.raises(NotAllowed) as refusal:
            await holders_of(database, await people.user(held), "orders:read", ListQuery())
        assert refusal.value.permission == needed


class TestEffective:
    async def test_marks_what_nobody_declares_any_more(self, database: Database, people: People) -> None:
        person = id_of(await people.user("orders:read", "books:read"))
        await sync_permissions(database, {"books:read": "See books"})
        held = await explanations.effective_permissions(database, CLI, person)
        assert {permission.code: permission.declared for permission in held} == {
            "books:read": True,
            "orders:read": False,
        }

    async def test_can_be_searched(self, database: Database, people: People) -> None:
        person = id_of(await people.user("*"))
        found = await explanations.effective_permissions(database, CLI, person, q="money back")
        assert [permission.code for permission in found] == ["orders:refund"]

    async def test_costs_the_same_for_many_roles(self, database: Database, people: People, queries: list[str]) -> None:
        few, many = await people.user("orders:read"), await people.user()
        for _ in range(6):
            await users.grant_role(database, CLI, id_of(many), (await people.role("orders:*", "books:read")).name)

        async def cost(person: UUID) -> int:
            queries.clear()
            await explanations.effective_permissions(database, CLI, person)
            return len([sent for sent in queries if sent.startswith("SELECT")])

        assert await cost(id_of(few)) == await cost(id_of(many))

    async def test_of_nobody_is_not_found(self, database: Database) -> None:
        with pytest.raises(NotFound):
            await explanations.effective_permissions(database, CLI, UUID(int=0))
