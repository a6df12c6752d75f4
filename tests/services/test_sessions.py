"""Seeing and ending sessions; how they live and rotate stands in tests/auth, test_sessions.py and test_renewal.py."""

from datetime import timedelta
from uuid import uuid4

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import AdminAuthError, InvalidInput, NotAllowed, NotFound, StrongerThanYou
from litestar_admin_auth.services import open_sessions, sessions
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import ListQuery
from tests.services.people import CLI, People, id_of


class TestSeeing:
    async def test_ones_own_needs_nothing_and_marks_the_current_one(self, database: Database, people: People) -> None:
        person, other = await people.user(), await people.user()
        here, there = await people.session(person), await people.session(person)
        await people.session(other)
        viewer = Actor(person.label, user_id=person.user_id, session_id=here)
        page = await open_sessions.list_sessions(database, viewer, ListQuery(), user_id=person.user_id)
        assert {row.id: row.current for row in page.items} == {here: True, there: False}

    async def test_those_of_others_needs_sessions_read(self, database: Database, people: People) -> None:
        person, other = await people.user("sessions:revoke"), await people.user()
        for whose in (None, other.user_id):
            with pytest.raises(NotAllowed) as refusal:
                await open_sessions.list_sessions(database, person, ListQuery(), user_id=whose)
            assert refusal.value.permission == "sessions:read"

    async def test_everybodys_leaves_out_the_dead(self, database: Database, people: People) -> None:
        person, suspended = await people.user(), await people.user(is_active=False)
        live = await people.session(person)
        await people.session(suspended)
        moment = now()
        for dead in (
            {"revoked_at": moment}, {"idle_expires_at": moment}, {"expires_at": moment}, {"security_epoch": -1},
        ):  # fmt: skip
            await people.session(person, **dead)
        page = await open_sessions.list_sessions(database, CLI, ListQuery(count=True))
        assert ([row.id for row in page.items], page.total) == ([live], 1)

    async def test_finds_by_address_and_ip(self, database: Database, people: People) -> None:
        person = await people.user(email="Anna@example.com")
        session = await people.session(person, ip="192.0.2.7")
        await people.session(await people.user(email="bert@example.com"))
        for q in ("ANNA", "192.0.2.7", "anna 192"):
            page = await open_sessions.list_sessions(database, CLI, ListQuery(q=q))
            assert [row.id for row in page.items] == [session]

    async def test_ends_at_the_earlier_of_its_two_ends(self, database: Database, people: People) -> None:
        soon = now() + timedelta(minutes=5)
        await people.session(await people.user(), idle_expires_at=soon)
        [row] = (await open_sessions.list_sessions(database, CLI, ListQuery())).items
        assert row.expires_at == soon

    @pytest.mark.parametrize("sort", ["ip", "user_agent", "generation", "revoked_at"])
    async def test_has_few_orders(self, database: Database, sort: str) -> None:
        with pytest.raises(InvalidInput):
            await open_sessions.list_sessions(database, CLI, ListQuery(sort=sort))

    async def test_has_no_filters_that_are_quietly_ignored(self, database: Database) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await open_sessions.list_sessions(database, CLI, ListQuery(filters={"status": "live"}))
        assert refusal.value.field == "status"


class TestEnding:
    @pytest.mark.parametrize("act", [open_sessions.session_to_revoke, open_sessions.revoke_session])
    async def test_that_of_a_stronger_user_is_refused(self, database: Database, people: People, act: object) -> None:
        clerk = await people.user("sessions:*")
        session = await people.session(await people.superuser())
        assert callable(act)
        with pytest.raises(StrongerThanYou):
            await act(database, clerk, session)

    @pytest.mark.parametrize("act", [open_sessions.session_to_revoke, open_sessions.revoke_session])
    async def test_that_of_another_needs_the_permission(self, database: Database, people: People, act: object) -> None:
        session = await people.session(await people.user())
        assert callable(act)
        with pytest.raises(NotAllowed) as refusal:
            await act(database, await people.user("sessions:read", "users:*"), session)
        assert refusal.value.permission == "sessions:revoke"

    async def test_ones_own_needs_nothing(self, database: Database, people: People) -> None:
        person = await people.user()
        session = await people.session(person)
        await open_sessions.revoke_session(database, person, session)
        assert await people.live_sessions(person) == []

    async def test_twice_is_one_event(self, database: Database, people: People) -> None:
        person = await people.user()
        session = await people.session(person)
        for _ in range(2):
            await open_sessions.revoke_session(database, CLI, session)
        [event] = await people.events()
        assert (event.action, event.target_id) == ("session.revoked", str(session))
        assert event.changes["user"] == {"old": person.label}

    @pytest.mark.parametrize("permissions", [(), ("sessions:revoke",)])
    async def test_tells_who_may_neither_end_nor_see_it_nothing_of_it(
        self, database: Database, people: People, permissions: tuple[str, ...]
    ) -> None:
        clerk, session = await people.user(*permissions), await people.session(await people.superuser())
        for act in (open_sessions.session_to_revoke, open_sessions.revoke_session):
            answers: list[tuple[type[AdminAuthError], str]] = []
            for session_id in (session, uuid4()):
                with pytest.raises(AdminAuthError) as refusal:
                    await act(database, clerk, session_id)
                answers.append((type(refusal.value), refusal.value.message))
            assert answers[0] == answers[1]

    async def test_one_that_is_not_there_is_not_found(self, database: Database) -> None:
        for attempt in (
            open_sessions.revoke_session(database, CLI, uuid4()),
            open_sessions.session_to_revoke(database, CLI, uuid4()),
            open_sessions.revoke_user_sessions(database, CLI, uuid4()),
        ):
            with pytest.raises(NotFound):
                await attempt

    async def test_all_of_a_user_keeps_the_one_that_is_asked_for(self, database: Database, people: People) -> None:
        person = await people.user()
        kept, *ended = [await people.session(person) for _ in range(3)]
        assert set(await open_sessions.revoke_user_sessions(database, person, id_of(person), keep=kept)) == set(ended)
        assert await people.live_sessions(person) == [kept]
        [event] = await people.events()
        assert event.changes == {"sessions": {"old": 2, "new": 0}}

    async def test_logout_ends_no_session_of_somebody_else(self, database: Database, people: People) -> None:
        session = await people.session(other := await people.user())
        await sessions.end_session(database, await people.superuser(), session)
        assert await people.live_sessions(other) == [session]
