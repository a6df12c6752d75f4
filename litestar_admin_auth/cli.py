"""The ``admin`` commands: thin, and all of them fit for scripts.

None needs a terminal; each ends with status 1 and one line on a failure; with ``--json`` what prints data prints JSON.
Passwords are never arguments, which other users of the machine can see: they come from ``ADMIN_AUTH_PASSWORD``, from
standard input or from a hidden prompt.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar, cast

import click
from litestar import Litestar
from litestar.cli._utils import LitestarGroup
from litestar.serialization import encode_json
from sqlalchemy.exc import SQLAlchemyError

from litestar_admin_auth.api import controllers as api_controllers
from litestar_admin_auth.auth.access_map import access_map, admin_access_map
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import AdminAuthError, ConfigError
from litestar_admin_auth.host_database import add_database_commands
from litestar_admin_auth.mount import build_inner
from litestar_admin_auth.services import access, migrations, passwords, roles, sessions, users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.bootstrap import create_superuser
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.checks import run_checks
from litestar_admin_auth.services.lists import MAX_LIMIT, ListQuery, Page
from litestar_admin_auth.web import controllers as web_controllers

T = TypeVar("T")

ACTOR = Actor.system("cli")
PASSWORD_VARIABLE = "ADMIN_AUTH_PASSWORD"  # noqa: S105 - the name of a variable

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
no_input = click.option("--no-input", is_flag=True, help="Never ask; fail instead.")
password_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


def register(cli: click.Group) -> None:
    """Add the ``admin`` commands to Litestar's own, and our tables to its ``database`` commands."""
    cli.add_command(admin)
    add_database_commands(cli)


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
            # Connections belong to this event loop, which ends here.
            await runtime.database.engine.dispose()

    try:
        return asyncio.run(main())
    except AdminAuthError as error:
        fail(f"{error.field}: {error.message}" if error.field else error.message)
    except ConfigError as error:
        fail(str(error))
    except (SQLAlchemyError, OSError) as error:
        first_line = str(getattr(error, "orig", error)).partition("\n")[0]
        fail(f"The database refused: {first_line} (is it there, and migrated? See: litestar admin check)")


