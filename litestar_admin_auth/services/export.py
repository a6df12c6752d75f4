"""Lists as CSV (RFC 4180), written page by page, so that a million rows need no more memory than two hundred.

The event is written before the first byte leaves, with the number of rows that match then: a download that is cut off
just before its end has shown what it has shown. Every page is read in a transaction of its own and asks anew what the
actor may see. A failure half way raises out of the iterator: the server then breaks the connection off, and no client
takes the piece for the whole.
"""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.models import AuditEvent
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import list_events, record
from litestar_admin_auth.services.lists import MAX_LIMIT, ListQuery, Page
from litestar_admin_auth.services.open_sessions import SessionRow, list_sessions
from litestar_admin_auth.services.roles import RoleRow, list_roles
from litestar_admin_auth.services.user_lists import UserRow, list_users

#: Excel takes a file without it for one in the encoding of the country.
BYTE_ORDER_MARK = "\ufeff"

# What a spreadsheet begins a formula with, also in full width, at the start of a value or of what another separator
# than the comma would make of it (OWASP "CSV Injection"; ASVS 1.2.10).
_FORMULA = re.compile(r"(^|[,;\t\r\n])([ \u00a0\u3000\"]*)([=+\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20])")

T = TypeVar("T")


@dataclass(frozen=True)
class Export(Generic[T]):
    """A list that can be taken along.

    Args:
        name: What the rows are, as in the file's name.
        action: What the log calls it.
        read: The list; it checks what the actor may see.
        columns: Each column's heading, and what stands below it.
    """

    name: str
    action: str
    read: Callable[[Database, Actor, ListQuery], Awaitable[Page[T]]]
    columns: Mapping[str, Callable[[T], object]]


USERS = Export[UserRow](
    "users",
    "users.exported",
    list_users,
    {
        "id": lambda user: user.id,
        "email": lambda user: user.email,
        "name": lambda user: user.name,
        "status": lambda user: user.status,
        "roles": lambda user: "; ".join(user.roles),
        "last_login_at": lambda user: user.last_login_at,
        "created_at": lambda user: user.created_at,
        "updated_at": lambda user: user.updated_at,
    },
)
ROLES = Export[RoleRow](
    "roles",
    "roles.exported",
    list_roles,
    {
        "id": lambda role: role.id,
        "name": lambda role: role.name,
        "description": lambda role: role.description,
        "permissions": lambda role: "; ".join(role.permissions),
        "members": lambda role: role.members,
        "updated_at": lambda role: role.updated_at,
    },
)
SESSIONS = Export[SessionRow](
    "sessions",
    "sessions.exported",
    list_sessions,
    {
        "id": lambda session: session.id,
        "user_id": lambda session: session.user_id,
        "user_email": lambda session: session.user_email,
        "created_at": lambda session: session.created_at,
        "last_seen_at": lambda session: session.last_seen_at,
        "expires_at": lambda session: session.expires_at,
        "ip": lambda session: session.ip,
        "user_agent": lambda session: session.user_agent,
    },
)
EVENTS = Export[AuditEvent](
    "audit-events",
    "audit_events.exported",
    list_events,
    {
        "id": lambda event: event.id,
        "at": lambda event: event.at,
        "actor": lambda event: event.actor,
        "action": lambda event: event.action,
        "target_type": lambda event: event.target_type,
        "target_id": lambda event: event.target_id,
        "target_label": lambda event: event.target_label,
        "changes": lambda event: json.dumps(event.changes, ensure_ascii=False) if event.changes else "",
        "ip": lambda event: event.ip,
        "session_id": lambda event: event.session_id,
    },
)


async def start_export(database: Database, actor: Actor, export: Export[Any], query: ListQuery) -> AsyncIterator[str]:
    """Write down that a list is taken along, and return its lines.

    Args:
        database: Where.
        actor: Who takes it.
        export: Which list.
        query: Its search, filters, ids and sort decide what is in it.

    Raises:
        NotAllowed: Without the permission for the list.
        InvalidInput: For a bad filter, sort or search.
    """
    first = await export.read(database, actor, replace(query, limit=MAX_LIMIT, cursor=None, count=True))
    asked = {"q": query.q, **query.filters}
    changes: dict[str, Any] = {"rows": {"new": first.total}}
    if query.ids:
        changes["selected"] = {"new": len(query.ids)}
    elif any(asked.values()):
        changes["filter"] = {"new": [f"{name}={value}" for name, value in asked.items() if value]}
    async with database.writing() as db:
        record(db, actor, export.action, changes=changes)
    return _pieces(database, actor, export, query, first)


async def _pieces(
    database: Database, actor: Actor, export: Export[Any], query: ListQuery, page: Page[Any]
) -> AsyncIterator[str]:
    yield BYTE_ORDER_MARK + _lines([list(export.columns)])
    while True:
        rows = [[read(row) for read in export.columns.values()] for row in page.items]
        if rows:
            yield _lines(rows)
        if page.next is None:
            return
        page = await export.read(database, actor, replace(query, limit=MAX_LIMIT, cursor=page.next))


def _lines(rows: list[list[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: object) -> str:
    """Return what stands in a cell: text that no spreadsheet takes for a formula; times in UTC as ISO 8601."""
    match value:
        case None:
            return ""
        case int():
            return str(value)
        case datetime():
            return value.isoformat(timespec="seconds").replace("+00:00", "Z")
        case _:
            return _FORMULA.sub(r"\1'\2\3", str(value))
