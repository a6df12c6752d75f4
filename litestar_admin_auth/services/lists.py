"""Lists: search, allow-listed sorting, and pages by keyset, so that page 10,000 costs what page 1 costs.

A cursor names the row where a page ended, by its sort value and its id, never an offset: rows that come and go do not
make the reader skip or see twice. Cursors come from outside and are checked like everything else from there.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, and_, func, literal, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import check_storable
from litestar_admin_auth.services.cursors import MAX_CURSOR_LENGTH as MAX_CURSOR_LENGTH
from litestar_admin_auth.services.cursors import Cursor, decode, encode

MAX_LIMIT = 200
MAX_SEARCH_LENGTH = 200

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
        count: Whether to count everything that matches, however much that is.
        count_to: Count too, but give up past so many: what a page shows must not cost what a table scan costs.
        filters: Exact filters by name; empty values are ignored.
        ids: Only these rows, if there are any.
    """

    q: str = ""
    sort: str = "-created_at"
    limit: int = 50
    cursor: str | None = None
    count: bool = False
    count_to: int = 0
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    ids: Collection[UUID] = ()


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page; ``total`` is None unless it was asked for, or when it is larger than ``more_than`` says."""

    items: list[T]
    next: str | None = None
    previous: str | None = None
    total: int | None = None
    more_than: int | None = None

    def map(self, convert: Callable[[T], R]) -> "Page[R]":
        """Return the page with each item converted."""
        return Page([convert(item) for item in self.items], self.next, self.previous, self.total, self.more_than)


@dataclass(frozen=True)
class Sort:
    """A column or an SQL expression to sort by; NULL sorts below every value, on every database.

    ``never_null`` promises it of an expression; of a column it is known.
    """

    column: InstrumentedAttribute[Any] | ColumnElement[Any]
    never_null: bool = False

    @property
    def expression(self) -> ColumnElement[Any]:
        return cast("ColumnElement[Any]", getattr(self.column, "expression", self.column))

    @property
    def nullable(self) -> bool:
        return not self.never_null and bool(getattr(self.expression, "nullable", True))


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
        query: All but its ``q`` and ``filters`` is used here.
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
    if query.ids:
        statement = statement.where(key.in_(query.ids))
    cursor = None
    if query.cursor:
        cursor = decode(query.cursor, query.sort, sort.expression.type.python_type, nullable=sort.nullable)
    backward = cursor is not None and cursor.backward
    # A page backward is a page forward in the opposite order, turned round.
    reverse = descending != backward

    value, tie = (sort.expression.desc(), key.desc()) if reverse else (sort.expression.asc(), key.asc())
    page = statement.add_columns(sort.expression.label("sort_value")).order_by(value, tie)
    rows: list[tuple[Any, Any]] = []
    for stretch in _stretches(sort, key, cursor, reverse):
        wanted = query.limit + 1 - len(rows)
        if wanted:
            found = await db.execute(page.where(stretch).limit(wanted))
            rows += cast("Sequence[tuple[Any, Any]]", found.all())
    more = len(rows) > query.limit
    rows = list(reversed(rows[: query.limit])) if backward else rows[: query.limit]

    has_next, has_previous = (True, more) if backward else (more, cursor is not None)
    everything = cursor is None and not more
    total, more_than = (len(rows), None) if everything else await _count(db, statement.with_only_columns(key), query)
    return Page(
        items=[row[0] for row in rows],
        next=_cursor_at(rows[-1], query.sort, key, backward=False) if rows and has_next else None,
        previous=_cursor_at(rows[0], query.sort, key, backward=True) if rows and has_previous else None,
        total=total if query.count or query.count_to else None,
        more_than=more_than,
    )


def _stretches(
    sort: Sort, key: InstrumentedAttribute[UUID], cursor: Cursor | None, reverse: bool
) -> list[ColumnElement[bool]]:
    """Return the conditions for the rows after the cursor's row, in the order in which they follow each other.

    Rows with and without NULL are read one after the other: each stretch is one range of one index, wherever in the
    list the cursor stands. An OR of both would read and drop everything before it.
    """
    column = sort.expression
    if cursor is None:
        if not sort.nullable:
            return [true()]
        return [column.is_not(None), column.is_(None)] if reverse else [column.is_(None), column.is_not(None)]
    if cursor.value is None:
        rest = and_(column.is_(None), key < cursor.id if reverse else key > cursor.id)
        return [rest] if reverse else [rest, column.is_not(None)]
    # A made-up number may be larger than the column's type, at which the driver, not the database, gives up.
    value = literal(cursor.value, BigInteger() if isinstance(cursor.value, int) else column.type)
    # One row comparison: the database can start reading its index right here.
    here, there = tuple_(column, key), tuple_(value, literal(cursor.id, key.type))
    rest = here < there if reverse else here > there
    return [rest, column.is_(None)] if reverse and sort.nullable else [rest]


async def _count(db: AsyncSession, keys: Select[Any], query: ListQuery) -> tuple[int | None, int | None]:
    """Return how many match, or None and the number past which the counting was given up."""
    if not query.count and not query.count_to:
        return None, None
    counted = keys if query.count else keys.limit(query.count_to + 1)
    total = await db.scalar(select(func.count()).select_from(counted.subquery()))
    if total is not None and not query.count and total > query.count_to:
        return None, query.count_to
    return total, None


def _cursor_at(row: tuple[Any, Any], sort: str, key: InstrumentedAttribute[UUID], *, backward: bool) -> str:
    entity, value = row
    return encode(Cursor(sort, backward, value, getattr(entity, key.key)))
