"""What the tests of the pages of users read: from the service, and from a page."""

import html
import re

from litestar_admin_auth.models import User
from litestar_admin_auth.services import users
from litestar_admin_auth.services.users import UserRow
from tests.auth.site import Site
from tests.web.conftest import TESTS, words


async def stored(site: Site, user: User) -> UserRow:
    return await users.get_user(site.database, TESTS, user.id)


def link_in(page: str) -> str:
    shown = re.search(r'<code class="secret"[^>]*>([^<]+)</code>', page)
    assert shown, words(page)
    return shown[1]


def roles_offered(page: str) -> set[str]:
    """The roles that the boxes or the select of a page offer."""
    boxes = re.findall(r'name="roles"[^>]*value="([^"]*)"', page)
    options = re.findall(r'<option[^>]* value="([^"]+)"', page)
    return {html.unescape(name) for name in (*boxes, *options)}
