"""The first superuser."""

import pytest

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import EmailTaken, InvalidInput
from litestar_admin_auth.services import access, logins, superusers, users
from litestar_admin_auth.services.bootstrap import create_superuser
from litestar_admin_auth.services.lists import ListQuery
from tests.services.people import CLI, PASSWORD, PASSWORDS, People


async def test_a_fresh_migration_has_no_users(database: Database) -> None:
    assert (await users.list_users(database, CLI, ListQuery())).items == []


async def test_the_first_superuser_signs_in_and_holds_everything(database: Database, people: People) -> None:
    made = await create_superuser(database, PASSWORDS, email="Root@example.com", password=PASSWORD, name="Root")
    assert (made.status, made.roles, made.name) == ("active", ["superuser"], "Root")
    async with database.reading() as db:
        assert await access.permissions_of(db, made.id) == {"*"}
        await superusers.require_a_superuser_remains(db)
    assert await logins.verify_credentials(database, PASSWORDS, "root@example.com", PASSWORD)
    assert [(event.action, event.actor) for event in await people.events()] == [
        ("user.created", "cli"),
        ("user.role_granted", "cli"),
    ]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("email", {"email": "root"}),
        ("email", {"email": "\ufdfa" * 60 + "@example.com"}),
        ("name", {"name": "x" * 201}),
        ("password", {"password": "short"}),
        ("password", {"password": "root@example.com"}),
        ("password", {"password": "my own flower shop", "site_title": "my own flower shop"}),
    ],
)
async def test_nothing_is_created_from_bad_input(database: Database, field: str, values: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await create_superuser(database, PASSWORDS, **({"email": "root@example.com", "password": PASSWORD} | values))
    assert refusal.value.field == field
    assert (await users.list_users(database, CLI, ListQuery())).items == []


async def test_somebody_who_is_there_is_not_lifted(database: Database, people: People) -> None:
    person = await people.user(email="root@example.com")
    with pytest.raises(EmailTaken):
        await create_superuser(database, PASSWORDS, email="ROOT@example.com", password=PASSWORD)
    async with database.reading() as db:
        assert person.user_id is not None
        assert await access.permissions_of(db, person.user_id) == frozenset()
