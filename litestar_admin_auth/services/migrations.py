"""Bring our tables to the newest revision, and tell where they stand.

The revisions lie in ``alembic/versions``; ``alembic/env.py`` runs them. Everything happens in one transaction, on
SQLite too: a migration that fails leaves nothing half done.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from litestar_admin_auth.core.database import Database, create_engine, enable_wal
from litestar_admin_auth.core.paths import migrations_dir
from litestar_admin_auth.models.base import TABLE_PREFIX, Base

#: Our own version table: a host's migrations in the same database have theirs.
VERSION_TABLE = TABLE_PREFIX + "alembic_version"


def _is_ours(name: str | None, type_: str, _parent_names: Any) -> bool:
    # A host's tables in the same database are none of our business: not to compare, not to drop.
    return type_ != "table" or (name or "").startswith(TABLE_PREFIX)


#: What ``alembic/env.py`` hands to ``context.configure`` in every mode.
CONTEXT_OPTIONS: dict[str, Any] = {
    "target_metadata": Base.metadata,
    "version_table": VERSION_TABLE,
    "include_name": _is_ours,
    "compare_type": True,
    "compare_server_default": True,
    # SQLite cannot alter a column in place; batches are plain ALTERs elsewhere.
    "render_as_batch": True,
    # Alembic thinks of SQLite drivers that commit before DDL; our engines begin and commit themselves.
    "transactional_ddl": True,
}


def script_location() -> str:
    """Return the folder of the migrations, as Alembic's configuration wants it written."""
    return str(migrations_dir()).replace("%", "%%")


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for our migrations.

    Args:
        connection: An open connection, inside a transaction, for ``env.py`` to use.
    """
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", script_location())
    config.set_main_option("path_separator", "os")
    return config


@asynccontextmanager
async def migration_connection(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection, None]:
    """Open a connection inside one write transaction, which commits at the end and rolls back on an exception.

    Changing a column on SQLite copies the table and drops the old one; with foreign keys on, that drop would delete
    every row that refers to it. They can only be switched off outside a transaction, so a file gets a connection of
    its own for this.
    """
    if engine.dialect.name != "sqlite" or engine.url.database in {None, "", ":memory:"}:
        async with Database(engine).writing() as db:
            yield await db.connection()
        return
    own = create_engine(engine.url.render_as_string(hide_password=False))

    @event.listens_for(own.sync_engine, "connect")
    def switch_off(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.execute("PRAGMA foreign_keys = OFF").close()

    try:
        async with Database(own).writing() as db:
            yield await db.connection()
    finally:
        await own.dispose()


async def _run(database: Database, step: Callable[[Config], None]) -> None:
    def run(connection: Connection) -> None:
        step(alembic_config(connection))

    async with migration_connection(database.engine) as connection:
        await connection.run_sync(run)


async def upgrade(database: Database, revision: str = "head") -> None:
    """Create or change our tables, up to a revision. Run one at a time within a process; across processes they queue.

    Raises:
        alembic.util.CommandError: When there is no such revision.
        sqlalchemy.exc.SQLAlchemyError: When the database refuses; nothing has been changed then.
    """
    await enable_wal(database.engine)
    await _run(database, lambda config: command.upgrade(config, revision))


async def downgrade(database: Database, revision: str) -> None:
    """Go back to a revision; ``base`` drops all our tables with everything in them.

    Raises:
        alembic.util.CommandError: When there is no such revision.
        sqlalchemy.exc.SQLAlchemyError: When the database refuses; nothing has been changed then.
    """
    await _run(database, lambda config: command.downgrade(config, revision))


async def current(database: Database) -> str | None:
    """Return the revision that the database is at, or None when it has never been migrated."""

    # Not through Alembic's context, which would write to the log at every start.
    async with database.engine.connect() as connection:
        if not await connection.run_sync(lambda sync: inspect(sync).has_table(VERSION_TABLE)):
            return None
        return await connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant


def head() -> str | None:
    """Return the newest revision that this release ships."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


async def at_head(database: Database) -> bool:
    """Tell whether the database is at the newest revision."""
    return await current(database) == head()
