"""The tables of a release, as a real database gets them: up, down, up again, and never half."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, inspect, select, text

from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.models import (
    AuditEvent,
    Base,
    OneTimeToken,
    Permission,
    Role,
    RolePermission,
    Session,
    User,
    UserRole,
)
from litestar_admin_auth.services import migrations

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
MODELS: list[type[Base]] = [mapper.class_ for mapper in Base.registry.mappers]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(create_engine(database_url))
    yield database
    await database.close()


async def fill(database: Database) -> None:
    """Put a row in every table."""
    async with database.writing() as db:
        user = User(
            email="Ann@example.com",
            email_normalized="ann@example.com",
            name="Ann",
            password_hash="x" * 80,
            created_at=NOW,
            updated_at=NOW,
        )
        role = Role(name="editor", created_at=NOW, updated_at=NOW)
        db.add_all([user, role, Permission(code="books:read")])
        await db.flush()
        db.add_all(
            [
                RolePermission(role_id=role.id, code="books:read", granted_at=NOW, granted_by="cli"),
                UserRole(user_id=user.id, role_id=role.id, granted_at=NOW, granted_by="cli"),
                Session(
                    user_id=user.id,
                    created_at=NOW,
                    last_seen_at=NOW,
                    idle_expires_at=NOW + timedelta(hours=1),
                    expires_at=NOW + timedelta(days=1),
                    rotated_at=NOW,
                    security_epoch=0,
                ),
                OneTimeToken(
                    user_id=user.id,
                    purpose="invitation",
                    digest="d" * 64,
                    email_normalized="ann@example.com",
                    created_at=NOW,
                    expires_at=NOW,
                ),
                AuditEvent(
                    at=NOW, actor="cli", action="user.created", target_id=str(user.id), changes={"a": {"new": "ö"}}
                ),
            ]
        )


async def table_names(database: Database) -> set[str]:
    async with database.engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def count(database: Database, model: type[Base]) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(model)) or 0


class TestUpgrade:
    async def test_brings_an_empty_database_to_head(self, database: Database) -> None:
        assert await migrations.current(database) is None
        assert not await migrations.at_head(database)
        await migrations.upgrade(database)
        assert await migrations.current(database) == migrations.head()
        assert await migrations.at_head(database)

    async def test_makes_exactly_the_tables_of_the_models(self, database: Database) -> None:
        await migrations.upgrade(database)

        def differences(connection: Connection) -> list[object]:
            context = MigrationContext.configure(connection, opts=migrations.CONTEXT_OPTIONS)
            return compare_metadata(context, Base.metadata)

        async with database.engine.connect() as connection:
            assert await connection.run_sync(differences) == []

    async def test_ships_one_role_that_holds_the_wildcard_and_nobody_who_has_it(self, database: Database) -> None:
        await migrations.upgrade(database)
        async with database.reading() as db:
            role = (await db.scalars(select(Role))).one()
            held = (await db.scalars(select(RolePermission))).one()
        assert (role.name, role.is_system, held.role_id, held.code) == ("superuser", True, role.id, "*")
        assert role.created_at.tzinfo is not None
        assert await count(database, User) == 0  # ASVS 6.3.2: no default account

    async def test_changes_nothing_the_second_time(self, database: Database) -> None:
        await migrations.upgrade(database)
        await fill(database)
        await migrations.upgrade(database)
        assert await count(database, User) == 1
        assert await count(database, Role) == 2

    async def test_leaves_the_tables_of_the_host_alone(self, database: Database) -> None:
        async with database.writing() as db:
            await db.execute(text("CREATE TABLE book (id INTEGER PRIMARY KEY)"))
        await migrations.upgrade(database)
        await migrations.downgrade(database, "base")
        assert "book" in await table_names(database)

    async def test_parallel_runs_queue_and_all_succeed(self, python: list[str], database_url: str) -> None:
        # As two workers that migrate when they start; in one process Alembic itself allows only one at a time.
        program = (
            "import asyncio, sys\n"
            "from litestar_admin_auth.core.database import Database, create_engine\n"
            "from litestar_admin_auth.services.migrations import upgrade\n"
            "asyncio.run(upgrade(Database(create_engine(sys.argv[1]))))\n"
        )
        runs = [await asyncio.create_subprocess_exec(*python, "-c", program, database_url) for _ in range(3)]
        assert [await run.wait() for run in runs] == [0, 0, 0]

    async def test_waits_for_a_run_in_another_process(self, postgresql_url: str) -> None:
        database = Database(create_engine(postgresql_url))
        async with database.engine.connect() as other:
            await other.execute(text("SELECT pg_advisory_lock(hashtext('admin_auth_migrations'))"))
            run = asyncio.create_task(migrations.upgrade(database))
            finished, _ = await asyncio.wait({run}, timeout=0.5)
            assert not finished
            await other.execute(text("SELECT pg_advisory_unlock(hashtext('admin_auth_migrations'))"))
            await run
        assert await migrations.at_head(database)
        await database.close()

    async def test_switches_an_sqlite_file_to_write_ahead_logging(self, sqlite_url: str) -> None:
        database = Database(create_engine(sqlite_url))
        await migrations.upgrade(database)
        async with database.engine.connect() as connection:
            assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
        await database.close()


class TestDowngrade:
    async def test_takes_all_of_it_away_with_data_in_every_table_and_back_again(self, database: Database) -> None:
        await migrations.upgrade(database)
        await fill(database)
        empty = [model.__tablename__ for model in MODELS if await count(database, model) == 0]
        assert empty == []
        await migrations.downgrade(database, "base")
        assert await table_names(database) <= {migrations.VERSION_TABLE}
        assert await migrations.current(database) is None
        await migrations.upgrade(database)
        await fill(database)
        assert await count(database, Role) == 2


FAILING = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", {head!r}, None, None

def upgrade():
    op.create_table("admin_auth_half", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("DELETE FROM admin_auth_role")
    op.execute("SELECT no_such_column FROM admin_auth_role")
"""

