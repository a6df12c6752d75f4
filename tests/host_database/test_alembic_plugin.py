"""What a host's autogenerate sees of our tables: nothing."""

from typing import Any

import pytest
from alembic.autogenerate import produce_migrations
from alembic.runtime.migration import MigrationContext
from alembic.runtime.plugins import Plugin
from sqlalchemy import Connection, MetaData, text

from litestar_admin_auth import alembic_plugin
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.services.migrations import upgrade


@pytest.mark.parametrize(
    ("name", "type_", "included"),
    [
        ("admin_auth_user", "table", False),
        ("admin_auth_alembic_version", "table", False),
        ("book", "table", True),
        ("my_admin_auth_notes", "table", True),
        ("admin_auth_user_id", "column", True),
        (None, "schema", True),
    ],
)
def test_the_filter_for_a_hosts_env_py_leaves_out_our_tables_alone(
    name: str | None, type_: str, included: bool
) -> None:
    assert alembic_plugin.include_name(name, type_, {}) is included


@pytest.mark.parametrize("options", [{}, {"include_name": alembic_plugin.include_name}], ids=["plugin", "filter"])
async def test_a_database_with_our_tables_in_it_looks_to_the_host_as_without_them(
    database_url: str, options: dict[str, Any]
) -> None:
    database = Database(create_engine(database_url))
    await upgrade(database)
    async with database.writing() as db:
        await db.execute(text("CREATE TABLE leftover (id INTEGER PRIMARY KEY)"))

    def changes(connection: Connection) -> list[str]:
        if options:
            options["autogenerate_plugins"] = ["alembic.autogenerate.*", "~alembic.autogenerate.admin_auth"]
        context = MigrationContext.configure(connection, opts=options)
        script = produce_migrations(context, MetaData())
        assert script.upgrade_ops is not None
        return [operation.table_name for operation in script.upgrade_ops.ops]  # type: ignore[attr-defined]

    async with database.engine.connect() as connection:
        assert await connection.run_sync(changes) == ["leftover"]
    await database.close()


def test_alembic_has_loaded_the_plugin_by_itself() -> None:
    from alembic.runtime.plugins import _all_plugins

    assert isinstance(_all_plugins["alembic.autogenerate.admin_auth"], Plugin)
