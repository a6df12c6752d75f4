"""Pages by keyset: everything once, in both directions, whatever the sort, and nothing for a made-up cursor."""

import base64
import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.models import AuditEvent, User
from litestar_admin_auth.services import audit, catalogue, open_sessions, roles, users
from litestar_admin_auth.services.lists import ListQuery
from tests.services.people import CLI, People

USER_SORTS = ["created_at", "email", "name", "last_login_at"]
DIRECTIONS = ["", "-"]


async def add_users(database: Database, count: int) -> None:
    """Users with many equal names and times, and with none."""
    random = Random(7)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    async with database.writing() as db:
        for number in range(count):
            moment = start + timedelta(seconds=random.randrange(5))
            db.add(
                User(
                    email=f"User{number}@example.com",
                    email_normalized=f"user{number}@example.com",
                    name=random.choice(["", "Anna", "anna", "Ödön", "%"]),
                    last_login_at=random.choice([None, moment]),
                    created_at=moment,
                    updated_at=moment,
                )
            )


async def walk(database: Database, sort: str, limit: int) -> tuple[list[list[Any]], list[list[Any]]]:
    """The ids on each page from the first to the last, and on the way back."""
    page = await users.list_users(database, CLI, ListQuery(sort=sort, limit=limit))
    assert page.previous is None
    there = [[row.id for row in page.items]]
    while page.next:
        page = await users.list_users(database, CLI, ListQuery(sort=sort, limit=limit, cursor=page.next))
        there.append([row.id for row in page.items])
    back = [[row.id for row in page.items]]
    while page.previous:
        page = await users.list_users(database, CLI, ListQuery(sort=sort, limit=limit, cursor=page.previous))
        back.append([row.id for row in page.items])
    return there, back


class TestWalking:
    @pytest.mark.parametrize("sort", [way + name for name in USER_SORTS for way in DIRECTIONS])
    @pytest.mark.parametrize("limit", [1, 7, 23])
    async def test_meets_everybody_once_there_and_back(self, database: Database, sort: str, limit: int) -> None:
        await add_users(database, 23)
        there, back = await walk(database, sort, limit)
        met = [user_id for page in there for user_id in page]
        assert len(met) == len(set(met)) == 23
        assert [len(page) for page in there[:-1]] == [limit] * (len(there) - 1)
        assert back == there[::-1]

    @pytest.mark.parametrize("sort", USER_SORTS)
    async def test_reversed_is_the_same_reversed(self, database: Database, sort: str) -> None:
        await add_users(database, 23)
        up, _ = await walk(database, sort, 200)
        down, _ = await walk(database, "-" + sort, 200)
        assert down[0] == up[0][::-1]

    async def test_never_comes_last_when_the_newest_come_first(self, database: Database) -> None:
        await add_users(database, 23)
        page = await users.list_users(database, CLI, ListQuery(sort="-last_login_at", limit=200))
        logins = [row.last_login_at for row in page.items]
        seen = [login for login in logins if login is not None]
        assert seen == sorted(seen, reverse=True)
        assert logins == [*seen, *[None] * (23 - len(seen))]

    async def test_somebody_new_makes_nobody_appear_twice(self, database: Database, people: People) -> None:
        await add_users(database, 10)
        first = await users.list_users(database, CLI, ListQuery(limit=5))
        await people.user()
        second = await users.list_users(database, CLI, ListQuery(limit=5, cursor=first.next))
        assert len({row.id for row in (*first.items, *second.items)}) == 10

    async def test_the_row_that_a_cursor_names_may_go(self, database: Database) -> None:
        await add_users(database, 10)
        first = await users.list_users(database, CLI, ListQuery(limit=5))
        await users.delete_user(database, CLI, first.items[-1].id)
        second = await users.list_users(database, CLI, ListQuery(limit=5, cursor=first.next))
        assert len(second.items) == 5

    @pytest.mark.parametrize("sort", ["members", "-members", "name", "-name", "updated_at", "-updated_at"])
    async def test_meets_each_role_once(self, database: Database, people: People, sort: str) -> None:
        made = [await people.role() for _ in range(6)]
        for role in made[:3]:
            await people.user(roles=[role.name])
        await people.user(roles=[made[0].name])
        names: list[str] = []
        query = ListQuery(sort=sort, limit=2)
        while True:
            page = await roles.list_roles(database, CLI, query)
            names += [role.name for role in page.items]
            if page.next is None:
                break
            query = ListQuery(sort=sort, limit=2, cursor=page.next)
        assert sorted(names) == sorted(["superuser", *(role.name for role in made)])

    @pytest.mark.parametrize("sort", ["code", "-code", "created_at", "source", "-source"])
    async def test_meets_each_permission_once(self, database: Database, sort: str) -> None:
        codes: list[str] = []
        query = ListQuery(sort=sort, limit=3)
        while True:
            page = await catalogue.list_permissions(database, CLI, query)
            codes += [permission.code for permission in page.items]
            if page.next is None:
                break
            query = ListQuery(sort=sort, limit=3, cursor=page.next)
        assert len(codes) == len(set(codes)) == 13


