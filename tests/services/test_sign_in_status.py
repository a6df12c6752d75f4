"""Why can this person not sign in?"""

from datetime import timedelta
from uuid import uuid4

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import NotAllowed, NotFound
from litestar_admin_auth.models import User
from litestar_admin_auth.services import logins, one_time_links, users
from litestar_admin_auth.services.one_time_links import INVITATION, RESET
from litestar_admin_auth.services.sessions import Client
from litestar_admin_auth.services.sign_in_status import SignInStatus, sign_in_status
from tests.servers import free_port
from tests.services.conftest import Clock
from tests.services.mails import BASE, posting
from tests.services.people import CLI, People, id_of
from tests.services.test_mailer import smtp


def found(status: SignInStatus) -> list[tuple[str, bool, str]]:
    return [(one.code, one.blocks, one.remedy) for one in status.obstacles]


async def test_nothing_is_in_the_way_of_somebody_active(database: Database, people: People) -> None:
    person = await people.user("orders:read")
    assert await sign_in_status(database, CLI, id_of(person)) == SignInStatus(True, [], [], None)


async def test_a_suspension_tells_since_when_and_by_whom(database: Database, people: People) -> None:
    await people.superuser()
    person, admin = await people.user("orders:read"), await people.superuser(email="boss@example.com")
    await users.suspend_user(database, admin, id_of(person))
    status = await sign_in_status(database, CLI, id_of(person))
    assert not status.can_sign_in
    assert found(status) == [("suspended", True, "reactivate")]
    [obstacle] = status.obstacles
    assert obstacle.by == "boss@example.com"
    assert obstacle.since is not None
    assert abs(obstacle.since - now()) < timedelta(minutes=1)
    await users.reactivate_user(database, CLI, id_of(person))
    assert (await sign_in_status(database, CLI, id_of(person))).can_sign_in


async def test_a_suspension_that_the_log_does_not_know_is_told_all_the_same(database: Database, people: People) -> None:
    person = await people.user("orders:read", is_active=False)
    [obstacle] = (await sign_in_status(database, CLI, id_of(person))).obstacles
    assert (obstacle.code, obstacle.since, obstacle.by) == ("suspended", None, "")


async def test_a_lock_tells_until_when(database: Database, people: People) -> None:
    person = await people.user("orders:read")
    end = now() + timedelta(minutes=5)
    status = await sign_in_status(database, CLI, id_of(person), locked_until=end)
    assert found(status) == [("locked", True, "wait")]
    assert status.obstacles[0].until == end
    assert (await sign_in_status(database, CLI, id_of(person), locked_until=now())).can_sign_in


async def test_an_invitation_is_open_run_out_or_missing(database: Database, people: People, later: Clock) -> None:
    person = await people.user("orders:read", password_hash=None)
    status = await sign_in_status(database, CLI, id_of(person))
    assert found(status) == [("invited", True, "invite")]
    assert (status.obstacles[0].since, status.obstacles[0].until) == (None, None)
    link = await one_time_links.create_link(database, CLI, id_of(person), INVITATION)
    [obstacle] = (await sign_in_status(database, CLI, id_of(person))).obstacles
    assert obstacle.until == link.expires_at
    assert "not been accepted" in obstacle.message
    later.ahead = timedelta(days=3)
    [obstacle] = (await sign_in_status(database, CLI, id_of(person))).obstacles
    assert (obstacle.code, obstacle.until) == ("invited", None)
    assert "run out" in obstacle.message
    later.ahead = timedelta()
    # To another address nothing has been sent.
    await users.update_user(database, CLI, id_of(person), email="other@example.com")
    [obstacle] = (await sign_in_status(database, CLI, id_of(person))).obstacles
    assert "no invitation has been sent" in obstacle.message


async def test_somebody_who_signs_in_elsewhere_is_not_kept_out(database: Database, people: People) -> None:
    person = await people.user("orders:read", password_hash=None, last_login_at=now())
    status = await sign_in_status(database, CLI, id_of(person))
    assert found(status) == [("no_password", False, "invite")]
    assert status.can_sign_in


async def test_no_role_is_told_also_when_the_last_one_has_ended(
    database: Database, people: People, later: Clock
) -> None:
    end = now() - timedelta(days=1)
    for person, said, since in (
        (await people.user(), "No role is held", None),
        (await people.user("orders:read", until=end), "Every role has ended", end),
        # Beside a suspension nothing may say that signing in works.
        (await people.user("orders:read", until=end, is_active=False), "Every role has ended", end),
    ):
        status = await sign_in_status(database, CLI, id_of(person))
        obstacle = status.obstacles[-1]
        assert (obstacle.code, obstacle.blocks, obstacle.remedy) == ("no_roles", False, "give_role")
        assert (obstacle.message, obstacle.since) == (f"{said}: after signing in there is nothing to see.", since)


async def test_a_mail_that_failed_is_told_until_one_goes_out(database: Database, people: People) -> None:
    person = await people.user("orders:read")
    async with posting(database, smtp(free_port()), retry_after=()):
        await one_time_links.create_link(database, CLI, id_of(person), RESET, mail_base=BASE)
    status = await sign_in_status(database, CLI, id_of(person))
    assert found(status) == [("mail_failed", False, "reset")]
    assert "SMTPConnectError" in status.obstacles[0].message
    async with posting(database):
        await one_time_links.create_link(database, CLI, id_of(person), RESET, mail_base=BASE)
    assert (await sign_in_status(database, CLI, id_of(person))).obstacles == []


async def test_failures_since_the_last_success_are_listed_newest_first(
    database: Database, people: People, later: Clock
) -> None:
    person = await people.user("orders:read", email="ada@example.com")
    for minute in range(7):
        later.ahead = timedelta(minutes=minute)
        await logins.record_failed_login(database, "ADA@example.com", Client(ip=f"203.0.113.{minute}"))
    await logins.record_failed_login(database, "somebody@example.com", Client(ip="192.0.2.1"))
    status = await sign_in_status(database, CLI, id_of(person))
    assert [failure.ip for failure in status.failed_logins] == [f"203.0.113.{minute}" for minute in (6, 5, 4, 3, 2)]
    async with database.writing() as db:
        (await db.get_one(User, id_of(person))).last_login_at = now()
    assert (await sign_in_status(database, CLI, id_of(person))).failed_logins == []


async def test_everything_at_once_is_told_at_once(database: Database, people: People) -> None:
    person = await people.user(password_hash=None, is_active=False)
    status = await sign_in_status(database, CLI, id_of(person), locked_until=now() + timedelta(minutes=1))
    assert [one.code for one in status.obstacles] == ["suspended", "locked", "invited", "no_roles"]


async def test_it_is_for_who_may_read_users(database: Database, people: People) -> None:
    person = await people.user()
    with pytest.raises(NotAllowed) as refusal:
        await sign_in_status(database, await people.user("users:write", "audit:read"), id_of(person))
    assert refusal.value.permission == "users:read"
    await sign_in_status(database, await people.user("users:read"), id_of(person))
    with pytest.raises(NotFound):
        await sign_in_status(database, CLI, uuid4())
