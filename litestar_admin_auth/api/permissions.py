"""``/api/permissions``: the catalogue of what can be done."""

from dataclasses import replace
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from litestar_admin_auth.api.dependencies import listing
from litestar_admin_auth.api.schemas import Listing, Permission
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.services import catalogue
from litestar_admin_auth.services.actor import Actor
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
        source: Annotated[str, QueryParameter(description="`package` or `host`.")] = "",
        role: Annotated[str, QueryParameter(description="The name of a role that gives them.")] = "",
    ) -> Listing[Permission]:
        """Return the catalogue, which holds no wildcards, and the roles that give each. Needs `permissions:read`.

        Sorts: `created_at`, `code`, `source`.
        """
        query = replace(page, filters={"source": source, "role": role})
        return listing(await catalogue.list_permissions(database, actor, query), Permission)
