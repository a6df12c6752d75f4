"""What the pages take from a request besides its body: who acts, the tables, and what a list is asked for."""

from typing import Any

from litestar import Request

from litestar_admin_auth.auth.principal import actor_of
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import NotAuthenticated
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.web.lists import ListKind

AnyRequest = Request[Any, Any, Any]


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


def list_query(request: AnyRequest, *, sort: str, filters: tuple[str, ...] = ()) -> ListQuery:
    """Return what the address asks of a list that is no kind of its own; see :class:`ListKind`.

    Args:
        request: The request.
        sort: The order of somebody who chose none.
        filters: The names of the list's filters.
    """
    return ListKind(sort, filters).of(request)
