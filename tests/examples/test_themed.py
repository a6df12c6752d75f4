"""The example of docs/theming.md: what the page says is what the example does."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.services import roles
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.migrations import upgrade
from tests.auth.site import SECRET, Site, running, sign_in

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "themed"
SUFFIXES = (".py", ".css", ".html")
TESTS = Actor.system("test")
PAGE = (ROOT / "docs" / "theming.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Site]:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('themed') / 'themed.sqlite3'}"
    database = Database(create_engine(url))
    await upgrade(database)
    await database.close()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ADMIN_AUTH_SECRET_KEY", SECRET)
        environment.setenv("ADMIN_AUTH_DATABASE_URL", url)
        from examples.themed.app import app

        async with running(app) as running_site:
            yield running_site


@pytest.fixture
async def clerk(site: Site) -> AsyncGenerator[httpx.AsyncClient]:
    """Somebody who may see orders."""
    if not any(role.name == "clerk" for role in (await roles.list_roles(site.database, TESTS, ListQuery())).items):
        await roles.create_role(site.database, TESTS, name="clerk", permissions=["orders:read"])
    user = await site.add_user("clerk")
    async with site.browser() as browser:
        assert (await sign_in(browser, user)).status_code == 303
        yield browser


class TestPage:
    def test_quotes_the_example_to_the_letter(self) -> None:
        files = "\n".join(path.read_text(encoding="utf-8") for path in EXAMPLE.rglob("*") if path.suffix in SUFFIXES)
        blocks = re.findall(r"```(?:python|css|html)\n(.*?)```", PAGE, re.DOTALL)
        assert len(blocks) == 4
        for block in blocks:
            assert block.strip("\n") in files


class TestExample:
    async def test_wears_its_title_picture_and_style_sheet(self, site: Site) -> None:
        async with site.browser() as browser:
            page = (await browser.get("/admin/login")).text
            assert "Owl Books" in page
            logo = re.search(r'<img src="([^"]+/logo\.svg)"', page)
            sheet = re.search(r'<link rel="stylesheet" href="([^"]+/host\.css)">', page)
            assert logo
            assert sheet
            for address, kind, file in (
                (logo[1], "image/svg+xml", "logo.svg"),
                (sheet[1], "text/css; charset=utf-8", "admin.css"),
            ):
                answer = await browser.get(address)
                assert answer.headers["content-type"] == kind
                assert "immutable" in answer.headers["cache-control"]
                assert answer.content == (EXAMPLE / file).read_bytes()

    async def test_puts_its_accent_into_our_style_sheet_and_no_style_into_the_page(self, site: Site) -> None:
        async with site.browser() as browser:
            page = (await browser.get("/admin/login")).text
            sheet = re.search(r'href="([^"]+/admin\.css)"', page)
            assert sheet
            assert "--accent:light-dark(#7c3aed," in (await browser.get(sheet[1])).text
        assert "style=" not in page
        assert "<style" not in page

    async def test_extends_the_page_that_it_replaces(self, site: Site) -> None:
        async with site.browser() as browser:
            page = (await browser.get("/admin/login")).text
        assert "extension 12" in page
        assert 'name="password"' in page

    async def test_shows_links_and_cards_to_who_holds_the_permission(
        self, site: Site, clerk: httpx.AsyncClient
    ) -> None:
        page = (await clerk.get("/admin")).text
        assert '<a href="/orders">' in page
        assert "three books on owls" in page
        assert (await clerk.get("/orders")).json() == {"1041": "three books on owls", "1042": "a map of Iceland"}
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user())
            page = (await browser.get("/admin")).text
        assert "/orders" not in page
        assert "owls" not in page
        assert "https://help.example/owl-books" in page
