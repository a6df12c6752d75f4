"""What every command shares: the group, an event loop of its own, and plain output."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NoReturn, TypeVar, cast

import click
from alembic.util import CommandError
from litestar import Litestar
from litestar.cli._utils import LitestarGroup
from litestar.serialization import encode_json
from sqlalchemy.exc import SQLAlchemyError

from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.database_trouble import trouble_of
from litestar_admin_auth.core.exceptions import AdminAuthError, ConfigError
from litestar_admin_auth.services.actor import Actor

T = TypeVar("T")

ACTOR = Actor.system("cli")

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=LitestarGroup, name="admin")
def admin() -> None:
    """Manage users, roles and permissions."""


def fail(message: str) -> NoReturn:
    """End the command with status 1 and one plain line, which a log keeps whole; click would draw a box."""
    click.echo(f"Error: {message}", err=True)
    raise SystemExit(1)


def run(app: Litestar, work: Callable[[Runtime, Database], Awaitable[T]]) -> T:
    """Run a command's work in an event loop of its own, and turn what went wrong into one line."""
    runtime: Runtime = app.state.admin_auth

    async def main() -> T:
        if runtime.database is None:
            fail("This application has no admin_auth tables: it brings its own authentication backend.")
        try:
            return await work(runtime, runtime.database)
        finally:
            # Mails too: with the command, the loop that would send them ends.
            await runtime.background.drain()
            # Connections belong to this event loop, which ends here.
            await runtime.database.engine.dispose()

    try:
        return asyncio.run(main())
    except AdminAuthError as error:
        fail(f"{error.field}: {error.message}" if error.field else error.message)
    except ConfigError as error:
        fail(str(error))
    except (SQLAlchemyError, OSError) as error:
        if runtime.database is not None and (trouble := trouble_of(error, runtime.database.engine.url)) is not None:
            fail(f"{trouble.check_id}: {trouble.message} {trouble.hint}")
        first_line = str(getattr(error, "orig", error)).partition("\n")[0]
        fail(f"The database refused: {first_line} (is it there, and migrated? See: litestar admin check)")
    except CommandError as error:
        # Such as a revision that this release does not know: the tables are those of a newer one.
        fail(f"The tables cannot be migrated: {error}")


def print_rows(rows: Sequence[Any], columns: Sequence[str], *, as_json: bool) -> None:
    """Print dataclasses as a JSON array or as aligned columns."""
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    lines = [list(columns), *([cell(getattr(row, column)) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def cell(value: object) -> str:
    """Return a value as one short line; ``-`` for nothing."""
    if isinstance(value, list):
        return ", ".join(cell(item) for item in cast("list[object]", value)) or "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    # What a person typed as a name must not move the cursor of an administrator's terminal.
    return "".join(character if character.isprintable() else "?" for character in str(value)) if value else "-"


def print_json(value: object) -> None:
    """Print a value of plain data, dataclasses, times and ids."""
    click.echo(encode_json(value).decode())
