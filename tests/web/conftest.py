"""A running site on a migrated SQLite file, and visitors who sign in by the real form."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.models import User
from litestar_admin_auth.services import roles
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.migrations import upgrade
from litestar_admin_auth.services.roles import RoleRow
from tests.auth.site import Site, plugin, running, sign_in

TESTS = Actor.system("test")

#: What the shop of these tests declares.
PERMISSIONS = {
    "orders:read": "See orders",
    "orders:refund": "Give money back",
    "books:read": "See books",
    "books:write": "Change <b>books</b>",
    "letters:send": "Send letters",
}


class _Boxes(HTMLParser):
    """The check boxes of a permission matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.offered: set[str] = set()
        self.ticked: set[str] = set()
        self.disabled: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values.get("name") == "permissions":
            code = values["value"] or ""
            self.offered.add(code)
            if "checked" in values:
                self.ticked.add(code)
            if "disabled" in values:
                self.disabled.add(code)


def boxes(html: str) -> _Boxes:
    """Read the permission matrix of a page."""
    parser = _Boxes()
    parser.feed(html)
    return parser


def words(html: str) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.replace("<wbr>", "")).split())


@dataclass
class Visitor:
    """Somebody with a browser. ``user`` is None for a stranger."""

    browser: httpx.AsyncClient
    user: User | None = None
    token: str = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page below the admin."""
        return await self.browser.get(f"/admin{path}", headers=headers)

    async def fragment(self, path: str) -> httpx.Response:
        """Ask for a part of a page, as htmx does."""
        return await self.get(path, **{"HX-Request": "true", "HX-Request-Type": "partial"})

    async def post(self, path: str, headers: dict[str, str] | None = None, /, **fields: Any) -> httpx.Response:
        """Post a form of this session; a ``csrf_token`` among the fields replaces the right one."""
        return await self.browser.post(f"/admin{path}", data={"csrf_token": self.token, **fields}, headers=headers)

    async def follow(self, response: httpx.Response) -> str:
        """Go where an answer sends the browser, and read the page there."""
        assert response.status_code == 303, response.text
        page = await self.browser.get(response.headers["location"])
        assert page.status_code == 200
        return page.text


SignIn = Callable[..., Awaitable[Visitor]]
MakeRole = Callable[..., Awaitable[RoleRow]]


@pytest.fixture(scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Site]:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('pages') / 'pages.sqlite3'}"
    database = Database(create_engine(url))
    await upgrade(database)
    await database.close()
    async with running(Litestar(plugins=[plugin(database=url, permissions=PERMISSIONS)])) as running_site:
        yield running_site


@pytest.fixture
async def sign_in_as(site: Site) -> AsyncGenerator[SignIn]:
    """Make a user who holds a role (``role=``), or exactly these permissions, and sign in through the form."""
    async with AsyncExitStack() as open_browsers:

        async def make(*permissions: str, role: str = "") -> Visitor:
            if permissions:
                role = f"role {uuid4().hex}"
                await roles.create_role(site.database, TESTS, name=role, permissions=permissions)
            user = await site.add_user(*([role] if role else []))
            browser = await open_browsers.enter_async_context(site.browser())
            assert (await sign_in(browser, user)).status_code == 303
            page = (await browser.get("/admin/no-such-page")).text
            found = re.search(r'name="csrf_token" value="([^"]+)"', page)
            assert found
            return Visitor(browser, user, found[1])

        yield make


@pytest.fixture
async def superuser(sign_in_as: SignIn) -> Visitor:
    return await sign_in_as(role="superuser")


@pytest.fixture
async def nobody(sign_in_as: SignIn) -> Visitor:
    """Somebody who may sign in and nothing else."""
    return await sign_in_as()


@pytest.fixture
async def stranger(site: Site) -> AsyncGenerator[Visitor]:
    async with site.browser() as browser:
        yield Visitor(browser)


@pytest.fixture
def make_role(site: Site) -> MakeRole:
    async def make(*permissions: str, name: str = "", description: str = "") -> RoleRow:
        name = name or f"role {uuid4().hex}"
        return await roles.create_role(
            site.database, TESTS, name=name, description=description, permissions=permissions
        )

    return make
