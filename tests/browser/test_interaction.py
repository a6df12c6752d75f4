"""What hands do: the keyboard, searching while typing, and a session that ends meanwhile."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import ADMIN, PASSWORD, Shop, window

pytestmark = pytest.mark.browser

FOCUS = """() => {
  const element = document.activeElement, style = getComputedStyle(element);
  return {
    what: element.outerHTML.slice(0, 100),
    body: element === document.body,
    visible: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
  };
}"""


async def stops(page: Page, count: int) -> list[dict[str, Any]]:
    """Press Tab so many times and tell where the focus stood each time."""
    found: list[dict[str, Any]] = []
    for _ in range(count):
        await page.keyboard.press("Tab")
        found.append(await page.evaluate(FOCUS))
    return found


class TestKeyboard:
    async def test_signs_in_without_a_mouse(self, chromium: Browser, shop: Shop) -> None:
        async with window(chromium, shop) as visit:
            await visit.open("/login")
            await expect(visit.page.get_by_label("E-mail")).to_be_focused()
            await visit.page.keyboard.type(ADMIN)
            await visit.page.keyboard.press("Tab")
            await visit.page.keyboard.type(PASSWORD)
            await visit.page.keyboard.press("Enter")
            await expect(visit.page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
            visit.assert_clean()

    @pytest.mark.parametrize("path", ["/users", "/roles/new"])
    async def test_shows_where_it_is_at_every_stop(
        self, chromium: Browser, shop: Shop, signed_in: Any, path: str
    ) -> None:
        async with window(chromium, shop, storage_state=signed_in) as visit:
            await visit.open(path)
            await visit.page.evaluate("document.activeElement.blur()")
            found = await stops(visit.page, 25)
            assert "Skip to the content" in found[0]["what"] or path == "/roles/new"
            assert [stop["what"] for stop in found if not stop["body"] and not stop["visible"]] == []
            assert len({stop["what"] for stop in found}) > 12

    async def test_jumps_to_the_search_with_a_slash(self, chromium: Browser, shop: Shop, signed_in: Any) -> None:
        async with window(chromium, shop, storage_state=signed_in) as visit:
            await visit.open("/users")
            await visit.page.keyboard.press("/")
            await expect(visit.page.get_by_role("searchbox")).to_be_focused()

    async def test_moves_to_what_is_wrong_in_a_form(self, chromium: Browser, shop: Shop, signed_in: Any) -> None:
        async with window(chromium, shop, storage_state=signed_in) as visit:
            await visit.open("/roles/new")
            await visit.page.get_by_role("textbox", name="Name").fill("clerk")
            await visit.page.keyboard.press("Enter")
            await expect(visit.page.get_by_role("alert")).to_be_focused()
            await visit.page.get_by_role("alert").get_by_role("link", name="Name").click()
            await expect(visit.page.get_by_role("textbox", name="Name")).to_be_focused()
            await expect(visit.page.get_by_role("textbox", name="Name")).to_have_attribute(
                "aria-describedby", "name-error"
            )

    async def test_closes_the_dialog_with_escape(self, chromium: Browser, shop: Shop, signed_in: Any) -> None:
        async with window(chromium, shop, storage_state=signed_in) as visit:
            await visit.open(f"/roles/{shop.role_id}")
            await visit.page.get_by_role("link", name="Delete role").focus()
            await visit.page.keyboard.press("Enter")
            await expect(visit.page.get_by_role("dialog")).to_be_visible()
            await visit.page.keyboard.press("Escape")
            await expect(visit.page.get_by_role("dialog")).to_have_count(0)
            await expect(visit.page.get_by_role("link", name="Delete role")).to_be_focused()
            # And it opens again: closing it must not have broken it.
            await visit.page.keyboard.press("Enter")
            await expect(visit.page.get_by_role("dialog")).to_be_visible()
            visit.assert_clean()


class TestSearch:
    async def test_narrows_the_list_while_typing_and_keeps_the_address_true(
        self, chromium: Browser, shop: Shop, signed_in: Any
    ) -> None:
        async with window(chromium, shop, storage_state=signed_in) as visit:
            await visit.open("/users")
            box = visit.page.get_by_role("searchbox")
            await box.press_sequentially("anna@", delay=20)
            await expect(visit.page.locator("#results tbody tr")).to_have_count(1)
            await expect(visit.page).to_have_url(re.compile("q=anna%40"))
            await expect(box).to_be_focused()
            await visit.page.reload()
            await expect(visit.page.locator("#results tbody tr")).to_have_count(1)
            await expect(box).to_have_value("anna@")
            visit.assert_clean()

    async def test_sorts_and_pages_through_the_list(self, chromium: Browser, shop: Shop, signed_in: Any) -> None:
        async with window(chromium, shop, storage_state=signed_in) as visit:
            await visit.open("/users?sort=email")
            first = await visit.page.locator("#results tbody tr").first.inner_text()
            await visit.page.get_by_role("link", name="Next").click()
            await expect(visit.page.get_by_role("link", name="Previous")).to_be_visible()
            assert await visit.page.locator("#results tbody tr").first.inner_text() != first
            await visit.page.get_by_role("link", name="Previous").click()
            await expect(visit.page.locator("#results tbody tr").first).to_contain_text(first.split("\n")[0])
            await visit.page.get_by_role("columnheader", name="User").get_by_role("link").click()
            await expect(visit.page.locator("#results tbody tr").first).not_to_contain_text(first.split("\n")[0])
            visit.assert_clean()


class TestEndedSession:
    async def test_leads_a_search_to_the_login_and_back_to_the_page(self, chromium: Browser, shop: Shop) -> None:
        # A user of their own: ending the administrator's sessions would sign the other tests' windows out.
        email = "person20@shop.example"
        async with window(chromium, shop) as visit:
            await visit.sign_in(email)
            await visit.open("/account")
            await visit.page.context.clear_cookies(name="admin_auth_form")
            await shop.end_sessions(email)
            await visit.page.evaluate(
                "htmx.ajax('GET', location.pathname, {target: 'main', swap: 'innerHTML'}); undefined"
            )
            await visit.page.wait_for_url(lambda url: "/admin/login" in url)
            await visit.page.get_by_label("E-mail").fill(email)
            await visit.page.get_by_label("Password", exact=True).fill(PASSWORD)
            await visit.page.get_by_role("button", name="Sign in").click()
            await visit.page.wait_for_url(shop.url("/account"))
            visit.assert_clean()


class TestMatrix:
    async def test_ticks_rows_and_columns_and_filters(self, chromium: Browser, shop: Shop, signed_in: Any) -> None:
        async with window(chromium, shop, storage_state=signed_in) as visit:
            page = visit.page
            await visit.open("/roles/new")
            await page.get_by_role("button", name="orders", exact=True).click()
            ticked = page.locator("input[name=permissions]:checked")
            codes = [await box.get_attribute("value") or "" for box in await ticked.all()]
            assert {code.split(":")[0] for code in codes} == {"orders"}
            await page.get_by_role("button", name="orders", exact=True).click()
            await expect(ticked).to_have_count(0)
            await page.get_by_role("button", name="export", exact=True).click()
            codes = [await box.get_attribute("value") or "" for box in await ticked.all()]
            assert {code.split(":")[1] for code in codes} == {"export"}
            await page.get_by_label("Search permissions").fill("newsletter")
            await expect(page.locator("[data-matrix] tbody tr:visible")).to_have_count(1)
            await page.get_by_label("Search permissions").fill("")
            await page.get_by_label("Granted only").check()
            shown = page.locator("[data-matrix] tbody tr:visible")
            assert await shown.count() == len(await ticked.all())
            visit.assert_clean()


async def test_the_theme_is_remembered(chromium: Browser, shop: Shop, signed_in: Any) -> None:
    async with window(chromium, shop, storage_state=signed_in, color_scheme="light") as visit:
        page = visit.page
        await visit.open("/roles")
        await page.locator("details.account summary").click()
        await page.get_by_role("button", name="Dark").click()
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.url == shop.url("/roles")
        await visit.open("/permissions")
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        background = await page.evaluate(
            "getComputedStyle(document.body).colorScheme + getComputedStyle(document.documentElement).colorScheme"
        )
        assert "dark" in background
        visit.assert_clean()


async def test_signing_out_ends_it_for_good(chromium: Browser, shop: Shop) -> None:
    async with window(chromium, shop) as visit:
        page = visit.page
        await visit.sign_in("person21@shop.example")
        kept = await page.context.cookies()
        await page.locator("details.account summary").click()
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url(shop.url("/login"))
        # Somebody who copied the cookies before has nothing: the session's row has ended.
        await page.context.add_cookies(kept)
        await visit.open("/account")
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
