"""Roles, and what a change of one would do; who may change which stands in test_escalation.py."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import EditConflict, InvalidInput, NameTaken, NotAllowed, NotFound
from litestar_admin_auth.models import Permission, Role, RolePermission
from litestar_admin_auth.services import access, explanations, roles, users
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.role_preview import MAX_NAMED_USERS
from tests.services.people import CLI, People, id_of


class TestCreate:
    async def test_keeps_what_it_is_given(self, database: Database, people: People) -> None:
        made = await roles.create_role(
            database, CLI, name=" Clerks ", description="At the till", permissions=["orders:read", "books:*"]
        )
        assert made == await roles.get_role(database, CLI, made.id)
        assert (made.name, made.description, made.permissions) == ("Clerks", "At the till", ["books:*", "orders:read"])
        assert (made.members, made.is_system, made.version) == (0, False, 1)
        [event] = await people.events()
        assert (event.action, event.target_label) == ("role.created", "Clerks")
        assert event.changes["permissions"] == {"old": None, "new": ["books:*", "orders:read"]}

    @pytest.mark.parametrize(
        ("field", "values"),
        [
            ("name", {"name": ""}),
            ("name", {"name": "   "}),
            ("name", {"name": "x" * 101}),
            ("name", {"name": "two\nlines"}),
            ("name", {"name": "\x00"}),
            ("name", {"name": "\u200b"}),
            # They stand in addresses: a client makes DELETE /users/1/roles/.. into DELETE /users/1.
            ("name", {"name": ".."}),
            ("name", {"name": "clerks/."}),
            ("name", {"name": "/clerks"}),
            ("name", {"name": "clerks//night"}),
            ("description", {"description": "x" * 501}),
            ("description", {"description": "\ud800"}),
            ("permissions", {"permissions": ["no:such"]}),
            ("permissions", {"permissions": ["nosuch:*"]}),
            ("permissions", {"permissions": ["orders"]}),
            ("permissions", {"permissions": ["orders:"]}),
            ("permissions", {"permissions": ["*:read"]}),
            ("permissions", {"permissions": ["**"]}),
            ("permissions", {"permissions": [""]}),
            ("permissions", {"permissions": ["\x00"]}),
            ("permissions", {"permissions": ["\ud800"]}),
            ("permissions", {"permissions": ["x" * 10_000]}),
        ],
    )
    async def test_names_the_field_that_is_wrong(
        self, database: Database, people: People, field: str, values: dict[str, Any]
    ) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await roles.create_role(database, CLI, **({"name": "New"} | values))
        assert refusal.value.field == field
        assert await roles.all_role_names(database, CLI) == ["superuser"]
        assert await people.events() == []

    @pytest.mark.parametrize("codes", [["*"], ["orders:*"], ["orders:read"] * 3, []])
    async def test_takes_codes_and_wildcards_of_the_catalogue(self, database: Database, codes: list[str]) -> None:
        assert (await roles.create_role(database, CLI, name="New", permissions=codes)).permissions == sorted(set(codes))

    async def test_takes_no_name_twice(self, database: Database) -> None:
        with pytest.raises(NameTaken):
            await roles.create_role(database, CLI, name=" superuser ")


class TestUpdate:
    async def test_tells_the_log_old_and_new(self, database: Database, people: People) -> None:
        role = await people.role("orders:read", "books:read", name="Old")
        await roles.update_role(database, CLI, role.id, name="New", permissions=["orders:refund", "books:read"])
        renamed, changed = await people.events()
        assert (renamed.action, renamed.changes) == ("role.updated", {"name": {"old": "Old", "new": "New"}})
        assert (changed.action, changed.changes) == (
            "role.permissions_changed",
            {"permissions": {"old": ["books:read", "orders:read"], "new": ["books:read", "orders:refund"]}},
        )

    async def test_that_changes_nothing_leaves_no_trace(self, database: Database, people: People) -> None:
        role = await people.role("orders:read", name="Same", description="As before")
        same = await roles.update_role(
            database, CLI, role.id, name="Same", description="As before", permissions=["orders:read"], version=1
        )
        assert same.version == 1
        assert await people.events() == []

    @pytest.mark.parametrize("change", [{"name": "New"}, {"description": "New"}, {"permissions": ["*"]}], ids=str)
    async def test_counts_the_version_up_by_one(
        self, database: Database, people: People, change: dict[str, Any]
    ) -> None:
        assert (await roles.update_role(database, CLI, (await people.role()).id, **change)).version == 2

    async def test_of_another_version_is_a_conflict(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        for version in (0, 2, 10**30):
            with pytest.raises(EditConflict) as conflict:
                await roles.update_role(database, CLI, role.id, permissions=[], version=version)
            assert conflict.value.current_version == 1
        assert (await roles.get_role(database, CLI, role.id)).permissions == ["orders:read"]

    async def test_takes_no_name_of_another(self, database: Database, people: People) -> None:
        with pytest.raises(NameTaken):
            await roles.update_role(database, CLI, (await people.role()).id, name="superuser")

    async def test_counts_at_once_for_whoever_holds_it(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        person = id_of(await people.user(roles=[role.name]))
        await roles.update_role(database, CLI, role.id, permissions=["books:read"])
        async with database.reading() as db:
            assert await access.permissions_of(db, person) == {"books:read"}

    async def test_keeps_who_granted_what_stays(self, database: Database, people: People) -> None:
        role, clerk = await people.role("orders:read"), await people.superuser()
        await roles.update_role(database, clerk, role.id, permissions=["orders:read", "books:read"])
        async with database.reading() as db:
            granted = {code: (await db.get_one(RolePermission, (role.id, code))).granted_by for code in (
                "orders:read", "books:read",
            )}  # fmt: skip
        assert granted == {"orders:read": "test", "books:read": clerk.label}

    async def test_may_keep_a_code_that_the_host_declares_no_more_but_not_take_it_up_again(
        self, database: Database, people: People
    ) -> None:
        role = await people.role("gone:read", "orders:read")
        await roles.update_role(database, CLI, role.id, permissions=["gone:read"])
        await roles.update_role(database, CLI, role.id, permissions=[])
        with pytest.raises(InvalidInput):
            await roles.update_role(database, CLI, role.id, permissions=["gone:read"])


class TestDelete:
    async def test_takes_the_role_from_everybody_and_says_so_of_each(self, database: Database, people: People) -> None:
        role = await people.role("orders:read", name="Doomed")
        holders = [await people.user(roles=["Doomed"]) for _ in range(2)]
        await roles.delete_role(database, CLI, role.id)
        for holder in holders:
            row = await users.get_user(database, CLI, id_of(holder))
            assert (row.roles, row.version) == ([], 2)
        deleted, *revoked = await people.events()
        assert (deleted.action, deleted.changes["permissions"]) == (
            "role.deleted", {"old": ["orders:read"], "new": None},
        )  # fmt: skip
        assert [event.action for event in revoked] == ["user.role_revoked"] * 2
        assert {event.target_label for event in revoked} == {holder.label for holder in holders}
        with pytest.raises(NotFound):
            await roles.get_role(database, CLI, role.id)


class TestReading:
    async def test_needs_roles_read(self, database: Database, people: People) -> None:
        role, actor = await people.role(), await people.user("users:read", "roles:write", "roles:delete")
        for attempt in (
            roles.list_roles(database, actor, ListQuery()),
            roles.get_role(database, actor, role.id),
            roles.members_of(database, actor, role.id, ListQuery()),
        ):
            with pytest.raises(NotAllowed) as refusal:
                await attempt
            assert refusal.value.permission == "roles:read"

    async def test_of_the_members_needs_users_read_too(self, database: Database, people: People) -> None:
        role, actor = await people.role(), await people.user("roles:read")
        with pytest.raises(NotAllowed) as refusal:
            await roles.members_of(database, actor, role.id, ListQuery())
        assert refusal.value.permission == "users:read"

    async def test_of_the_names_needs_either(self, database: Database, people: People) -> None:
        await people.role(name="Zebra")
        for code in ("roles:read", "users:read"):
            assert "Zebra" in await roles.all_role_names(database, await people.user(code))
        with pytest.raises(NotAllowed):
            await roles.all_role_names(database, await people.user("roles:write"))

    async def test_counts_the_members_whose_grant_has_not_ended(self, database: Database, people: People) -> None:
        role = await people.role(name="Clerks")
        member = await people.user(roles=["Clerks"])
        await people.user(roles=["Clerks"], until=now() - timedelta(minutes=1))
        assert (await roles.get_role(database, CLI, role.id)).members == 1
        listed = await roles.list_roles(database, CLI, ListQuery(q="clerks"))
        assert [(row.name, row.members) for row in listed.items] == [("Clerks", 1)]
        members = await roles.members_of(database, CLI, role.id, ListQuery(count=True))
        assert ([row.id for row in members.items], members.total) == ([member.user_id], 1)

    async def test_by_permission_finds_exactly_that_code(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        await people.role("orders:*")
        found = await roles.list_roles(database, CLI, ListQuery(filters={"permission": "orders:read"}))
        assert [row.name for row in found.items] == [role.name]

    async def test_of_a_role_that_is_not_there_is_not_found(self, database: Database) -> None:
        for attempt in (
            roles.get_role(database, CLI, uuid4()),
            roles.members_of(database, CLI, uuid4(), ListQuery()),
            roles.update_role(database, CLI, uuid4(), name="New"),
            roles.delete_role(database, CLI, uuid4()),
            roles.preview_role(database, CLI, uuid4(), permissions=[]),
        ):
            with pytest.raises(NotFound):
                await attempt


class TestPreview:
    async def test_names_who_gains_and_who_loses_what(self, database: Database, people: People) -> None:
        role = await people.role("orders:read", "books:read")
        anna = await people.user(roles=[role.name], email="anna@example.com")
        bert = await people.user("books:read", roles=[role.name], email="bert@example.com")
        preview = await roles.preview_role(database, CLI, role.id, permissions=["orders:*"])
        assert (preview.added, preview.removed) == (["orders:*"], ["books:read", "orders:read"])
        assert [(user.id, user.email, user.gains, user.loses) for user in preview.users] == [
            (anna.user_id, "anna@example.com", ["orders:refund"], ["books:read"]),
            # Keeps books:read by another role.
            (bert.user_id, "bert@example.com", ["orders:refund"], []),
        ]
        assert preview.users_total == 2

    async def test_leaves_out_whom_it_makes_no_difference_to(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        await people.user("orders:*", roles=[role.name])
        await people.superuser(is_active=True)
        await people.user(roles=[role.name], is_active=False)
        await people.user(roles=[role.name], until=now() - timedelta(minutes=1))
        preview = await roles.preview_role(database, CLI, role.id, permissions=["orders:refund"])
        assert (preview.users, preview.users_total) == ([], 0)

    async def test_does_not_count_on_a_grant_that_has_ended(self, database: Database, people: People) -> None:
        role, other = await people.role("orders:read"), await people.role("orders:read")
        person = id_of(await people.user(roles=[role.name]))
        await people.role()
        await users.grant_role(database, CLI, person, other.name, expires_at=now() + timedelta(milliseconds=1))
        preview = await roles.preview_role(database, CLI, role.id, permissions=[])
        assert [user.loses for user in preview.users] == [["orders:read"]]

    async def test_says_what_saving_then_does(self, database: Database, people: People) -> None:
        role, other = await people.role("orders:*", "users:read"), await people.role("orders:read", "books:read")
        crowd = [await people.user(roles=[role.name, *([other.name] if number % 2 else [])]) for number in range(4)]
        async with database.reading() as db:
            catalogue = list(await db.scalars(Permission.__table__.select().with_only_columns(Permission.code)))

        async def effective() -> dict[Any, set[str]]:
            return {
                person.user_id: {
                    entry.code for entry in await explanations.effective_permissions(database, CLI, id_of(person))
                }
                for person in crowd
            }

        before = await effective()
        preview = await roles.preview_role(database, CLI, role.id, permissions=["books:*", "users:*"])
        assert await effective() == before, "a preview saves nothing"
        await roles.update_role(database, CLI, role.id, permissions=["books:*", "users:*"])
        after = await effective()
        foretold = {user.id: (set(user.gains), set(user.loses)) for user in preview.users}
        happened = {user_id: (after[user_id] - before[user_id], before[user_id] - after[user_id]) for user_id in before}
        assert foretold == happened
        assert all(gains | loses <= set(catalogue) for gains, loses in foretold.values())

    async def test_names_some_and_counts_all(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        for _ in range(MAX_NAMED_USERS + 3):
            await people.user(roles=[role.name])
        preview = await roles.preview_role(database, CLI, role.id, permissions=[])
        assert (len(preview.users), preview.users_total) == (MAX_NAMED_USERS, MAX_NAMED_USERS + 3)

    async def test_names_nobody_to_who_may_not_see_users(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        await people.user(roles=[role.name])
        clerk = await people.user("roles:write", "orders:*")
        preview = await roles.preview_role(database, clerk, role.id, permissions=[])
        assert (preview.users, preview.users_total) == ([], 1)

    async def test_needs_roles_write(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        with pytest.raises(NotAllowed) as refusal:
            await roles.preview_role(database, await people.user("roles:read"), role.id, permissions=[])
        assert refusal.value.permission == "roles:write"

    @pytest.mark.parametrize("permissions", [None, ["orders:read"]])
    async def test_of_no_change_is_empty(
        self, database: Database, people: People, permissions: list[str] | None
    ) -> None:
        role = await people.role("orders:read")
        await people.user(roles=[role.name])
        preview = await roles.preview_role(database, CLI, role.id, permissions=permissions)
        assert preview == roles.RolePreview(added=[], removed=[], users=[], users_total=0, members=1)

    async def test_of_an_unknown_code_is_refused(self, database: Database, people: People) -> None:
        with pytest.raises(InvalidInput):
            await roles.preview_role(database, CLI, (await people.role()).id, permissions=["no:such"])

    async def test_costs_as_many_queries_for_thirty_users_as_for_two(
        self, database: Database, people: People, queries: list[str]
    ) -> None:
        role: Role = await people.role("orders:read")

        async def cost(count: int) -> int:
            for _ in range(count):
                await people.user("books:read", roles=[role.name])
            queries.clear()
            await roles.preview_role(database, CLI, role.id, permissions=[])
            return len([statement for statement in queries if statement.startswith("SELECT")])

        assert await cost(2) == await cost(28)
