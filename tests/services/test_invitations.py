"""Links that are used once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import Conflict, InvalidInput, InvalidSession, NotFound
from litestar_admin_auth.models import OneTimeToken
from litestar_admin_auth.services import invitations, logins, sessions, users
from litestar_admin_auth.services.actor import Actor
from tests.services.conftest import Clock
from tests.services.people import CLI, PASSWORDS, People, id_of

NEW = "nine purple llamas"


@pytest.fixture
async def invited(people: People) -> Actor:
    """Somebody without a password."""
    return await people.user(password_hash=None, email="Ada@example.com", name="Ada")


class TestALink:
    async def test_lets_the_invited_in(self, database: Database, people: People, invited: Actor) -> None:
        link = await invitations.create_invitation(database, CLI, id_of(invited))
        assert link.purpose == "invitation"
        assert (await invitations.read_invitation(database, link.token)).email == "Ada@example.com"
        row = await invitations.accept_invitation(database, PASSWORDS, link.token, NEW, ip="203.0.113.9")
        assert (row.id, row.status) == (invited.user_id, "active")
        assert await logins.verify_credentials(database, PASSWORDS, "ada@example.com", NEW)
        invited_event, changed = await people.events()
        assert (invited_event.action, invited_event.actor) == ("user.invited", "cli")
        assert (changed.action, changed.actor_id, changed.ip) == (
            "user.password_changed", invited.user_id, "203.0.113.9",
        )  # fmt: skip

    async def test_works_once(self, database: Database, invited: Actor) -> None:
        link = await invitations.create_invitation(database, CLI, id_of(invited))
        await invitations.accept_invitation(database, PASSWORDS, link.token, NEW)
        with pytest.raises(NotFound):
            await invitations.read_invitation(database, link.token)
        with pytest.raises(NotFound):
            await invitations.accept_invitation(database, PASSWORDS, link.token, "another good password")
        assert await logins.verify_credentials(database, PASSWORDS, "ada@example.com", NEW)

    async def test_for_somebody_with_a_password_is_a_reset_that_ends_every_session(
        self, database: Database, people: People
    ) -> None:
        person = await people.user()
        session = await people.session(person)
        link = await invitations.create_invitation(database, CLI, id_of(person))
        assert link.purpose == "reset"
        await invitations.accept_invitation(database, PASSWORDS, link.token, NEW)
        with pytest.raises(InvalidSession):
            await sessions.find_session(database, session, id_of(person))

    @pytest.mark.parametrize(("password_hash", "lives"), [(None, timedelta(days=3)), ("a hash", timedelta(hours=1))])
    async def test_dies_by_the_clock(
        self, database: Database, people: People, later: Clock, password_hash: str | None, lives: timedelta
    ) -> None:
        person = await people.user(password_hash=password_hash)
        link = await invitations.create_invitation(database, CLI, id_of(person))
        assert abs(link.expires_at - now() - lives) < timedelta(minutes=1)
        later.ahead = lives - timedelta(minutes=1)
        await invitations.read_invitation(database, link.token)
        later.ahead = lives
        with pytest.raises(NotFound):
            await invitations.accept_invitation(database, PASSWORDS, link.token, NEW)

    async def test_dies_with_a_newer_one_and_leaves_those_of_others(
        self, database: Database, people: People, invited: Actor
    ) -> None:
        other = await people.user(password_hash=None)
        others_link = await invitations.create_invitation(database, CLI, id_of(other))
        older = await invitations.create_invitation(database, CLI, id_of(invited))
        newer = await invitations.create_invitation(database, CLI, id_of(invited))
        with pytest.raises(NotFound):
            await invitations.read_invitation(database, older.token)
        await invitations.read_invitation(database, newer.token)
        await invitations.read_invitation(database, others_link.token)

    async def test_dies_with_the_address_it_was_made_for(self, database: Database, invited: Actor) -> None:
        link = await invitations.create_invitation(database, CLI, id_of(invited))
        await users.update_user(database, CLI, id_of(invited), email="ada@elsewhere.example")
        with pytest.raises(NotFound):
            await invitations.accept_invitation(database, PASSWORDS, link.token, NEW)

    async def test_lives_on_when_the_address_is_only_spelled_anew(self, database: Database, invited: Actor) -> None:
        link = await invitations.create_invitation(database, CLI, id_of(invited))
        await users.update_user(database, CLI, id_of(invited), email="ADA@example.com")
        await invitations.read_invitation(database, link.token)

    async def test_lets_no_suspended_user_in_and_is_made_for_none(self, database: Database, invited: Actor) -> None:
        link = await invitations.create_invitation(database, CLI, id_of(invited))
        await users.suspend_user(database, CLI, id_of(invited))
        with pytest.raises(NotFound):
            await invitations.accept_invitation(database, PASSWORDS, link.token, NEW)
        with pytest.raises(Conflict):
            await invitations.create_invitation(database, CLI, id_of(invited))

    async def test_dies_with_the_user(self, database: Database, invited: Actor) -> None:
        link = await invitations.create_invitation(database, CLI, id_of(invited))
        await users.delete_user(database, CLI, id_of(invited))
        with pytest.raises(NotFound):
            await invitations.read_invitation(database, link.token)

    async def test_survives_a_password_that_is_not_good_enough(self, database: Database, invited: Actor) -> None:
        link = await invitations.create_invitation(database, CLI, id_of(invited))
        for bad in ("short", "ada@example.com"):
            with pytest.raises(InvalidInput) as refusal:
                await invitations.accept_invitation(database, PASSWORDS, link.token, bad)
            assert refusal.value.field == "new_password"
        await invitations.accept_invitation(database, PASSWORDS, link.token, NEW)

    async def test_is_stored_as_a_digest_alone(self, database: Database, people: People, invited: Actor) -> None:
        link = await invitations.create_invitation(database, CLI, id_of(invited))
        async with database.reading() as db:
            [stored] = await db.scalars(select(OneTimeToken))
        assert link.token not in str(vars(stored))
        assert link.token not in str([vars(event) for event in await people.events()])
        assert len(link.token) >= 43
        with pytest.raises(NotFound):
            await invitations.read_invitation(database, stored.digest)

    @pytest.mark.parametrize("made_up", ["", "x", "x" * 43, "x" * 100_000, "\x00", "\ud800", "ä" * 43, "' OR 1=1 --"])
    async def test_that_is_made_up_is_not_there(self, database: Database, invited: Actor, made_up: str) -> None:
        await invitations.create_invitation(database, CLI, id_of(invited))
        with pytest.raises(NotFound):
            await invitations.read_invitation(database, made_up)
        with pytest.raises(NotFound):
            await invitations.accept_invitation(database, PASSWORDS, made_up, NEW)
