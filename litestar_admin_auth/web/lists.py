"""What the address of a list, or a form about a list, asks of it: lenient, unlike in the API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from litestar import Request

from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import whole_number
from litestar_admin_auth.services import audit, open_sessions, roles, users
from litestar_admin_auth.services.lists import MAX_LIMIT, ListQuery

AnyRequest = Request[Any, Any, Any]

#: Rows a page; a page with all it loads stays below 100 KB.
PAGE_SIZE = 20
#: What the pages offer.
PAGE_SIZES = (20, 50, 100, 200)
#: Counting goes no further by itself, since it has to look at each row; the page offers to count on.
COUNT_TO = 10_000
#: Parameters of a list's address that say nothing about which rows match.
_NO_FILTERS = frozenset({"sort", "limit", "cursor", "count"})


@dataclass(frozen=True)
class ListKind:
    """A list as the pages know it.

    Args:
        sort: The order of somebody who chose none.
        filters: The names of its filters.
        matching: The service's statement for a query: it decides which values a filter takes.
    """

    sort: str
    filters: tuple[str, ...] = ()
    matching: Callable[[ListQuery], Any] | None = None

    def query(self, given: Mapping[str, str]) -> ListQuery:
        """Return what an address asks for; parameters and filters that make no sense count as not given.

        Of a damaged sort or cursor the service makes an error: to show other rows than those asked for would be worse.
        """
        limit = whole_number(given.get("limit", "")) or 0
        return ListQuery(
            q=given.get("q", "").strip(),
            sort=given.get("sort") or self.sort,
            limit=limit if 1 <= limit <= MAX_LIMIT else PAGE_SIZE,
            cursor=given.get("cursor") or None,
            count=given.get("count") == "true",
            count_to=COUNT_TO,
            filters={name: self._usable(name, given.get(name, "")) for name in self.filters},
        )

    def of(self, request: AnyRequest) -> ListQuery:
        """Return what the address of a request asks for."""
        return self.query({name: values[0] for name, values in request.query_params.dict().items()})

    def read(self, text: str) -> ListQuery:
        """Return what :func:`filter_text` wrote into a form.

        Raises:
            InvalidInput: For a filter that makes no sense: without it, all that match would be everybody.
        """
        given = {name: value for name, value in parse_qsl(text) if name not in _NO_FILTERS}
        query = self.query(given)
        if any(value and query.filters.get(name) != value for name, value in given.items() if name != "q"):
            raise InvalidInput(_("This form is damaged. Open the page again."), field="filter")
        return query

    def _usable(self, name: str, value: str) -> str:
        if value and self.matching is not None:
            try:
                self.matching(ListQuery(filters={name: value}))
            except InvalidInput:
                return ""
        return value


def filter_text(query: ListQuery) -> str:
    """Return the search and the filters of a query as text for a hidden field or an address."""
    asked = {"q": query.q, **query.filters}
    return urlencode({name: value for name, value in asked.items() if value})


USERS = ListKind("-created_at", users.FILTERS, users.matching_users)
ROLES = ListKind("name", roles.FILTERS, roles.matching_roles)
SESSIONS = ListKind("-created_at", open_sessions.FILTERS, open_sessions.matching_sessions)
AUDIT = ListKind("-at", audit.FILTERS, audit.matching_events)
