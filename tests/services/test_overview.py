"""The numbers of the first page."""

from dataclasses import asdict
from datetime import timedelta

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.models import AuditEvent
from litestar_admin_auth.services import open_sessions, users
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.logins import record_failed_login
from litestar_admin_auth.services.overview import Counts, counts
from litestar_admin_auth.services.sessions import Client
from tests.services.people import CLI, People


@pytest.fixture
async def somebody(database: Database, people: People) -> None:
    """Two active, one suspended, one invited; one has roles that end soon; of eight sessions two live; of three failed
    logins two today.
    """
    role = await people.role(name="for a while")
    other = await people.role(name="for another while")
    first = await people.user(roles=[role.name, other.name], until=now() + timedelta(days=6))
    second = await people.user(roles=[role.name], until=now() + timedelta(days=8))
    suspended = await people.user(is_active=False, roles=[role.name], until=now() - timedelta(days=1))
    await people.user(password_hash=None)
    for person in (first, second, suspended):
        await people.session(person)
    moment = now()
    for dead in (
        {"revoked_at": moment}, {"idle_expires_at": moment}, {"expires_at": moment}, {"security_epoch": -1},
    ):  # fmt: skip
        await people.session(first, **dead)
    for _ in range(3):
        await record_failed_login(database, "nobody@example.com", Client())
    async with database.writing() as db:
        old = (await people.events("login.failed"))[0]
        (await db.get_one(AuditEvent, old.id)).at = moment - timedelta(days=1, minutes=1)


ALL = Counts(
    active_users=2, suspended_users=1, invited_users=1, ending_soon=1, roles=3, permissions=13, live_sessions=2,
    failed_logins_24h=2,
)  # fmt: skip


async def test_everything_is_counted(database: Database, somebody: None) -> None:
    assert await counts(database, CLI) == ALL
    listed = await open_sessions.list_sessions(database, CLI, ListQuery(count=True))
    assert listed.total == ALL.live_sessions
    ending = await users.list_users(database, CLI, ListQuery(filters={"ends": "7"}, count=True))
    assert ending.total == ALL.ending_soon
    assert [name for _moment, name in ending.items[0].ends] == ["for a while", "for another while"]


@pytest.mark.parametrize(
    ("permission", "seen"),
    [
        ("users:read", {"active_users", "suspended_users", "invited_users", "ending_soon"}),
        ("roles:read", {"roles"}),
        ("permissions:read", {"permissions"}),
        ("sessions:read", {"live_sessions"}),
        ("audit:read", {"failed_logins_24h"}),
        ("users:write", set[str]()),
        ("orders:read", set[str]()),
    ],
)
async def test_each_number_needs_the_permission_to_see_the_list(
    database: Database, people: People, permission: str, seen: set[str]
) -> None:
    numbers = asdict(await counts(database, await people.user(permission)))
    assert {name for name, number in numbers.items() if number is not None} == seen


async def test_they_cost_two_queries(database: Database, people: People, queries: list[str]) -> None:
    actor = await people.superuser()
    queries.clear()
    await counts(database, actor)
    assert len([statement for statement in queries if statement.startswith("SELECT")]) == 2