SHORTER_NAME = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", {head!r}, None, None

def upgrade():
    with op.batch_alter_table("admin_auth_user") as batch:
        batch.alter_column("name", existing_type=sa.String(200), type_=sa.String(150), existing_nullable=False)
"""


@pytest.fixture
def add_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give the migrations one more revision, as a later release would."""

    def add(source: str) -> None:
        folder = tmp_path / "alembic"
        source = source.format(head=migrations.head())
        shutil.copytree(migrations.migrations_dir(), folder)
        (folder / "versions" / "9999_next.py").write_text(source)
        monkeypatch.setattr(migrations, "migrations_dir", lambda: folder)

    return add


class TestNextRelease:
    async def test_a_migration_that_fails_leaves_nothing_half_done(
        self, database: Database, add_revision: Callable[[str], None]
    ) -> None:
        await migrations.upgrade(database)
        before = await migrations.current(database)
        add_revision(FAILING)
        assert not await migrations.at_head(database)
        with pytest.raises(Exception, match="no_such_column"):
            await migrations.upgrade(database)
        assert await migrations.current(database) == before
        assert "admin_auth_half" not in await table_names(database)
        assert await count(database, Role) == 1

    async def test_a_first_run_that_fails_leaves_no_table_at_all(
        self, database: Database, add_revision: Callable[[str], None]
    ) -> None:
        add_revision(FAILING)
        with pytest.raises(Exception, match="no_such_column"):
            await migrations.upgrade(database)
        assert await table_names(database) == set()

    async def test_changing_a_column_keeps_the_rows_that_refer_to_the_table(
        self, database: Database, add_revision: Callable[[str], None]
    ) -> None:
        await migrations.upgrade(database)
        await fill(database)
        add_revision(SHORTER_NAME)
        await migrations.upgrade(database)
        assert await migrations.current(database) == "9999"
        assert await count(database, User) == 1
        # On SQLite the table is copied and the old one dropped; with foreign keys on, these would go with it.
        assert await count(database, Session) == 1
        assert await count(database, UserRole) == 1
