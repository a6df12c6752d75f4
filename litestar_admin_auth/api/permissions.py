"""``/api/permissions``: the catalogue of what can be done."""

from dataclasses import replace
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from litestar_admin_auth.api.dependencies import body, listing
from litestar_admin_auth.api.schemas import Holder, Listing, Permission
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.services import catalogue
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.holders import holders_of
from litestar_admin_auth.services.lists import ListQuery


class PermissionController(Controller):
    path = "/permissions"
    tags = ["permissions"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @get(summary="List permissions")
    async def list_permissions(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        source: Annotated[str, QueryParameter(description="`package`, `host` or `orphaned`.")] = "",
        role: Annotated[str, QueryParameter(description="The name of a role that gives them.")] = "",
    ) -> Listing[Permission]:
        """Return the catalogue, which holds no wildcards, and the roles that give each. Needs `permissions:read`.

        Sorts: `created_at`, `code`, `source`.
        """
        query = replace(page, filters={"source": source, "role": role})
        return listing(await catalogue.list_permissions(database, actor, query), Permission)

    @get("/{code:str}", summary="Read a permission")
    async def read(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], code: FromPath[str]
    ) -> Permission:
        """Return one permission and the roles that give it. Needs `permissions:read`."""
        return body(await catalogue.get_permission(database, actor, code), Permission)

    @get("/{code:str}/users", summary="List who has a permission")
    async def holders(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        code: FromPath[str],
    ) -> Listing[Holder]:
        """Return the users who have a permission now, and by which paths. Needs `permissions:read` and `users:read`.

        Sorts: as for users.
        """
        return listing(await holders_of(database, actor, code, page), Holder)
