"""Changing many at once: the rules for one hold for each, what was announced is done, and the log tells all of it."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, func, insert, select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput, NotAllowed, SelectionChanged, StrongerThanYou
from litestar_admin_auth.models import Session, User
from litestar_admin_auth.services import bulk, users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.bulk_operation import (
    LAST_SUPERUSER,
    STRONGER,
    UNCHANGED,
    YOURSELF,
    Operation,
    Selection,
)
from litestar_admin_auth.services.bulk_sessions import RevokeSessions
from litestar_admin_auth.services.bulk_users import EndSessions, GiveRole, Reactivate, Suspend, TakeRole
from litestar_admin_auth.services.lists import ListQuery
from tests.services.people import CLI, People, id_of

EVERYBODY = Selection(query=ListQuery())

#: Each operation on users, made for a role that the tests call "clerk", and the permission for it.
OPERATIONS: dict[str, tuple[Callable[[], Operation[Any]], str]] = {
    "suspend": (Suspend, "users:write"),
    "reactivate": (Reactivate, "users:write"),
    "end sessions": (EndSessions, "sessions:revoke"),
    "give a role": (lambda: GiveRole("clerk"), "users:write"),
    "take a role": (lambda: TakeRole("clerk"), "users:write"),
}


def these(*people: Actor) -> Selection:
    return Selection(ids=tuple(id_of(person) for person in people))


async def status(database: Database, person: Actor) -> str:
    return (await users.get_user(database, CLI, id_of(person))).status


async def roles_of(database: Database, person: Actor) -> list[str]:
    return (await users.get_user(database, CLI, id_of(person))).roles


async def fit(people: People, name: str, **columns: Any) -> Actor:
    """Somebody for whom an operation has something to do."""
    person = await people.user(
        roles=["clerk"] if name == "take a role" else [], is_active=name != "reactivate", **columns
    )
    if name == "end sessions":
        await people.session(person)
    return person


@pytest.fixture
async def clerk(people: People) -> None:
    await people.role("orders:read", name="clerk")


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 3)
    monkeypatch.setattr(bulk, "PAUSE", 0)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.usefixtures("clerk")
class TestEachOperation:
    async def test_does_what_it_announced_and_leaves_who_is_stronger_oneself_and_who_needs_nothing(
        self, database: Database, people: People, name: str
    ) -> None:
        make, permission = OPERATIONS[name]
        await people.superuser()
        actor = await people.user("users:read", permission, "orders:read")
        weak = [await fit(people, name) for _ in range(3)]
        stronger = await fit(people, name)
        await users.grant_role(database, CLI, id_of(stronger), (await people.role("orders:refund")).name)
        if name == "give a role":
            idle = await people.user(roles=["clerk"])
        else:
            idle = await people.user(is_active=name != "suspend")
        ghost = Actor(label="ghost", user_id=uuid4())
        selection = these(actor, *weak, stronger, idle, ghost)

        plan = await bulk.plan(database, actor, make(), selection)
        assert plan.selected == 7
        assert set(plan.changed) == {id_of(person) for person in weak}
        assert {(row.label, row.reason) for row in plan.skipped} == {
            (actor.label, YOURSELF),
            (stronger.label, STRONGER),
            (idle.label, UNCHANGED),
        }
        assert [event.action for event in await people.events()] == ["user.role_granted"]  # the preparation's

        outcome = await bulk.run(database, actor, make(), selection, fingerprint=plan.fingerprint)
        assert outcome.changed == 3
        assert outcome.reasons == plan.reasons == {"yourself": 1, "stronger": 1, "unchanged": 1, "gone": 1}
        assert not outcome.stopped
        again = await bulk.run(database, actor, make(), these(*weak))
        assert (again.changed, again.reasons) == (0, {"unchanged": 3})

    async def test_needs_its_permission_and_to_see_users(self, database: Database, people: People, name: str) -> None:
        make, permission = OPERATIONS[name]
        target = await fit(people, name)
        for held in ("users:read", permission):
            actor = await people.user(held, "orders:read")
            for attempt in (bulk.plan, bulk.run):
                with pytest.raises(NotAllowed):
                    await attempt(database, actor, make(), these(target))
        assert (await bulk.plan(database, CLI, make(), these(target))).changed == [id_of(target)]

    async def test_writes_an_event_for_each_and_one_for_the_whole(
        self, database: Database, people: People, name: str
    ) -> None:
        make, _permission = OPERATIONS[name]
        targets = [await fit(people, name) for _ in range(4)]
        await bulk.run(database, CLI, make(), these(*targets))
        events = await people.events()
        assert len(events) == 5
        assert {event.target_label for event in events[:4]} == {target.label for target in targets}
        assert events[4].action == make().action
        assert events[4].changes["changed"] == {"new": 4}

    @pytest.mark.usefixtures("small_batches")
    async def test_costs_as_many_queries_for_many_as_for_few(
        self,
        database: Database,
        people: People,
        queries: list[str],
        monkeypatch: pytest.MonkeyPatch,
        name: str,
    ) -> None:
        make, _permission = OPERATIONS[name]
        monkeypatch.setattr(bulk, "BATCH", 50)

        async def cost(count: int) -> int:
            targets = [await fit(people, name) for _ in range(count)]
            queries.clear()
            assert (await bulk.run(database, CLI, make(), these(*targets))).changed == count
            return len(queries)

        assert await cost(3) == await cost(40)

    async def test_leaves_nothing_half_done_at_a_fault(
        self, database: Database, people: People, name: str, power_cut: list[int]
    ) -> None:
        make, _permission = OPERATIONS[name]
        targets = [await fit(people, name) for _ in range(3)]
        power_cut.append(0)
        with pytest.raises(PowerCut):
            await bulk.run(database, CLI, make(), these(*targets))
        power_cut.clear()
        assert await people.events() == []
        assert len((await bulk.plan(database, CLI, make(), these(*targets))).changed) == 3


class PowerCut(Exception):
    """The fault of these tests."""


@pytest.fixture
def power_cut(database: Database) -> Iterator[list[int]]:
    """Put a number into the list, and after so many more commits each one fails."""
    left: list[int] = []

    def commit(_connection: object) -> None:
        if left:
            if left[0] == 0:
                raise PowerCut
            left[0] -= 1

    event.listen(database.engine.sync_engine, "commit", commit)
    yield left
    event.remove(database.engine.sync_engine, "commit", commit)


class TestRoles:
    async def test_are_given_with_a_reason_and_an_end_and_not_changed_for_who_has_them(
        self, database: Database, people: People
    ) -> None:
        await people.role("orders:read", name="clerk")
        new, old = await people.user(), await people.user(roles=["clerk"])
        end = now() + timedelta(days=3)
        await bulk.run(database, CLI, GiveRole("clerk", reason="Season", expires_at=end), these(new, old))
        [given] = await users.grants_of(database, CLI, id_of(new))
        assert (given.reason, given.expires_at, given.granted_by) == ("Season", end, "cli")
        [kept] = await users.grants_of(database, CLI, id_of(old))
        assert (kept.reason, kept.expires_at) == ("", None)

    async def test_that_have_ended_are_given_anew(self, database: Database, people: People) -> None:
        await people.role("orders:read", name="clerk")
        former = await people.user(roles=["clerk"], until=now() - timedelta(days=1))
        assert (await bulk.run(database, CLI, GiveRole("clerk"), these(former))).changed == 1
        assert await roles_of(database, former) == ["clerk"]

    @pytest.mark.parametrize("make", [GiveRole, TakeRole])
    async def test_beyond_the_actor_are_refused_as_a_whole(
        self, database: Database, people: People, make: Callable[[str], Operation[Any]]
    ) -> None:
        await people.role("orders:refund", name="refunder")
        actor, target = await people.user("users:*", "orders:read"), await people.user()
        for attempt in (bulk.plan, bulk.run):
            with pytest.raises(StrongerThanYou):
                await attempt(database, actor, make("refunder"), these(target))

    @pytest.mark.parametrize("name", ["nope", "", "\x00", "x" * 1000, "\ud800"])
    async def test_that_do_not_exist_are_refused_by_name(self, database: Database, name: str) -> None:
        for make in (GiveRole, TakeRole):
            with pytest.raises(InvalidInput) as refusal:
                await bulk.plan(database, CLI, make(name), EVERYBODY)
            assert refusal.value.field == "role"

    def test_are_not_given_until_yesterday_or_for_a_reason_of_two_lines(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            GiveRole("clerk", expires_at=now() - timedelta(days=1))
        assert refusal.value.field == "expires_at"
        with pytest.raises(InvalidInput) as refusal:
            GiveRole("clerk", reason="a\nb")
        assert refusal.value.field == "reason"

    async def test_raise_the_version_so_that_an_open_form_conflicts(self, database: Database, people: People) -> None:
        await people.role("orders:read", name="clerk")
        person = await people.user()
        before = (await users.get_user(database, CLI, id_of(person))).version
        await bulk.run(database, CLI, GiveRole("clerk"), these(person))
        await bulk.run(database, CLI, TakeRole("clerk"), these(person))
        assert (await users.get_user(database, CLI, id_of(person))).version == before + 2


class TestTheLastSuperuser:
    @pytest.mark.parametrize("make", [Suspend, lambda: TakeRole("superuser")])
    @pytest.mark.parametrize("batch", [1, 2, 250])
    async def test_stays_when_all_are_selected(
        self,
        database: Database,
        people: People,
        monkeypatch: pytest.MonkeyPatch,
        make: Callable[[], Operation[Any]],
        batch: int,
    ) -> None:
        monkeypatch.setattr(bulk, "BATCH", batch)
        monkeypatch.setattr(bulk, "PAUSE", 0)
        everybody = [await people.superuser() for _ in range(4)]
        # Who is one only for a while, or has not accepted yet, does not count.
        await people.user(roles=["superuser"], until=now() + timedelta(days=1))
        await people.user(roles=["superuser"], password_hash=None)
        plan = await bulk.plan(database, CLI, make(), EVERYBODY)
        assert [row.reason for row in plan.skipped] == [LAST_SUPERUSER]
        outcome = await bulk.run(database, CLI, make(), EVERYBODY, fingerprint=plan.fingerprint)
        assert (outcome.changed, outcome.reasons) == (5, {LAST_SUPERUSER: 1})
        left = [
            p
            for p in everybody
            if (await status(database, p), await roles_of(database, p)) == ("active", ["superuser"])
        ]
        assert len(left) == 1

    @pytest.mark.usefixtures("small_batches")
    async def test_stays_when_two_suspend_everybody_at_once(self, database: Database, people: People) -> None:
        everybody = [await people.superuser() for _ in range(7)]
        first, second = everybody[:2]
        await asyncio.gather(
            bulk.run(database, first, Suspend(), EVERYBODY),
            bulk.run(database, second, Suspend(), EVERYBODY),
            return_exceptions=True,
        )
        assert [await status(database, person) for person in everybody].count("active") == 1

    async def test_keeps_one_of_two_roles_that_hold_everything(self, database: Database, people: People) -> None:
        await people.role("*", name="owner")
        person = await people.user(roles=["superuser", "owner"])
        assert (await bulk.run(database, CLI, TakeRole("owner"), these(person))).changed == 1
        assert (await bulk.run(database, CLI, TakeRole("superuser"), these(person))).reasons == {LAST_SUPERUSER: 1}


class TestSelection:
    async def test_by_a_filter_is_what_the_list_shows(self, database: Database, people: People) -> None:
        await people.role("orders:read", name="clerk")
        clerks = [await people.user(roles=["clerk"]) for _ in range(3)]
        await people.user()
        await people.user(roles=["clerk"], is_active=False)
        query = ListQuery(filters={"role": "clerk", "status": "active"}, sort="nonsense", limit=1)
        plan = await bulk.plan(database, CLI, Suspend(), Selection(query=query))
        assert set(plan.changed) == {id_of(person) for person in clerks}

    async def test_by_a_bad_filter_is_refused_by_name(self, database: Database) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await bulk.plan(database, CLI, Suspend(), Selection(query=ListQuery(filters={"status": "asleep"})))
        assert refusal.value.field == "status"

    async def test_that_has_changed_since_the_question_does_nothing(self, database: Database, people: People) -> None:
        first = await people.user()
        plan = await bulk.plan(database, CLI, Suspend(), EVERYBODY)
        second = await people.user()
        with pytest.raises(SelectionChanged):
            await bulk.run(database, CLI, Suspend(), EVERYBODY, fingerprint=plan.fingerprint)
        assert await status(database, first) == await status(database, second) == "active"
        # As many as before, but others.
        await users.delete_user(database, CLI, id_of(first))
        with pytest.raises(SelectionChanged):
            await bulk.run(database, CLI, Suspend(), EVERYBODY, fingerprint=plan.fingerprint)

    async def test_an_answer_to_another_question_does_nothing(self, database: Database, people: People) -> None:
        await people.role("orders:read", name="clerk")
        await people.role("*", name="owner")
        person = await people.user()
        plan = await bulk.plan(database, CLI, GiveRole("clerk"), these(person))
        others = (GiveRole("owner"), GiveRole("clerk", expires_at=now() + timedelta(days=1)), TakeRole("clerk"))
        for other in (*others, Suspend()):
            with pytest.raises(SelectionChanged):
                await bulk.run(database, CLI, other, these(person), fingerprint=plan.fingerprint)

    async def test_has_a_limit(self, database: Database, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bulk, "MAX_ROWS", 2)
        everybody = [await people.user() for _ in range(3)]
        for selection in (EVERYBODY, these(*everybody)):
            for attempt in (bulk.plan, bulk.run):
                with pytest.raises(InvalidInput):
                    await attempt(database, CLI, Suspend(), selection)
        assert (await bulk.run(database, CLI, Suspend(), these(*everybody[:2], everybody[0]))).changed == 2

    async def test_of_nobody_changes_nobody(self, database: Database, people: People) -> None:
        await people.user()
        assert (await bulk.run(database, CLI, Suspend(), Selection())).changed == 0


@pytest.mark.usefixtures("small_batches")
class TestBatches:
    async def test_are_told_of_as_one(self, database: Database, people: People) -> None:
        targets = [await people.user() for _ in range(8)]
        outcome = await bulk.run(database, CLI, Suspend(), Selection(query=ListQuery(filters={"status": "active"})))
        assert (outcome.changed, outcome.not_reached, outcome.stopped) == (8, 0, "")
        events = await people.events()
        assert [event.action for event in events] == ["user.suspended"] * 8 + ["users.suspended"]
        assert events[-1].changes == {"filter": {"new": ["status=active"]}, "changed": {"new": 8}}
        assert {await status(database, person) for person in targets} == {"suspended"}

    async def test_end_where_the_actor_loses_the_right(
        self, database: Database, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await people.superuser()
        actor = await people.user("users:*")
        targets = [await people.user() for _ in range(8)]

        async def meanwhile() -> None:
            await users.suspend_user(database, CLI, id_of(actor))

        monkeypatch.setattr(bulk, "let_others_in", meanwhile)
        outcome = await bulk.run(database, actor, Suspend(), these(*targets))
        assert (outcome.changed, outcome.not_reached) == (3, 5)
        assert "users:read" in outcome.stopped
        assert [await status(database, person) for person in targets].count("suspended") == 3
        whole = (await people.events())[-1]
        assert (whole.action, whole.actor) == ("users.suspended", actor.label)
        assert whole.changes == {"changed": {"new": 3}, "not_reached": {"new": 5}}

    async def test_before_a_fault_stay_and_the_log_says_how_many(
        self, database: Database, people: People, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        targets = [await people.user() for _ in range(8)]
        pauses = 0

        async def break_the_third() -> None:
            nonlocal pauses
            pauses += 1
            if pauses == 2:
                monkeypatch.setattr(Suspend, "apply", fail)

        async def fail(*_arguments: object) -> None:
            raise PowerCut

        monkeypatch.setattr(bulk, "let_others_in", break_the_third)
        outcome = await bulk.run(database, CLI, Suspend(), these(*targets))
        assert (outcome.changed, outcome.not_reached) == (6, 2)
        assert outcome.stopped == "Something went wrong on our side."
        assert "users.suspended stopped after 6 rows" in caplog.text
        assert [await status(database, person) for person in targets].count("suspended") == 6
        events = await people.events()
        assert [event.action for event in events] == ["user.suspended"] * 6 + ["users.suspended"]
        assert events[-1].changes == {"changed": {"new": 6}, "not_reached": {"new": 2}}

    async def test_let_others_write_in_between(
        self, database: Database, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun, suspend = asyncio.Event(), Suspend.apply
        monkeypatch.setattr(bulk, "PAUSE", 0.11)

        async def slowly(*arguments: Any) -> None:
            # Who comes while the lock is held, and has waited for so long, looks only every tenth of a second.
            begun.set()
            await asyncio.sleep(0.3)
            await suspend(*arguments)

        monkeypatch.setattr(Suspend, "apply", slowly)
        targets = [await people.user() for _ in range(15)]
        other = await people.user()

        async def somebody_else() -> None:
            await begun.wait()
            await users.update_user(database, CLI, id_of(other), name="Changed meanwhile")

        await asyncio.gather(bulk.run(database, CLI, Suspend(), these(*targets)), somebody_else())
        actions = [event.action for event in await people.events()]
        assert actions.index("user.updated") < actions.index("users.suspended")


class TestSessions:
    async def live(self, database: Database) -> set[UUID]:
        async with database.reading() as db:
            return set(await db.scalars(select(Session.id).where(Session.revoked_at.is_(None))))

    async def test_end_but_those_of_the_stronger_and_this_one(self, database: Database, people: People) -> None:
        boss = await people.superuser()
        actor = await people.user("sessions:*")
        weak = await people.user()
        here = await people.session(actor)
        elsewhere, strong = await people.session(actor), await people.session(boss)
        ended = [await people.session(weak) for _ in range(2)]
        dead = await people.session(weak, revoked_at=now())
        actor = Actor(label=actor.label, user_id=actor.user_id, session_id=here)
        ids = (here, elsewhere, strong, dead, *ended)
        plan = await bulk.plan(database, actor, RevokeSessions(), Selection(ids=ids))
        assert set(plan.changed) == {elsewhere, *ended}
        outcome = await bulk.run(database, actor, RevokeSessions(), Selection(ids=ids), fingerprint=plan.fingerprint)
        assert outcome.reasons == plan.reasons == {"yourself": 1, "stronger": 1, "gone": 1}
        assert await self.live(database) == {here, strong}
        assert [event.action for event in await people.events()] == ["session.revoked"] * 3 + ["sessions.revoked"]

    async def test_of_one_user_end_by_the_filter(self, database: Database, people: People) -> None:
        first, second = await people.user(), await people.user()
        await people.session(first)
        kept = await people.session(second)
        query = ListQuery(filters={"user": first.label})
        assert (await bulk.run(database, CLI, RevokeSessions(), Selection(query=query))).changed == 1
        assert await self.live(database) == {kept}

    @pytest.mark.parametrize("held", ["sessions:read", "sessions:revoke", "users:*"])
    async def test_need_both_permissions(self, database: Database, people: People, held: str) -> None:
        actor = await people.user(held)
        with pytest.raises(NotAllowed):
            await bulk.run(database, actor, RevokeSessions(), Selection(query=ListQuery()))


async def test_of_suspended_users_no_session_and_no_pending_login_survives(database: Database, people: People) -> None:
    targets = [await people.user() for _ in range(3)]
    for target in targets:
        await people.session(target)
    await bulk.run(database, CLI, Suspend(), these(*targets))
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Session).where(Session.revoked_at.is_(None))) == 0
        assert set(await db.scalars(select(User.security_epoch))) == {1}


async def test_five_thousand_users_change_in_one_go(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PAUSE", 0)
    addresses = [f"u{number}@example.com" for number in range(5_000)]
    moment = {"created_at": now(), "updated_at": now()}
    async with database.writing() as db:
        await db.execute(insert(User), [{"email": one, "email_normalized": one, **moment} for one in addresses])
    plan = await bulk.plan(database, CLI, Suspend(), EVERYBODY)
    assert len(plan.changed) == plan.selected == 5_000
    outcome = await bulk.run(database, CLI, Suspend(), EVERYBODY, fingerprint=plan.fingerprint)
    assert outcome.changed == 5_000
    page = await users.list_users(database, CLI, ListQuery(filters={"status": "suspended"}, count=True))
    assert page.total == 5_000
