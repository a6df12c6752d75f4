"""Nobody reaches what they do not hold: a truth table of who may do what to whom."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import LastSuperuser, NotAllowed, NotFound, StrongerThanYou, SystemRole
from litestar_admin_auth.services import one_time_links, open_sessions, roles, users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.passwords import set_password
from tests.services.people import CLI, PASSWORD, PASSWORDS, People, id_of

Act = Callable[[Database, Actor, UUID], Awaitable[Any]]

#: Everything that one user can do to another, and the permission for it.
ACTS: dict[str, tuple[Act, str]] = {
    "edit": (lambda db, actor, whom: users.update_user(db, actor, whom, name="Changed"), "users:write"),
    "redirect the e-mail of": (
        lambda db, actor, whom: users.update_user(db, actor, whom, email=f"{uuid4().hex}@example.com"), "users:write",
    ),
    "suspend": (users.suspend_user, "users:write"),
    "reactivate": (users.reactivate_user, "users:write"),
    "delete": (users.delete_user, "users:delete"),
    "send a link for": (
        lambda db, actor, whom: one_time_links.create_link(db, actor, whom, one_time_links.RESET), "users:write",
    ),
    "end the sessions of": (open_sessions.revoke_user_sessions, "sessions:revoke"),
    "strip of all roles": (lambda db, actor, whom: users.update_user(db, actor, whom, roles=[]), "users:write"),
}  # fmt: skip

#: What the actor holds besides the permission for the act, what the target holds, and who wins.
STRENGTHS = [
    ((), (), True),
    (("orders:read",), ("orders:read",), True),
    (("orders:read", "books:read"), ("orders:read",), True),
    (("orders:*",), ("orders:read", "orders:refund"), True),
    (("orders:*",), ("orders:*",), True),
    (("*",), ("*",), True),
    (("*",), ("orders:*",), True),
    ((), ("orders:read",), False),
    (("orders:read",), ("orders:refund",), False),
    (("orders:read",), ("orders:read", "books:read"), False),
    # The sum of today's codes is no wildcard: tomorrow's release may add one.
    (("orders:read", "orders:refund"), ("orders:*",), False),
    (("orders:*",), ("*",), False),
    (("orders:*", "books:*", "users:*", "roles:*", "permissions:*", "sessions:*", "audit:*"), ("*",), False),
]  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
class TestOneUserToAnother:
    async def test_strength_decides(self, database: Database, people: People, act: str) -> None:
        do, permission = ACTS[act]
        await people.superuser()
        for held, theirs, allowed in STRENGTHS:
            actor, target = await people.user("users:read", permission, *held), await people.user(*theirs)
            attempt = do(database, actor, id_of(target))
            if allowed:
                await attempt
            else:
                with pytest.raises(StrongerThanYou):
                    await attempt

    async def test_nobody_does_it_without_the_permission(self, database: Database, people: People, act: str) -> None:
        do, permission = ACTS[act]
        await people.superuser()
        others = {"users:read", "users:write", "users:delete", "roles:*", "sessions:revoke", "audit:*"} - {permission}
        target = await people.user()
        with pytest.raises(NotAllowed) as refusal:
            await do(database, await people.user(*others), id_of(target))
        assert refusal.value.permission == permission

    async def test_a_stranger_does_not(self, database: Database, people: People, act: str) -> None:
        with pytest.raises(NotAllowed):
            await ACTS[act][0](database, Actor("a stranger"), id_of(await people.user()))

    async def test_a_suspended_actor_holds_nothing(self, database: Database, people: People, act: str) -> None:
        actor, target = await people.user("*", is_active=False), await people.user()
        with pytest.raises(NotAllowed):
            await ACTS[act][0](database, actor, id_of(target))

    async def test_what_an_actor_held_until_yesterday_counts_no_more(
        self, database: Database, people: People, act: str
    ) -> None:
        actor, target = await people.user("*", until=now() - timedelta(days=1)), await people.user()
        with pytest.raises(NotAllowed):
            await ACTS[act][0](database, actor, id_of(target))

    async def test_what_a_target_held_until_yesterday_counts_no_more(
        self, database: Database, people: People, act: str
    ) -> None:
        do, permission = ACTS[act]
        target = await people.user("*", until=now() - timedelta(days=1))
        await do(database, await people.user("users:read", permission), id_of(target))

    async def test_a_made_up_target_is_not_there(self, database: Database, people: People, act: str) -> None:
        with pytest.raises(NotFound):
            await ACTS[act][0](database, CLI, uuid4())


@pytest.mark.parametrize("act", sorted(ACTS.keys() - {"end the sessions of"}))
async def test_a_suspended_target_is_as_strong_as_before(database: Database, people: People, act: str) -> None:
    do, permission = ACTS[act]
    await people.superuser()
    actor, target = await people.user("users:read", permission), await people.user("*", is_active=False)
    with pytest.raises(StrongerThanYou):
        await do(database, actor, id_of(target))


@pytest.mark.parametrize("act", sorted(ACTS))
async def test_who_may_not_see_users_does_not_learn_that_there_is_a_stronger_one(
    database: Database, people: People, act: str
) -> None:
    do, permission = ACTS[act]
    actor, target = await people.user(permission), await people.superuser()
    with pytest.raises(NotFound) as stronger:
        await do(database, actor, id_of(target))
    with pytest.raises(NotFound) as nobody:
        await do(database, actor, uuid4())
    assert stronger.value.message == nobody.value.message


#: What the actor holds besides, what the role holds, and whether the actor may hand it out and take it back.
COVERS = [
    ((), (), True),
    (("orders:read",), ("orders:read",), True),
    (("orders:*",), ("orders:refund",), True),
    (("*",), ("*",), True),
    ((), ("orders:read",), False),
    (("orders:read", "orders:refund"), ("orders:*",), False),
    (("orders:*",), ("*",), False),
    (("orders:*",), ("books:read",), False),
]


class TestRolesOfUsers:
    @pytest.mark.parametrize(("held", "codes", "allowed"), COVERS)
    async def test_only_what_one_holds_is_handed_out(
        self, database: Database, people: People, held: tuple[str, ...], codes: tuple[str, ...], allowed: bool
    ) -> None:
        actor, role = await people.user("users:read", "users:write", *held), await people.role(*codes)
        ways = [
            lambda: users.update_user(database, actor, id_of(friend), roles=[role.name]),
            lambda: users.grant_role(database, actor, id_of(friend), role.name),
            lambda: users.create_user(database, actor, email=f"{uuid4().hex}@example.com", roles=[role.name]),
        ]
        for way in ways:
            friend = await people.user()
            if allowed:
                await way()
            else:
                with pytest.raises(StrongerThanYou):
                    await way()
        assert bool(await people.events("user.role_granted")) is allowed

    @pytest.mark.parametrize(("held", "codes", "allowed"), COVERS)
    async def test_only_what_one_holds_is_taken_away(
        self, database: Database, people: People, held: tuple[str, ...], codes: tuple[str, ...], allowed: bool
    ) -> None:
        await people.superuser()
        actor, role = await people.user("users:read", "users:write", *held), await people.role(*codes)
        for way in ("revoke", "edit"):
            target = id_of(await people.user(roles=[role.name]))
            attempt = (
                users.revoke_role(database, actor, target, role.name)
                if way == "revoke"
                else users.update_user(database, actor, target, roles=[])
            )
            if allowed:
                await attempt
                assert (await users.get_user(database, CLI, target)).roles == []
            else:
                with pytest.raises(StrongerThanYou):
                    await attempt
                assert (await users.get_user(database, CLI, target)).roles == [role.name]

    async def test_nobody_lifts_oneself(self, database: Database, people: People) -> None:
        actor = await people.user("users:*", "roles:*")
        with pytest.raises(StrongerThanYou):
            await users.grant_role(database, actor, id_of(actor), "superuser")
        with pytest.raises(StrongerThanYou):
            await users.update_user(database, actor, id_of(actor), roles=["superuser"])

    async def test_nobody_shortens_or_prolongs_what_is_not_theirs(self, database: Database, people: People) -> None:
        role = await people.role("orders:refund")
        actor, target = await people.user("users:read", "users:write"), await people.user(roles=[role.name])
        with pytest.raises(StrongerThanYou):
            await users.grant_role(database, actor, id_of(target), role.name, expires_at=now() + timedelta(minutes=1))

    async def test_an_expired_grant_of_a_stronger_role_is_not_renewed(self, database: Database, people: People) -> None:
        target = await people.user("orders:refund", until=now() - timedelta(days=1))
        role = (await users.grants_of(database, CLI, id_of(target)))[0].role
        actor = await people.user("users:read", "users:write")
        with pytest.raises(StrongerThanYou):
            await users.grant_role(database, actor, id_of(target), role)
        with pytest.raises(StrongerThanYou):
            await users.update_user(database, actor, id_of(target), roles=[role])


class TestRolesThemselves:
    @pytest.mark.parametrize(("held", "codes", "allowed"), COVERS)
    async def test_nobody_makes_edits_or_deletes_a_stronger_one(
        self, database: Database, people: People, held: tuple[str, ...], codes: tuple[str, ...], allowed: bool
    ) -> None:
        await people.superuser()
        actor = await people.user("roles:*", *held)
        strong, weak, doomed = await people.role(*codes), await people.role(), await people.role(*codes)
        ways = [
            lambda: roles.create_role(database, actor, name=f"new {uuid4().hex}", permissions=codes),
            lambda: roles.update_role(database, actor, weak.id, permissions=codes),
            lambda: roles.update_role(database, actor, strong.id, name=f"renamed {uuid4().hex}"),
            lambda: roles.update_role(database, actor, strong.id, permissions=[]),
            lambda: roles.delete_role(database, actor, doomed.id),
        ]
        for way in ways:
            if allowed:
                await way()
            else:
                with pytest.raises(StrongerThanYou):
                    await way()

    @pytest.mark.parametrize("actor_is", ["superuser", "cli"])
    async def test_the_built_in_one_never_changes(self, database: Database, people: People, actor_is: str) -> None:
        superuser = await people.superuser()
        actor = superuser if actor_is == "superuser" else CLI
        page = await roles.list_roles(database, CLI, ListQuery())
        role_id = page.items[0].id
        for attempt in (
            roles.update_role(database, actor, role_id, name="other"),
            roles.update_role(database, actor, role_id, description="other"),
            roles.update_role(database, actor, role_id, permissions=["*", "orders:read"]),
            roles.delete_role(database, actor, role_id),
        ):
            with pytest.raises(SystemRole):
                await attempt
        assert (await roles.get_role(database, CLI, role_id)).permissions == ["*"]


class TestTheLastSuperuser:
    """Others are around who do not count: suspended, merely invited, superuser until tomorrow."""

    @pytest.fixture
    async def last(self, people: People) -> Actor:
        await people.superuser(is_active=False)
        await people.superuser(password_hash=None)
        await people.superuser(until=now() + timedelta(days=1))
        return await people.superuser()

    ROUTES: dict[str, Act] = {  # noqa: RUF012
        "suspended": users.suspend_user,
        "deleted": users.delete_user,
        "stripped of the role": lambda db, actor, whom: users.revoke_role(db, actor, whom, "superuser"),
        "given no role at all": lambda db, actor, whom: users.update_user(db, actor, whom, roles=[]),
        "given an end": lambda db, actor, whom: users.grant_role(
            db, actor, whom, "superuser", expires_at=now() + timedelta(days=365)
        ),
    }

    @pytest.mark.parametrize("route", ROUTES)
    @pytest.mark.parametrize("by", ["oneself", "another", "cli"])
    async def test_is_not(self, database: Database, people: People, last: Actor, route: str, by: str) -> None:
        another = await people.superuser(until=now() + timedelta(hours=1))
        actor = {"oneself": last, "another": another, "cli": CLI}[by]
        with pytest.raises(LastSuperuser):
            await self.ROUTES[route](database, actor, id_of(last))
        row = await users.get_user(database, CLI, id_of(last))
        assert (row.status, row.roles, row.version) == ("active", ["superuser"], 1)
        assert await people.events() == []

    @pytest.mark.parametrize("route", ROUTES)
    async def test_of_two_the_first_may_go(self, database: Database, people: People, last: Actor, route: str) -> None:
        await self.ROUTES[route](database, last, id_of(await people.superuser()))

    async def test_does_not_lose_it_with_a_role_of_ones_own_that_holds_everything(
        self, database: Database, people: People
    ) -> None:
        owners = await people.role("*", name="owners")
        owner = await people.user(roles=["owners"])
        for attempt in (
            roles.delete_role(database, owner, owners.id),
            roles.update_role(database, owner, owners.id, permissions=[]),
            roles.update_role(database, CLI, owners.id, permissions=["users:*"]),
        ):
            with pytest.raises(LastSuperuser):
                await attempt
        assert (await roles.get_role(database, CLI, owners.id)).permissions == ["*"]

    async def test_may_rename_that_role(self, database: Database, people: People) -> None:
        owners = await people.role("*", name="owners")
        owner = await people.user(roles=["owners"])
        assert (await roles.update_role(database, owner, owners.id, name="founders")).name == "founders"

    async def test_where_there_never_was_one_others_are_not_held_up(self, database: Database, people: People) -> None:
        clerk = await people.user("orders:read")
        assert (await users.suspend_user(database, CLI, id_of(clerk))).status == "suspended"


async def test_nobody_but_the_operator_sets_the_password_of_another(database: Database, people: People) -> None:
    superuser, target = await people.superuser(), await people.user()
    with pytest.raises(PermissionError):
        await set_password(database, superuser, PASSWORDS, id_of(target), PASSWORD + "!")
