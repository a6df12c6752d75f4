"""The catalogue of permissions: what there is, which roles give it, who has it, and which routes ask for it."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.params import FromPath

from litestar_admin_auth.auth.access_map import RouteAccess
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.exceptions import NotFound
from litestar_admin_auth.core.permissions import is_code
from litestar_admin_auth.services import catalogue
from litestar_admin_auth.services.catalogue import PermissionRow
from litestar_admin_auth.services.holders import holders_of
from litestar_admin_auth.web.dependencies import list_query, tables_and_actor
from litestar_admin_auth.web.render import render, viewer_of

AnyRequest = Request[Any, Any, Any]


class PermissionPages(Controller):
    """A list and a page each: permissions are declared by the host and changed by nobody here."""

    path = "/permissions"
    include_in_schema = False

    @get("/")
    async def index(self, request: AnyRequest) -> Response[Any]:
        """Needs `permissions:read`."""
        database, actor = tables_and_actor(request)
        query = list_query(request, sort="code", filters=("source",))
        page = await catalogue.list_permissions(database, actor, query)
        routes = routes_by_permission(request)
        undeclared: list[str] = []
        if not query.q and not query.cursor:
            undeclared = sorted(routes.keys() - {entry.code for entry in await _declared(request)})
        return render(
            request, "permissions/index.html", "results", page=page, query=query, routes=routes, undeclared=undeclared
        )

    @get("/{code:str}")
    async def show(self, request: AnyRequest, code: FromPath[str]) -> Response[Any]:
        """Needs `permissions:read`."""
        database, actor = tables_and_actor(request)
        routes = routes_by_permission(request).get(code, [])
        try:
            permission = await catalogue.get_permission(database, actor, code)
            declared = True
        except NotFound:
            # A route may ask for what nobody declares: then nobody but a superuser gets in, and this page says why.
            if not (routes and is_code(code)):
                raise
            permission, declared = PermissionRow(code, "", "", [], []), False
        query = list_query(request, sort="email")
        viewer = viewer_of(request)
        page = None
        if viewer is not None and viewer.can("users:read"):
            page = await holders_of(database, actor, code, query)
        return render(
            request,
            "permissions/show.html",
            "results" if page is not None else None,
            permission=permission,
            declared=declared,
            routes=routes,
            page=page,
            query=query,
        )


async def _declared(request: AnyRequest) -> list[catalogue.Declared]:
    database, actor = tables_and_actor(request)
    return await catalogue.all_permissions(database, actor)


def routes_by_permission(request: AnyRequest) -> dict[str, list[RouteAccess]]:
    """Return for each permission the routes, of the application and of the admin, that ask for it."""
    found: dict[str, list[RouteAccess]] = {}
    for route in runtime_of(request).routes():
        for code in route.permissions:
            found.setdefault(code, []).append(route)
    return found
