"""``/api/permissions``: the catalogue of what can be done."""

from litestar import Controller, get
from litestar.di import NamedDependency

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
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], page: NamedDependency[ListQuery]
    ) -> Listing[Permission]:
        """Return the catalogue, which holds no wildcards, and the roles that give each. Needs `permissions:read`."""
        return listing(await catalogue.list_permissions(database, actor, page), Permission)
