"""Which passwords are taken, and what a new one ends."""

from typing import Any
from uuid import uuid4

import pytest

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import EditConflict, InvalidInput, InvalidSession, NotFound
from litestar_admin_auth.core.passwords import Passwords
from litestar_admin_auth.services import logins, one_time_links, sessions, users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.one_time_links import INVITATION, RESET
from litestar_admin_auth.services.passwords import change_own_password, check_password, set_password
from litestar_admin_auth.services.session_policy import SessionPolicy
from tests.services.people import CLI, PASSWORD, PASSWORDS, People, id_of

NEW = "nine purple llamas"
ANNA: dict[str, Any] = {
    "email": "anna.lindqvist@kaffeehaus.example",
    "name": "Anna Lindqvist",
    "site_title": "Kaffeehaus Central",
}


class TestCheck:
    @pytest.mark.parametrize(
        "good",
        [
            "correct horse battery",
            "fifteen letters",
            "vjz qxkw pmhd r",
            " leading and trailing ",
            "日本語のパスワードはとても安全です",
            "\N{GRINNING FACE}\N{DOG FACE}\N{CAT FACE}\N{ROCKET} over the moon",
            "kqv" * 4 + "zxw" * 4 + "p",
            "x1" + "correct horse battery staple " * 35,
            "tab\tin the middle",
            # A common word may occur: enough is left without it.
            "the password of my aunt",
        ],
    )
    def test_takes(self, good: str) -> None:
        check_password(good, **ANNA)

    @pytest.mark.parametrize(
        "bad",
        [
            "",
            "tiny",
            "vjz qxkw pmhd ",
            "\N{DOG FACE}" * 14,
            "aaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "\N{DOG FACE}" * 20,
            " " * 20,
            "qwertyuiopasdfg",
            "poiuytrewqlkjhg",
            "asdfghjklzxcvbn",
            "qwertzuiopasdfg",
            "azertyuiopqsdfg",
            "1qaz2wsx3edc4rfv",
            "1q2w3e4r5t6y7u8i",
            "zaq12wsxcde34rfv",
            "qazwsxedcrfvtgb",
            "123456789012345",
            "012345678901234567890",
            "abcdefghijklmnop",
            "ABCDEFGHIJKLMNOP",
            "zyxwvutsrqponmlk",
            "password1234567",
            "Passwordpassword1",
            "iloveyouiloveyou!",
            "P@sswordP@ssword2026",
            "anna.lindqvist1",
            "annalindqvist!!",
            "LindqvistAnna2026",
            "anna.lindqvist@kaffeehaus.example",
            "kaffeehaus.example",
            "Kaffeehaus Central",
            "kaffeehaus central 26",
            "nul \x00 in the middle of it",
            "a lone surrogate \ud800 in it",
            "x" * 5 + " is too long " * 100,
        ],
    )
    def test_refuses_with_a_reason(self, bad: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            check_password(bad, **ANNA)
        assert refusal.value.field == "new_password"
        assert refusal.value.message

    def test_counts_to_fifteen_and_to_a_thousand_and_twenty_four(self) -> None:
        long = "vjz qxkw pmhd r" + "".join(chr(0x4E00 + number) for number in range(1100))
        check_password(long[:15])
        check_password(long[:1024])
        for wrong in (long[:14], long[:1025]):
            with pytest.raises(InvalidInput):
                check_password(wrong)

    @pytest.mark.parametrize("filling", ["x", "ab", "qwertyuiop", "\x00", "\ud800"])
    def test_measures_a_megabyte_before_it_reads_it(self, filling: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            check_password(filling * (1_000_000 // len(filling)), **ANNA)
        assert refusal.value.message == "At most 1024 characters are allowed."

    def test_a_short_name_refuses_nothing(self) -> None:
        check_password("max was never here", email="max@x.io", name="Max", site_title="X")


class TestChangeOwn:
    async def test_keeps_the_current_session_and_ends_the_others(self, database: Database, people: People) -> None:
        person, other = await people.user(), await people.user()
        here, phone, work = [await people.session(person) for _ in range(3)]
        elsewhere = await people.session(other)
        actor = Actor(person.label, user_id=person.user_id, session_id=here)
        changed = await change_own_password(database, actor, PASSWORDS, PASSWORD, NEW)
        assert set(changed.revoked_session_ids) == {phone, work}
        assert changed.user.version == 2
        assert (await sessions.find_session(database, here, id_of(person))).user.id == person.user_id
        for ended in (phone, work):
            with pytest.raises(InvalidSession):
                await sessions.find_session(database, ended, id_of(person))
        assert (await sessions.find_session(database, elsewhere, id_of(other))).user.id == other.user_id
        [event] = await people.events()
        assert (event.action, event.changes) == ("user.password_changed", {"sessions_ended": {"new": 2}})

    async def test_lets_the_new_one_in_and_the_old_one_no_more(self, database: Database, people: People) -> None:
        person = await people.user()
        await change_own_password(database, person, PASSWORDS, PASSWORD, NEW)
        assert await logins.verify_credentials(database, PASSWORDS, person.label, PASSWORD) is None
        assert await logins.verify_credentials(database, PASSWORDS, person.label, NEW)

    @pytest.mark.parametrize("wrong", ["", "wrong", PASSWORD + " ", PASSWORD.upper(), "x" * 100_000, "\x00"])
    async def test_needs_the_current_one(self, database: Database, people: People, wrong: str) -> None:
        person = await people.user()
        with pytest.raises(InvalidInput) as refusal:
            await change_own_password(database, person, PASSWORDS, wrong, NEW)
        assert refusal.value.field == "current_password"
        assert await people.events() == []

    async def test_needs_a_new_one(self, database: Database, people: People) -> None:
        person = await people.user()
        for same_or_bad in (PASSWORD, "short"):
            with pytest.raises(InvalidInput) as refusal:
                await change_own_password(database, person, PASSWORDS, PASSWORD, same_or_bad)
            assert refusal.value.field == "new_password"

    async def test_is_verbatim_to_the_last_byte(self, database: Database, people: People) -> None:
        person = await people.user()
        long = "".join(chr(0x61 + number * 7 % 26) for number in range(80))
        await change_own_password(database, person, PASSWORDS, PASSWORD, " " + long)
        for wrong in (long, " " + long[:72], " " + long[:-1] + "!"):
            assert await logins.verify_credentials(database, PASSWORDS, person.label, wrong) is None
        assert await logins.verify_credentials(database, PASSWORDS, person.label, " " + long)

    async def test_is_for_users(self, database: Database) -> None:
        for nobody in (CLI, Actor("gone", user_id=uuid4())):
            with pytest.raises(NotFound):
                await change_own_password(database, nobody, PASSWORDS, PASSWORD, NEW)

    async def test_of_two_at_once_one_is_a_conflict(self, database: Database, people: People) -> None:
        person = await people.user()

        class Overtaken(Passwords):
            async def hash(self, password: str) -> str:
                await set_password(database, CLI, PASSWORDS, id_of(person), "set by the operator")
                return await PASSWORDS.hash(password)

            async def verify(self, stored: str | None, password: str) -> tuple[bool, str | None]:
                return await PASSWORDS.verify(stored, password)

        with pytest.raises(EditConflict):
            await change_own_password(database, person, Overtaken(), PASSWORD, NEW)
        assert await logins.verify_credentials(database, PASSWORDS, person.label, "set by the operator")


class TestSet:
    async def test_ends_every_session_and_every_login_half_way(self, database: Database, people: People) -> None:
        person = await people.user()
        session = await people.session(person)
        half_way = await logins.verify_credentials(database, PASSWORDS, person.label, PASSWORD)
        assert half_way
        changed = await set_password(database, CLI, PASSWORDS, id_of(person), NEW)
        assert changed.revoked_session_ids == [session]
        with pytest.raises(logins.InvalidCredentials):
            await logins.record_login(database, half_way, sessions.Client(), SessionPolicy())

    async def test_blames_the_field_and_the_missing_user(self, database: Database, people: People) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await set_password(database, CLI, PASSWORDS, id_of(await people.user()), "short")
        assert refusal.value.field == "password"
        with pytest.raises(NotFound):
            await set_password(database, CLI, PASSWORDS, uuid4(), NEW)

    async def test_never_writes_the_password_anywhere(self, database: Database, people: People) -> None:
        person = await people.user()
        await set_password(database, CLI, PASSWORDS, id_of(person), NEW)
        stored = await people.stored(person)
        assert stored is not None
        assert NEW not in str(stored.password_hash)
        assert all(NEW not in str(vars(event)) for event in await people.events())


@pytest.mark.parametrize("way", ["change", "set"])
@pytest.mark.parametrize("has", ["a password", "none yet"])
async def test_a_new_password_kills_the_links_that_are_still_open(
    database: Database, people: People, way: str, has: str
) -> None:
    """Whoever has stolen a link must not undo the change that was meant to lock them out."""
    person = await people.user(**({"password_hash": None} if has == "none yet" else {}))
    purpose = INVITATION if has == "none yet" else RESET
    link = await one_time_links.create_link(database, CLI, id_of(person), purpose)
    assert link.token is not None
    if way == "set" or has == "none yet":
        await set_password(database, CLI, PASSWORDS, id_of(person), NEW)
    else:
        await change_own_password(database, person, PASSWORDS, PASSWORD, NEW)
    with pytest.raises(NotFound):
        await one_time_links.read_link(database, link.token, purpose)


async def test_the_suspended_prove_nothing(database: Database, people: People) -> None:
    person = await people.user()
    await users.suspend_user(database, CLI, id_of(person))
    assert await logins.verify_credentials(database, PASSWORDS, person.label, PASSWORD) is None
