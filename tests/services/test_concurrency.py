"""What must hold when everybody acts at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import (
    EditConflict,
    EmailTaken,
    LastSuperuser,
    NameTaken,
    NotAllowed,
    NotFound,
    StrongerThanYou,
)
from litestar_admin_auth.models import AuditEvent, Role, User
from litestar_admin_auth.services import bootstrap, catalogue, one_time_links, roles, users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.one_time_links import INVITATION
from litestar_admin_auth.services.superusers import require_a_superuser_remains
from tests.services.people import CLI, PASSWORD, PASSWORDS, SHOP, People, id_of


async def together(*acts: Awaitable[Any]) -> list[Any]:
    """Do everything in parallel; errors are among the results."""
    return list(await asyncio.gather(*acts, return_exceptions=True))


def kinds(results: list[Any]) -> list[str]:
    return sorted({type(result).__name__ for result in results if isinstance(result, BaseException)})


async def end_superuser(database: Database, actor: Actor, user_id: Any) -> None:
    """End a superuser's grant now, as the button on the Access tab does."""
    async with database.reading() as db:
        role_id = (await db.scalars(select(Role.id).where(Role.is_system))).one()
    await users.end_grant(database, actor, user_id, role_id)


class TestTwoSuperusersAgainstEachOther:
    @pytest.mark.parametrize(
        "act",
        [
            pytest.param(users.suspend_user, id="suspend"),
            pytest.param(users.delete_user, id="delete"),
            pytest.param(lambda *who: users.revoke_role(*who, "superuser"), id="revoke"),
            pytest.param(lambda *who: users.update_user(*who, roles=[]), id="demote"),
            pytest.param(end_superuser, id="end"),
        ],
    )
    async def test_one_stays(
        self, database: Database, people: People, act: Callable[[Database, Actor, Any], Awaitable[Any]]
    ) -> None:
        for _ in range(5):
            first, second = await people.superuser(), await people.superuser()
            results = await together(act(database, first, second.user_id), act(database, second, first.user_id))
            assert sum(isinstance(result, NotAllowed) for result in results) == 1, results
            async with database.reading() as db:
                await require_a_superuser_remains(db)
            for person in (first, second):
                if await people.stored(person):
                    await people_leave(database, person)

    async def test_nobody_is_left_without_one_when_all_resign_at_once(self, database: Database, people: People) -> None:
        everybody = [await people.superuser() for _ in range(8)]
        results = await together(*(users.revoke_role(database, one, id_of(one), "superuser") for one in everybody))
        assert sum(isinstance(result, LastSuperuser) for result in results) == 1
        assert sum(result is None for result in results) == 7


async def people_leave(database: Database, person: Actor) -> None:
    async with database.writing() as db:
        await db.delete(await db.get_one(User, person.user_id))


SPELLINGS = [
    "kai.strasse@example.com",
    "KAI.STRASSE@EXAMPLE.COM",
    "Kai.Straße@example.com",
    "\u212aai.strasse@Example.com",
]


class TestTheSameNameTwentyTimes:
    async def test_one_address_in_many_spellings_becomes_one_user(self, database: Database) -> None:
        results = await together(
            *(users.create_user(database, CLI, email=SPELLINGS[number % 4]) for number in range(20))
        )
        assert sum(isinstance(result, users.UserRow) for result in results) == 1
        assert sum(isinstance(result, EmailTaken) for result in results) == 19, kinds(results)
        async with database.reading() as db:
            assert await db.scalar(select(func.count(User.id))) == 1
            assert await db.scalar(select(func.count(AuditEvent.id)).where(AuditEvent.action == "user.created")) == 1

    async def test_one_address_goes_to_one_of_twenty_users_who_want_it(
        self, database: Database, people: People
    ) -> None:
        everybody = [await people.user() for _ in range(20)]
        results = await together(
            *(
                users.update_user(database, CLI, id_of(one), email=SPELLINGS[number % 4])
                for number, one in enumerate(everybody)
            )
        )
        assert sum(isinstance(result, EmailTaken) for result in results) == 19, kinds(results)

    async def test_one_role_name_becomes_one_role(self, database: Database) -> None:
        results = await together(*(roles.create_role(database, CLI, name="Editors") for _ in range(20)))
        assert sum(isinstance(result, roles.RoleRow) for result in results) == 1
        assert sum(isinstance(result, NameTaken) for result in results) == 19, kinds(results)
        async with database.reading() as db:
            assert await db.scalar(select(func.count(Role.id)).where(Role.name == "Editors")) == 1

    async def test_one_superuser_is_created_by_parallel_installations(self, database: Database) -> None:
        results = await together(
            *(
                bootstrap.create_superuser(database, PASSWORDS, email="root@example.com", password=PASSWORD)
                for _ in range(5)
            )
        )
        assert sum(isinstance(result, EmailTaken) for result in results) == 4, kinds(results)

    async def test_parallel_starts_declare_the_same_permissions_once(self, database: Database) -> None:
        declared = SHOP | {f"shelf{number}:read": "See a shelf" for number in range(20)}
        results = await together(*(catalogue.sync_permissions(database, declared) for _ in range(8)))
        assert kinds(results) == []
        assert sum(bool(result) for result in results) == 1


