"""A migrated database on each engine, shared by all tests of the services and emptied after each."""

from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, event

from litestar_admin_auth.core import clock
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.models import AuditEvent, Role, User
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.migrations import upgrade
from tests.services.people import SHOP, People


@pytest.fixture(scope="session")
async def migrated(shared_database_url: Callable[[], str]) -> AsyncGenerator[Database]:
    database = Database(create_engine(shared_database_url()))
    await upgrade(database)
    await empty(database)
    yield database
    await database.close()


@pytest.fixture
async def database(migrated: Database) -> AsyncGenerator[Database]:
    """Tables with the superuser role, the package's permissions and the shop's, and nothing else."""
    yield migrated
    await empty(migrated)


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


async def empty(database: Database) -> None:
    async with database.writing() as db:
        await db.execute(delete(User))
        await db.execute(delete(Role).where(~Role.is_system))
    await sync_permissions(database, SHOP)
    async with database.writing() as db:
        await db.execute(delete(AuditEvent))


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def later() -> Iterator[Clock]:
    moved = Clock()
    clock.set_clock(moved.now)
    yield moved
    clock.set_clock(None)


@pytest.fixture
def queries(database: Database) -> Iterator[list[str]]:
    """The statements sent so far; clear it before the act."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)
