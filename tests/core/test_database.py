"""Transactions on SQLite: no lost updates, no half writes, readers that do not wait."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from litestar_admin_auth.core.database import Database, create_engine, enable_wal


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    made = Database(create_engine(f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}"))
    await enable_wal(made.engine)
    async with made.writing() as db:
        await db.execute(text("CREATE TABLE counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)"))
        await db.execute(text("CREATE TABLE child (parent INTEGER REFERENCES counter (id))"))
        await db.execute(text("INSERT INTO counter VALUES (1, 0)"))
    yield made
    await made.close()


async def value(database: Database) -> int:
    async with database.reading() as db:
        return int((await db.execute(text("SELECT value FROM counter"))).scalar_one())


async def test_fifty_parallel_writers_lose_nothing(database: Database) -> None:
    async def increase() -> None:
        async with database.writing() as db:
            read = (await db.execute(text("SELECT value FROM counter"))).scalar_one()
            await asyncio.sleep(0)
            await db.execute(text("UPDATE counter SET value = :value"), {"value": read + 1})

    await asyncio.gather(*(increase() for _ in range(50)))
    assert await value(database) == 50


async def test_an_exception_undoes_everything(database: Database) -> None:
    async def fail() -> None:
        async with database.writing() as db:
            await db.execute(text("UPDATE counter SET value = 7"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await value(database) == 0


async def test_reading_writes_nothing(database: Database) -> None:
    async with database.reading() as db:
        await db.execute(text("UPDATE counter SET value = 7"))
    assert await value(database) == 0


async def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    async with database.writing() as db:
        await db.execute(text("UPDATE counter SET value = 7"))
        assert await asyncio.wait_for(value(database), timeout=5) == 0
    assert await value(database) == 7


async def test_a_connection_that_wrote_reads_without_the_lock_afterwards(database: Database) -> None:
    async with database.writing() as db:
        await db.execute(text("UPDATE counter SET value = 1"))
    async with database.reading() as one, database.writing() as other:
        await one.execute(text("SELECT value FROM counter"))
        await other.execute(text("UPDATE counter SET value = 2"))
    assert await value(database) == 2


async def test_foreign_keys_are_checked(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.writing() as db:
            await db.execute(text("INSERT INTO child VALUES (99)"))


async def test_the_file_remembers_wal(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar_one() == "wal"


async def test_searching_finds_letters_beyond_ascii_whatever_their_case(database: Database) -> None:
    async with database.reading() as db:
        assert (await db.execute(text("SELECT lower('ÖZGÜR')"))).scalar_one() == "özgür"


async def test_only_an_engine_of_our_own_is_disposed(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path / 'host.sqlite3'}")
    pool = engine.pool
    await Database(engine, owned=False).close()
    assert engine.pool is pool
    await Database(engine).close()
    assert engine.pool is not pool


async def test_a_folder_that_is_not_there_is_an_error_and_no_new_file(tmp_path: Path) -> None:
    database = Database(create_engine(f"sqlite+aiosqlite:///{tmp_path / 'none' / 'x.sqlite3'}"))
    with pytest.raises(OperationalError):
        async with database.reading() as db:
            await db.execute(text("SELECT 1"))
    await database.close()
