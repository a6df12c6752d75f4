"""The tables, the catalogue, and what is wrong with the set-up."""

import asyncio
from dataclasses import asdict
from typing import Any

import click
from litestar import Litestar

from litestar_admin_auth.auth.jwt import JWTAuthBackend
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.auth.store_sessions import STORE_NAME
from litestar_admin_auth.cli.running import admin, as_json, cell, print_json, run
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.services import migrations
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.checks import run_checks


@admin.command()
def migrate(app: Litestar) -> None:
    """Create or update the tables, then the catalogue of permissions."""

    async def work(runtime: Runtime, database: Database) -> None:
        await migrations.upgrade(database)
        await sync_permissions(database, runtime.config.permissions)
        click.echo(f"The tables are at revision {await migrations.current(database)}.")

    run(app, work)


@admin.command("sync-permissions")
@as_json
def sync_permissions_command(app: Litestar, as_json: bool) -> None:
    """Bring the catalogue of permissions up to date with what the application declares."""

    async def work(runtime: Runtime, database: Database) -> Any:
        return await sync_permissions(database, runtime.config.permissions)

    result = asdict(run(app, work))
    if as_json:
        print_json(result)
        return
    for change, codes in result.items():
        click.echo(f"{change}: {cell(codes)}")


@admin.command()
@click.option("--deploy", is_flag=True, help="Also check what production needs.")
@as_json
def check(app: Litestar, deploy: bool, as_json: bool) -> None:
    """Look for mistakes in the set-up; the ids are explained in docs/checks.md."""
    runtime: Runtime = app.state.admin_auth
    if isinstance(runtime.backend, JWTAuthBackend):
        runtime.backend.use_store(app.stores.get(STORE_NAME), runtime.policy)

    async def work(runtime: Runtime, database: Database | None) -> Any:
        return await run_checks(runtime.config, database, deploy=deploy, debug=app.debug, strict=True)

    # A host without our tables has settings to check all the same.
    findings = run(app, work) if runtime.database is not None else asyncio.run(work(runtime, None))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{finding.level} {finding.id}: {finding.message} {finding.hint}")
        click.echo(f"{len(findings) or 'No'} findings.")
    if any(finding.level == "error" for finding in findings):
        raise SystemExit(1)
