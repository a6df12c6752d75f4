"""Asking for a new password: a mail for who may have one, and nothing for anybody else."""

import asyncio
from typing import Any

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidSession, NotFound
from litestar_admin_auth.services import logins, one_time_links, sessions, users
from litestar_admin_auth.services.one_time_links import INVITATION, RESET
from litestar_admin_auth.services.password_reset import request_reset
from litestar_admin_auth.services.passwords import change_own_password
from tests.services.mails import BASE, link_of, posting, token_of
from tests.services.people import CLI, PASSWORD, PASSWORDS, People, id_of

NEW = "nine purple llamas"


async def ask(database: Database, email: str) -> None:
    await request_reset(database, email, ip="203.0.113.9", mail_base=BASE)


class TestWhoHasAPassword:
    async def test_gets_a_link_that_sets_a_new_one_and_ends_every_session(
        self, database: Database, people: People
    ) -> None:
        person = await people.user(email="Ada@example.com")
        session = await people.session(person)
        async with posting(database) as post:
            await ask(database, "ADA@example.com")
            [mail] = await post.sent()
        assert (mail["To"], mail["Subject"]) == ("Ada@example.com", "Choose a new password for Shop")
        assert link_of(mail).startswith("https://shop.example/admin/password-reset/")
        # Until it is used, everything stays as it is.
        assert await logins.verify_credentials(database, PASSWORDS, "ada@example.com", PASSWORD)
        await one_time_links.use_link(database, PASSWORDS, token_of(mail), RESET, NEW)
        assert await logins.verify_credentials(database, PASSWORDS, "ada@example.com", PASSWORD) is None
        assert await logins.verify_credentials(database, PASSWORDS, "ada@example.com", NEW)
        with pytest.raises(InvalidSession):
            await sessions.find_session(database, session, id_of(person))

    async def test_has_a_line_in_the_log_that_books_it_to_nobody(self, database: Database, people: People) -> None:
        person = await people.user(email="ada@example.com")
        await ask(database, "ada@example.com")
        [event] = await people.events("user.reset_requested")
        assert (event.actor, event.actor_id, event.ip) == ("ada@example.com", None, "203.0.113.9")
        assert event.target_id == str(person.user_id)

    async def test_finds_older_links_dead(self, database: Database, people: People) -> None:
        person = await people.user(email="ada@example.com")
        by_admin = await one_time_links.create_link(database, CLI, id_of(person), RESET)
        async with posting(database) as post:
            await ask(database, "ada@example.com")
            await ask(database, "ada@example.com")
            first, second = [token_of(mail) for mail in await post.sent()]
        for dead in (by_admin.token or "", first):
            with pytest.raises(NotFound):
                await one_time_links.read_link(database, dead, RESET)
        await one_time_links.read_link(database, second, RESET)

    async def test_gets_one_password_of_two_that_are_set_at_once(self, database: Database, people: People) -> None:
        await people.user(email="ada@example.com")
        async with posting(database) as post:
            await ask(database, "ada@example.com")
            [mail] = await post.sent()
        guesses = [NEW, "ten yellow camels walking"]
        results = await asyncio.gather(
            *(one_time_links.use_link(database, PASSWORDS, token_of(mail), RESET, guess) for guess in guesses),
            return_exceptions=True,
        )
        assert sorted(type(result).__name__ for result in results) == ["NotFound", "UserRow"]

    @pytest.mark.parametrize("change", ["address", "suspension", "password", "deletion"])
    async def test_finds_the_link_dead_after_a_change(self, database: Database, people: People, change: str) -> None:
        await people.superuser()
        person = await people.user(email="ada@example.com")
        async with posting(database) as post:
            await ask(database, "ada@example.com")
            [mail] = await post.sent()
        match change:
            case "address":
                await users.update_user(database, CLI, id_of(person), email="ada@elsewhere.example")
            case "suspension":
                await users.suspend_user(database, CLI, id_of(person))
            case "deletion":
                await users.delete_user(database, CLI, id_of(person))
            case _:
                await change_own_password(database, person, PASSWORDS, PASSWORD, "a third good password")
        with pytest.raises(NotFound):
            await one_time_links.use_link(database, PASSWORDS, token_of(mail), RESET, NEW)


@pytest.mark.parametrize(
    ("who", "columns"),
    [
        ("unknown", None),
        ("suspended", {"is_active": False}),
        ("invited", {"password_hash": None}),
        ("signs in elsewhere", {"password_hash": None, "last_login_at": "now"}),
    ],
)
async def test_nobody_else_gets_a_mail_or_a_link(
    database: Database, people: People, who: str, columns: dict[str, Any] | None
) -> None:
    if columns is not None:
        if "last_login_at" in columns:
            columns = columns | {"last_login_at": now()}
        await people.user(email="ada@example.com", **columns)
    async with posting(database) as post:
        await ask(database, "ada@example.com")
        assert await post.sent() == []
    [event] = await people.events("user.reset_requested")
    assert event.actor == "ada@example.com"


async def test_an_open_invitation_survives_the_question(database: Database, people: People) -> None:
    """Else a stranger who knows the address could keep somebody from ever accepting it."""
    invited = await people.user(email="ada@example.com", password_hash=None)
    link = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
    await ask(database, "ada@example.com")
    await one_time_links.read_link(database, link.token or "", INVITATION)
