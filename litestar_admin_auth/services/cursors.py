"""Cursors: where a page of a list ended. They come from outside and are checked like everything else from there."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import check_storable

MAX_CURSOR_LENGTH = 4000


@dataclass(frozen=True)
class Cursor:
    """A row by its sort value and its id, and in which direction to go on from it."""

    sort: str
    backward: bool
    value: Any
    id: UUID


def encode(cursor: Cursor) -> str:
    """Return a cursor as text for an address."""
    value = cursor.value
    plain = value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
    content = json.dumps([cursor.sort, int(cursor.backward), plain, str(cursor.id)], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decode(text: str, sort: str, kind: type, *, nullable: bool) -> Cursor:
    """Return the cursor that a text stands for.

    Args:
        text: From the address.
        sort: The order of the list; a cursor of another one would silently skip rows.
        kind: The Python type of the column that is sorted by.
        nullable: Whether that column may be NULL.

    Raises:
        InvalidInput: For ``cursor``, whatever is wrong with it.
    """
    try:
        if len(text) > MAX_CURSOR_LENGTH:
            raise ValueError
        content: Any = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        name, backward, value, row_id = content
        if name != sort or backward not in (0, 1):
            raise ValueError
        return Cursor(name, bool(backward), _value(value, kind, nullable=nullable), UUID(row_id))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, InvalidInput) as error:
        raise InvalidInput(_("This page's address is damaged. Start at the first page."), field="cursor") from error


def _value(value: Any, kind: type, *, nullable: bool) -> Any:
    """Return a cursor's sort value as the column's type, or raise ValueError: a driver would answer with a fault."""
    if value is None and nullable:
        return None
    if kind is int and type(value) is int and abs(value) < 2**63:
        return value
    if not isinstance(value, str):
        raise ValueError
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    if kind is UUID:
        return UUID(value)
    if kind is not str:
        raise ValueError
    check_storable(value, "cursor")
    return value
