"""What handlers are given besides the body: who acts, the tables, and what a list is asked for."""

from typing import Annotated, Any, TypeVar, cast

import msgspec
from litestar import Request
from litestar.params import ParameterKwarg, QueryParameter

from litestar_admin_auth.api.schemas import Listing
from litestar_admin_auth.auth.principal import actor_of
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput, NotAuthenticated
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import MAX_CURSOR_LENGTH, MAX_LIMIT, MAX_SEARCH_LENGTH, ListQuery, Page

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")

#: How many of the people affected by a change come before those whom its preview names.
Offset = Annotated[int, QueryParameter(ge=0, le=10**9, description="How many of the users to pass over.")]

_LIST_PARAMETERS = frozenset({"q", "sort", "limit", "cursor", "count"})


async def provide_actor(request: AnyRequest) -> Actor:
    """Return who is asking, in the words of the services."""
    state = state_of(request.scope)
    if state is None or state.user is None:
        raise NotAuthenticated
    return actor_of(state.user, state.auth, state.client)


async def provide_database(request: AnyRequest) -> Database:
    """Return our tables."""
    return runtime_of(request).tables


async def provide_page(
    request: AnyRequest,
    q: Annotated[str, QueryParameter(max_length=MAX_SEARCH_LENGTH, description="Words that must all occur.")] = "",
    sort: Annotated[str, QueryParameter(max_length=40, description="A field; `-` before it reverses.")] = "-created_at",
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, description="Items a page.")] = 50,
    cursor: Annotated[
        str | None, QueryParameter(max_length=MAX_CURSOR_LENGTH, description="A page's `next` or `previous`.")
    ] = None,
    count: Annotated[bool, QueryParameter(description="Whether to count all that match, as `total`.")] = False,
) -> ListQuery:
    """Return what a list is asked for.

    Raises:
        InvalidInput: For a parameter that the list does not have: a filter with a typing mistake would quietly show
            everything.
    """
    allowed = _LIST_PARAMETERS | _own_parameters(request)
    for name in request.query_params:
        if name not in allowed:
            raise InvalidInput(_("This list has no such parameter."), field=name[:100])
    return ListQuery(q=q, sort=sort, limit=limit, cursor=cursor, count=count)


def _own_parameters(request: AnyRequest) -> set[str]:
    fields = request.route_handler.parsed_fn_signature.parameters
    kwargs = {name: cast("Any", field.kwarg_definition) for name, field in fields.items()}
    return {kwarg.name or name for name, kwarg in kwargs.items() if isinstance(kwarg, ParameterKwarg)}


def listing(page: Page[Any], item: type[T]) -> Listing[T]:
    """Return a page of a service as the body of a list."""
    return Listing(
        bodies(page.items, item), page.next, page.previous, msgspec.UNSET if page.total is None else page.total
    )


def bodies(rows: list[Any], item: type[T]) -> list[T]:
    """Return rows of a service as bodies."""
    return msgspec.convert(rows, list[item], from_attributes=True)


def body(row: Any, item: type[T]) -> T:
    """Return a row of a service as a body."""
    return msgspec.convert(row, item, from_attributes=True)


def given(value: T | msgspec.UnsetType) -> T | None:
    """Return a field of a PATCH, or None when it was left out, which is how the services take it."""
    return None if isinstance(value, msgspec.UnsetType) else value
