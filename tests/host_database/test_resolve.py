"""Which database the tables go to."""

from pathlib import Path
from typing import Any

import pytest
from advanced_alchemy.extensions.litestar import (
    EngineConfig,
    SQLAlchemyAsyncConfig,
    SQLAlchemyInitPlugin,
    SQLAlchemyPlugin,
    SQLAlchemySyncConfig,
)
from litestar.config.app import AppConfig
from sqlalchemy import text

from litestar_admin_auth.core.config import AdminConfig
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.host_database import alchemy_config, resolve


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADMIN_AUTH_DATABASE_URL", raising=False)


def find(*plugins: Any, **settings: Any) -> Database:
    database = resolve(AdminConfig(**settings), AppConfig(plugins=list(plugins)))
    assert database is not None
    return database


def url(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


class OwnBackend:
    """A stand-in for a host's backend: only its presence counts."""


class TestOrder:
    HOST = SQLAlchemyPlugin(SQLAlchemyAsyncConfig(connection_string="sqlite+aiosqlite:///host.sqlite3"))

    def test_the_setting_wins_over_everything(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ADMIN_AUTH_DATABASE_URL", "sqlite+aiosqlite:///variable.sqlite3")
        assert url(find(self.HOST, database="sqlite+aiosqlite:///own.sqlite3")) == "sqlite+aiosqlite:///own.sqlite3"

    def test_the_variable_wins_over_the_host(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ADMIN_AUTH_DATABASE_URL", "sqlite+aiosqlite:///variable.sqlite3")
        assert url(find(self.HOST)) == "sqlite+aiosqlite:///variable.sqlite3"

    def test_the_host_wins_over_the_default(self) -> None:
        assert url(find(self.HOST)) == "sqlite+aiosqlite:///host.sqlite3"

    def test_the_default_is_a_file_where_the_app_runs(self) -> None:
        assert url(find()) == "sqlite+aiosqlite:///admin_auth.sqlite3"

    def test_a_backend_of_the_hosts_has_no_tables_of_ours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ADMIN_AUTH_DATABASE_URL", "sqlite+aiosqlite:///variable.sqlite3")
        config = AdminConfig(auth_backend=OwnBackend())  # type: ignore[arg-type]
        assert resolve(config, AppConfig(plugins=[self.HOST])) is None

    def test_a_backend_of_the_hosts_may_ask_for_the_tables(self) -> None:
        assert url(find(auth_backend=OwnBackend(), database="sqlite+aiosqlite:///own.sqlite3"))

    def test_the_init_plugin_is_found_too(self) -> None:
        plugin = SQLAlchemyInitPlugin(SQLAlchemyAsyncConfig(connection_string="sqlite+aiosqlite:///init.sqlite3"))
        assert url(find(plugin)) == "sqlite+aiosqlite:///init.sqlite3"

    def test_of_several_databases_the_one_without_a_bind_key_is_the_hosts_main_one(self) -> None:
        configs = [
            SQLAlchemyAsyncConfig(
                connection_string=f"sqlite+aiosqlite:///{key}.sqlite3",
                bind_key=key,
                session_dependency_key=f"s_{key}",
                engine_dependency_key=f"e_{key}",
            )
            for key in ("reports", None)
        ]
        assert url(find(SQLAlchemyPlugin(configs))) == "sqlite+aiosqlite:///None.sqlite3"


class TestEngines:
    async def test_a_postgresql_engine_is_the_hosts_own_pool(self, postgresql_url: str) -> None:
        host = SQLAlchemyAsyncConfig(connection_string=postgresql_url)
        database = find(SQLAlchemyPlugin(host))
        assert database.engine.pool is host.get_engine().pool
        await database.close()
        async with host.get_engine().connect() as connection:  # still open
            assert await connection.scalar(text("SELECT 1")) == 1
        await host.get_engine().dispose()

    @pytest.mark.parametrize("mode", ["AUTOCOMMIT", "REPEATABLE READ", "SERIALIZABLE"])
    async def test_a_hosts_own_isolation_is_not_ours_and_stays_its_own(self, postgresql_url: str, mode: Any) -> None:
        host = SQLAlchemyAsyncConfig(
            connection_string=postgresql_url,
            engine_config=EngineConfig(isolation_level=mode, pool_size=1, max_overflow=0),
        )
        database = find(SQLAlchemyPlugin(host))
        with pytest.raises(RuntimeError, match="no"):
            await self.create_and_fail(database)
        async with database.reading() as db:
            assert await db.scalar(text("SELECT to_regclass('thing')")) is None
            assert await db.scalar(text("SHOW transaction_isolation")) == "read committed"
        async with host.get_engine().connect() as connection:  # the same connection: the pool has one
            await connection.execute(text("CREATE TABLE thing (id INTEGER)"))
            kept = await connection.scalar(text("SHOW transaction_isolation"))
        async with host.get_engine().connect() as connection:
            committed = await connection.scalar(text("SELECT to_regclass('thing')")) is not None
        assert committed is (mode == "AUTOCOMMIT")
        assert committed or kept == mode.lower()
        await host.get_engine().dispose()

    @staticmethod
    async def create_and_fail(database: Database) -> None:
        async with database.writing() as db:
            await db.execute(text("CREATE TABLE thing (id INTEGER)"))
            raise RuntimeError("no")

    async def test_an_sqlite_file_gets_an_engine_of_our_own_that_is_set_up_for_writers(self, tmp_path: Path) -> None:
        host = SQLAlchemyAsyncConfig(connection_string=f"sqlite+aiosqlite:///{tmp_path}/host.sqlite3")
        database = find(SQLAlchemyPlugin(host))
        assert database.engine is not host.get_engine()
        async with database.reading() as db:
            assert await db.scalar(text("PRAGMA foreign_keys")) == 1
        await database.close()

    async def test_an_engine_that_the_host_made_itself_tells_its_database(self, tmp_path: Path) -> None:
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/host.sqlite3")
        assert url(find(SQLAlchemyPlugin(SQLAlchemyAsyncConfig(engine_instance=engine)))) == str(engine.url)

    @pytest.mark.parametrize(
        ("host", "ours"),
        [
            ("sqlite:///shop.sqlite3", "sqlite+aiosqlite:///shop.sqlite3"),
            ("postgresql://u:p%40@h:5433/d", "postgresql+asyncpg://u:p%40@h:5433/d"),
            ("postgresql+psycopg2://u@h/d?sslmode=require", "postgresql+asyncpg://u@h/d?ssl=require"),
            ("postgresql+psycopg://u@h/d?application_name=x", "postgresql+psycopg://u@h/d?application_name=x"),
        ],
    )
    def test_a_synchronous_host_gets_an_asynchronous_url_for_the_same_database(
        self, host: str, ours: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened: list[str] = []
        monkeypatch.setattr("litestar_admin_auth.host_database.find_spec", str)  # every driver is there
        monkeypatch.setattr("litestar_admin_auth.host_database.create_engine", opened.append)
        find(SQLAlchemyPlugin(SQLAlchemySyncConfig(connection_string=host)))
        assert opened == [ours]

    def test_the_scheme_of_hosting_providers_is_understood(self) -> None:
        assert url(find(database="postgres://u@h/d")) == "postgresql+asyncpg://u@h/d"

    async def test_a_synchronous_url_in_the_setting_is_understood(self, postgresql_url: str) -> None:
        database = find(database=postgresql_url.replace("+asyncpg", ""))
        async with database.reading() as db:
            assert await db.scalar(text("SELECT 1")) == 1
        await database.close()


class TestRefusals:
    @pytest.mark.parametrize(
        ("check_id", "value"),
        [
            ("AA010", "sqlite+aiosqlite://"),
            ("AA010", "sqlite://"),
            ("AA010", "sqlite+aiosqlite:///:memory:"),
            ("AA010", "sqlite+aiosqlite:///file:x?mode=memory&uri=true"),
            ("AA011", "mysql+aiomysql://u@h/d"),
            ("AA012", "postgresql+psycopg2://u@h/d?options=-csearch_path%3Dx"),
            ("AA013", "not a url: hunter2"),
            ("AA013", 42),
        ],
    )
    def test_what_cannot_hold_the_tables_stops_the_start_with_an_id_and_a_hint(
        self, check_id: str, value: object
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            find(database=value)
        assert caught.value.check_id == check_id
        assert "AdminConfig.database" in str(caught.value)
        assert caught.value.hint

    @pytest.mark.parametrize("scheme", ["postgresql+asyncpg", "postgresql+psycopg", "postgresql"])
    def test_a_driver_that_is_not_installed_is_told_with_the_command(
        self, scheme: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def nothing(_name: str) -> None: ...

        monkeypatch.setattr("litestar_admin_auth.host_database.find_spec", nothing)
        with pytest.raises(ConfigError, match=r"AA012.*pip install"):
            find(database=f"{scheme}://u@h/d")

    def test_a_host_in_memory_is_refused_and_told_of_the_setting(self) -> None:
        host = SQLAlchemyPlugin(SQLAlchemyAsyncConfig(connection_string="sqlite+aiosqlite://"))
        with pytest.raises(ConfigError, match=r"AA010.*host's SQLAlchemyPlugin"):
            find(host)

    def test_a_password_in_a_bad_url_is_not_repeated(self) -> None:
        with pytest.raises(ConfigError) as caught:
            find(database="postgresql//u:hunter2@h/d")
        assert "hunter2" not in str(caught.value)


class TestAlchemyConfig:
    def test_shares_nothing_with_a_hosts(self, tmp_path: Path) -> None:
        host = SQLAlchemyAsyncConfig(connection_string=f"sqlite+aiosqlite:///{tmp_path}/host.sqlite3")
        ours = alchemy_config(find(SQLAlchemyPlugin(host)))
        assert ours.bind_key == "admin_auth"
        assert ours.metadata is not host.metadata
        assert ours.alembic_config.version_table_name == "admin_auth_alembic_version"
        assert ours.alembic_config.script_config == ""  # the host's alembic.ini is the host's
