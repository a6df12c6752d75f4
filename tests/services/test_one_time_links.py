"""Links that are used once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import Conflict, InvalidInput, InvalidSession, NotFound
from litestar_admin_auth.models import OneTimeToken
from litestar_admin_auth.services import logins, one_time_links, sessions, users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.one_time_links import INVITATION, RESET, Link, Purpose
from tests.services.conftest import Clock
from tests.services.people import CLI, PASSWORDS, People, id_of

NEW = "nine purple llamas"


def token_of(link: Link) -> str:
    """The token of a link that was not mailed."""
    assert link.token is not None
    return link.token


@pytest.fixture
async def invited(people: People) -> Actor:
    """Somebody without a password."""
    return await people.user(password_hash=None, email="Ada@example.com", name="Ada")


class TestALink:
    async def test_lets_the_invited_in(self, database: Database, people: People, invited: Actor) -> None:
        link = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
        assert link.purpose == "invitation"
        assert (await one_time_links.read_link(database, token_of(link), INVITATION)).email == "Ada@example.com"
        row = await one_time_links.use_link(database, PASSWORDS, token_of(link), INVITATION, NEW, ip="203.0.113.9")
        assert (row.id, row.status) == (invited.user_id, "active")
        assert await logins.verify_credentials(database, PASSWORDS, "ada@example.com", NEW)
        invited_event, changed = await people.events()
        assert (invited_event.action, invited_event.actor) == ("user.invited", "cli")
        assert (changed.action, changed.actor_id, changed.ip) == (
            "user.password_changed", invited.user_id, "203.0.113.9",
        )  # fmt: skip

    async def test_works_once(self, database: Database, invited: Actor) -> None:
        link = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
        await one_time_links.use_link(database, PASSWORDS, token_of(link), INVITATION, NEW)
        with pytest.raises(NotFound):
            await one_time_links.read_link(database, token_of(link), INVITATION)
        with pytest.raises(NotFound):
            await one_time_links.use_link(database, PASSWORDS, token_of(link), INVITATION, "another good password")
        assert await logins.verify_credentials(database, PASSWORDS, "ada@example.com", NEW)

    async def test_for_somebody_with_a_password_is_a_reset_that_ends_every_session(
        self, database: Database, people: People
    ) -> None:
        person = await people.user()
        session = await people.session(person)
        link = await one_time_links.create_link(database, CLI, id_of(person), RESET)
        assert link.purpose == "reset"
        await one_time_links.use_link(database, PASSWORDS, token_of(link), RESET, NEW)
        with pytest.raises(InvalidSession):
            await sessions.find_session(database, session, id_of(person))

    @pytest.mark.parametrize(
        ("purpose", "password_hash", "lives"),
        [(INVITATION, None, timedelta(days=3)), (RESET, "a hash", timedelta(minutes=30))],
    )
    async def test_dies_by_the_clock(
        self,
        database: Database,
        people: People,
        later: Clock,
        purpose: Purpose,
        password_hash: str | None,
        lives: timedelta,
    ) -> None:
        person = await people.user(password_hash=password_hash)
        link = await one_time_links.create_link(database, CLI, id_of(person), purpose)
        assert abs(link.expires_at - now() - lives) < timedelta(minutes=1)
        later.ahead = lives - timedelta(minutes=1)
        await one_time_links.read_link(database, token_of(link), purpose)
        later.ahead = lives
        with pytest.raises(NotFound):
            await one_time_links.use_link(database, PASSWORDS, token_of(link), purpose, NEW)

    @pytest.mark.parametrize(("made", "tried"), [(INVITATION, RESET), (RESET, INVITATION)])
    async def test_opens_one_door_alone(
        self, database: Database, people: People, made: Purpose, tried: Purpose
    ) -> None:
        person = await people.user(**({"password_hash": None} if made == INVITATION else {}))
        link = await one_time_links.create_link(database, CLI, id_of(person), made)
        with pytest.raises(NotFound):
            await one_time_links.read_link(database, token_of(link), tried)
        with pytest.raises(NotFound):
            await one_time_links.use_link(database, PASSWORDS, token_of(link), tried, NEW)
        await one_time_links.use_link(database, PASSWORDS, token_of(link), made, NEW)

    async def test_is_made_only_for_the_purpose_that_fits(
        self, database: Database, people: People, invited: Actor
    ) -> None:
        with pytest.raises(Conflict):
            await one_time_links.create_link(database, CLI, id_of(invited), RESET)
        with pytest.raises(Conflict):
            await one_time_links.create_link(database, CLI, id_of(await people.user()), INVITATION)

    async def test_dies_with_a_newer_one_and_leaves_those_of_others(
        self, database: Database, people: People, invited: Actor
    ) -> None:
        other = await people.user(password_hash=None)
        others_link = await one_time_links.create_link(database, CLI, id_of(other), INVITATION)
        older = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
        newer = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
        with pytest.raises(NotFound):
            await one_time_links.read_link(database, token_of(older), INVITATION)
        await one_time_links.read_link(database, token_of(newer), INVITATION)
        await one_time_links.read_link(database, token_of(others_link), INVITATION)

    async def test_dies_with_the_address_it_was_made_for(self, database: Database, invited: Actor) -> None:
        link = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
        await users.update_user(database, CLI, id_of(invited), email="ada@elsewhere.example")
        with pytest.raises(NotFound):
            await one_time_links.use_link(database, PASSWORDS, token_of(link), INVITATION, NEW)

    async def test_lives_on_when_the_address_is_only_spelled_anew(self, database: Database, invited: Actor) -> None:
        link = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
        await users.update_user(database, CLI, id_of(invited), email="ADA@example.com")
        await one_time_links.read_link(database, token_of(link), INVITATION)

    async def test_lets_no_suspended_user_in_and_is_made_for_none(self, database: Database, invited: Actor) -> None:
        link = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
        await users.suspend_user(database, CLI, id_of(invited))
        with pytest.raises(NotFound):
            await one_time_links.use_link(database, PASSWORDS, token_of(link), INVITATION, NEW)
        with pytest.raises(Conflict):
            await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)

    async def test_that_was_shown_to_somebody_opens_nobody_stronger_than_they_are(
        self, database: Database, people: People, invited: Actor
    ) -> None:
        clerk = await people.user("users:write", "orders:read")
        weak, strong = await people.role("orders:read"), await people.role("orders:refund")
        link = await one_time_links.create_link(database, clerk, id_of(invited), INVITATION)
        await users.grant_role(database, CLI, id_of(invited), weak.name)
        assert await one_time_links.read_link(database, token_of(link), INVITATION)
        await users.grant_role(database, CLI, id_of(invited), strong.name)
        with pytest.raises(NotFound):
            await one_time_links.use_link(database, PASSWORDS, token_of(link), INVITATION, NEW)
        await users.revoke_role(database, CLI, id_of(invited), strong.name)
        assert await one_time_links.read_link(database, token_of(link), INVITATION)
        await users.suspend_user(database, CLI, id_of(clerk))
        with pytest.raises(NotFound):
            await one_time_links.read_link(database, token_of(link), INVITATION)

    async def test_that_was_mailed_goes_on_when_its_user_becomes_stronger(
        self, database: Database, people: People, invited: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clerk = await people.user("users:write")
        monkeypatch.setattr("secrets.token_urlsafe", lambda _bytes: "the-token-in-the-mail")
        link = await one_time_links.create_link(
            database, clerk, id_of(invited), INVITATION, mail_base="https://shop.example/admin"
        )
        assert link.token is None
        await users.grant_role(database, CLI, id_of(invited), "superuser")
        assert await one_time_links.read_link(database, "the-token-in-the-mail", INVITATION)

    async def test_dies_with_the_user(self, database: Database, invited: Actor) -> None:
        link = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
        await users.delete_user(database, CLI, id_of(invited))
        with pytest.raises(NotFound):
            await one_time_links.read_link(database, token_of(link), INVITATION)

    async def test_survives_a_password_that_is_not_good_enough(self, database: Database, invited: Actor) -> None:
        link = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
        for bad in ("short", "ada@example.com"):
            with pytest.raises(InvalidInput) as refusal:
                await one_time_links.use_link(database, PASSWORDS, token_of(link), INVITATION, bad)
            assert refusal.value.field == "new_password"
        await one_time_links.use_link(database, PASSWORDS, token_of(link), INVITATION, NEW)

    async def test_is_stored_as_a_digest_alone_and_never_printed(
        self, database: Database, people: People, invited: Actor
    ) -> None:
        link = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
        async with database.reading() as db:
            [stored] = await db.scalars(select(OneTimeToken))
        assert token_of(link) not in str(vars(stored))
        assert token_of(link) not in str([vars(event) for event in await people.events()])
        assert token_of(link) not in repr(link)
        assert len(token_of(link)) >= 43
        with pytest.raises(NotFound):
            await one_time_links.read_link(database, stored.digest, INVITATION)

    @pytest.mark.parametrize("made_up", ["", "x", "x" * 43, "x" * 100_000, "\x00", "\ud800", "ä" * 43, "' OR 1=1 --"])
    async def test_that_is_made_up_is_not_there(self, database: Database, invited: Actor, made_up: str) -> None:
        await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)
        with pytest.raises(NotFound):
            await one_time_links.read_link(database, made_up, INVITATION)
        with pytest.raises(NotFound):
            await one_time_links.use_link(database, PASSWORDS, made_up, INVITATION, NEW)
