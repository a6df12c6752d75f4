"""A host with Advanced Alchemy: its migrations and ours live in one database and leave each other alone."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect

from litestar_admin_auth.core.database import create_engine
from litestar_admin_auth.services.migrations import head
from tests.cli.conftest import MakeSite, Site

APP = """
import os
from advanced_alchemy.base import BigIntBase
from advanced_alchemy.extensions.litestar import (
    AlembicAsyncConfig, AlembicSyncConfig, SQLAlchemyAsyncConfig, SQLAlchemyInitPlugin, SQLAlchemyPlugin,
    SQLAlchemySyncConfig,
)
from litestar import Litestar
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from litestar_admin_auth import AdminPlugin
from litestar_admin_auth.models import User as AdminUser

class User(BigIntBase):  # the host's own, beside ours
    __tablename__ = "customer"
    name: Mapped[str]

class Book(BigIntBase):
    __tablename__ = "book"
    title: Mapped[str]
    editor_id: Mapped[object] = mapped_column(ForeignKey(AdminUser.id))

url = os.environ["HOST_URL"]
if "aiosqlite" in url or "asyncpg" in url:
    config = SQLAlchemyAsyncConfig(connection_string=url, alembic_config=AlembicAsyncConfig())
else:
    config = SQLAlchemySyncConfig(connection_string=url, alembic_config=AlembicSyncConfig())
plugins = {
    "SQLAlchemyPlugin": lambda: SQLAlchemyPlugin(config),
    "SQLAlchemyInitPlugin": lambda: SQLAlchemyInitPlugin(config),
    "Admin": AdminPlugin,
}
app = Litestar(plugins=[plugins[name]() for name in os.environ["PLUGINS"].split()])
"""

NO_HOST = """
from litestar import Litestar
from litestar_admin_auth import AdminPlugin
app = Litestar(plugins=[AdminPlugin()])
"""


async def tables(url: str) -> set[str]:
    engine = create_engine(url)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await engine.dispose()
    return set(names)


def ran(site: Site, *arguments: str) -> str:
    result = site.litestar("database", *arguments)
    assert result.status == 0, result.output + result.errors
    return result.output


@pytest.mark.parametrize("plugins", ["Admin SQLAlchemyPlugin", "SQLAlchemyPlugin Admin"])
async def test_the_hosts_migrations_and_ours_share_a_database(
    make_site: MakeSite, tmp_path: Path, database_url: str, plugins: str
) -> None:
    site = make_site(tmp_path, APP, HOST_URL=database_url, PLUGINS=plugins)
    ran(site, "init", "migrations", "--no-prompt")
    ran(site, "upgrade", "--bind-key", "admin_auth", "--no-prompt")
    ours = await tables(database_url)
    assert "admin_auth_user" in ours

    # The host's first revision: its own tables, and not a word that creates or drops ours.
    ran(site, "make-migrations", "-m", "first", "--no-prompt")
    [revision] = (tmp_path / "migrations" / "versions").glob("[!_]*.py")
    source = revision.read_text()
    assert "create_table('book'" in source
    assert "create_table('customer'" in source
    assert "_table('admin_auth_" not in source
    assert "['admin_auth_user.id']" in source  # the host's foreign key to our users stays
    ran(site, "upgrade", "--no-prompt")
    assert await tables(database_url) == ours | {"book", "customer", "alembic_versions"}

    # The second finds nothing to do, in either direction.
    ran(site, "make-migrations", "-m", "second", "--no-prompt")
    ran(site, "make-migrations", "--bind-key", "admin_auth", "-m", "ours", "--no-prompt")
    assert len(list((tmp_path / "migrations" / "versions").glob("[!_]*.py"))) == 1

    # Dropping everything of the host's is no word about ours.
    ran(site, "drop-all", "--no-prompt")
    assert await tables(database_url) == ours


async def test_without_a_host_plugin_the_database_commands_are_ours(
    make_site: MakeSite, tmp_path: Path, database_url: str
) -> None:
    site = make_site(tmp_path, NO_HOST, ADMIN_AUTH_DATABASE_URL=database_url)
    ran(site, "upgrade", "--bind-key", "admin_auth", "--no-prompt")
    assert f"{head()} (head)" in ran(site, "show-current-revision")
    ran(site, "downgrade", "base", "--no-prompt")
    assert await tables(database_url) == {"admin_auth_alembic_version"}


async def test_the_host_may_have_the_bare_init_plugin(make_site: MakeSite, tmp_path: Path, sqlite_url: str) -> None:
    site = make_site(tmp_path, APP, HOST_URL=sqlite_url, PLUGINS="SQLAlchemyInitPlugin Admin")
    ran(site, "upgrade", "--bind-key", "admin_auth", "--no-prompt")
    assert "admin_auth_user" in await tables(sqlite_url)


async def test_a_synchronous_host_gets_the_tables_in_its_own_file(
    make_site: MakeSite, tmp_path: Path, sqlite_url: str
) -> None:
    site = make_site(tmp_path, APP, HOST_URL=sqlite_url.replace("+aiosqlite", ""), PLUGINS="SQLAlchemyPlugin Admin")
    # Imports everything anew: Alembic loads our package while Advanced Alchemy is still importing.
    site = replace(site, python=[sys.executable])
    assert site.admin("migrate").status == 0
    assert "admin_auth_user" in await tables(sqlite_url)


def test_the_sql_can_be_printed_for_a_database_administrator(
    make_site: MakeSite, tmp_path: Path, postgresql_url: str
) -> None:
    site = make_site(tmp_path, NO_HOST, ADMIN_AUTH_DATABASE_URL=postgresql_url)
    sql = ran(site, "upgrade", "--sql", "--no-prompt")
    assert "CREATE TABLE admin_auth_user" in sql
    assert "INSERT INTO admin_auth_role " in sql
    assert sql.rstrip().endswith("COMMIT;")
