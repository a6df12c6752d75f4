"""A host's templates, cards and links: what works, and what is left when they break."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from litestar_admin_auth import NavEntry, OverviewCard
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.services.migrations import upgrade
from litestar_admin_auth.web import overview_cards
from tests.auth.site import Site, plugin, running, sign_in

Start = Callable[..., AbstractAsyncContextManager[Site]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Run a host with these settings, and its own templates from ``host_templates`` when given."""

    @asynccontextmanager
    async def start(host_templates: Path | None = None, **settings: Any) -> AsyncGenerator[Site]:
        url = f"sqlite+aiosqlite:///{tmp_path / 'site.sqlite3'}"
        database = Database(create_engine(url))
        await upgrade(database)
        await database.close()
        templates = host_templates and TemplateConfig(directory=host_templates, engine=JinjaTemplateEngine)
        app = Litestar(plugins=[plugin(database=url, **settings)], template_config=templates, logging_config=None)
        async with running(app) as site:
            yield site

    return start


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / "admin_auth" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return folder


@asynccontextmanager
async def superuser(site: Site, **headers: str) -> AsyncGenerator[httpx.AsyncClient]:
    async with site.browser(**headers) as browser:
        assert (await sign_in(browser, await site.add_user("superuser"))).status_code == 303
        yield browser


class TestTemplates:
    async def test_of_the_hosts_own_engine_replace_ours_below_admin_auth_alone(
        self, start: Start, tmp_path: Path
    ) -> None:
        login = "{% extends '!default/admin_auth/login/login.html' %}{% block title %}The host's login{% endblock %}"
        host = write(tmp_path / "host", "login/login.html", login)
        write(tmp_path / "host", "cards/own.html", "{% include 'elsewhere.html' %}")
        (host / "elsewhere.html").write_text("the host's page", encoding="utf-8")
        card = OverviewCard("A card", "cards/own.html")
        async with start(host, overview_cards=[card]) as site, superuser(site) as browser:
            page = (await browser.get("/admin")).text
            assert "This card could not be loaded." in page
            assert "the host's page" not in page
            async with site.browser() as stranger:
                assert "The host's login" in (await stranger.get("/admin/login")).text

    async def test_of_template_dirs_come_before_those_of_the_hosts_engine(self, start: Start, tmp_path: Path) -> None:
        first = write(tmp_path / "first", "login/login.html", "the folder's login")
        host = write(tmp_path / "host", "login/login.html", "the engine's login")
        async with start(host, template_dirs=[first]) as site, site.browser() as browser:
            assert (await browser.get("/admin/login")).text == "the folder's login"

    @pytest.mark.parametrize("by_engine", [True, False])
    async def test_with_a_slip_of_the_pen_stop_the_start_with_file_and_line(
        self, start: Start, tmp_path: Path, by_engine: bool
    ) -> None:
        folder = write(tmp_path / "theirs", "users/index.html", "fine\n{% if %}\n")
        refused = pytest.RaisesExc(ConfigError, match=r"AA050: The template admin_auth/users/index.html, line 2:")
        with pytest.RaisesGroup(refused, flatten_subgroups=True):
            async with start(folder) if by_engine else start(template_dirs=[folder]):
                pass

    async def test_that_fail_on_every_page_leave_an_error_page_of_ours(
        self, start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        folder = write(tmp_path / "theirs", "layouts/base.html", "{{ 1 // 0 }}")
        async with start(template_dirs=[folder]) as site, site.browser() as browser:
            with caplog.at_level(logging.ERROR):
                page = await browser.get("/admin/login")
        assert page.status_code == 500
        assert "Something broke" in page.text
        assert "ZeroDivisionError" in caplog.text
        assert "ZeroDivisionError" not in page.text


class TestCards:
    async def test_that_fail_say_so_in_their_place_and_leave_the_others(
        self, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(overview_cards, "PATIENCE", 0.05)
        folder = write(tmp_path / "theirs", "cards/good.html", "<p>all is {{ state }}</p>")
        write(tmp_path / "theirs", "cards/bad.html", "{{ missing }}")

        async def load(_request: Any) -> dict[str, str]:
            return {"state": "<b>well</b>"}

        async def fail(_request: Any) -> dict[str, str]:
            raise RuntimeError("the secret of the stock room")

        async def hang(_request: Any) -> dict[str, str]:
            await asyncio.Event().wait()
            return {}

        cards = [
            OverviewCard("Raises", "cards/good.html", load=fail),
            OverviewCard("Hangs", "cards/good.html", load=hang),
            OverviewCard("Lacks a variable", "cards/bad.html"),
            OverviewCard("Is not there", "cards/no-such.html"),
            OverviewCard("Works", "cards/good.html", load=load),
        ]
        async with start(template_dirs=[folder], overview_cards=cards) as site, superuser(site) as browser:
            with caplog.at_level(logging.ERROR):
                page = await browser.get("/admin")
        assert page.status_code == 200
        assert page.text.count("This card could not be loaded.") == 4
        assert "all is &lt;b&gt;well&lt;/b&gt;" in page.text
        assert "stock room" not in page.text
        assert "the secret of the stock room" in caplog.text
        for card in cards[:4]:
            assert f"the overview card '{card.title}' failed" in caplog.text

    async def test_need_their_permission(self, start: Start, tmp_path: Path) -> None:
        folder = write(tmp_path / "theirs", "cards/good.html", "<p>open orders</p>")
        loaded: list[str] = []

        async def load(request: Any) -> dict[str, str]:
            loaded.append(request.user.email)
            return {}

        cards = [OverviewCard("Orders", "cards/good.html", load=load, permission="orders:read")]
        async with start(template_dirs=[folder], overview_cards=cards) as site:
            async with site.browser() as browser:
                assert (await sign_in(browser, await site.add_user())).status_code == 303
                assert "open orders" not in (await browser.get("/admin")).text
            assert loaded == []
            async with superuser(site) as browser:
                assert "open orders" in (await browser.get("/admin")).text
            assert len(loaded) == 1


class TestLinks:
    async def test_get_the_path_of_a_proxy_before_them(self, start: Start) -> None:
        entries = [NavEntry("Orders", "/orders"), NavEntry("Help", "https://help.example/x")]
        async with start(navigation=entries, logo="/static/logo.svg", style_sheet="/static/x.css") as site:
            transport = httpx.ASGITransport(site.app, root_path="/shop")
            async with httpx.AsyncClient(transport=transport, base_url="https://shop.example") as browser:
                browser.headers["origin"] = "https://shop.example"
                login = (await browser.get("/admin/login")).text
                assert '<link rel="stylesheet" href="/shop/static/x.css">' in login
                assert '<img src="/shop/static/logo.svg"' in login
                await sign_in(browser, await site.add_user())
                page = (await browser.get("/admin")).text
        assert '<a href="/shop/orders">' in page
        assert '<a href="https://help.example/x">' in page

    async def test_with_an_unknown_symbol_stop_the_start(self, start: Start) -> None:
        with pytest.raises(ConfigError, match=r"NavEntry.icon is 'no-such'"):
            async with start(navigation=[NavEntry("Orders", "/orders", icon="no-such")]):
                pass
