"""What the tables themselves promise, whatever the code above them does."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError, InvalidRequestError, StatementError

from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.models import AuditEvent, Role, Session, User, UserRole
from litestar_admin_auth.models.base import TABLE_PREFIX, Base
from litestar_admin_auth.services.migrations import upgrade

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(create_engine(database_url))
    await upgrade(database)
    yield database
    await database.close()


def new_user(email: str = "ann@example.com", **values: object) -> User:
    values = {"created_at": NOW, "updated_at": NOW, **values}
    return User(email=email, email_normalized=email.lower(), **values)


class TestUser:
    async def test_the_normalised_address_is_unique(self, database: Database) -> None:
        async with database.writing() as db:
            db.add(new_user("ann@example.com"))
        with pytest.raises(IntegrityError):
            async with database.writing() as db:
                db.add(new_user("ANN@example.com"))

    async def test_printing_one_hides_the_hash(self) -> None:
        assert "SECRET" not in repr(new_user(password_hash="SECRET"))

    async def test_deleting_one_keeps_the_audit_events_and_takes_grants_and_sessions(self, database: Database) -> None:
        async with database.writing() as db:
            user = new_user()
            role = await db.scalar(select(Role))
            assert role is not None
            db.add(user)
            await db.flush()
            db.add_all(
                [
                    AuditEvent(
                        at=NOW, actor_id=user.id, actor=user.email, action="user.created", target_id=str(user.id)
                    ),
                    UserRole(user_id=user.id, role_id=role.id, granted_at=NOW, granted_by="cli"),
                    Session(
                        user_id=user.id,
                        created_at=NOW,
                        last_seen_at=NOW,
                        idle_expires_at=NOW,
                        expires_at=NOW,
                        rotated_at=NOW,
                        security_epoch=0,
                    ),
                ]
            )
        async with database.writing() as db:
            await db.execute(delete(User))
        async with database.reading() as db:
            counts = [
                await db.scalar(select(func.count()).select_from(table)) for table in (AuditEvent, UserRole, Session)
            ]
        assert counts == [1, 0, 0]

    async def test_grants_that_nobody_loaded_raise_instead_of_asking_the_database(self, database: Database) -> None:
        async with database.writing() as db:
            db.add(new_user())
        async with database.reading() as db:
            user = (await db.scalars(select(User))).one()
        with pytest.raises(InvalidRequestError, match="raise"):
            _ = user.grants

    @pytest.mark.parametrize(
        ("values", "status"),
        [
            ({"password_hash": "x"}, "active"),
            ({"password_hash": None}, "invited"),
            ({"password_hash": None, "last_login_at": NOW}, "active"),
            ({"password_hash": "x", "is_active": False}, "suspended"),
            ({"password_hash": None, "is_active": False}, "suspended"),
        ],
    )
    def test_the_status_follows_from_the_columns(self, values: dict[str, object], status: str) -> None:
        assert new_user(**{"is_active": True, **values}).status == status


class TestTimes:
    async def test_come_back_as_the_same_moment_in_utc(self, database: Database) -> None:
        tokyo = datetime(2026, 3, 1, 21, 30, tzinfo=timezone(timedelta(hours=9)))
        async with database.writing() as db:
            db.add(new_user(created_at=tokyo))
        async with database.reading() as db:
            stored = await db.scalar(select(User.created_at))
        assert stored == tokyo
        assert stored is not None
        assert stored.utcoffset() == timedelta(0)

    async def test_without_a_zone_are_refused(self, database: Database) -> None:
        with pytest.raises(StatementError, match="without a zone"):
            async with database.writing() as db:
                db.add(new_user(created_at=datetime(2026, 3, 1)))  # noqa: DTZ001


class TestNames:
    def test_every_table_carries_the_prefix(self) -> None:
        assert all(name.startswith(TABLE_PREFIX) for name in Base.metadata.tables)

    def test_every_constraint_and_index_has_a_name_that_postgresql_does_not_cut(self) -> None:
        for table in Base.metadata.tables.values():
            for item in (*table.constraints, *table.indexes):
                assert item.name is not None
                assert len(str(item.name)) <= 63

    async def test_a_host_may_have_its_own_user_and_role(self) -> None:
        from sqlalchemy.orm import DeclarativeBase, Mapped, configure_mappers, mapped_column

        class HostBase(DeclarativeBase):
            pass

        class Role(HostBase):
            __tablename__ = "role"
            id: Mapped[int] = mapped_column(primary_key=True)

        class User(HostBase):
            __tablename__ = "user"
            id: Mapped[int] = mapped_column(primary_key=True)

        configure_mappers()
        assert HostBase.metadata.tables.keys() == {"role", "user"}
