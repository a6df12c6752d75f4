"""Grants that end: extended, ended early, filtered, and over without anybody doing anything."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput, LastSuperuser, NotAllowed, NotFound, StrongerThanYou
from litestar_admin_auth.services import access, roles, users
from litestar_admin_auth.services.grant_ends import MAX_EXTENSION_DAYS
from litestar_admin_auth.services.lists import ListQuery
from tests.services.conftest import Clock
from tests.services.people import CLI, People, id_of


async def holding(database: Database, person: UUID) -> frozenset[str]:
    async with database.reading() as db:
        return await access.permissions_of(db, person)


class TestEnd:
    async def test_comes_on_time_without_a_job(self, database: Database, people: People, later: Clock) -> None:
        role = await people.role("orders:read")
        person = id_of(await people.user(roles=[role.name], until=now() + timedelta(days=2)))
        assert await holding(database, person) == {"orders:read"}
        later.ahead = timedelta(days=2, seconds=1)
        assert await holding(database, person) == frozenset()
        assert (await users.get_user(database, CLI, person)).roles == []
        assert (await roles.get_role(database, CLI, role.id)).members == 0

    async def test_can_come_now_and_stays_to_be_seen(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        person = id_of(await people.user(roles=[role.name], until=now() + timedelta(days=2)))
        assert (await users.end_grant(database, CLI, person, role.id)).expired
        assert await holding(database, person) == frozenset()
        (grant,) = await users.grants_of(database, CLI, person)
        assert grant.granted_by == "test", "who gave it stays"
        [event] = await people.events("user.role_ended")
        assert event.changes["role"] == {"old": role.name, "new": role.name}
        assert event.changes["expires_at"]["old"] != event.changes["expires_at"]["new"]
        await users.end_grant(database, CLI, person, role.id)
        assert len(await people.events("user.role_ended")) == 1, "ending twice changes nothing"

    async def test_never_comes_upon_the_last_superuser(self, database: Database, people: People) -> None:
        boss = id_of(await people.superuser())
        (grant,) = await users.grants_of(database, CLI, boss)
        with pytest.raises(LastSuperuser):
            await users.end_grant(database, CLI, boss, grant.role_id)
        await people.superuser()
        await users.end_grant(database, CLI, boss, grant.role_id)
        assert await holding(database, boss) == frozenset()


class TestExtension:
    async def test_moves_the_end_and_keeps_the_rest(self, database: Database, people: People) -> None:
        role, end = await people.role("orders:read"), now() + timedelta(days=2)
        person = id_of(await people.user(roles=[role.name], until=end))
        clerk = await people.superuser()
        grant = await users.extend_grant(database, clerk, person, role.id, days=30)
        assert grant.expires_at == end + timedelta(days=30)
        assert grant.granted_by == "test"
        [event] = await people.events("user.role_extended")
        assert event.actor == clerk.label

    async def test_of_what_has_ended_counts_from_now(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        person = id_of(await people.user(roles=[role.name], until=now() - timedelta(days=100)))
        grant = await users.extend_grant(database, CLI, person, role.id, days=7)
        assert grant.expires_at is not None
        assert timedelta(days=6, hours=23) < grant.expires_at - now() <= timedelta(days=7)
        assert await holding(database, person) == {"orders:read"}

    @pytest.mark.parametrize("days", [0, -1, MAX_EXTENSION_DAYS + 1, 10**30])
    async def test_is_a_sensible_number_of_days(self, database: Database, people: People, days: int) -> None:
        role = await people.role()
        person = id_of(await people.user(roles=[role.name], until=now() + timedelta(days=2)))
        with pytest.raises(InvalidInput) as refusal:
            await users.extend_grant(database, CLI, person, role.id, days=days)
        assert refusal.value.field == "days"

    async def test_ends_with_the_calendar(self, database: Database, people: People) -> None:
        role = await people.role()
        person = id_of(await people.user(roles=[role.name], until=datetime(9999, 12, 30, tzinfo=UTC)))
        with pytest.raises(InvalidInput):
            await users.extend_grant(database, CLI, person, role.id, days=30)

    async def test_of_what_has_no_end_is_refused(self, database: Database, people: People) -> None:
        role = await people.role()
        person = id_of(await people.user(roles=[role.name]))
        with pytest.raises(InvalidInput):
            await users.extend_grant(database, CLI, person, role.id, days=30)


async def test_both_ask_for_what_giving_the_role_asks_for(database: Database, people: People) -> None:
    """Else somebody could bring back, for a friend, what they could not give."""
    strong = await people.role("books:read", name="strong")
    person = id_of(await people.user(roles=["strong"], until=now() - timedelta(days=1)))
    boss = id_of(await people.user("books:read", roles=["strong"], until=now() + timedelta(days=1)))
    clerk, reader = await people.user("users:*", "orders:*"), await people.user("users:read", "books:*")
    for target in (person, boss):
        for actor, error in ((clerk, StrongerThanYou), (reader, NotAllowed)):
            with pytest.raises(error):
                await users.extend_grant(database, actor, target, strong.id, days=30)
            with pytest.raises(error):
                await users.end_grant(database, actor, target, strong.id)
    for role_id in (UUID(int=0), (await people.role()).id):
        with pytest.raises(NotFound):
            await users.extend_grant(database, CLI, person, role_id, days=30)
        with pytest.raises(NotFound):
            await users.end_grant(database, CLI, person, role_id)


async def test_lists_can_be_narrowed_to_those_whose_grant_ends(database: Database, people: People) -> None:
    role, other = await people.role(name="one"), await people.role(name="other")
    ends = {"gone": -1, "soon": 3, "later": 20, "far": 90}
    for name, days in ends.items():
        await people.user(roles=["one"], until=now() + timedelta(days=days), email=f"{name}@example.com")
    await people.user(roles=["one"], email="never@example.com")
    await people.user(roles=["other"], until=now() + timedelta(days=3), email="else@example.com")

    async def listed(**filters: str) -> set[str]:
        page = await users.list_users(database, CLI, ListQuery(filters=filters))
        return {row.email.partition("@")[0] for row in page.items}

    async def members(value: str) -> set[str]:
        page = await roles.members_of(database, CLI, role.id, ListQuery(filters={"ends": value}))
        return {member.email.partition("@")[0] for member in page.items}

    assert await listed(ends="7") == {"soon", "else"}
    assert await listed(ends="7", role="one") == await members("7") == {"soon"}
    assert await listed(ends="30", role="one") == await members("30") == {"soon", "later"}
    assert await listed(ends="ended") == await members("ended") == {"gone"}
    assert await listed(role="one") == await members("") == {"soon", "later", "far", "never"}
    for attempt in (listed(ends="8"), members("\u0667"), members("-7")):
        with pytest.raises(InvalidInput) as refusal:
            await attempt
        assert refusal.value.field == "ends"
    page = await roles.members_of(database, CLI, other.id, ListQuery(sort="expires_at"))
    assert [member.expires_at is not None for member in page.items] == [True]


async def test_members_can_be_sorted_by_their_end(database: Database, people: People) -> None:
    role = await people.role()
    for name, days in (("b", 2), ("a", 1), ("c", None)):
        until = None if days is None else now() + timedelta(days=days)
        await people.user(roles=[role.name], until=until, email=f"{name}@example.com")
    page = await roles.members_of(database, CLI, role.id, ListQuery(sort="-expires_at", limit=2))
    rest = await roles.members_of(database, CLI, role.id, ListQuery(sort="-expires_at", limit=2, cursor=page.next))
    assert [member.email[0] for member in [*page.items, *rest.items]] == ["b", "a", "c"]
