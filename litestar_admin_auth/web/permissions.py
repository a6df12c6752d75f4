"""The catalogue of permissions: what there is, and which roles hold it."""

from typing import Any

from litestar import Controller, Request, Response, get

from litestar_admin_auth.services import catalogue
from litestar_admin_auth.web.dependencies import list_query, tables_and_actor
from litestar_admin_auth.web.render import render

AnyRequest = Request[Any, Any, Any]


class PermissionPages(Controller):
    """One list: permissions are declared by the host and changed by nobody here."""

    path = "/permissions"
    include_in_schema = False

    @get("/")
    async def index(self, request: AnyRequest) -> Response[Any]:
        database, actor = tables_and_actor(request)
        query = list_query(request, sort="code")
        page = await catalogue.list_permissions(database, actor, query)
        return render(request, "permissions/index.html", "results", page=page, query=query)
