"""What is there: users, roles, who may call what, and why."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import TypeVar

import click
from litestar import Litestar

from litestar_admin_auth.api import controllers as api_controllers
from litestar_admin_auth.auth.access_map import access_map, admin_access_map
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.auth.sign_in_status import sign_in_status
from litestar_admin_auth.cli.running import ACTOR, admin, as_json, cell, print_json, print_rows, run
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.mount import build_inner
from litestar_admin_auth.services import explanations, roles, users
from litestar_admin_auth.services.lists import MAX_LIMIT, ListQuery, Page
from litestar_admin_auth.services.sign_in_status import SignInStatus
from litestar_admin_auth.web import controllers as web_controllers

T = TypeVar("T")


async def every_page(read: Callable[[ListQuery], Awaitable[Page[T]]], query: ListQuery) -> list[T]:
    """Return the rows of all pages."""
    page = await read(query)
    items = page.items
    while page.next is not None:
        page = await read(replace(query, cursor=page.next))
        items += page.items
    return items


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

    async def work(_runtime: Runtime, database: Database) -> explanations.Explanation:
        row = await users.find_user(database, ACTOR, user)
        return await explanations.explain(database, ACTOR, row.id, permission)

    found = run(app, work)
    if as_json:
        print_json(asdict(found))
        return
    click.echo(f"{'yes' if found.allowed else 'no'}: {user} {'has' if found.allowed else 'lacks'} {permission}")
    click.echo(f"  {explanations.in_words(found)}")
    for path in found.paths:
        until = f" until {cell(path.expires_at)}" if path.expires_at else ""
        why = f" ({path.reason})" if path.reason else ""
        given = f"given by {path.granted_by} on {cell(path.granted_at)}{until}{why}"
        click.echo(f"  role {path.role} holds {path.permission}, {given}")
    for path in found.ended:
        click.echo(f"  role {path.role} gave {path.permission} until {cell(path.expires_at)}")


@admin.command("sign-in-status")
@click.argument("user")
@as_json
def sign_in_status_command(app: Litestar, user: str, as_json: bool) -> None:
    """Tell why USER cannot sign in, or that nothing is in the way."""

    async def work(runtime: Runtime, database: Database) -> SignInStatus:
        row = await users.find_user(database, ACTOR, user)
        return await sign_in_status(runtime, ACTOR, row.id)

    found = run(app, work)
    if as_json:
        print_json(asdict(found))
        return
    click.echo(f"{user} {'can' if found.can_sign_in else 'cannot'} sign in")
    for obstacle in found.obstacles:
        times = (("since", obstacle.since), ("until", obstacle.until))
        known = "".join(f", {word} {cell(moment)}" for word, moment in times if moment is not None)
        by = f", by {cell(obstacle.by)}" if obstacle.by else ""
        click.echo(f"  {obstacle.code}: {obstacle.message}{known}{by} (remedy: {obstacle.remedy})")
    for failure in found.failed_logins:
        click.echo(f"  refused on {cell(failure.at)} from {cell(failure.ip)}")
