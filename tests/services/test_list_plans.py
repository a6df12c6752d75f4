"""What the databases do for a page of thirty thousand rows: read a piece of an index, wherever the page stands."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import event, text

from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.services import audit, open_sessions, users
from litestar_admin_auth.services.cursors import Cursor, encode
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.migrations import upgrade
from litestar_admin_auth.services.overview import counts
from tests.services.people import CLI

ROWS = 30_000
SOME_ID = UUID("01890000-0000-7000-8000-000000050000")

#: A number to a row. On SQLite ids are 32 letters and times are text.
SQLITE = {
    "numbers": "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {rows}) ",
    "from": "FROM t",
    "id": "'018900000000700080000000' || printf('%08d', n)",
    "time": "strftime('%Y-%m-%d %H:%M:%S', 1767225600 + n, 'unixepoch') || '.000000'",
    "text": "CAST(n AS TEXT)",
    "true": "1",
    "active": "n % 100 <> 0",
    "json": "'{}'",
}
POSTGRESQL = {
    "numbers": "",
    "from": "FROM generate_series(1, {rows}) AS t(n)",
    "id": "('018900000000700080000000' || lpad(n::text, 8, '0'))::uuid",
    "time": "to_timestamp(1767225600 + n)",
    "text": "n::text",
    "true": "true",
    "active": "n % 100 <> 0",
    "json": "'{}'::json",
}
FILL = [
    "INSERT INTO admin_auth_user (id, email, email_normalized, name, password_hash, is_active, security_epoch,"
    " last_login_at, created_at, updated_at, version) {numbers}SELECT {id}, {text} || '@x.example',"
    " {text} || '@x.example', 'Name ' || {text}, CASE WHEN n % 100 = 1 THEN NULL ELSE 'x' END, {active}, 0,"
    " CASE WHEN n % 100 < 50 THEN NULL ELSE {time} END, {time}, {time}, 1 {from}",
    "INSERT INTO admin_auth_session (id, user_id, created_at, last_seen_at, idle_expires_at, expires_at, generation,"
    " rotated_at, ip, user_agent, auth_method, security_epoch) {numbers}SELECT {id}, {id}, {time}, {time},"
    " '2999-01-01 00:00:00.000000', '2999-01-01 00:00:00.000000', 0, {time}, '192.0.2.1', 'x', 'password', 0 {from}",
    "INSERT INTO admin_auth_audit_event (id, at, actor_id, actor, action, target_type, target_id, target_label,"
    " changes, ip) {numbers}SELECT {id}, {time}, {id}, {text} || '@x.example', 'thing.' || (n % 50), 'user', {text},"
    " 'x', {json}, '192.0.2.1' {from}",
    "INSERT INTO admin_auth_user_role (id, user_id, role_id, granted_at, granted_by, reason, expires_at) {numbers}"
    "SELECT {id}, {id}, (SELECT id FROM admin_auth_role LIMIT 1), {time}, 'x', '',"
    " CASE WHEN n % 100 = 0 THEN {time} END {from} WHERE n % 10 = 0",
    "ANALYZE",
]


@pytest.fixture(scope="module")
async def crowded(shared_database_url: Callable[[], str]) -> AsyncGenerator[Database]:
    """Thirty thousand users, sessions and events: of each hundred users, one is suspended and one invited."""
    database = Database(create_engine(shared_database_url()))
    await upgrade(database)
    words = POSTGRESQL if database.is_postgresql else SQLITE
    words = {name: word.replace("{rows}", str(ROWS)) for name, word in words.items()}
    async with database.writing() as db:
        for statement in FILL:
            await db.execute(text(statement.format(**words).replace(":", "\\:")))
    yield database
    await database.close()


Read = Callable[[Database, ListQuery], Awaitable[Any]]
USERS: Read = lambda database, query: users.list_users(database, CLI, query)  # noqa: E731
SESSIONS: Read = lambda database, query: open_sessions.list_sessions(database, CLI, query)  # noqa: E731
EVENTS: Read = lambda database, query: audit.list_events(database, CLI, query)  # noqa: E731

#: A value in the middle of each order.
MIDDLE: dict[str, Any] = {
    "created_at": datetime(2026, 1, 1, 4, tzinfo=UTC),
    "last_login_at": datetime(2026, 1, 1, 4, tzinfo=UTC),
    "last_seen_at": datetime(2026, 1, 1, 4, tzinfo=UTC),
    "at": datetime(2026, 1, 1, 4, tzinfo=UTC),
    "email": "5@x.example",
    "name": "Name 5",
}

LISTS = [
    *[
        pytest.param(USERS, ListQuery(sort=way + name), id=f"users by {way}{name}")
        for name in ("created_at", "email", "name", "last_login_at")
        for way in ("", "-")
    ],
    *[
        pytest.param(USERS, ListQuery(filters={name: value}), id=f"users, {name} {value}")
        for name, value in (
            ("status", "suspended"),
            ("status", "invited"),
            ("status", "active"),
            ("last_login", "never"),
        )
    ],
    *[
        pytest.param(SESSIONS, ListQuery(sort=way + name), id=f"sessions by {way}{name}")
        for name in ("created_at", "last_seen_at")
        for way in ("", "-")
    ],
    pytest.param(SESSIONS, ListQuery(filters={"user": str(SOME_ID)}), id="sessions of one user"),
    *[
        pytest.param(EVENTS, ListQuery(sort="-at", filters=filters), id=f"events, {' '.join(filters) or 'all'}")
        for filters in (
            {},
            {"action": "thing.7"},
            {"actor": "15000@x.example"},
            {"actor": str(SOME_ID)},
            {"target_type": "user", "target_id": "15000"},
            {"since": "2026-01-01", "until": "2026-01-01"},
            {"action": "thing.7", "since": "2026-01-01", "until": "2026-01-01"},
        )
    ],
]


async def plans(database: Database, read: Read, query: ListQuery, mark: str = "sort_value") -> list[str]:
    """What the database says about each statement that reads the rows of a page, or has another mark."""
    sent: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if mark in statement:
            sent.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    await read(database, query)
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    explain = "EXPLAIN (FORMAT JSON) " if database.is_postgresql else "EXPLAIN QUERY PLAN "
    found: list[str] = []
    async with database.engine.connect() as connection:
        for statement, parameters in sent:
            rows = (await connection.exec_driver_sql(explain + statement, parameters)).all()
            if database.is_postgresql:
                answer = rows[0][0]
                found.append(" / ".join(steps(answer if isinstance(answer, list) else json.loads(answer))))
            else:
                found.append(" / ".join(row.detail for row in rows))
    assert found
    return found


def steps(node: Any) -> list[str]:
    """The steps of a plan of PostgreSQL."""
    if isinstance(node, list):
        return [step for part in cast("list[Any]", node) for step in steps(part)]
    if "Plan" in node:
        return steps(node["Plan"])
    return [f"{node['Node Type']} {node.get('Relation Name', '')}".strip(), *steps(node.get("Plans", []))]


def complaint(plan: str) -> str | None:
    """Return what is bad about a plan: rows that are sorted, or a table read from end to end."""
    for step in plan.split(" / "):
        if step == "Sort" or "USE TEMP B-TREE FOR ORDER BY" in step:
            return f"sorts: {plan}"
        if step.startswith("Seq Scan") or (step.startswith("SCAN") and "USING" not in step):
            return f"reads everything: {plan}"
    return None


#: SQLite takes NULL for a rare value, reads all who never signed in by their index, and sorts them.
SORTED_BY_SQLITE = ({"status": "invited"}, {"last_login": "never"})


@pytest.mark.parametrize(("read", "query"), LISTS)
async def test_a_page_is_a_piece_of_an_index(crowded: Database, read: Read, query: ListQuery) -> None:
    if query.filters in SORTED_BY_SQLITE and not crowded.is_postgresql:
        [plan] = await plans(crowded, read, query)
        assert plan.startswith("SEARCH admin_auth_user USING INDEX ix_admin_auth_user_last_login_at_id")
        return
    for plan in await plans(crowded, read, query):
        assert complaint(plan) is None
    for backward in (False, True):
        middle = encode(Cursor(query.sort, backward, MIDDLE[query.sort.removeprefix("-")], SOME_ID))
        for plan in await plans(crowded, read, replace(query, cursor=middle)):
            assert complaint(plan) is None


@pytest.mark.parametrize("ends", ["7", "ended"])
async def test_roles_that_end_are_found_by_their_end(crowded: Database, ends: str) -> None:
    """One grant in a hundred has an end: neither the first page nor the list reads the others."""
    numbers: Read = lambda database, _query: counts(database, CLI)  # noqa: E731
    read = await plans(crowded, USERS, ListQuery(filters={"ends": ends}))
    for plan in [*read, *await plans(crowded, numbers, ListQuery(), mark="ending_soon")]:
        steps_of_grants = [step for step in plan.split(" / ") if "admin_auth_user_role" in step]
        assert steps_of_grants
        assert not [step for step in steps_of_grants if step.startswith(("Seq Scan", "SCAN"))], plan


async def test_the_watch_over_the_plans_sees_bad_ones(crowded: Database) -> None:
    """What the test above relies on: without its index, a list is sorted and read from end to end."""
    async with crowded.writing() as db:
        await db.execute(text("DROP INDEX ix_admin_auth_user_name_id"))
    # SQLite tells the old plan of a statement that a connection has prepared before.
    await crowded.engine.dispose()
    try:
        plan = (await plans(crowded, USERS, ListQuery(sort="name")))[0]
        assert complaint(plan) is not None, plan
    finally:
        async with crowded.writing() as db:
            await db.execute(text("CREATE INDEX ix_admin_auth_user_name_id ON admin_auth_user (name, id)"))
