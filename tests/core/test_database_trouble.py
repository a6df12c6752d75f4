"""Faults of the database, told with what to do about them and without a password."""

from pathlib import Path

import pytest
from sqlalchemy import text

from litestar_admin_auth.core.database import create_engine
from litestar_admin_auth.core.database_trouble import DatabaseTrouble, trouble_of

STATEMENT = "SELECT * FROM admin_auth_user"


async def trouble(url: str, statement: str = STATEMENT) -> DatabaseTrouble | None:
    engine = create_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(statement))
    except Exception as error:  # noqa: BLE001 - whatever the drivers raise
        return trouble_of(error, engine.url)
    finally:
        await engine.dispose()
    pytest.fail("nothing was raised")


async def test_tables_that_are_missing_are_to_be_migrated(database_url: str) -> None:
    found = await trouble(database_url)
    assert found is not None
    assert (found.check_id, found.hint) == ("AA020", "Run: litestar admin migrate")


async def test_a_mistake_in_a_statement_is_ours(database_url: str) -> None:
    assert await trouble(database_url, "SELECT FROM WHERE") is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://u:hunter2@127.0.0.1:1/shop?ssl=disable",
        "postgresql+asyncpg://u:hunter2@nobody.invalid/shop",
        "sqlite+aiosqlite:////nobody/shop.sqlite3",
    ],
)
async def test_a_database_that_cannot_be_reached_is_named_without_its_password(url: str) -> None:
    found = await trouble(url)
    assert found is not None
    assert found.check_id == "AA023"
    assert "shop" in found.message
    assert "hunter2" not in found.message
    assert "u:" not in found.message


async def test_one_that_the_server_does_not_know_is_told(postgresql_url: str) -> None:
    found = await trouble(postgresql_url.rpartition("/")[0] + "/nobody")
    assert found is not None
    assert '"nobody" does not exist' in found.message


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("a shopping list, and no database" * 100)
    found = await trouble(f"sqlite+aiosqlite:///{tmp_path}/notes.txt")
    assert found is not None
    assert found.check_id == "AA023"


def test_a_network_error_of_the_hosts_own_is_not_the_databases() -> None:
    url = create_engine("sqlite+aiosqlite:///shop.sqlite3").url
    assert trouble_of(ConnectionRefusedError("the directory is away"), url) is None
