"""Texts of our own that are stored are told, and found, in the reader's language."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from litestar_admin_auth.core import i18n
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.services import catalogue, roles, search
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.explanations import effective_permissions
from litestar_admin_auth.services.lists import ListQuery
from tests.services.people import CLI, SHOP, People

GERMAN = "Das Protokoll lesen"


@pytest.fixture(autouse=True)
def in_german() -> Iterator[None]:
    i18n.activate("de")
    yield
    i18n.activate("en")


@pytest.fixture(autouse=True)
async def shop(database: Database) -> None:
    await sync_permissions(database, SHOP)


async def test_every_face_of_the_catalogue_translates_our_own(database: Database, people: People) -> None:
    reader = (await people.user("audit:read")).user_id
    assert isinstance(reader, UUID)
    page = await catalogue.list_permissions(database, CLI, ListQuery(q="audit:read"))
    found = [
        page.items[0].description,
        (await catalogue.get_permission(database, CLI, "audit:read")).description,
        {entry.code: entry.description for entry in await catalogue.all_permissions(database, CLI)}["audit:read"],
        (await effective_permissions(database, CLI, reader))[0].description,
        (await search.find(database, CLI, "audit:read")).permissions[0].description,
    ]
    assert found == [GERMAN] * 5


async def test_the_built_in_role_is_described_in_it_too(database: Database, people: People) -> None:
    written = await people.role(name="orders desk", description="May do everything")
    listed = {row.name: row.description for row in (await roles.list_roles(database, CLI, ListQuery())).items}
    assert listed == {"superuser": "Darf alles", "orders desk": "May do everything"}
    found = (await search.find(database, CLI, "everything")).roles
    assert {role.name: role.description for role in found} == listed
    assert written.description == "May do everything"


async def test_those_of_the_host_stay_as_the_host_wrote_them(database: Database) -> None:
    row = await catalogue.get_permission(database, CLI, "orders:read")
    assert row.description == SHOP["orders:read"]


@pytest.mark.parametrize("q", ["protokoll", "PROTOKOLL lesen", "read the audit", "audit:read"])
async def test_a_search_finds_what_is_read_and_what_is_stored(database: Database, people: People, q: str) -> None:
    reader = (await people.user("audit:read", "sessions:read")).user_id
    assert isinstance(reader, UUID)
    assert [row.code for row in (await catalogue.list_permissions(database, CLI, ListQuery(q=q))).items] == [
        "audit:read"
    ]
    assert [row.code for row in await effective_permissions(database, CLI, reader, q=q)] == ["audit:read"]
    assert [row.code for row in (await search.find(database, CLI, q)).permissions] == ["audit:read"]


async def test_a_search_needs_each_word(database: Database) -> None:
    assert (await catalogue.list_permissions(database, CLI, ListQuery(q="protokoll löschen"))).items == []
