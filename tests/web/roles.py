"""What the tests of the pages of roles read from the service."""

from litestar_admin_auth.services import roles
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.roles import RoleRow
from tests.auth.site import Site
from tests.web.conftest import TESTS


async def stored(site: Site, role: RoleRow) -> RoleRow:
    return await roles.get_role(site.database, TESTS, role.id)


async def named(site: Site, name: str) -> list[RoleRow]:
    page = await roles.list_roles(site.database, TESTS, ListQuery(q=name))
    return [role for role in page.items if role.name == name]


async def system_role(site: Site) -> RoleRow:
    return (await named(site, "superuser"))[0]
