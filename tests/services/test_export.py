"""Lists as CSV: all of what matches and nothing else, no formula, and an event before the first byte."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput, NotAllowed
from litestar_admin_auth.services import export, users
from litestar_admin_auth.services.export import EVENTS, ROLES, SESSIONS, USERS, Export, cell, start_export
from litestar_admin_auth.services.lists import ListQuery
from tests.services.people import CLI, People, id_of

EXPORTS = {"users": USERS, "roles": ROLES, "sessions": SESSIONS, "events": EVENTS}
PERMISSIONS = {"users": "users:read", "roles": "roles:read", "sessions": "sessions:read", "events": "audit:read"}


async def text_of(pieces: AsyncIterator[str]) -> str:
    return "".join([piece async for piece in pieces])


async def rows_of(database: Database, what: Export[Any], query: ListQuery | None = None) -> list[dict[str, str]]:
    """Read a list as a program would."""
    text = await text_of(await start_export(database, CLI, what, query or ListQuery()))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


class TestCell:
    @pytest.mark.parametrize(
        "start", ["=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
    )
    @pytest.mark.parametrize("before", ["", " ", "  ", "\u3000", '"'])
    def test_is_never_a_formula(self, start: str, before: str) -> None:
        assert cell(before + start + "1+1").startswith("'")

    @pytest.mark.parametrize("separator", [",", ";", "\t", "\n", "\r"])
    def test_is_none_either_where_another_character_separates(self, separator: str) -> None:
        written = cell(f"a{separator}=HYPERLINK(1)")
        assert f"{separator}=" not in written
        assert "'=HYPERLINK(1)" in written

    @pytest.mark.parametrize(
        ("value", "written"),
        [
            (None, ""),
            (7, "7"),
            (-7, "-7"),
            ("", ""),
            ("anna@example.com", "anna@example.com"),
            ("Smith-Jones", "Smith-Jones"),
            ("a=b", "a=b"),
            ("clerk; =owner", "clerk;' =owner"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0)", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)"),
            ("'=1", "'=1"),
            (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        ],
    )
    def test_is_plain_otherwise(self, value: object, written: str) -> None:
        assert cell(value) == written

    def test_of_a_megabyte_takes_no_time(self) -> None:
        for text in (" " * 1_000_000, '"' * 1_000_000, ";" * 1_000_000, ", " * 500_000 + "="):
            assert len(cell(text)) >= len(text)


class TestLines:
    async def test_keep_every_character(self, database: Database, people: People) -> None:
        name = 'Ödön "the\u202e quoted", 名前; =x'
        await people.user(email="comma@example.com", name=name)
        [row] = await rows_of(database, USERS, ListQuery(q="comma@"))
        assert row["name"] == name.replace(" =", "' =")
        assert row["email"] == "comma@example.com"
        assert row["status"] == "active"

    async def test_end_with_carriage_return_and_line_feed(self, database: Database, people: People) -> None:
        await people.user()
        text = await text_of(await start_export(database, CLI, USERS, ListQuery()))
        assert text.count("\r\n") == text.count("\n") == 2
        assert text.endswith("\r\n")

    async def test_of_events_tell_what_changed(self, database: Database, people: People) -> None:
        person = await people.user()
        await users.update_user(database, CLI, id_of(person), name="=cmd|' /C calc'!A0")
        [row] = await rows_of(database, EVENTS, ListQuery(sort="-at", filters={"action": "user.updated"}))
        assert (row["actor"], row["target_id"]) == ("cli", str(person.user_id))
        assert row["changes"] == """{"name": {"old": "", "new": "=cmd|' /C calc'!A0"}}"""

    async def test_of_roles_and_sessions_are_what_the_lists_show(self, database: Database, people: People) -> None:
        await people.role("orders:read", "books:*", name="clerk")
        person = await people.user(roles=["clerk"])
        session = await people.session(person, ip="2001:db8::1", user_agent="@SUM(1)")
        [role] = await rows_of(database, ROLES, ListQuery(q="clerk"))
        assert (role["name"], role["permissions"], role["members"]) == ("clerk", "books:*; orders:read", "1")
        [row] = await rows_of(database, SESSIONS)
        assert (row["id"], row["user_email"], row["user_agent"]) == (str(session), person.label, "'@SUM(1)")

    @pytest.mark.parametrize("name", EXPORTS)
    async def test_of_an_empty_list_are_the_headings(self, database: Database, name: str) -> None:
        what = EXPORTS[name]
        text = await text_of(await start_export(database, CLI, what, ListQuery(q="nothing-is-called-this")))
        assert text == "\ufeff" + ",".join(what.columns) + "\r\n"

    async def test_are_all_of_many_pages_each_once(
        self, database: Database, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "MAX_LIMIT", 3)
        everybody = {str((await people.user()).user_id) for _ in range(10)}
        rows = await rows_of(database, USERS)
        assert len(rows) == 10
        assert {row["id"] for row in rows} == everybody

    async def test_honour_filter_search_sort_and_selection(self, database: Database, people: People) -> None:
        first = await people.user(email="b@one.example", is_active=False)
        await people.user(email="a@one.example", is_active=False)
        await people.user(email="c@one.example")
        await people.user(email="d@two.example", is_active=False)
        query = ListQuery(q="one.example", filters={"status": "suspended"}, sort="email")
        assert [row["email"] for row in await rows_of(database, USERS, query)] == ["a@one.example", "b@one.example"]
        chosen = await rows_of(database, USERS, ListQuery(ids=[id_of(first)]))
        assert [row["email"] for row in chosen] == ["b@one.example"]


class TestRights:
    @pytest.mark.parametrize("name", EXPORTS)
    async def test_are_those_of_the_list(self, database: Database, people: People, name: str) -> None:
        for permission in {*PERMISSIONS.values()} - {PERMISSIONS[name]}:
            actor = await people.user(permission)
            with pytest.raises(NotAllowed):
                await start_export(database, actor, EXPORTS[name], ListQuery())
        assert await people.events() == []
        await start_export(database, await people.user(PERMISSIONS[name]), EXPORTS[name], ListQuery())

    async def test_that_end_half_way_end_the_file_half_way(
        self, database: Database, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "MAX_LIMIT", 2)
        await people.superuser()
        actor = await people.user("users:read")
        for _ in range(5):
            await people.user()
        pieces = await start_export(database, actor, USERS, ListQuery())
        await anext(pieces)
        await anext(pieces)
        await users.suspend_user(database, CLI, id_of(actor))
        with pytest.raises(NotAllowed):
            await anext(pieces)

    @pytest.mark.parametrize("query", [ListQuery(sort="nope"), ListQuery(filters={"nope": "x"}), ListQuery(q="\x00")])
    async def test_say_what_is_wrong_before_anything_is_written(
        self, database: Database, people: People, query: ListQuery
    ) -> None:
        with pytest.raises(InvalidInput):
            await start_export(database, CLI, USERS, query)
        assert await people.events() == []


class TestEvent:
    async def test_is_there_before_the_first_byte_with_filter_and_number(
        self, database: Database, people: People
    ) -> None:
        for _ in range(3):
            await people.user(is_active=False)
        actor = await people.user("users:read")
        await start_export(database, actor, USERS, ListQuery(q="example", filters={"status": "suspended", "role": ""}))
        [event] = await people.events()
        assert (event.action, event.actor) == ("users.exported", actor.label)
        assert event.changes == {"rows": {"new": 3}, "filter": {"new": ["q=example", "status=suspended"]}}

    async def test_tells_of_a_selection(self, database: Database, people: People) -> None:
        chosen = [id_of(await people.user()) for _ in range(2)]
        await start_export(database, CLI, USERS, ListQuery(ids=chosen))
        [event] = await people.events()
        assert event.changes == {"rows": {"new": 2}, "selected": {"new": 2}}

    @pytest.mark.parametrize("name", EXPORTS)
    async def test_has_a_name_for_each_list(self, database: Database, people: People, name: str) -> None:
        await start_export(database, CLI, EXPORTS[name], ListQuery())
        assert [event.action for event in await people.events()] == [EXPORTS[name].action]


async def test_no_connection_is_held_between_two_pages(
    database: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow readers of large files must not use up the pool."""
    monkeypatch.setattr(export, "MAX_LIMIT", 1)
    for _ in range(3):
        await people.user()
    pieces = await start_export(database, CLI, USERS, ListQuery())
    async for _piece in pieces:
        assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
