"""A migrated SQLite file, as the hosts of these tests have it."""

from pathlib import Path

import pytest

from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.services.migrations import upgrade


@pytest.fixture(scope="session")
async def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('manners') / 'manners.sqlite3'}"
    database = Database(create_engine(made))
    await upgrade(database)
    await database.close()
    return made


@pytest.fixture(scope="session")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    (folder / "host.css").write_text("body { color: teal }")
    return folder
