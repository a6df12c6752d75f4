"""Where the tables are: one engine, and transactions that either read or write.

On SQLite a transaction that reads first and writes later loses updates, so writers take the lock at once
(``BEGIN IMMEDIATE``) while readers do not wait for each other (WAL).
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

_WRITE = "admin_auth_write"
_AFTER_COMMIT = "admin_auth_after_commit"


class Database:
    """Opens transactions on an engine.

    Args:
        engine: An engine for SQLite (made by :func:`create_engine`) or PostgreSQL.
        owned: Whether :meth:`close` disposes the engine; a host's engine is left alone.
    """

    def __init__(self, engine: AsyncEngine, *, owned: bool = True) -> None:
        self.engine = engine
        self.owned = owned
        #: Called after each commit with what :func:`after_commit` was given; None where nobody waits for it.
        self.postman: Callable[[Any], None] | None = None

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncSession]:
        """Open a session for reading; nothing is committed."""
        async with AsyncSession(self.engine, expire_on_commit=False, autoflush=False) as db:
            yield db

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncSession]:
        """Open a transaction that commits at the end and rolls back when an exception leaves it."""
        async with self.engine.connect() as connection:
            await connection.execution_options(**{_WRITE: True})
            async with AsyncSession(connection, expire_on_commit=False) as db:
                async with db.begin():
                    # Begin now, not with the first statement: its "now" would be from before the wait for the lock, and
                    # an actor whose grant has been ended meanwhile would pass for one who still holds it.
                    await db.connection()
                    yield db
                waiting: list[Any] = db.info.pop(_AFTER_COMMIT, [])
        # With the connection given back: whoever is told now may read what was written.
        if self.postman is not None:
            for item in waiting:
                self.postman(item)

    async def serialize_access_changes(self, db: AsyncSession) -> None:
        """Make every change of users, roles and grants wait for the one before it.

        Rules such as "one superuser stays" and "nobody grants what they do not hold" read many rows and write one;
        two such transactions side by side would each be right and together be wrong. SQLite writers are serial anyway.
        """
        if self.is_postgresql:
            await db.execute(text("SELECT pg_advisory_xact_lock(hashtext('admin_auth_access'))"))

    async def close(self) -> None:
        """Dispose the engine if it is ours."""
        if self.owned:
            await self.engine.dispose()


def after_commit(db: AsyncSession, item: Any) -> None:
    """Keep something for :attr:`Database.postman` until the transaction is committed; a rollback drops it."""
    db.info.setdefault(_AFTER_COMMIT, []).append(item)


def create_engine(url: str) -> AsyncEngine:
    """Make an engine of our own for an async SQLite or PostgreSQL URL, set up for parallel writers."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_async_engine(parsed, pool_pre_ping=True)
    engine = create_async_engine(parsed, connect_args={"timeout": 30})

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(dbapi_connection: Any, _record: Any) -> None:
        # The driver must not begin transactions of its own accord: "begin" below decides how.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in ("busy_timeout = 30000", "foreign_keys = ON", "synchronous = NORMAL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        # SQLite's own lower() knows ASCII only: a search for "öz" must find "ÖZ".
        dbapi_connection.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


async def enable_wal(engine: AsyncEngine) -> None:
    """Switch an SQLite file to write-ahead logging, once; the file remembers. Elsewhere this does nothing."""
    if engine.dialect.name == "sqlite":
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            cursor = await raw.driver_connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[union-attr]
            await cursor.close()
