"""Users, one rule after the other; who may do it to whom stands in test_escalation.py."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import (
    EditConflict,
    EmailTaken,
    InvalidInput,
    InvalidSession,
    NotAllowed,
    NotFound,
    UserInUse,
)
from litestar_admin_auth.models import Role, User
from litestar_admin_auth.services import explanations, sessions, users
from litestar_admin_auth.services.access import lacking_to_change
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.constraints import violates_unique
from litestar_admin_auth.services.lists import ListQuery
from tests.services.conftest import Clock
from tests.services.people import CLI, People, id_of

NOBODY = "00000000-0000-7000-8000-000000000000"


class TestCreate:
    async def test_keeps_the_address_as_typed_and_invites(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        made = await users.create_user(
            database, CLI, email="  Ada.Lovelace@Example.com ", name=" Ada ", roles=[role.name]
        )
        assert made == await users.get_user(database, CLI, made.id)
        assert (made.email, made.name, made.status) == ("Ada.Lovelace@Example.com", "Ada", "invited")
        assert (made.roles, made.version, made.last_login_at) == ([role.name], 1, None)
        assert [event.action for event in await people.events()] == ["user.created", "user.role_granted"]

    @pytest.mark.parametrize(
        ("field", "values"),
        [
            ("email", {"email": ""}),
            ("email", {"email": "no address"}),
            ("email", {"email": "a@b"}),
            ("email", {"email": "a@example.com\r\nBcc: b@example.com"}),
            ("email", {"email": "a\x00@example.com"}),
            ("email", {"email": "\ud800@example.com"}),
            ("email", {"email": "a" * 250 + "@example.com"}),
            ("name", {"name": "x" * 201}),
            ("name", {"name": "two\nlines"}),
            ("name", {"name": "\x00"}),
            ("roles", {"roles": ["no such role"]}),
            ("roles", {"roles": ["\x00"]}),
            ("roles", {"roles": ["\ud800"]}),
            ("roles", {"roles": ["x" * 100_000]}),
        ],
    )
    async def test_names_the_field_that_is_wrong(
        self, database: Database, people: People, field: str, values: dict[str, Any]
    ) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await users.create_user(database, CLI, **({"email": "new@example.com"} | values))
        assert refusal.value.field == field
        assert await people.events() == []
        assert (await users.list_users(database, CLI, ListQuery())).items == []

    async def test_refuses_an_address_that_becomes_too_long_for_its_column(self, database: Database) -> None:
        # One character that the normalized form spells out as eighteen.
        with pytest.raises(InvalidInput) as refusal:
            await users.create_user(database, CLI, email="\ufdfa" * 60 + "@example.com")
        assert refusal.value.field == "email"

    @pytest.mark.parametrize("name", ["Wörter \u200d dazwischen", "\N{WOMAN}\u200d\N{PERSONAL COMPUTER}", "a\u00a0b"])
    async def test_gives_a_role_of_any_name_that_a_role_can_have(
        self, database: Database, people: People, name: str
    ) -> None:
        await people.role("orders:read", name=name)
        made = await users.create_user(database, CLI, email="new@example.com", roles=[name])
        assert made.roles == [name]


class TestUpdate:
    async def test_tells_the_log_old_and_new(self, database: Database, people: People) -> None:
        person = await people.user(email="old@example.com", name="Old")
        clerk = await people.user("users:*")
        await users.update_user(database, clerk, id_of(person), email="new@example.com", name="New")
        [event] = await people.events()
        assert (event.action, event.actor, event.actor_id) == ("user.updated", clerk.label, clerk.user_id)
        assert (event.target_type, event.target_id) == ("user", str(person.user_id))
        assert event.changes == {
            "email": {"old": "old@example.com", "new": "new@example.com"},
            "name": {"old": "Old", "new": "New"},
        }

    async def test_that_changes_nothing_leaves_no_trace(self, database: Database, people: People) -> None:
        role = await people.role()
        person = await people.user(email="a@example.com", name="A", roles=[role.name])
        same = await users.update_user(
            database, CLI, id_of(person), email="a@example.com", name="A", roles=[role.name], version=1
        )
        assert same.version == 1
        assert await people.events() == []

    @pytest.mark.parametrize(
        "change", [{"name": "New"}, {"email": "new@example.com"}, {"roles": ["superuser"]}], ids=str
    )
    async def test_counts_the_version_up_by_one(
        self, database: Database, people: People, change: dict[str, Any]
    ) -> None:
        person = await people.user()
        assert (await users.update_user(database, CLI, id_of(person), **change)).version == 2

    @pytest.mark.parametrize("version", [0, 2, -1, 10**30])
    async def test_of_another_version_is_a_conflict(self, database: Database, people: People, version: int) -> None:
        person = await people.user(name="Kept")
        with pytest.raises(EditConflict) as conflict:
            await users.update_user(database, CLI, id_of(person), name="Lost", version=version)
        assert conflict.value.current_version == 1
        assert (await users.get_user(database, CLI, id_of(person))).name == "Kept"

    @pytest.mark.parametrize("spelling", ["taken@example.com", "TAKEN@Example.COM", "\uff54aken@example.com"])
    async def test_takes_nobodys_address(self, database: Database, people: People, spelling: str) -> None:
        await people.user(email="Taken@example.com")
        person = await people.user()
        with pytest.raises(EmailTaken):
            await users.update_user(database, CLI, id_of(person), email=spelling)

    async def test_may_respell_ones_own_address(self, database: Database, people: People) -> None:
        person = await people.user(email="ada@example.com")
        assert (await users.update_user(database, CLI, id_of(person), email="Ada@Example.com")).email == (
            "Ada@Example.com"
        )

    async def test_of_the_roles_keeps_the_terms_of_those_that_stay(self, database: Database, people: People) -> None:
        stays, goes, comes = [await people.role() for _ in range(3)]
        person = id_of(await people.user(roles=[goes.name]))
        end = now() + timedelta(days=3)
        await users.grant_role(database, CLI, person, stays.name, reason="trial", expires_at=end)
        await users.update_user(database, CLI, person, roles=[stays.name, comes.name])
        grants = {grant.role: grant for grant in await users.grants_of(database, CLI, person)}
        assert grants.keys() == {stays.name, comes.name}
        assert (grants[stays.name].reason, grants[stays.name].expires_at) == ("trial", end)

    async def test_leaves_the_sessions_alone(self, database: Database, people: People) -> None:
        person = await people.user()
        session = await people.session(person)
        await users.update_user(database, CLI, id_of(person), email="new@example.com")
        assert await people.live_sessions(person) == [session]


class TestOwnProfile:
    async def test_needs_no_permission(self, database: Database, people: People) -> None:
        person = await people.user()
        assert (await users.update_own_profile(database, person, name="Me")).name == "Me"
        assert [event.action for event in await people.events()] == ["user.updated"]

    async def test_is_closed_to_the_suspended_the_deleted_and_the_system(
        self, database: Database, people: People
    ) -> None:
        for nobody in (await people.user(is_active=False), Actor("gone", user_id=uuid4()), CLI):
            with pytest.raises(NotAllowed):
                await users.update_own_profile(database, nobody, name="Me")


class TestSuspend:
    async def test_ends_every_session_for_good(self, database: Database, people: People) -> None:
        person = await people.user()
        old = [await people.session(person) for _ in range(3)]
        assert (await users.suspend_user(database, CLI, id_of(person))).status == "suspended"
        assert await people.live_sessions(person) == []
        await users.reactivate_user(database, CLI, id_of(person))
        for session in old:
            with pytest.raises(InvalidSession):
                await sessions.find_session(database, session, id_of(person))

    async def test_twice_is_once(self, database: Database, people: People) -> None:
        person = id_of(await people.user())
        first = await users.suspend_user(database, CLI, person)
        assert await users.suspend_user(database, CLI, person) == first
        back = await users.reactivate_user(database, CLI, person)
        assert await users.reactivate_user(database, CLI, person) == back
        assert [event.action for event in await people.events()] == ["user.suspended", "user.reactivated"]

    async def test_leaves_the_sessions_of_others(self, database: Database, people: People) -> None:
        person, other = await people.user(), await people.user()
        session = await people.session(other)
        await users.suspend_user(database, CLI, id_of(person))
        assert await people.live_sessions(other) == [session]


class TestDelete:
    async def test_takes_sessions_and_grants_along(self, database: Database, people: People) -> None:
        person = await people.user("orders:read")
        await people.session(person)
        await users.delete_user(database, CLI, id_of(person))
        async with database.reading() as db:
            for table in ("session", "user_role", "user"):
                assert await db.scalar(text(f'SELECT count(*) FROM "admin_auth_{table}"')) == 0, table  # noqa: S608
        with pytest.raises(NotFound):
            await users.delete_user(database, CLI, id_of(person))

    async def test_is_tried_by_the_question_and_taken_back(self, database: Database, people: People) -> None:
        person = await people.user("orders:read")
        session = await people.session(person)
        await users.check_deletion(database, CLI, id_of(person))
        assert await people.live_sessions(person) == [session]
        assert len(await users.grants_of(database, CLI, id_of(person))) == 1
        assert await people.events() == []

    @pytest.mark.parametrize("deferred", ["", "DEFERRABLE INITIALLY DEFERRED"])
    async def test_is_refused_while_the_host_refers_to_the_user(
        self, database: Database, people: People, deferred: str
    ) -> None:
        person = await people.user()
        column = "UUID" if database.is_postgresql else "CHAR(32)"
        value = str(person.user_id) if database.is_postgresql else id_of(person).hex
        async with database.writing() as db:
            await db.execute(
                text(f"CREATE TABLE host_order (buyer {column} REFERENCES admin_auth_user (id) {deferred})")
            )
            await db.execute(text(f"INSERT INTO host_order VALUES ('{value}')"))  # noqa: S608
        try:
            with pytest.raises(UserInUse):
                await users.delete_user(database, CLI, id_of(person))
            # SQLite asks about a deferred one at the commit alone.
            if database.is_postgresql or not deferred:
                with pytest.raises(UserInUse):
                    await users.check_deletion(database, CLI, id_of(person))
            assert await people.stored(person)
            assert await people.events() == []
        finally:
            async with database.writing() as db:
                await db.execute(text("DROP TABLE host_order"))


class TestFind:
    @pytest.mark.parametrize("spelling", ["ada@example.com", " ADA@EXAMPLE.COM ", "\uff41da@example.com"])
    async def test_takes_any_spelling_of_the_address(self, database: Database, people: People, spelling: str) -> None:
        person = await people.user(email="Ada@example.com")
        assert (await users.find_user(database, CLI, spelling)).id == person.user_id

    async def test_takes_the_id(self, database: Database, people: People) -> None:
        person = await people.user()
        assert (await users.find_user(database, CLI, str(person.user_id))).email == person.label

    @pytest.mark.parametrize("nobody", ["", "nobody@example.com", NOBODY, "%", "x" * 10_000])
    async def test_finds_nobody_where_there_is_nobody(self, database: Database, people: People, nobody: str) -> None:
        await people.user()
        with pytest.raises(NotFound):
            await users.find_user(database, CLI, nobody)


class TestReading:
    async def test_of_oneself_needs_nothing_and_of_others_users_read(self, database: Database, people: People) -> None:
        person, other = await people.user(), await people.user()
        assert (await users.get_user(database, person, id_of(person))).email == person.label
        assert await users.grants_of(database, person, id_of(person)) == []
        assert await explanations.effective_permissions(database, person, id_of(person)) == []
        for attempt in (
            users.get_user(database, person, id_of(other)),
            users.grants_of(database, person, id_of(other)),
            explanations.effective_permissions(database, person, id_of(other)),
            explanations.explain(database, person, id_of(other), "orders:read"),
            users.list_users(database, person, ListQuery()),
            users.find_user(database, person, other.label),
        ):
            with pytest.raises(NotAllowed) as refusal:
                await attempt
            assert refusal.value.permission == "users:read"

    async def test_by_status_and_role_matches_what_each_row_says(self, database: Database, people: People) -> None:
        await people.role("orders:read", name="clerks")
        await people.user(roles=["clerks"])
        await people.user(roles=["clerks"], is_active=False)
        await people.user(roles=["clerks"], password_hash=None)
        await people.user(roles=["clerks"], password_hash=None, last_login_at=now())
        await people.user(roles=["clerks"], until=now() - timedelta(minutes=1))
        everybody = (await users.list_users(database, CLI, ListQuery())).items
        for name, value in [*(("status", status) for status in users.STATUSES), ("role", "clerks"), ("role", "none")]:
            found = (await users.list_users(database, CLI, ListQuery(filters={name: value}))).items
            expected = [row for row in everybody if value in (row.status, *row.roles)]
            assert found == expected, (name, value)
        assert len((await users.list_users(database, CLI, ListQuery(filters={"role": "clerks"}))).items) == 4


class TestManyPermissions:
    """Thirty roles of a hundred permissions are three thousand rows: a page that shows names does not load them."""

    async def test_a_user_is_read_without_what_the_roles_hold(
        self, database: Database, people: People, queries: list[str]
    ) -> None:
        person = await people.user("orders:read", "orders:refund")
        queries.clear()
        found = await users.get_user(database, CLI, id_of(person))
        await users.grants_of(database, CLI, id_of(person))
        assert len(found.roles) == 1
        assert [sent for sent in queries if "admin_auth_role_permission" in sent] == []

    async def test_what_is_lacking_is_read_as_codes_each_once(self, database: Database, people: People) -> None:
        clerk = await people.user("users:*", "orders:read")
        stronger = await people.user("orders:read", "orders:refund", is_active=False)
        await users.grant_role(database, CLI, id_of(stronger), (await people.role("orders:refund")).name)
        ended = await people.user("books:read", until=now() - timedelta(days=1))
        assert await lacking_to_change(database, clerk, id_of(stronger)) == ["orders:refund"]
        assert await lacking_to_change(database, clerk, id_of(ended)) == []
        assert await lacking_to_change(database, stronger, id_of(stronger)) == []
        with pytest.raises(NotFound):
            await lacking_to_change(database, clerk, uuid4())


class TestGrants:
    async def test_end_when_their_time_comes(self, database: Database, people: People, later: Clock) -> None:
        person, role = id_of(await people.user()), await people.role("orders:read")
        end = now() + timedelta(hours=1)
        await users.grant_role(database, CLI, person, role.name, reason="stand-in", expires_at=end)
        assert (await explanations.explain(database, CLI, person, "orders:read")).allowed
        later.ahead = timedelta(hours=2)
        explanation = await explanations.explain(database, CLI, person, "orders:read")
        assert (explanation.allowed, explanation.would_allow) == (False, [role.name, "superuser"])
        [grant] = await users.grants_of(database, CLI, person)
        assert (grant.expired, grant.reason) == (True, "stand-in")
        assert (await users.get_user(database, CLI, person)).roles == []

    @pytest.mark.parametrize(
        "end",
        [
            datetime(2020, 1, 1, tzinfo=UTC),
            datetime(2999, 1, 1),  # noqa: DTZ001
            # Fits the calendar where it was written, and no longer in UTC.
            datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=12))),
        ],
        ids=["past", "no zone", "past the end of the calendar"],
    )
    async def test_end_at_a_time_that_there_is(self, database: Database, people: People, end: datetime) -> None:
        person, role = id_of(await people.user()), await people.role()
        with pytest.raises(InvalidInput) as refusal:
            await users.grant_role(database, CLI, person, role.name, expires_at=end)
        assert refusal.value.field == "expires_at"

    async def test_given_again_take_the_new_terms(self, database: Database, people: People) -> None:
        person, role = id_of(await people.user()), await people.role()
        await users.grant_role(database, CLI, person, role.name, reason="first", expires_at=now() + timedelta(days=1))
        again = await users.grant_role(database, CLI, person, role.name, reason="second")
        assert (again.reason, again.expires_at) == ("second", None)
        assert len(await users.grants_of(database, CLI, person)) == 1

    async def test_that_are_not_there_cannot_be_taken(self, database: Database, people: People) -> None:
        with pytest.raises(NotFound):
            await users.revoke_role(database, CLI, id_of(await people.user()), "superuser")

    async def test_count_the_users_version_up(self, database: Database, people: People) -> None:
        person, role = id_of(await people.user()), await people.role()
        await users.grant_role(database, CLI, person, role.name)
        assert (await users.get_user(database, CLI, person)).version == 2
        await users.revoke_role(database, CLI, person, role.name)
        assert (await users.get_user(database, CLI, person)).version == 3

    async def test_are_explained_with_every_way_that_leads_there(self, database: Database, people: People) -> None:
        by_code, by_wildcard = await people.role("orders:read"), await people.role("orders:*")
        person = id_of(await people.user(roles=[by_code.name, by_wildcard.name]))
        explanation = await explanations.explain(database, CLI, person, "orders:read")
        assert {(path.role, path.permission) for path in explanation.paths} == {
            (by_code.name, "orders:read"),
            (by_wildcard.name, "orders:*"),
        }
        found = await explanations.effective_permissions(database, CLI, person)
        assert [(entry.code, len(entry.paths)) for entry in found] == [("orders:read", 2), ("orders:refund", 1)]

    async def test_of_the_suspended_explain_a_no_that_no_role_helps(self, database: Database, people: People) -> None:
        person = id_of(await people.user("*", is_active=False))
        explanation = await explanations.explain(database, CLI, person, "orders:read")
        assert (explanation.allowed, explanation.would_allow, explanation.status) == (False, [], "suspended")

    @pytest.mark.parametrize("code", ["", "*", "orders:*", "orders", "\x00", "a:" + "b" * 200, "ORDERS:READ"])
    async def test_are_explained_for_codes_only(self, database: Database, people: People, code: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await explanations.explain(database, CLI, id_of(await people.user()), code)
        assert refusal.value.field == "code"


class TestUniqueness:
    @pytest.mark.parametrize(
        "message",
        [
            'duplicate key value violates unique constraint "uq_admin_auth_user_email_normalized"\nDETAIL: x',
            "doppelter Schlüsselwert verletzt Unique-Constraint »uq_admin_auth_user_email_normalized«",
            "la valeur d'une clé dupliquée rompt la contrainte unique « uq_admin_auth_user_email_normalized »",
            "UNIQUE constraint failed: admin_auth_user.email_normalized",
        ],
    )
    def test_is_recognized_in_any_language_of_the_server(self, message: str) -> None:
        error = IntegrityError("INSERT", {}, Exception(message))
        assert violates_unique(error, User.email_normalized)
        assert not violates_unique(error, Role.name)

    @pytest.mark.parametrize(
        "message",
        [
            'violates unique constraint "uq_host_thing"\nDETAIL: Key (x)=("uq_admin_auth_user_email_normalized")',
            'violates unique constraint "uq_admin_auth_user_email_normalized_host"',
            'violates unique constraint "host_uq_admin_auth_user_email_normalized"',
        ],
    )
    def test_is_not_mistaken_for_another_rule(self, message: str) -> None:
        assert not violates_unique(IntegrityError("INSERT", {}, Exception(message)), User.email_normalized)