class TestTwoEditsOfOneVersion:
    async def test_of_a_user_one_is_a_conflict(self, database: Database, people: People) -> None:
        user_id = id_of(await people.user())
        results = await together(
            *(users.update_user(database, CLI, user_id, name=f"Name {n}", version=1) for n in range(2))
        )
        conflicts = [result for result in results if isinstance(result, EditConflict)]
        assert [conflict.current_version for conflict in conflicts] == [2]
        assert len(await people.events("user.updated")) == 1

    async def test_of_a_role_one_is_a_conflict(self, database: Database, people: People) -> None:
        role = await people.role("orders:read")
        results = await together(
            *(
                roles.update_role(database, CLI, role.id, permissions=[code], version=1)
                for code in ("books:read", "orders:refund")
            )
        )
        assert sum(isinstance(result, EditConflict) for result in results) == 1
        assert len(await people.events("role.permissions_changed")) == 1

    async def test_edits_without_a_version_are_all_counted(self, database: Database, people: People) -> None:
        user_id = id_of(await people.user())
        await together(*(users.update_user(database, CLI, user_id, name=f"Name {n}") for n in range(10)))
        assert (await users.get_user(database, CLI, user_id)).version == 11

    async def test_one_role_granted_ten_times_at_once_is_granted_once(self, database: Database, people: People) -> None:
        user_id, role = id_of(await people.user()), await people.role()
        results = await together(*(users.grant_role(database, CLI, user_id, role.name) for _ in range(10)))
        assert kinds(results) == []
        assert [grant.role for grant in await users.grants_of(database, CLI, user_id)] == [role.name]


async def while_it_happens(
    database: Database, change: Callable[[AsyncSession], Awaitable[None]], act: Awaitable[Any]
) -> Any:
    """Start an act while a transaction that changes access is open, commit that, and return how the act ended."""
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        await change(db)
        await db.flush()
        task = asyncio.ensure_future(act)
        # Long enough for the act to read what it should not trust, were it not waiting.
        await asyncio.sleep(0.3)
        assert not task.done()
    return (await asyncio.gather(task, return_exceptions=True))[0]


class TestAnActorWhoLosesARoleMeanwhile:
    async def test_cannot_grant_it_any_more(self, database: Database, people: People) -> None:
        money = await people.role("orders:refund")
        clerk = await people.user("users:write", roles=[money.name])
        friend = await people.user()

        async def loses(db: AsyncSession) -> None:
            role = await db.get_one(Role, money.id)
            user = await db.scalar(select(User).where(User.id == clerk.user_id).options(users.with_roles()))
            assert user is not None
            user.grants.remove(next(grant for grant in user.grants if grant.role_id == role.id))

        result = await while_it_happens(database, loses, users.grant_role(database, clerk, id_of(friend), money.name))
        assert isinstance(result, StrongerThanYou)
        assert result.missing == ["orders:refund"]
        assert await users.grants_of(database, CLI, id_of(friend)) == []

    async def test_who_is_suspended_meanwhile_does_nothing_any_more(self, database: Database, people: People) -> None:
        clerk, friend = await people.user("users:write"), await people.user()

        async def is_suspended(db: AsyncSession) -> None:
            (await db.get_one(User, clerk.user_id)).is_active = False

        result = await while_it_happens(database, is_suspended, users.suspend_user(database, clerk, id_of(friend)))
        assert isinstance(result, NotAllowed)


class TestOneLinkInManyHands:
    async def test_it_sets_one_password(self, database: Database, people: People) -> None:
        invited = await people.user(password_hash=None)
        link = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
        assert link.token is not None
        guesses = [f"a password of hand {number}" for number in range(10)]
        results = await together(
            *(one_time_links.use_link(database, PASSWORDS, link.token, INVITATION, guess) for guess in guesses)
        )
        winners = [guess for guess, result in zip(guesses, results, strict=True) if isinstance(result, users.UserRow)]
        assert len(winners) == 1, kinds(results)
        assert kinds(results) == [NotFound.__name__]
        stored = await people.stored(invited)
        assert stored is not None
        assert (await PASSWORDS.verify(stored.password_hash, winners[0]))[0]
        assert len(await people.events("user.password_changed")) == 1

    async def test_of_links_made_at_once_only_the_last_works(self, database: Database, people: People) -> None:
        user_id = id_of(await people.user(password_hash=None))
        made = await together(*(one_time_links.create_link(database, CLI, user_id, INVITATION) for _ in range(6)))
        assert kinds(made) == []
        read = await together(*(one_time_links.read_link(database, link.token or "", INVITATION) for link in made))
        assert sum(isinstance(result, users.UserRow) for result in read) == 1


class PowerCut(Exception):
    """The fault of these tests."""


class TestChangeAndEvent:
    """An event without its change is a lie, a change without its event a hole: a fault leaves neither."""

    @pytest.fixture
    def power_cut(self, database: Database) -> Iterator[None]:
        def fail(_connection: object) -> None:
            raise PowerCut

        # Everything has been sent by then; only the COMMIT has not.
        event.listen(database.engine.sync_engine, "commit", fail)
        yield
        event.remove(database.engine.sync_engine, "commit", fail)

    async def test_of_a_user_commit_together(self, database: Database, people: People, power_cut: None) -> None:
        with pytest.raises(PowerCut):
            await users.create_user(database, CLI, email="new@example.com", roles=["superuser"])
        assert await people.events() == []
        async with database.reading() as db:
            assert await db.scalar(select(func.count(User.id))) == 0

    async def test_of_a_role_commit_together(self, database: Database, people: People, power_cut: None) -> None:
        with pytest.raises(PowerCut):
            await roles.create_role(database, CLI, name="Half", permissions=["orders:read"])
        assert await people.events() == []
        assert await roles.all_role_names(database, CLI) == ["superuser"]
