"""What the pages take from a request besides its body: who acts, the tables, and what a list is asked for."""

from typing import Any

from litestar import Request

from litestar_admin_auth.auth.principal import actor_of
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import NotAuthenticated
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import MAX_LIMIT, ListQuery

AnyRequest = Request[Any, Any, Any]

#: Rows a page; a page with all it loads stays below 100 KB.
PAGE_SIZE = 25


def tables_and_actor(request: AnyRequest) -> tuple[Database, Actor]:
    """Return our tables and who is asking, in the words of the services.

    Raises:
        NotAuthenticated: When nobody is signed in; the admission has refused that already.
        NotFound: Without tables of ours.
    """
    state = state_of(request.scope)
    if state is None or state.user is None:
        raise NotAuthenticated
    return runtime_of(request).tables, actor_of(state.user, state.auth, state.client)


def list_query(request: AnyRequest, *, sort: str, filters: tuple[str, ...] = (), limit: int = PAGE_SIZE) -> ListQuery:
    """Return what the address asks of a list: parameters that it does not know are ignored, unlike in the API.

    Args:
        request: The request.
        sort: The order of somebody who chose none.
        filters: The names of the list's filters.
        limit: The rows a page, of somebody who chose none; a choice that makes no sense counts as none.
    """
    given = request.query_params
    asked = given.get("limit", "")
    return ListQuery(
        q=given.get("q", "").strip(),
        sort=given.get("sort") or sort,
        limit=int(asked) if asked.isdecimal() and len(asked) <= 3 and 1 <= int(asked) <= MAX_LIMIT else limit,
        cursor=given.get("cursor") or None,
        filters={name: given.get(name, "") for name in filters},
    )
