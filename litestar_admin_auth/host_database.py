"""Which database our tables are in, and how it appears among Litestar's ``database`` commands.

The order: ``AdminConfig.database``, ``ADMIN_AUTH_DATABASE_URL``, the host's Advanced Alchemy plugin, an SQLite file.
"""

import os
from collections.abc import Callable, Iterable
from functools import wraps
from importlib.util import find_spec
from typing import Any

import click
from advanced_alchemy.cli import add_migration_commands
from advanced_alchemy.config import AlembicAsyncConfig, SQLAlchemyAsyncConfig, SQLAlchemySyncConfig
from advanced_alchemy.extensions.litestar.cli import database_group
from advanced_alchemy.extensions.litestar.plugins import SQLAlchemyInitPlugin, SQLAlchemyPlugin
from advanced_alchemy.utils.cli_tools import group
from litestar.cli._utils import LitestarGroup
from litestar.config.app import AppConfig
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from litestar_admin_auth.core.config import AdminConfig
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.models.base import BIND_KEY, Base
from litestar_admin_auth.services.migrations import VERSION_TABLE, script_location

DATABASE_VARIABLE = "ADMIN_AUTH_DATABASE_URL"
DEFAULT_URL = "sqlite+aiosqlite:///admin_auth.sqlite3"

AlchemyConfig = SQLAlchemyAsyncConfig | SQLAlchemySyncConfig

_GIVE_ONE = "Set AdminConfig.database to a URL such as 'postgresql+asyncpg://user@host/name'."


def resolve(config: AdminConfig, app_config: AppConfig) -> Database | None:
    """Find the database for our tables; nothing is connected to yet.

    A host's PostgreSQL engine is shared. An SQLite file gets an engine of our own, since writers that share the host's
    would lose updates; a synchronous host gets an asynchronous one beside its own, on the same database.

    Args:
        config: The admin's settings.
        app_config: The host's; all of its plugins must be in its list, in whatever order.

    Returns:
        None when the host brings its own authentication backend and no database: then there are no tables of ours.

    Raises:
        ConfigError: ``AA010`` for a database in memory, ``AA011`` for one that is neither SQLite nor PostgreSQL,
            ``AA012`` for one that no installed asynchronous driver can reach, ``AA013`` for a value that is no URL.
    """
    if config.auth_backend is not None and config.database is None:
        return None
    if isinstance(config.database, AlchemyConfig):
        return _from_alchemy(config.database, "AdminConfig.database")
    if config.database is not None:
        return _from_url(config.database, "AdminConfig.database")
    if url := os.environ.get(DATABASE_VARIABLE):
        return _from_url(url, DATABASE_VARIABLE)
    if (host := _host_config(app_config.plugins)) is not None:
        return _from_alchemy(host, "the host's SQLAlchemyPlugin")
    return Database(create_engine(DEFAULT_URL))


def _host_config(plugins: Iterable[Any]) -> AlchemyConfig | None:
    configs = [
        config
        for plugin in plugins
        if isinstance(plugin, (SQLAlchemyPlugin, SQLAlchemyInitPlugin))
        for config in plugin.config
    ]
    # A host with several databases: the one without a bind key is its main one.
    return next((config for config in configs if config.bind_key is None), configs[0] if configs else None)


def _from_alchemy(config: AlchemyConfig, source: str) -> Database:
    url = config.engine_instance.url if config.engine_instance else _parse(config.connection_string, source)
    if isinstance(config, SQLAlchemyAsyncConfig) and url.get_backend_name() == "postgresql":
        # The same pool, but the isolation that our rules were written for, whatever the host has chosen for itself.
        return Database(config.get_engine().execution_options(isolation_level="READ COMMITTED"), owned=False)
    return _from_url(url, source)


def _from_url(value: object, source: str) -> Database:
    return Database(create_engine(_async_url(_parse(value, source), source)))


def _parse(value: object, source: str) -> URL:
    try:
        return make_url(value)  # type: ignore[arg-type]
    except ArgumentError as error:
        # The value may hold a password: it is not repeated.
        raise ConfigError("AA013", f"{source} is not a database URL.", hint=_GIVE_ONE) from error


