"""Lists: search, allow-listed sorting, and pages by keyset, so that page 10,000 costs what page 1 costs.

A cursor names the row where a page ended, by its sort value and its id, never an offset: rows that come and go do not
make the reader skip or see twice. Cursors come from outside and are checked like everything else from there.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import check_storable

MAX_LIMIT = 200
MAX_SEARCH_LENGTH = 200
MAX_CURSOR_LENGTH = 4000

_LOWER_ASCII = str.maketrans(ascii_uppercase, ascii_lowercase)

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class ListQuery:
    """What a list is asked for.

    Args:
        q: Words that must all occur, in any of the searched columns.
        sort: An allow-listed name; ``-`` before it reverses.
        limit: Rows a page, 1 to 200.
        cursor: A page's ``next`` or ``previous``.
        count: Whether to count everything that matches.
        filters: Exact filters by name; empty values are ignored.
    """

    q: str = ""
    sort: str = "-created_at"
    limit: int = 50
    cursor: str | None = None
    count: bool = False
    filters: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page; ``total`` is None unless it was asked for."""

    items: list[T]
    next: str | None = None
    previous: str | None = None
    total: int | None = None

    def map(self, convert: Callable[[T], R]) -> "Page[R]":
        """Return the page with each item converted."""
        return Page([convert(item) for item in self.items], self.next, self.previous, self.total)


@dataclass(frozen=True)
class Sort:
    """A column or an SQL expression to sort by; NULL sorts below every value, on every database."""

    column: InstrumentedAttribute[Any] | ColumnElement[Any]

    @property
    def expression(self) -> ColumnElement[Any]:
        return cast("ColumnElement[Any]", getattr(self.column, "expression", self.column))

    @property
    def nullable(self) -> bool:
        """Whether NULL can occur; where it cannot, the plain index serves the order."""
        return bool(getattr(self.expression, "nullable", True))


@dataclass(frozen=True)
class _Cursor:
    sort: str
    backward: bool
    value: Any
    id: UUID


def filters_of(query: ListQuery, *allowed: str) -> dict[str, str]:
    """Return the filters that are set, after checking their names.

    Raises:
        InvalidInput: Naming a filter that this list does not have, or whose value cannot be stored.
    """
    for name, value in query.filters.items():
        if name not in allowed:
            raise InvalidInput(_("This list has no such filter."), field=name)
        check_storable(value, name)
    return {name: value for name, value in query.filters.items() if value}


def search(query: ListQuery, *columns: InstrumentedAttribute[str]) -> list[ColumnElement[bool]]:
    """Return the conditions of a search: each word occurs in one of the columns, whatever its case.

    ``%`` and ``_`` are letters like others: unescaped, ``%%%%`` makes the database compare every row with everything.

    Raises:
        InvalidInput: When the search is too long or cannot be text.
    """
    if len(query.q) > MAX_SEARCH_LENGTH:
        raise InvalidInput(_("At most %(maximum)s characters are allowed.", maximum=MAX_SEARCH_LENGTH), field="q")
    check_storable(query.q, "q")
    return [
        or_(
            *(
                func.lower(column).contains(spelling, autoescape=True)
                for column in columns
                for spelling in _spellings(word)
            )
        )
        for word in query.q.split()
    ]


def _spellings(word: str) -> list[str]:
    """Return what ``lower()`` makes of a word, also in a PostgreSQL database of locale C, where it knows ASCII only."""
    found = {word.lower()}
    if not word.isascii():
        found |= {form.translate(_LOWER_ASCII) for form in (word, word.upper(), word.title())}
    return sorted(found)


