"""The log outlives everybody, forges nothing and keeps no secret."""

from typing import Any

import pytest

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput, NotAllowed
from litestar_admin_auth.services import audit, logins, open_sessions, roles, users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.session_policy import SessionPolicy
from litestar_admin_auth.services.sessions import Client
from tests.services.people import CLI, PASSWORD, PASSWORDS, People, id_of


class TestTheLog:
    async def test_outlives_the_one_who_acted_and_the_one_acted_upon(self, database: Database, people: People) -> None:
        await people.superuser()
        actor, target = await people.superuser(), await people.user()
        await users.update_user(database, actor, id_of(target), name="Renamed")
        await users.delete_user(database, actor, id_of(target))
        await users.delete_user(database, CLI, id_of(actor))
        renamed, deleted, actor_deleted = await people.events()
        assert (renamed.actor, renamed.actor_id) == (actor.label, actor.user_id)
        assert (renamed.target_id, renamed.target_label) == (str(target.user_id), target.label)
        assert deleted.changes["email"] == {"old": target.label, "new": None}
        assert actor_deleted.changes["roles"] == {"old": ["superuser"], "new": []}

    async def test_tells_who_from_where_and_in_which_session(self, database: Database, people: People) -> None:
        person = await people.superuser()
        session = await people.session(person)
        actor = Actor(person.label, user_id=person.user_id, session_id=session, ip="2001:db8::1")
        await roles.create_role(database, actor, name="New")
        [event] = await people.events()
        assert (event.actor_id, event.session_id, event.ip) == (person.user_id, session, "2001:db8::1")
        assert event.at.tzinfo is not None

    async def test_of_a_login_keeps_no_password(self, database: Database, people: People) -> None:
        person = await people.user()
        proven = await logins.verify_credentials(database, PASSWORDS, person.label, PASSWORD)
        assert proven
        session = await logins.record_login(database, proven, Client("192.0.2.1", "Browser"), SessionPolicy())
        await logins.record_failed_login(database, person.label, Client("192.0.2.2"))
        succeeded, failed = await people.events()
        assert (succeeded.action, succeeded.session_id, succeeded.ip) == ("login.succeeded", session.id, "192.0.2.1")
        assert (failed.action, failed.actor_id, failed.target_id) == ("login.failed", None, str(person.user_id))
        for event in (succeeded, failed):
            assert PASSWORD not in str(vars(event))
            assert "$2b$" not in str(vars(event))

    @pytest.mark.parametrize(
        "tried", ["a@example.com\r\n2026-01-01 login.succeeded root", "a\u2028b", "a\x1b[2Jb", "a\u202eb"]
    )
    async def test_shows_no_line_that_somebody_forged(self, database: Database, people: People, tried: str) -> None:
        await logins.record_failed_login(database, tried, Client())
        [event] = await people.events()
        assert event.actor.isprintable()
        assert "\ufffd" in event.actor

    async def test_cuts_what_is_too_long_for_it(self, database: Database, people: People) -> None:
        await logins.record_failed_login(database, "x" * 10_000, Client("1" * 1000))
        [event] = await people.events()
        assert (len(event.actor), len(event.ip)) == (320, 45)

    async def test_of_a_refused_change_says_nothing_of_a_change(self, database: Database, people: People) -> None:
        clerk, target = await people.user("users:*"), await people.superuser()
        for attempt in (
            users.suspend_user(database, clerk, id_of(target)),
            users.grant_role(database, clerk, id_of(clerk), "superuser"),
            roles.create_role(database, clerk, name="New"),
            open_sessions.revoke_user_sessions(database, clerk, id_of(target)),
        ):
            with pytest.raises(NotAllowed):
                await attempt
        assert await people.events() == []


class TestListing:
    @pytest.fixture
    async def anna(self, database: Database, people: People) -> Actor:
        """A superuser who made a role, suspended somebody and brought them back; a stranger failed to sign in."""
        anna, target = await people.superuser(email="anna@example.com"), await people.user(email="bert@example.com")
        await roles.create_role(database, anna, name="Clerks")
        await users.suspend_user(database, anna, id_of(target))
        await users.reactivate_user(database, anna, id_of(target))
        await logins.record_failed_login(database, "stranger@example.com", Client("192.0.2.7"))
        return anna

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, ["login.failed", "user.reactivated", "user.suspended", "role.created"]),
            ({"sort": "at"}, ["role.created", "user.suspended", "user.reactivated", "login.failed"]),
            ({"filters": {"action": "user.suspended"}}, ["user.suspended"]),
            ({"filters": {"action": "user.*"}}, ["user.reactivated", "user.suspended"]),
            ({"filters": {"action": "use.*"}}, []),
            ({"filters": {"action": "%.*"}}, []),
            ({"filters": {"actor": "anna@example.com"}}, ["user.reactivated", "user.suspended", "role.created"]),
            ({"filters": {"target_type": "role"}}, ["role.created"]),
            ({"filters": {"target_id": "00000000-0000-7000-8000-000000000000"}}, []),
            ({"q": "CLERKS"}, ["role.created"]),
            ({"q": "192.0.2.7"}, ["login.failed"]),
            ({"q": "anna suspended"}, ["user.suspended"]),
        ],
        ids=str,
    )
    async def test_finds(self, database: Database, anna: Actor, query: dict[str, Any], expected: list[str]) -> None:
        page = await audit.list_events(database, CLI, ListQuery(**query))
        assert [event.action for event in page.items] == expected

    async def test_finds_by_the_actors_id_also_after_a_change_of_address(self, database: Database, anna: Actor) -> None:
        await users.update_user(database, anna, id_of(anna), email="new@example.com")
        query = ListQuery(filters={"actor": str(anna.user_id)})
        assert len((await audit.list_events(database, CLI, query)).items) == 4

    async def test_needs_audit_read(self, database: Database, people: People, anna: Actor) -> None:
        assert (await audit.list_events(database, await people.user("audit:read"), ListQuery())).items
        with pytest.raises(NotAllowed) as refusal:
            await audit.list_events(database, await people.user("users:*", "roles:*"), ListQuery())
        assert refusal.value.permission == "audit:read"

    @pytest.mark.parametrize("filters", [{"changes": "x"}, {"actor": "\x00"}, {"action": "\ud800"}])
    async def test_refuses_a_filter_that_is_none(self, database: Database, filters: dict[str, str]) -> None:
        with pytest.raises(InvalidInput):
            await audit.list_events(database, CLI, ListQuery(filters=filters))
