"""What the previews foretell is what then happens: compared on random graphs of users, roles and permissions."""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import (
    AdminAuthError,
    EditConflict,
    InvalidInput,
    LastSuperuser,
    NameTaken,
    NotAllowed,
    NotFound,
    StrongerThanYou,
    SystemRole,
)
from litestar_admin_auth.core.permissions import OWN_PERMISSIONS
from litestar_admin_auth.models import Role, RolePermission, User, UserRole
from litestar_admin_auth.services import explanations, roles, users
from litestar_admin_auth.services.grants_preview import GrantsPreview, preview_grants
from litestar_admin_auth.services.impact import MAX_GROUPS, MAX_NAMED_USERS, UserChange
from litestar_admin_auth.services.roles import preview_new_role, preview_role, preview_role_deletion
from tests.services.people import CLI, SHOP, People, id_of

PATTERNS = [*SHOP, "orders:*", "books:*", "users:*", "users:read", "roles:*", "*"]

Access = dict[UUID, set[str]]


@dataclass
class Town:
    """People with random roles that hold random permissions; some are suspended, and some grants have ended."""

    database: Database
    chance: random.Random
    roles: list[Role]
    people: list[UUID]

    async def access(self) -> Access:
        """What each may do, asked one by one."""
        found: Access = {}
        for person in self.people:
            effective = await explanations.effective_permissions(self.database, CLI, person)
            found[person] = {permission.code for permission in effective}
        return found

    async def rows(self) -> list[list[tuple[object, ...]]]:
        """All that a change of access would change, as it lies in the tables."""
        async with self.database.reading() as db:
            tables = [
                await db.execute(select(model.__table__).order_by(*model.__table__.primary_key))
                for model in (User, Role, RolePermission, UserRole)
            ]
            return [[tuple(row) for row in table] for table in tables]

    def some(self) -> list[str]:
        return self.chance.sample(PATTERNS, self.chance.randint(0, 4))


async def build(database: Database, people: People, seed: int) -> Town:
    chance = random.Random(seed)
    # Somebody who stays, so that no change is refused for taking the last superuser away.
    await people.superuser()
    made = [await people.role(*chance.sample(PATTERNS, chance.randint(0, 4))) for _ in range(5)]
    residents: list[UUID] = []
    for _ in range(8):
        person = id_of(await people.user(is_active=chance.random() < 0.8))
        residents.append(person)
        async with database.writing() as db:
            for role in chance.sample(made, chance.randint(0, 4)):
                ends = chance.choice([None, None, timedelta(hours=-1), timedelta(hours=1)])
                db.add(
                    UserRole(
                        user_id=person, role_id=role.id, granted_at=now(), granted_by="test",
                        expires_at=ends and now() + ends,
                    )
                )  # fmt: skip
    return Town(database, chance, made, residents)


def happened(before: Access, after: Access) -> dict[UUID, tuple[set[str], set[str]]]:
    """Who gained and lost what."""
    return {
        person: (after[person] - before[person], before[person] - after[person])
        for person in before
        if after[person] != before[person]
    }


def foretold(users: Collection[UserChange]) -> dict[UUID, tuple[set[str], set[str]]]:
    return {user.id: (set(user.gains), set(user.loses)) for user in users}


@pytest.mark.parametrize("seed", range(2))
class TestForetells:
    async def test_what_saving_a_role_does(self, database: Database, people: People, seed: int) -> None:
        town = await build(database, people, seed)
        before = await town.access()
        for role in town.roles:
            wanted, rows = town.some(), await town.rows()
            preview = await preview_role(database, CLI, role.id, permissions=wanted)
            assert await town.rows() == rows, "a preview saves nothing"
            await roles.update_role(database, CLI, role.id, permissions=wanted)
            after = await town.access()
            changes = happened(before, after)
            assert foretold(preview.users) == changes
            assert preview.users_total == len(changes) == sum(group.users_total for group in preview.groups)
            before = after

    async def test_what_deleting_a_role_does(self, database: Database, people: People, seed: int) -> None:
        town = await build(database, people, seed)
        before = await town.access()
        for role in town.roles:
            preview = await preview_role_deletion(database, CLI, role.id)
            assert preview.removed == role.codes
            await roles.delete_role(database, CLI, role.id)
            after = await town.access()
            assert foretold(preview.users) == happened(before, after)
            before = after

    @pytest.mark.parametrize("give", [True, False])
    async def test_what_giving_and_taking_a_role_does(
        self, database: Database, people: People, seed: int, give: bool
    ) -> None:
        town = await build(database, people, seed)
        before = await town.access()
        for role in town.roles:
            chosen, rows = town.chance.sample(town.people, 5), await town.rows()
            held = {person: role.name in (await users.get_user(database, CLI, person)).roles for person in chosen}
            preview = await preview_grants(database, CLI, chosen, role.name, give=give)
            assert await town.rows() == rows, "a preview changes nothing"
            assert preview.changed == sum(has != give for has in held.values())
            assert (preview.selected, preview.refused) == (5, 0)
            for person, has in held.items():
                if give:
                    await users.grant_role(database, CLI, person, role.name)
                elif has:
                    await users.revoke_role(database, CLI, person, role.name)
            after = await town.access()
            assert foretold(preview.users) == happened(before, after)
            before = after


