"""How our migrations run: one transaction for all of them, our tables only, one runner at a time.

Two callers: ``services/migrations.py`` passes an open connection (it may stand inside a running event loop), and
Advanced Alchemy's ``litestar database`` commands pass their engine.
"""

import asyncio
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from litestar_admin_auth.models.base import UTCDateTime
from litestar_admin_auth.services.migrations import CONTEXT_OPTIONS, migration_connection

config: Any = context.config


def render_item(type_: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write a revision that does not import our models: they move on, a revision stays what it was."""
    return "sa.DateTime(timezone=True)" if type_ == "type" and isinstance(item, UTCDateTime) else False


def run_offline() -> None:
    """Print the SQL instead of running it (``--sql``)."""
    context.configure(
        url=config.db_url,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **CONTEXT_OPTIONS,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_on(connection: Connection) -> None:
    """Run inside the transaction that the caller began and will commit."""
    if connection.dialect.name == "postgresql":
        # Several workers that migrate at start-up: the second waits here, then finds nothing left to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('admin_auth_migrations'))"))
    context.configure(connection=connection, render_item=render_item, **CONTEXT_OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


async def run_with(engine: AsyncEngine) -> None:
    """Run on a connection of the engine, and leave nothing bound to this event loop behind."""
    async with migration_connection(engine) as connection:
        await connection.run_sync(run_on)
    await engine.dispose()


if context.is_offline_mode():
    run_offline()
elif (given := config.attributes.get("connection")) is not None:
    run_on(given)
else:
    asyncio.run(run_with(config.engine))
