"""What hands do: the keyboard, searching while typing, and a session that ends meanwhile."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import ADMIN, PASSWORD, Shop, Windows, window
from tests.browser.test_pages import violations_of_axe

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
            name = visit.page.locator("#results tbody tr a").first
            first = await name.inner_text()
            await visit.page.get_by_role("link", name="Next").click()
            await expect(visit.page.get_by_role("link", name="Previous")).to_be_visible()
            await expect(name).not_to_have_text(first)
            await visit.page.get_by_role("link", name="Previous").click()
            await expect(name).to_have_text(first)
            await visit.page.get_by_role("columnheader", name="User").get_by_role("link").click()
            await expect(name).not_to_have_text(first)
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


class TestErrors:
    async def test_a_refusal_names_the_permission_and_stays_in_the_shell(
        self, chromium: Browser, shop: Shop, signed_in_as_nobody: Any
    ) -> None:
        async with window(chromium, shop, storage_state=signed_in_as_nobody) as visit:
            page = visit.page
            response = await page.goto(shop.url("/audit"))
            assert response is not None
            assert response.status == 403
            await expect(page.get_by_role("heading", level=1, name="You may not do this")).to_be_visible()
            await expect(page.locator("main code")).to_have_text("audit:read")
            await expect(page.get_by_role("navigation", name="Administration")).to_be_visible()

    @pytest.mark.parametrize(
        ("path", "status"), [("/nothing/here", 404), ("/logout", 405), ("/users?cursor=nope", 400)]
    )
    async def test_other_errors_stay_in_the_shell_too(
        self, chromium: Browser, shop: Shop, signed_in: Any, path: str, status: int
    ) -> None:
        async with window(chromium, shop, storage_state=signed_in) as visit:
            response = await visit.page.goto(shop.url(path))
            assert response is not None
            assert response.status == status
            await expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
            await expect(visit.page.get_by_role("navigation", name="Administration")).to_be_visible()
            assert await violations_of_axe(visit) == []
            visit.assert_clean()

    async def test_a_fault_is_told_once_over_the_page_that_stays(
        self, chromium: Browser, shop: Shop, signed_in: Any
    ) -> None:
        async with window(chromium, shop, storage_state=signed_in) as visit:
            page = visit.page
            await visit.open("/users")
            await page.route("**/admin/users?*", lambda route: route.fulfill(status=500, body="a stack trace"))
            await page.get_by_role("searchbox").fill("anna")
            await expect(page.get_by_text("Something went wrong on our side. Try again.")).to_have_count(1)
            assert await page.locator("#results tbody tr").count() > 1
            await expect(page.get_by_text("a stack trace")).to_have_count(0)

    async def test_a_server_that_is_gone_is_told_too(self, chromium: Browser, shop: Shop, signed_in: Any) -> None:
        async with window(chromium, shop, storage_state=signed_in) as visit:
            page = visit.page
            await visit.open("/users")
            await page.route("**/admin/users?*", lambda route: route.abort())
            await page.get_by_role("searchbox").fill("anna")
            await expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
            assert await page.locator("#results tbody tr").count() > 1


#: The pages on which something is done, and how many stops a keyboard makes there at least.
STOPS = {
    "": 15,
    "/users": 25,
    "/users/new": 12,
    "/users/{user}": 12,
    "/users/{user}/access": 12,
    "/roles": 12,
    "/roles/{role}": 25,
    "/permissions": 10,
    "/sessions": 10,
    "/audit": 12,
    "/account": 12,
    "/account/password": 12,
    "/account/sessions": 10,
    "/search?q=anna": 10,
}


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", STOPS)
async def test_the_keyboard_reaches_everything_in_order_and_always_shows_where_it_is(
    windows: Windows, shop: Shop, signed_in: Any, path: str, width: int
) -> None:
    async with windows.use(signed_in) as visit:
        await visit.page.set_viewport_size({"width": width, "height": 900})
        await visit.open(path.format(user=shop.user_id, role=shop.role_id))
        wanted = await visit.page.evaluate(NUMBER_STOPS)
        reached: list[int] = []
        for _ in range(len(wanted) + 20):
            await visit.page.keyboard.press("Tab")
            stop = await visit.page.evaluate(WHERE)
            if stop is None:
                break
            assert stop["outlined"], stop["what"]
            assert stop["inside"], stop["what"]
            reached.append(stop["at"])
        assert reached == sorted(reached)
        # Radio buttons of one group are one stop; nothing else is left out.
        assert set(wanted) == set(reached)
        assert len(reached) >= STOPS[path] - (8 if width == 390 else 0)


# Number whatever can be used, in the order of the document, and begin before the first.
NUMBER_STOPS = """() => {
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  const usable = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  return [...document.querySelectorAll(usable)]
    .filter((element) => !element.disabled && element.tabIndex >= 0)
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .map((element, at) => Number(element.dataset.stop = at));
}"""

WHERE = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  return {
    what: element.outerHTML.slice(0, 120),
    at: Number(element.dataset.stop ?? -1),
    // A date's parts have a mark of their own each, inside the control.
    outlined: String(element.type).startsWith("date")
      || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
    // Some of it can be seen: scrolled to, and under nothing that sticks.
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""