class TestSearching:
    @pytest.fixture
    async def somebody(self, people: People) -> None:
        await people.user(email="plain@example.com", name="Plain Person")
        await people.user(email="percent@example.com", name="100% sure")
        await people.user(email="under_score@example.com", name="snake")
        await people.user(email="back@example.com", name="back\\slash")
        await people.user(email="oezil@example.com", name="ÖZGE ÇELİK")

    @pytest.mark.parametrize(
        ("q", "expected"),
        [
            ("%", ["percent"]),
            ("0%", ["percent"]),
            ("_", ["under_score"]),
            ("r_s", ["under_score"]),
            ("\\", ["back"]),
            ("k\\s", ["back"]),
            ("%%%%", []),
            ("PLAIN", ["plain"]),
            ("person plain", ["plain"]),
            ("plain sure", []),
            ("özge", ["oezil"]),
            ("ÖZGE", ["oezil"]),
            ("'; drop table admin_auth_user; --", []),
        ],
    )
    async def test_finds_the_words_and_nothing_else(
        self, database: Database, somebody: None, q: str, expected: list[str]
    ) -> None:
        page = await users.list_users(database, CLI, ListQuery(q=q, count=True))
        assert [row.email.partition("@")[0] for row in page.items] == expected
        assert page.total == len(expected)

    async def test_of_a_hundred_words_is_no_fault(self, database: Database, somebody: None) -> None:
        page = await audit.list_events(database, CLI, ListQuery(q="ö " * 100))
        assert page.items == []

    async def test_of_nothing_finds_everybody(self, database: Database, somebody: None) -> None:
        assert len((await users.list_users(database, CLI, ListQuery(q="   "))).items) == 5