def print_rows(rows: Sequence[Any], columns: Sequence[str], *, as_json: bool) -> None:
    """Print dataclasses as a JSON array or as aligned columns."""
    if as_json:
        click.echo(encode_json([asdict(row) for row in rows]).decode())
        return
    lines = [list(columns), *([_cell(getattr(row, column)) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[object]", value))) or "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    # What a person typed as a name must not move the cursor of an administrator's terminal.
    return "".join(character if character.isprintable() else "?" for character in str(value)) if value else "-"


def read_password(*, password_stdin: bool, no_input: bool) -> str:
    """Return the password from standard input, from the variable, or from a hidden prompt, verbatim.

    Ends the command when there is none and nobody can be asked.
    """
    if password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if password := os.environ.get(PASSWORD_VARIABLE):
        return password
    if no_input or not sys.stdin.isatty():
        fail(f"Give the password in {PASSWORD_VARIABLE} or with --password-stdin.")
    return click.prompt("Password", hide_input=True, confirmation_prompt=True)


async def every_page(read: Callable[[ListQuery], Awaitable[Page[T]]], query: ListQuery) -> list[T]:
    """Return the rows of all pages."""
    page = await read(query)
    items = page.items
    while page.next is not None:
        page = await read(
            ListQuery(q=query.q, sort=query.sort, limit=query.limit, cursor=page.next, filters=query.filters)
        )
        items += page.items
    return items


@admin.command()
def migrate(app: Litestar) -> None:
    """Create or update the tables, then the catalogue of permissions."""

    async def work(runtime: Runtime, database: Database) -> None:
        await migrations.upgrade(database)
        await sync_permissions(database, runtime.config.permissions)
        click.echo(f"The tables are at revision {await migrations.current(database)}.")

    run(app, work)


@admin.command("create-superuser")
@click.option("--email", help="The e-mail address.")
@click.option("--name", default="", help="The name.")
@no_input
@password_stdin
def create_superuser_command(app: Litestar, email: str | None, name: str, no_input: bool, password_stdin: bool) -> None:
    """Create a user who may do everything."""
    address = email or _ask_email(no_input=no_input)
    password = read_password(password_stdin=password_stdin, no_input=no_input)

    async def work(runtime: Runtime, database: Database) -> None:
        user = await create_superuser(database, runtime.passwords, email=address, password=password, name=name)
        click.echo(f"{user.email} may do everything.")

    run(app, work)


@admin.command("create-user")
@click.option("--email", help="The e-mail address.")
@click.option("--name", default="", help="The name.")
@click.option("--role", "role_names", multiple=True, help="A role to give; may be repeated.")
@no_input
@password_stdin
def create_user(
    app: Litestar, email: str | None, name: str, role_names: tuple[str, ...], no_input: bool, password_stdin: bool
) -> None:
    """Create a user with a password and roles."""
    address = email or _ask_email(no_input=no_input)
    password = read_password(password_stdin=password_stdin, no_input=no_input)

    async def work(runtime: Runtime, database: Database) -> None:
        # First, or a refused password would leave a user without one.
        passwords.check_password(password, email=address, name=name, site_title=runtime.config.title)
        user = await users.create_user(database, ACTOR, email=address, name=name, roles=role_names)
        await passwords.set_password(database, ACTOR, runtime.passwords, user.id, password)
        click.echo(f"{user.email} may sign in. Roles: {_cell(user.roles)}.")

    run(app, work)


def _ask_email(*, no_input: bool) -> str:
    if no_input or not sys.stdin.isatty():
        fail("Give the address with --email.")
    return click.prompt("E-mail")


@admin.command("set-password")
@click.argument("user")
@no_input
@password_stdin
def set_password(app: Litestar, user: str, no_input: bool, password_stdin: bool) -> None:
    """Set a user's password and end all of the user's sessions. USER is an e-mail address or an id."""
    password = read_password(password_stdin=password_stdin, no_input=no_input)

    async def work(runtime: Runtime, database: Database) -> None:
        row = await users.find_user(database, ACTOR, user)
        await passwords.set_password(database, ACTOR, runtime.passwords, row.id, password)
        click.echo(f"The password of {row.email} is set; all sessions have ended.")

    run(app, work)


@admin.command()
@click.argument("user")
@click.argument("role")
@click.option("--reason", default="", help="Why, for the audit log.")
@click.option("--until", help="The end, such as 2030-01-31 or 2030-01-31T18:00+01:00; UTC without a zone.")
def grant(app: Litestar, user: str, role: str, reason: str, until: str | None) -> None:
    """Give USER the ROLE."""
    expires_at = _moment(until) if until else None

    async def work(_runtime: Runtime, database: Database) -> None:
        row = await users.find_user(database, ACTOR, user)
        await users.grant_role(database, ACTOR, row.id, role, reason=reason, expires_at=expires_at)
        click.echo(f"{row.email} has the role {role}{f' until {expires_at.isoformat()}' if expires_at else ''}.")

    run(app, work)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail("--until: write it like 2030-01-31 or 2030-01-31T18:00+01:00.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@admin.command()
@click.argument("user")
@click.argument("role")
def revoke(app: Litestar, user: str, role: str) -> None:
    """Take the ROLE away from USER."""

    async def work(_runtime: Runtime, database: Database) -> None:
        row = await users.find_user(database, ACTOR, user)
        await users.revoke_role(database, ACTOR, row.id, role)
        click.echo(f"{row.email} no longer has the role {role}.")

    run(app, work)


@admin.command("users")
@click.option("-q", "--search", default="", help="Words in the e-mail address or the name.")
@click.option("--status", default="", help="active, suspended or invited.")
@click.option("--role", default="", help="Only who has this role.")
@as_json
def users_command(app: Litestar, search: str, status: str, role: str, as_json: bool) -> None:
    """List users, newest first."""

    async def work(_runtime: Runtime, database: Database) -> list[users.UserRow]:
        query = ListQuery(q=search, limit=MAX_LIMIT, filters={"status": status, "role": role})
        return await every_page(lambda page: users.list_users(database, ACTOR, page), query)

    print_rows(run(app, work), ("email", "name", "status", "roles", "last_login_at"), as_json=as_json)


@admin.command("roles")
@as_json
def roles_command(app: Litestar, as_json: bool) -> None:
    """List roles and what they hold."""

    async def work(_runtime: Runtime, database: Database) -> list[roles.RoleRow]:
        query = ListQuery(sort="name", limit=MAX_LIMIT)
        return await every_page(lambda page: roles.list_roles(database, ACTOR, page), query)

    print_rows(run(app, work), ("name", "members", "description", "permissions"), as_json=as_json)


@admin.command("routes")
@as_json
def routes_command(app: Litestar, as_json: bool) -> None:
    """Map every route, of the application and of the admin, to what it asks for."""
    runtime: Runtime = app.state.admin_auth
    inner = build_inner(runtime, [*web_controllers(runtime), *api_controllers(runtime)])
    rows = [*access_map(app), *admin_access_map(inner)]
    print_rows(rows, ("path", "methods", "needs"), as_json=as_json)


@admin.command()
@click.argument("user")
@click.argument("permission")
@as_json
def explain(app: Litestar, user: str, permission: str, as_json: bool) -> None:
    """Tell whether USER has PERMISSION, and why, or which roles would give it."""

    async def work(_runtime: Runtime, database: Database) -> access.Explanation:
        row = await users.find_user(database, ACTOR, user)
        return await access.explain(database, ACTOR, row.id, permission)

    found = run(app, work)
    if as_json:
        click.echo(encode_json(asdict(found)).decode())
        return
    click.echo(f"{'yes' if found.allowed else 'no'}: {user} {'has' if found.allowed else 'lacks'} {permission}")
    for path in found.paths:
        until = f" until {_cell(path.expires_at)}" if path.expires_at else ""
        why = f" ({path.reason})" if path.reason else ""
        given = f"given by {path.granted_by} on {_cell(path.granted_at)}{until}{why}"
        click.echo(f"  role {path.role} holds {path.permission}, {given}")
    if not found.allowed:
        click.echo(f"  roles that would give it: {_cell(found.would_allow)}")


@admin.command("revoke-sessions")
@click.argument("user")
def revoke_sessions(app: Litestar, user: str) -> None:
    """End all sessions of USER."""

    async def work(_runtime: Runtime, database: Database) -> None:
        row = await users.find_user(database, ACTOR, user)
        ended = await sessions.revoke_user_sessions(database, ACTOR, row.id)
        click.echo(f"{len(ended)} sessions of {row.email} have ended.")

    run(app, work)


@admin.command("sync-permissions")
@as_json
def sync_permissions_command(app: Litestar, as_json: bool) -> None:
    """Bring the catalogue of permissions up to date with what the application declares."""

    async def work(runtime: Runtime, database: Database) -> Any:
        return await sync_permissions(database, runtime.config.permissions)

    result = asdict(run(app, work))
    if as_json:
        click.echo(encode_json(result).decode())
        return
    for change, codes in result.items():
        click.echo(f"{change}: {_cell(codes)}")


@admin.command()
@click.option("--deploy", is_flag=True, help="Also check what production needs.")
@as_json
def check(app: Litestar, deploy: bool, as_json: bool) -> None:
    """Look for mistakes in the set-up; the ids are explained in docs/checks.md."""
    runtime: Runtime = app.state.admin_auth

    async def work(runtime: Runtime, database: Database | None) -> Any:
        return await run_checks(runtime.config, database, deploy=deploy, debug=app.debug, strict=True)

    # A host without our tables has settings to check all the same.
    findings = run(app, work) if runtime.database is not None else asyncio.run(work(runtime, None))
    if as_json:
        click.echo(encode_json([asdict(finding) for finding in findings]).decode())
    else:
        for finding in findings:
            click.echo(f"{finding.level} {finding.id}: {finding.message} {finding.hint}")
        click.echo(f"{len(findings) or 'No'} findings.")
    if any(finding.level == "error" for finding in findings):
        raise SystemExit(1)
