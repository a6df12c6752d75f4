"""Users: creating them, their passwords, roles and sessions.

Passwords are never arguments, which other users of the machine can see: they come from ``ADMIN_AUTH_PASSWORD``, from
standard input or from a hidden prompt.
"""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import click
from litestar import Litestar

from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.cli.running import ACTOR, admin, cell, fail, run
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import EmailTaken, InvalidInput
from litestar_admin_auth.core.text import email_address
from litestar_admin_auth.services import open_sessions, passwords, users
from litestar_admin_auth.services.bootstrap import create_superuser

PASSWORD_VARIABLE = "ADMIN_AUTH_PASSWORD"  # noqa: S105 - the name of a variable

no_input = click.option("--no-input", is_flag=True, help="Never ask; fail instead.")
password_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


def read_password(*, password_stdin: bool, no_input: bool, check: Callable[[str], None] | None = None) -> str:
    """Return the password from standard input, from the variable, or from a hidden prompt, verbatim.

    Ends the command when there is none and nobody can be asked.

    Args:
        password_stdin: Whether it comes from standard input.
        no_input: Whether nobody is to be asked.
        check: Raises ``InvalidInput`` for a password that will be refused: whoever is asked is asked again.
    """
    if password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if password := os.environ.get(PASSWORD_VARIABLE):
        return password
    if no_input or not sys.stdin.isatty():
        fail(f"Give the password in {PASSWORD_VARIABLE} or with --password-stdin.")
    return click.prompt("Password", hide_input=True, confirmation_prompt=True, value_proc=_asked_again(check))


def _asked_again(check: Callable[[str], object] | None) -> Callable[[str], str]:
    def value(typed: str) -> str:
        try:
            if check is not None:
                check(typed)
        except InvalidInput as error:
            # The one that makes click ask once more.
            raise click.UsageError(error.message) from error
        return typed

    return value


def ask_email(*, no_input: bool) -> str:
    if no_input or not sys.stdin.isatty():
        fail("Give the address with --email.")
    return click.prompt("E-mail", value_proc=_asked_again(email_address))


def _rules(app: Litestar, *, email: str, name: str) -> Callable[[str], None]:
    title = app.state.admin_auth.config.title
    return lambda password: passwords.check_password(password, email=email, name=name, site_title=title)


@admin.command("create-superuser")
@click.option("--email", help="The e-mail address.")
@click.option("--name", default="", help="The name.")
@no_input
@password_stdin
def create_superuser_command(app: Litestar, email: str | None, name: str, no_input: bool, password_stdin: bool) -> None:
    """Create a user who may do everything."""
    address = email or ask_email(no_input=no_input)
    rules = _rules(app, email=address, name=name)
    password = read_password(password_stdin=password_stdin, no_input=no_input, check=rules)

    async def work(runtime: Runtime, database: Database) -> None:
        try:
            user = await create_superuser(database, runtime.passwords, email=address, password=password, name=name)
        except EmailTaken as error:
            # Nobody's password is replaced by the way: there is a command for that.
            fail(f"{error.message} To let that user do everything: litestar admin grant {address} superuser")
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
    address = email or ask_email(no_input=no_input)
    rules = _rules(app, email=address, name=name)
    password = read_password(password_stdin=password_stdin, no_input=no_input, check=rules)

    async def work(runtime: Runtime, database: Database) -> None:
        # First, or a refused password would leave a user without one.
        rules(password)
        user = await users.create_user(database, ACTOR, email=address, name=name, roles=role_names)
        await passwords.set_password(database, ACTOR, runtime.passwords, user.id, password)
        click.echo(f"{user.email} may sign in. Roles: {cell(user.roles)}.")

    run(app, work)


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
@click.option(
    "--until", help="The end, such as 2030-01-31, all of that day, or 2030-01-31T18:00+01:00; UTC without a zone."
)
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
    if len(text) <= len("2030-01-31"):
        # As on the page, where a day without a time ends with its last second.
        moment = moment.replace(hour=23, minute=59, second=59)
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


@admin.command("revoke-sessions")
@click.argument("user")
def revoke_sessions(app: Litestar, user: str) -> None:
    """End all sessions of USER."""

    async def work(_runtime: Runtime, database: Database) -> None:
        row = await users.find_user(database, ACTOR, user)
        ended = await open_sessions.revoke_user_sessions(database, ACTOR, row.id)
        click.echo(f"{len(ended)} sessions of {row.email} have ended.")

    run(app, work)