def cursor(*content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


SOME_ID = "01890000-0000-7000-8000-000000000000"
NOW = "2026-01-01T00:00:00+00:00"


class TestDamagedCursors:
    @pytest.mark.parametrize(
        ("sort", "damaged"),
        [
            pytest.param("-created_at", damaged, id=str(number))
            for number, damaged in enumerate(
                [
                    "x",
                    "....",
                    "e30",
                    "bnVsbA",
                    "ä",
                    "\ud800",
                    "\x00",
                    "A" * 100_000,
                    base64.urlsafe_b64encode(b"[" * 2900).decode(),
                    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
                    cursor(),
                    cursor("-created_at", 0, NOW),
                    cursor("-created_at", 0, NOW, SOME_ID, 1),
                    cursor("created_at", 0, NOW, SOME_ID),
                    cursor("-created_at", 2, NOW, SOME_ID),
                    cursor("-created_at", [], NOW, SOME_ID),
                    cursor("-created_at", 0, NOW, "no id"),
                    cursor("-created_at", 0, NOW, 5),
                    cursor("-created_at", 0, NOW, None),
                    cursor("-created_at", 0, None, SOME_ID),
                    cursor("-created_at", 0, 5, SOME_ID),
                    cursor("-created_at", 0, 1e400, SOME_ID),
                    cursor("-created_at", 0, "yesterday", SOME_ID),
                    cursor("-created_at", 0, "2026-01-01T00:00:00", SOME_ID),
                    cursor("-created_at", 0, "0001-01-01T00:00:00+14:00", SOME_ID),
                    cursor("-created_at", 0, "9999-12-31T23:59:59-14:00", SOME_ID),
                    cursor("-created_at", 0, {"$gt": ""}, SOME_ID),
                ]
            )
        ]
        + [
            pytest.param("email", cursor("email", 0, "\x00", SOME_ID), id="nul"),
            pytest.param("email", cursor("email", 0, "\ud800", SOME_ID), id="surrogate"),
            pytest.param("email", cursor("email", 0, 7, SOME_ID), id="number for text"),
        ],
    )
    async def test_are_refused_by_name(self, database: Database, sort: str, damaged: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await users.list_users(database, CLI, ListQuery(sort=sort, cursor=damaged))
        assert refusal.value.field == "cursor"

    @pytest.mark.parametrize("number", [2**31, 2**40, 2**63 - 1, -(2**63) + 1])
    async def test_a_number_that_no_count_reaches_is_no_fault(self, database: Database, number: int) -> None:
        page = await roles.list_roles(
            database, CLI, ListQuery(sort="members", cursor=cursor("members", 0, number, SOME_ID))
        )
        assert len(page.items) == (1 if number < 0 else 0)

    @pytest.mark.parametrize("number", [2**63, -(2**63), 10**300, 1.5, True, "5"])
    async def test_a_number_that_is_none_is_refused(self, database: Database, number: Any) -> None:
        with pytest.raises(InvalidInput):
            await roles.list_roles(
                database, CLI, ListQuery(sort="members", cursor=cursor("members", 0, number, SOME_ID))
            )


class TestBounds:
    @pytest.mark.parametrize("limit", [0, -1, 201, 10**30])
    async def test_the_limit_has_some(self, database: Database, limit: int) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await users.list_users(database, CLI, ListQuery(limit=limit))
        assert refusal.value.field == "limit"

    @pytest.mark.parametrize("limit", [1, 200])
    async def test_the_limit_may_be_anything_between(self, database: Database, limit: int) -> None:
        await users.list_users(database, CLI, ListQuery(limit=limit))

    @pytest.mark.parametrize("sort", ["", "-", "--email", "password_hash", "email desc", "id", "email\x00"])
    async def test_the_sort_is_one_of_a_few(self, database: Database, sort: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await users.list_users(database, CLI, ListQuery(sort=sort))
        assert refusal.value.field == "sort"

    @pytest.mark.parametrize("q", ["x" * 201, "\x00", "\udfff"])
    async def test_the_search_is_text_of_some_length(self, database: Database, q: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await users.list_users(database, CLI, ListQuery(q=q))
        assert refusal.value.field == "q"

    @pytest.mark.parametrize(
        "filters", [{"password_hash": "x"}, {"status": "asleep"}, {"role": "\x00"}, {"status": "\ud800"}]
    )
    async def test_the_filters_are_known(self, database: Database, filters: dict[str, str]) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await users.list_users(database, CLI, ListQuery(filters=filters))
        assert refusal.value.field == next(iter(filters))


async def test_a_list_costs_as_many_queries_for_fifty_rows_as_for_two(
    database: Database, people: People, queries: list[str]
) -> None:
    async def cost() -> dict[str, int]:
        counts: dict[str, int] = {}
        for name, read in {
            "users": lambda: users.list_users(database, CLI, ListQuery(limit=200)),
            "roles": lambda: roles.list_roles(database, CLI, ListQuery(limit=200)),
            "permissions": lambda: catalogue.list_permissions(database, CLI, ListQuery(limit=200)),
            "sessions": lambda: open_sessions.list_sessions(database, CLI, ListQuery(limit=200)),
            "events": lambda: audit.list_events(database, CLI, ListQuery(limit=200)),
            "members": lambda: roles.members_of(database, CLI, shared.id, ListQuery(limit=200)),
        }.items():
            queries.clear()
            assert (await read()).items
            counts[name] = len([statement for statement in queries if statement.startswith("SELECT")])
        return counts

    async def add(count: int) -> None:
        for _ in range(count):
            person = await people.user("orders:read", roles=[shared.name])
            await people.session(person, last_seen_at=now())
            await users.update_user(database, CLI, person.user_id, name="New")

    shared = await people.role("books:read")
    await add(2)
    few = await cost()
    await add(50)
    assert await cost() == few
    assert max(few.values()) <= 4


class TestFilters:
    async def test_of_users_tell_who_has_not_signed_in_for_long(self, database: Database, people: People) -> None:
        moment = now()
        await people.user(email="never@example.com", last_login_at=None)
        for days in (1, 40, 400):
            await people.user(email=f"days{days}@example.com", last_login_at=moment - timedelta(days=days))

        async def found(last_login: str) -> set[str]:
            page = await users.list_users(database, CLI, ListQuery(filters={"last_login": last_login}))
            return {row.email.partition("@")[0] for row in page.items}

        assert await found("never") == {"never"}
        assert await found("30") == {"days40", "days400"}
        assert await found("3650") == set()
        for bad in ("", "0", "3651", "00000", "x", "1.5", "-1", "٣", "9" * 5000):
            if bad:
                with pytest.raises(InvalidInput) as refusal:
                    await found(bad)
                assert refusal.value.field == "last_login"

    @pytest.mark.parametrize("status", ["active", "suspended", "invited", "locked"])
    async def test_by_status_agree_with_what_rows_say(self, database: Database, people: People, status: str) -> None:
        for active in (True, False):
            for password in ("x", None):
                for login in (now(), None):
                    await people.user(is_active=active, password_hash=password, last_login_at=login)
        every = (await users.list_users(database, CLI, ListQuery())).items
        found = (await users.list_users(database, CLI, ListQuery(filters={"status": status}))).items
        assert {row.id for row in found} == {row.id for row in every if row.status == status}

    async def test_of_sessions_take_an_id_or_an_address_in_any_spelling(
        self, database: Database, people: People
    ) -> None:
        person = await people.user(email="straße@example.com")
        session = await people.session(person)
        await people.session(await people.user())
        for wanted in (str(person.user_id), "STRASSE@example.com", "straße@example.com"):
            page = await open_sessions.list_sessions(database, CLI, ListQuery(filters={"user": wanted}))
            assert [row.id for row in page.items] == [session]
        for stranger in ("nobody", "x" * 5000, "%"):
            assert not (await open_sessions.list_sessions(database, CLI, ListQuery(filters={"user": stranger}))).items

    async def test_of_events_include_both_days(self, database: Database, people: People) -> None:
        moments = [datetime(2026, 3, day, hour, tzinfo=UTC) for day in (1, 2, 3) for hour in (0, 23)]
        async with database.writing() as db:
            db.add_all(AuditEvent(at=moment, actor="x", action="thing.done") for moment in moments)

        async def found(**filters: str) -> list[datetime]:
            page = await audit.list_events(database, CLI, ListQuery(sort="at", filters=filters))
            return [event.at for event in page.items]

        assert await found(since="2026-03-02", until="2026-03-02") == moments[2:4]
        assert await found(since="2026-03-03") == moments[4:]
        assert await found(until="2026-03-01") == moments[:2]
        # A time with its zone is a moment: half past midnight in Berlin is still the day before.
        assert await found(since="2026-03-02T00:30:00+01:00", until="2026-03-02T23:00:00+00:00") == [moments[2]]
        for name in ("since", "until"):
            for bad in ("2026-02-30", "20260301", "2026-03-01T00:00:00", "now", "9999-12-31", "x" * 10):
                if bad == "9999-12-31" and name == "since":
                    continue
                with pytest.raises(InvalidInput) as refusal:
                    await found(**{name: bad})
                assert refusal.value.field == name


class TestCounting:
    async def test_goes_no_further_than_asked(self, database: Database) -> None:
        await add_users(database, 12)
        page = await users.list_users(database, CLI, ListQuery(limit=5, count_to=10))
        assert (page.total, page.more_than) == (None, 10)
        page = await users.list_users(database, CLI, ListQuery(limit=5, count_to=12))
        assert (page.total, page.more_than) == (12, None)
        page = await users.list_users(database, CLI, ListQuery(limit=5, count=True, count_to=10))
        assert (page.total, page.more_than) == (12, None)
        page = await users.list_users(database, CLI, ListQuery(limit=5))
        assert (page.total, page.more_than) == (None, None)

    async def test_costs_nothing_where_one_page_shows_all(self, database: Database, queries: list[str]) -> None:
        await add_users(database, 5)
        queries.clear()
        page = await users.list_users(database, CLI, ListQuery(limit=5, count=True))
        assert page.total == 5
        assert not [statement for statement in queries if "count" in statement.lower()]
