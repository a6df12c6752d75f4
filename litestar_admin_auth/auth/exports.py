"""A list as a file that leaves the site: for pages and API alike, within one budget.

By POST, though it reads: it writes an event into the audit log, and a link on another site must not make somebody's
browser fetch the list of all users.
"""

from typing import Any

from litestar.response import Stream

from litestar_admin_auth.auth.request_state import Connection
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.export import Export, start_export
from litestar_admin_auth.services.lists import ListQuery


async def take_along(connection: Connection, actor: Actor, what: Export[Any], query: ListQuery) -> Stream:
    """Return everything that a query lets through as CSV, to be saved under the list's name and the day's.

    Raises:
        NotAllowed: Without the permission to see the list.
        InvalidInput: For a bad filter, sort or search.
        TooManyTries: When the throttle refuses, which counts every file.
    """
    runtime = runtime_of(connection)
    account = str(actor.user_id or actor.label)
    await runtime.throttle.check("export", account, actor.ip)
    # Each one counts: the budget is for taking lists along, not for failing to.
    await runtime.throttle.failed("export", account, actor.ip)
    lines = await start_export(runtime.tables, actor, what, query)
    name = f"{what.name}-{now():%Y-%m-%d}.csv"
    return Stream(lines, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})