class TestRolePreview:
    async def test_tells_a_new_name_and_description_too(self, database: Database, people: People) -> None:
        role = await people.role("orders:read", name="Old", description="Same")
        preview = await preview_role(database, CLI, role.id, name=" New ", description="Same")
        assert preview.changes == {"name": {"old": "Old", "new": "New"}}
        assert (preview.added, preview.removed, preview.users_total) == ([], [], 0)

    async def test_is_refused_as_saving_would_be(self, database: Database, people: People) -> None:
        """Else it would tell somebody who could do what by a role that they may not touch."""
        role, stronger = await people.role("orders:read"), await people.role("*")
        clerk = await people.user("roles:*", "orders:*", "users:read")
        async with database.reading() as db:
            system = (await db.scalars(select(Role.id).where(Role.is_system))).one()
        with pytest.raises(StrongerThanYou):
            await preview_role(database, clerk, role.id, permissions=["books:read"])
        with pytest.raises(StrongerThanYou):
            await preview_role(database, clerk, stronger.id, permissions=[])
        with pytest.raises(StrongerThanYou):
            await preview_role_deletion(database, clerk, stronger.id)
        with pytest.raises(StrongerThanYou):
            await preview_new_role(database, clerk, permissions=["*"])
        for attempt in (preview_role(database, CLI, system), preview_role_deletion(database, CLI, system)):
            with pytest.raises(SystemRole):
                await attempt
        with pytest.raises(EditConflict):
            await preview_role(database, CLI, role.id, permissions=[], version=7)
        with pytest.raises(NameTaken):
            await preview_role(database, CLI, role.id, name="superuser")
        with pytest.raises(InvalidInput):
            await preview_role(database, CLI, role.id, name="")
        with pytest.raises(NotFound):
            await preview_role_deletion(database, CLI, UUID(int=0))

    @pytest.mark.parametrize(("held", "needed"), [("roles:write", "roles:delete"), ("roles:delete", "roles:write")])
    async def test_needs_what_the_change_needs(
        self, database: Database, people: People, held: str, needed: str
    ) -> None:
        role, actor = await people.role(), await people.user(held)
        attempt = (
            preview_role_deletion(database, actor, role.id)
            if needed == "roles:delete"
            else preview_role(database, actor, role.id)
        )
        with pytest.raises(NotAllowed) as refusal:
            await attempt
        assert refusal.value.permission == needed

    async def test_groups_people_by_what_changes_for_them(self, database: Database, people: People) -> None:
        role = await people.role("orders:read", "books:read")
        for _ in range(3):
            await people.user(roles=[role.name])
        await people.user("books:read", roles=[role.name])
        preview = await preview_role_deletion(database, CLI, role.id)
        assert [(group.users_total, group.loses) for group in preview.groups] == [
            (3, ["books:read", "orders:read"]),
            (1, ["orders:read"]),
        ]

    async def test_of_a_new_role_touches_nobody_and_tells_what_it_allows(self, database: Database) -> None:
        preview = await preview_new_role(database, CLI, permissions=["orders:*", "books:read"])
        assert (preview.added, preview.users_total) == (["books:read", "orders:*"], 0)
        assert preview.allows == ["books:read", "orders:read", "orders:refund"]

    async def test_of_a_new_role_is_refused_as_creating_it_would_be(self, database: Database, people: People) -> None:
        role, clerk = await people.role(), await people.user("roles:write", "orders:read")
        values = [
            {"name": role.name},
            {"name": " "},
            {"name": "x" * 101},
            {"name": "New", "description": "x" * 501},
            {"name": "New", "permissions": ["no such"]},
            {"name": "New", "permissions": ["books:read"]},
        ]
        for value in values:
            wanted = {"permissions": ["orders:read"]} | value
            with pytest.raises(AdminAuthError) as foretold_refusal:
                await preview_new_role(database, clerk, **wanted)  # type: ignore[arg-type]
            with pytest.raises(AdminAuthError) as refusal:
                await roles.create_role(database, clerk, **wanted)  # type: ignore[arg-type]
            assert (foretold_refusal.value.code, foretold_refusal.value.field) == (
                refusal.value.code,
                refusal.value.field,
            )


