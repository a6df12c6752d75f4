"""Every page with scripts switched off: it says everything, and everything on it can be done by links and forms."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import NOBODY, PASSWORD, Shop, Windows, window
from tests.browser.test_pages import PAGES, PAGES_OF_NOBODY

pytestmark = pytest.mark.browser

#: What asks for a script: an element that only htmx would send, or a link that leads nowhere by itself.
NEEDS_SCRIPTS = """() => [
  ...[...document.querySelectorAll("a:not([href]), a[href='#'], a[href='']")],
  ...[...document.querySelectorAll("form:not([action])")],
  ...[...document.querySelectorAll("a[hx-get], button[hx-get], button[hx-post], button[hx-delete]")].filter(
    (element) => !(element.href || element.hasAttribute("formaction") || element.closest("form"))),
  ...[...document.querySelectorAll(".needs-js")].filter((element) => element.getClientRects().length > 0),
].map((element) => element.outerHTML.slice(0, 150))"""


async def stands_alone(windows: Windows, state: Any, path: str, status: int) -> None:
    async with windows.use(state, java_script_enabled=False) as visit:
        # Scripts of the page are off; the test's own still run.
        response = await visit.page.goto(visit.shop.url(path))
        assert response is not None
        assert response.status == status
        await expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
        assert await visit.page.evaluate(NEEDS_SCRIPTS) == []
        assert not [request.url for request in visit.requests if request.url.endswith(".js")]


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_needs_none(windows: Windows, shop: Shop, signed_in: Any, name: str) -> None:
    path, status = PAGES[name]
    path = path.format(user=shop.user_id, role=shop.role_id, **await shop.ids())
    await stands_alone(windows, signed_in, path, status)


@pytest.mark.parametrize("name", PAGES_OF_NOBODY)
async def test_a_page_of_somebody_without_a_role_needs_none(
    windows: Windows, signed_in_as_nobody: Any, name: str
) -> None:
    await stands_alone(windows, signed_in_as_nobody, *PAGES_OF_NOBODY[name])


async def test_the_watch_sees_what_would_need_one(chromium: Browser, shop: Shop) -> None:
    """What the tests above rely on."""
    async with window(chromium, shop, java_script_enabled=False) as visit:
        await visit.open("/login")
        markup = "<a>x</a><form></form><button hx-post='/x'>x</button><p class='needs-js' style='display: block'>x</p>"
        await visit.page.set_content(markup)
        assert len(await visit.page.evaluate(NEEDS_SCRIPTS)) == 4


class TestJourneys:
    async def test_lists_are_searched_sorted_and_paged(self, chromium: Browser, shop: Shop, signed_in: Any) -> None:
        async with window(chromium, shop, storage_state=signed_in, java_script_enabled=False) as visit:
            page = visit.page
            await visit.open("/users")
            await page.get_by_role("searchbox").fill("person")
            await page.get_by_role("button", name="Search", exact=True).click()
            await expect(page).to_have_url(re.compile("q=person"))
            await page.get_by_role("columnheader", name="User").get_by_role("link").click()
            await expect(page).to_have_url(re.compile("q=person.*sort=-?email|sort=-?email.*q=person"))
            first = await page.locator("#results tbody tr").first.inner_text()
            await page.get_by_role("link", name="Next").click()
            await expect(page.get_by_role("link", name="Previous")).to_be_visible()
            assert await page.locator("#results tbody tr").first.inner_text() != first

    async def test_a_form_with_a_mistake_says_it_and_keeps_what_was_typed(
        self, chromium: Browser, shop: Shop, signed_in: Any
    ) -> None:
        async with window(chromium, shop, storage_state=signed_in, java_script_enabled=False) as visit:
            page = visit.page
            await visit.open("/users/new")
            await page.get_by_role("textbox", name="E-mail").fill("anna@shop.example")
            await page.get_by_role("textbox", name="Name").fill("Anna once more")
            await page.get_by_role("button", name="Invite").click()
            await expect(page.get_by_role("alert")).to_be_visible()
            await expect(page.get_by_role("textbox", name="Name")).to_have_value("Anna once more")

    async def test_the_theme_the_menu_and_the_way_out_are_forms(self, chromium: Browser, shop: Shop) -> None:
        viewport = {"width": 390, "height": 900}
        async with window(chromium, shop, java_script_enabled=False, viewport=viewport) as visit:
            page = visit.page
            await visit.sign_in(NOBODY)
            await page.get_by_role("button", name="Menu").click()
            await page.locator("details.account summary").click()
            await page.get_by_role("button", name="Dark").click()
            await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
            await page.get_by_role("button", name="Menu").click()
            await page.locator("details.account summary").click()
            await page.get_by_role("button", name="Sign out").click()
            await expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()

    async def test_ones_own_account_is_changed(self, chromium: Browser, shop: Shop) -> None:
        async with window(chromium, shop, java_script_enabled=False) as visit:
            page = visit.page
            await visit.sign_in(NOBODY)
            await expect(page.get_by_role("heading", level=1, name="Welcome, Nora Nobody")).to_be_visible()
            await page.get_by_role("link", name="Profile").click()
            await page.get_by_role("textbox", name="Name").fill("Nora Somebody")
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_text("Your profile is saved.")).to_be_visible()
            await page.get_by_role("textbox", name="Name").fill("Nora Nobody")
            await page.get_by_role("button", name="Save").click()
            await page.get_by_role("link", name="Password").click()
            await page.get_by_label("Current password").fill("a wrong one altogether")
            await page.get_by_label("New password", exact=True).fill(PASSWORD)
            await page.get_by_label("New password, once more").fill(PASSWORD)
            await page.get_by_role("button", name="Change password").click()
            await expect(page.get_by_role("alert")).to_be_visible()
