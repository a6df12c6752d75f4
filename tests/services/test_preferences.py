"""How somebody wants to be spoken to."""

import pytest

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput, NotAllowed
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.preferences import Preferences, get_preferences, save_preferences
from tests.services.people import CLI, People


async def test_nothing_is_chosen_at_first(database: Database, people: People) -> None:
    assert await get_preferences(database, await people.user()) == Preferences(None, None)


async def test_what_is_saved_is_there_and_can_be_left_to_the_browser_again(database: Database, people: People) -> None:
    person = await people.user()
    await save_preferences(database, person, Preferences("en", "Europe/Berlin"))
    assert await get_preferences(database, person) == Preferences("en", "Europe/Berlin")
    await save_preferences(database, person, Preferences(None, "UTC"))
    assert await get_preferences(database, person) == Preferences(None, "UTC")


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        (Preferences(language="xx"), "language"),
        (Preferences(language=""), "language"),
        (Preferences(language="en\x00"), "language"),
        (Preferences(time_zone="Mars/Olympus"), "time_zone"),
        (Preferences(time_zone="../../etc/passwd"), "time_zone"),
        (Preferences(time_zone="\ud800"), "time_zone"),
        (Preferences(time_zone="x" * 100_000), "time_zone"),
    ],
)
async def test_what_does_not_exist_is_refused_by_name_and_changes_nothing(
    database: Database, people: People, chosen: Preferences, field: str
) -> None:
    person = await people.user()
    await save_preferences(database, person, Preferences("en", "Asia/Tokyo"))
    with pytest.raises(InvalidInput) as refused:
        await save_preferences(database, person, chosen)
    assert refused.value.field == field
    assert await get_preferences(database, person) == Preferences("en", "Asia/Tokyo")


@pytest.mark.parametrize("actor", [CLI, Actor(label="stranger")])
async def test_only_a_user_has_any(database: Database, actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        await get_preferences(database, actor)
    with pytest.raises(NotAllowed):
        await save_preferences(database, actor, Preferences())