async def paginate(
    db: AsyncSession,
    statement: Select[T],
    query: ListQuery,
    sorts: Mapping[str, Sort],
    *,
    key: InstrumentedAttribute[UUID],
) -> Page[T]:
    """Run a statement for one page.

    Args:
        db: The caller's transaction.
        statement: Selects one entity, filtered, not ordered.
        query: Its ``sort``, ``limit``, ``cursor`` and ``count`` are used here.
        sorts: What may be sorted by; any other name is refused.
        key: The unique id that breaks ties.

    Raises:
        InvalidInput: For a bad ``sort``, ``limit`` or ``cursor``, naming it.
    """
    descending = query.sort.startswith("-")
    name = query.sort.removeprefix("-")
    if name not in sorts:
        raise InvalidInput(_("This list cannot be sorted that way."), field="sort")
    if not 1 <= query.limit <= MAX_LIMIT:
        raise InvalidInput(_("Choose from 1 to %(maximum)s.", maximum=MAX_LIMIT), field="limit")
    sort = sorts[name]
    cursor = _decode(query.cursor, query.sort, sort) if query.cursor else None
    backward = cursor is not None and cursor.backward
    # A page backward is a page forward in the opposite order, turned round.
    reverse = descending != backward

    page = statement.add_columns(sort.expression.label("sort_value"))
    if cursor is not None:
        page = page.where(_beyond(sort, key, cursor, reverse))
    page = page.order_by(*_order(sort, key, reverse)).limit(query.limit + 1)
    rows = cast("Sequence[tuple[Any, Any]]", (await db.execute(page)).all())
    more = len(rows) > query.limit
    rows = list(reversed(rows[: query.limit])) if backward else rows[: query.limit]

    has_next, has_previous = (True, more) if backward else (more, cursor is not None)
    total = None
    if query.count:
        total = await db.scalar(select(func.count()).select_from(statement.subquery()))
    return Page(
        items=[row[0] for row in rows],
        next=_encode(query.sort, False, rows[-1], key) if rows and has_next else None,
        previous=_encode(query.sort, True, rows[0], key) if rows and has_previous else None,
        total=total,
    )


def _order(sort: Sort, key: InstrumentedAttribute[UUID], reverse: bool) -> list[Any]:
    value, tie = (sort.expression.desc(), key.desc()) if reverse else (sort.expression.asc(), key.asc())
    if sort.nullable:
        value = value.nulls_last() if reverse else value.nulls_first()
    return [value, tie]


def _beyond(sort: Sort, key: InstrumentedAttribute[UUID], cursor: _Cursor, reverse: bool) -> ColumnElement[bool]:
    """Return the condition for the rows after the cursor's row in the given order."""
    column = sort.expression
    tie = key < cursor.id if reverse else key > cursor.id
    if cursor.value is None:
        return and_(column.is_(None), tie) if reverse else or_(column.is_not(None), and_(column.is_(None), tie))
    # A made-up number may be larger than the column's type, at which the driver, not the database, gives up.
    value = literal(cursor.value, BigInteger() if isinstance(cursor.value, int) else column.type)
    if not sort.nullable:
        # One row comparison: the database can start reading its index right here.
        here, there = tuple_(column, key), tuple_(value, literal(cursor.id, key.type))
        return here < there if reverse else here > there
    further = column < value if reverse else column > value
    after = or_(further, and_(column == value, tie))
    return or_(after, column.is_(None)) if reverse else after


def _encode(sort: str, backward: bool, row: tuple[Any, Any], key: InstrumentedAttribute[UUID]) -> str:
    entity, value = row
    plain = value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
    content = json.dumps([sort, int(backward), plain, str(getattr(entity, key.key))], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def _decode(text: str, sort_name: str, sort: Sort) -> _Cursor:
    try:
        if len(text) > MAX_CURSOR_LENGTH:
            raise ValueError
        content: Any = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        name, backward, value, row_id = content
        # A cursor of another order would silently skip rows.
        if name != sort_name or backward not in (0, 1):
            raise ValueError
        return _Cursor(name, bool(backward), _value(value, sort), UUID(row_id))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, InvalidInput) as error:
        raise InvalidInput(_("This page's address is damaged. Start at the first page."), field="cursor") from error


def _value(value: Any, sort: Sort) -> Any:
    """Return a cursor's sort value as the column's type, or raise ValueError: a driver would answer with a fault."""
    if value is None and sort.nullable:
        return None
    kind = sort.expression.type.python_type
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
