"""The ``admin`` commands: thin, and all of them fit for scripts.

None needs a terminal; each ends with status 1 and one line on a failure; with ``--json`` what prints data prints JSON.
"""

import click

from litestar_admin_auth.cli import people as people
from litestar_admin_auth.cli import reports as reports
from litestar_admin_auth.cli import upkeep as upkeep
from litestar_admin_auth.cli.running import admin
from litestar_admin_auth.host_database import add_database_commands


def register(cli: click.Group) -> None:
    """Add the ``admin`` commands to Litestar's own, and our tables to its ``database`` commands."""
    cli.add_command(admin)
    add_database_commands(cli)