class TestGrantsPreview:
    async def test_counts_whom_the_actor_may_not_change(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        clerk = await people.user("users:*", "orders:*")
        weaker, stronger = await people.user("orders:refund"), await people.superuser()
        has = await people.user(roles=[role.name])
        chosen = [id_of(person) for person in (weaker, stronger, has)]
        preview = await preview_grants(database, clerk, chosen, role.name, give=True)
        assert (preview.selected, preview.changed, preview.unchanged, preview.refused) == (3, 1, 1, 1)
        assert foretold(preview.users) == {weaker.user_id: ({"orders:read"}, set())}

    async def test_hides_from_who_may_not_see_users_that_there_is_a_stronger_one(
        self, database: Database, people: People
    ) -> None:
        role = await people.role("orders:read")
        clerk = await people.user("users:write", "orders:*")
        weaker, stronger = await people.user(), await people.superuser()
        preview = await preview_grants(database, clerk, [id_of(weaker), id_of(stronger)], role.name, give=True)
        assert (preview.selected, preview.refused, preview.users, preview.users_total) == (1, 0, [], 1)

    async def test_is_refused_as_the_change_would_be(self, database: Database, people: People) -> None:
        role, person = await people.role("books:read"), id_of(await people.user())
        clerk = await people.user("users:*", "orders:*")
        with pytest.raises(StrongerThanYou):
            await preview_grants(database, clerk, [person], role.name, give=True)
        with pytest.raises(NotAllowed):
            await preview_grants(database, await people.user("users:read"), [person], role.name, give=True)
        for name in ("no such role", "\x00", "\ud800", "x" * 10_000):
            with pytest.raises(InvalidInput) as refusal:
                await preview_grants(database, CLI, [person], name, give=True)
            assert refusal.value.field == "role"
        with pytest.raises(InvalidInput) as refusal:
            await preview_grants(database, CLI, [person], role.name, give=True, expires_at=now() - timedelta(seconds=1))
        assert refusal.value.field == "expires_at"

    async def test_takes_ids_or_a_statement_and_passes_over_those_who_are_not_there(
        self, database: Database, people: People
    ) -> None:
        role, person = await people.role("orders:read"), await people.user()
        by_id = await preview_grants(database, CLI, [id_of(person), UUID(int=7)], role.name, give=True)
        statement = select(User.id).where(User.email == person.label)
        assert await preview_grants(database, CLI, statement, role.name, give=True) == by_id
        assert by_id.selected == 1
        assert await preview_grants(database, CLI, [], role.name, give=True) == GrantsPreview(role=role.name)


class TestForeseesTheLastSuperuser:
    """What would leave nobody who can administer everything is refused when it is asked about."""

    @pytest.mark.parametrize("second", [False, True])
    async def test_in_every_question_that_would_be_refused_and_in_no_other(
        self, database: Database, people: People, second: bool
    ) -> None:
        """Each question and its change, on a town with one superuser by a role of their own, or with a second one."""
        keys = await people.role("*", "orders:read", name="keys")
        last = id_of(await people.user(roles=["keys"]))
        # None of these counts: one ends, one is suspended, one has never chosen a password.
        await people.user(roles=["keys"], until=now() + timedelta(days=1))
        await people.user(roles=["keys"], is_active=False)
        await people.user(roles=["keys"], password_hash=None)
        if second:
            await people.superuser()
        soon = now() + timedelta(days=3)
        questions = [
            (lambda: users.check_suspension(database, CLI, last), lambda: users.suspend_user(database, CLI, last)),
            (lambda: users.check_deletion(database, CLI, last), lambda: users.delete_user(database, CLI, last)),
            (
                lambda: preview_grants(database, CLI, [last], "keys", give=False),
                lambda: users.revoke_role(database, CLI, last, "keys"),
            ),
            (
                lambda: preview_grants(database, CLI, [last], "keys", give=True, expires_at=soon),
                lambda: users.grant_role(database, CLI, last, "keys", expires_at=soon),
            ),
            (
                lambda: preview_role(database, CLI, keys.id, permissions=["orders:read"]),
                lambda: roles.update_role(database, CLI, keys.id, permissions=["orders:read"]),
            ),
            (
                lambda: preview_role_deletion(database, CLI, keys.id),
                lambda: roles.delete_role(database, CLI, keys.id),
            ),
        ]
        for question, change in questions:
            if not second:
                for attempt in (question, change):
                    with pytest.raises(LastSuperuser):
                        await attempt()
            else:
                await question()
        # What does not take the star away is no such case.
        await preview_role(database, CLI, keys.id, permissions=["*"])
        await preview_grants(database, CLI, [last], "keys", give=True)

    async def test_where_another_role_gives_the_same_for_good(self, database: Database, people: People) -> None:
        await people.role("*", name="keys")
        both = id_of(await people.user(roles=["keys", "superuser"]))
        await preview_grants(database, CLI, [both], "keys", give=False)
        with pytest.raises(LastSuperuser):
            await users.check_suspension(database, CLI, both)


class TestManyMembers:
    """1,000 permissions, 100 roles, 3,000 members: the cost does not follow the members."""

    @pytest.fixture
    async def crowd(self, database: Database, people: People) -> Role:
        role = await people.role("orders:*", "users:read")
        others = [await people.role(f"orders:{action}", "books:read") for action in ("read", "refund")]
        async with database.writing() as db:
            moment = now()
            rows = [
                {
                    "id": UUID(int=number + 1), "email": f"{number:05}@example.com",
                    "email_normalized": f"{number:05}@example.com", "name": "", "created_at": moment,
                    "updated_at": moment, "is_active": True, "security_epoch": 0, "version": 1,
                }
                for number in range(3000)
            ]  # fmt: skip
            await db.execute(insert(User), rows)
            grants = [
                {"user_id": row["id"], "role_id": held.id, "granted_at": moment, "granted_by": "test", "reason": ""}
                for number, row in enumerate(rows)
                for held in (role, *others[: number % 3])
            ]
            await db.execute(insert(UserRole), grants)
        return role

    async def test_costs_no_more_queries_names_fifty_and_counts_all(
        self, database: Database, crowd: Role, queries: list[str]
    ) -> None:
        queries.clear()
        preview = await preview_role_deletion(database, CLI, crowd.id)
        assert len([sent for sent in queries if sent.startswith("SELECT")]) <= 8
        assert (len(preview.users), preview.users_total, preview.members) == (MAX_NAMED_USERS, 3000, 3000)
        assert preview.users[0].email == "00000@example.com"
        assert [group.users_total for group in preview.groups] == [1000, 1000, 1000]
        assert (preview.previous, preview.next) == (None, 50)
        last = await preview_role_deletion(database, CLI, crowd.id, offset=2975)
        assert ([user.email for user in last.users][::24], last.users_total) == (
            ["02975@example.com", "02999@example.com"],
            3000,
        )
        assert (last.previous, last.next) == (2925, None)
        beyond = await preview_role_deletion(database, CLI, crowd.id, offset=4000)
        assert (beyond.users, beyond.users_total, beyond.previous, beyond.next) == ([], 3000, None, None)
        queries.clear()
        everybody = select(User.id)
        grants = await preview_grants(database, CLI, everybody, crowd.name, give=False)
        assert len([sent for sent in queries if sent.startswith("SELECT")]) <= 8
        assert (grants.selected, grants.changed, grants.users_total) == (3000, 3000, 3000)


async def test_lists_so_many_outcomes_and_no_more(database: Database, people: People) -> None:
    every = sorted(OWN_PERMISSIONS)
    role = await people.role(*every)
    chance = random.Random(1)
    combinations = {tuple(sorted(chance.sample(every, 3))) for _ in range(MAX_GROUPS + 5)}
    assert len(combinations) > MAX_GROUPS
    for codes in combinations:
        await people.user(*codes, roles=[role.name])
    preview = await preview_role_deletion(database, CLI, role.id)
    assert (len(preview.groups), preview.users_total) == (MAX_GROUPS, len(combinations))


async def test_a_code_that_nobody_declares_any_more_is_lost_too(database: Database, people: People) -> None:
    role = await people.role("gone:read")
    person = await people.user(roles=[role.name])
    async with database.reading() as db:
        assert (await db.scalars(select(RolePermission.code).where(RolePermission.role_id == role.id))).all()
    preview = await preview_role_deletion(database, CLI, role.id)
    assert foretold(preview.users) == {person.user_id: (set(), {"gone:read"})}