def _async_url(url: URL, source: str) -> str:
    backend = url.get_backend_name()
    if backend == "sqlite":
        _refuse_memory(url, source)
        url = url.set(drivername="sqlite+aiosqlite")
    elif backend in {"postgresql", "postgres"}:  # the second is what hosting providers put into their variables
        url = _async_postgresql(url, source)
    else:
        raise ConfigError("AA011", f"{source} is {backend}; the tables need SQLite or PostgreSQL.", hint=_GIVE_ONE)
    return url.render_as_string(hide_password=False)


def _refuse_memory(url: URL, source: str) -> None:
    # Each connection, and each command, would find an empty database of its own.
    if not url.database or ":memory:" in url.database or url.query.get("mode") == "memory":
        raise ConfigError(
            "AA010", f"{source} is an SQLite database in memory.", hint=f"Name a file, such as '{DEFAULT_URL}'."
        )


def _async_postgresql(url: URL, source: str) -> URL:
    driver = url.drivername.partition("+")[2]
    named = driver if driver in {"asyncpg", "psycopg"} else None
    if find_spec(named or "asyncpg") is None and (named or find_spec("psycopg") is None):
        raise ConfigError(
            "AA012",
            f"{source} is PostgreSQL, and {named or 'an asynchronous driver'} is not installed.",
            hint='Run: pip install "litestar-admin-auth[postgresql]"',
        )
    if named:
        return url
    if find_spec("asyncpg") is None:
        return url.set(drivername="postgresql+psycopg")
    # libpq's word for it; any other option of libpq has no equivalent that we could choose for the host.
    query = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    if foreign := sorted(set(query) - {"ssl"}):
        raise ConfigError("AA012", f"{source} has {', '.join(foreign)}, which asyncpg does not know.", hint=_GIVE_ONE)
    return url.set(drivername="postgresql+asyncpg", query=query)


def alchemy_config(database: Database) -> SQLAlchemyAsyncConfig:
    """Return our tables as an Advanced Alchemy configuration, for its ``database`` commands."""
    return SQLAlchemyAsyncConfig(
        bind_key=BIND_KEY,
        metadata=Base.metadata,
        engine_instance=database.engine,
        alembic_config=AlembicAsyncConfig(
            # Empty: by default the host's alembic.ini would be read.
            script_config="",
            script_location=script_location(),
            version_table_name=VERSION_TABLE,
            compare_type=True,
        ),
    )


def add_database_commands(cli: click.Group) -> None:
    """Make ``litestar database ... --bind-key admin_auth`` work; call it from the plugin's ``on_cli_init``.

    A host's own ``database`` commands stay its own: our configuration does not join its list, or its ``drop-all`` and
    ``init`` would take our tables in. It steps in only for our bind key. Without a host plugin the commands are ours.
    """
    for command in database_group.commands.values():
        _answer_our_bind_key(command)
    # A host plugin that comes later in the list replaces this group by its own.
    if "database" not in cli.commands:
        cli.add_command(_database_group())


def _configs(context: click.Context) -> list[SQLAlchemyAsyncConfig]:
    database: Database | None = context.find_root().obj.app.state.admin_auth.database
    if database is None:
        msg = "This application has no admin_auth tables."
        raise click.ClickException(msg)
    return [alchemy_config(database)]


def _answer_our_bind_key(command: click.Command) -> None:
    run: Callable[..., Any] | None = command.callback
    if run is None or getattr(run, "answers_admin_auth", False):
        return

    @wraps(run)
    def run_on_ours(*args: Any, **kwargs: Any) -> Any:
        context = click.get_current_context()
        if kwargs.get("bind_key") == BIND_KEY:
            context.obj["configs"] = _configs(context)
        return run(*args, **kwargs)

    run_on_ours.answers_admin_auth = True  # type: ignore[attr-defined]
    command.callback = run_on_ours


def _database_group() -> click.Group:
    @group(cls=LitestarGroup, name="database", aliases=["db"])
    def database(ctx: click.Context) -> None:
        """Manage SQLAlchemy database components."""
        ctx.obj = {"app": ctx.obj, "configs": _configs(ctx)}

    return add_migration_commands(database)
