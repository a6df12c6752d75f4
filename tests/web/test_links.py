"""Where the pages' links lead, also when a proxy puts a path of its own before the application."""

import re
from collections.abc import AsyncGenerator
from html import unescape
from uuid import uuid4

import httpx
import pytest

from tests.auth.site import ORIGIN, Site, form_token, sign_in
from tests.web.conftest import Visitor

ROOT = "/back/office"
PAGES = ("", "/roles", "/roles/new", "/permissions", "/sessions", "/audit", "/account", "/account/password",
         "/account/sessions", "/account/sessions/revocation", "/no-such-page")  # fmt: skip


def addresses(html: str) -> set[str]:
    """What a page links to, loads, asks for and posts to, but for places in itself."""
    found = re.findall(r'\b(?:href|src|action|hx-get|hx-post)="([^"#]+)', html)
    return {unescape(address) for address in found}


@pytest.fixture(params=[True, False], ids=["stripping proxy", "passing proxy"])
async def behind_proxy(request: pytest.FixtureRequest, site: Site) -> AsyncGenerator[httpx.AsyncClient]:
    """A superuser's browser, which sees the site below ``ROOT``."""
    stripping: bool = request.param

    class Proxy(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            assert request.url.path.startswith(ROOT), f"{request.url.path} leads past the proxy"
            if stripping:
                path = request.url.raw_path.decode().removeprefix(ROOT)
                request.url = request.url.copy_with(raw_path=path.encode())
            return await super().handle_async_request(request)

    transport = Proxy(site.app, root_path=ROOT, client=("203.0.113.9", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}) as browser:
        answer = await sign_in(browser, await site.add_user("superuser"), path=f"{ROOT}/admin")
        assert answer.headers["location"] == f"{ROOT}/admin"
        yield browser


@pytest.mark.parametrize("page", PAGES)
async def test_every_address_of_a_page_stays_behind_the_proxy(behind_proxy: httpx.AsyncClient, page: str) -> None:
    html = (await behind_proxy.get(f"{ROOT}/admin{page}")).text
    found = addresses(html)
    assert len(found) > 10
    assert {address for address in found if not address.startswith(f"{ROOT}/admin")} == set()
    assert f'name="next" value="{ROOT}/admin{page}"' in html


async def test_static_files_are_there_behind_the_proxy(behind_proxy: httpx.AsyncClient) -> None:
    html = (await behind_proxy.get(f"{ROOT}/admin")).text
    files = {address for address in addresses(html) if "/static/" in address}
    assert len(files) >= 4
    for address in files:
        assert (await behind_proxy.get(address)).status_code == 200


async def test_the_navigation_knows_where_it_is_behind_the_proxy(behind_proxy: httpx.AsyncClient) -> None:
    html = (await behind_proxy.get(f"{ROOT}/admin/roles/new")).text
    assert re.findall(r'href="([^"]+)" aria-current="page"', html) == [f"{ROOT}/admin/roles"]


async def test_forms_lead_on_behind_the_proxy(behind_proxy: httpx.AsyncClient) -> None:
    token = await form_token(behind_proxy, f"{ROOT}/admin/account")
    for path, after in (
        ("account", "account"),
        ("account/sessions/revocation", "account/sessions"),
        ("roles/new", "roles/"),
        ("theme", ""),
        ("logout", "login"),
    ):
        answer = await behind_proxy.post(
            f"{ROOT}/admin/{path}", data={"csrf_token": token, "name": f"Behind {uuid4().hex}", "theme": "dark"}
        )
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith(f"{ROOT}/admin/{after}".rstrip("/")), path


async def test_filters_of_a_list_keep_its_address(superuser: Visitor) -> None:
    page = (await superuser.get("/audit?action=role.*&q=a%26b")).text
    assert 'href="/admin/audit?q=a%26b"' in page
    assert 'action="/admin/audit"' in page


async def test_a_path_that_is_no_page_is_quoted_where_it_is_repeated(superuser: Visitor) -> None:
    page = await superuser.get("/x%22%3E%3Cb%3E%20%C3%A9%3Fq")
    assert page.status_code == 404
    assert 'name="next" value="/admin/x%22%3E%3Cb%3E%20%C3%A9%3Fq"' in page.text
