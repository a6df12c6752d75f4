"""Getting somewhere by keyboard: the palette, the help, and the same without scripts."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import Shop, Windows, window
from tests.browser.test_pages import WIDTHS, violations_in_light_and_dark, violations_of_axe

pytestmark = pytest.mark.browser


class TestPalette:
    @pytest.mark.parametrize("width", WIDTHS)
    async def test_finds_a_user_and_goes_there_by_keys_alone(
        self, windows: Windows, shop: Shop, signed_in: Any, width: int
    ) -> None:
        async with windows.use(signed_in, viewport={"width": width, "height": 900}) as visit:
            page = visit.page
            await visit.open("/roles")
            await page.keyboard.press("Control+k")
            box = page.get_by_role("combobox", name="Search")
            await expect(box).to_be_focused()
            await expect(page.get_by_role("option", name="Overview")).to_be_visible()
            await page.keyboard.type("anna")
            first = page.get_by_role("group", name="Users").get_by_role("option").first
            await expect(first).to_have_attribute("aria-selected", "true")
            await expect(first).to_contain_text("anna@shop.example")
            assert await box.get_attribute("aria-activedescendant") == await first.get_attribute("id")
            await expect(box).to_have_attribute("aria-expanded", "true")
            assert await violations_in_light_and_dark(visit) == []
            await page.keyboard.press("Enter")
            await page.wait_for_url(shop.url(f"/users/{shop.user_id}"))
            visit.assert_clean()

    async def test_walks_through_the_list_with_the_arrows_and_round_its_ends(
        self, windows: Windows, signed_in: Any
    ) -> None:
        async with windows.use(signed_in) as visit:
            page = visit.page
            await visit.open("")
            await page.keyboard.press("Control+k")
            options = page.get_by_role("option")
            await expect(options.first).to_be_visible()
            count = await options.count()
            await page.keyboard.press("ArrowUp")
            await expect(options.nth(count - 1)).to_have_attribute("aria-selected", "true")
            await page.keyboard.press("ArrowDown")
            await expect(options.first).to_have_attribute("aria-selected", "true")
            await expect(page.locator("[role=option][aria-selected=true]")).to_have_count(1)
            await expect(page.get_by_role("combobox")).to_be_focused()

    async def test_gives_the_focus_back_and_keeps_it_inside_while_it_is_open(
        self, windows: Windows, signed_in: Any
    ) -> None:
        async with windows.use(signed_in) as visit:
            page = visit.page
            await visit.open("/users")
            await page.get_by_role("link", name="Invite user").focus()
            await page.keyboard.press("Control+k")
            await expect(page.get_by_role("option", name="Overview")).to_be_visible()
            for _ in range(6):
                await page.keyboard.press("Tab")
                # The body means the browser's own bars, which belong to the way round.
                inside = "document.activeElement.closest('dialog') !== null || document.activeElement === document.body"
                assert await page.evaluate(inside)
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("dialog")).to_have_count(0)
            await expect(page.get_by_role("link", name="Invite user")).to_be_focused()

    async def test_enter_before_the_answer_searches_for_the_words_themselves(
        self, windows: Windows, shop: Shop, signed_in: Any
    ) -> None:
        async with windows.use(signed_in) as visit:
            page = visit.page
            await visit.open("")
            await page.keyboard.press("Control+k")
            await expect(page.get_by_role("option", name="Overview")).to_be_visible()
            await page.evaluate(
                """() => {
                    const box = document.querySelector("#palette input");
                    box.value = "clerk";
                    box.dispatchEvent(new Event("input", { bubbles: true }));
                    box.form.requestSubmit();
                }"""
            )
            await page.wait_for_url(shop.url("/search?q=clerk"))
            await expect(page.get_by_role("heading", name="Roles")).to_be_visible()

    async def test_shows_a_refusal_above_itself(self, windows: Windows, signed_in: Any) -> None:
        async with windows.use(signed_in) as visit:
            page = visit.page
            await visit.open("")
            await page.keyboard.press("Control+k")
            await page.get_by_role("combobox").evaluate("(box) => box.removeAttribute('maxlength')")
            await page.get_by_role("combobox").fill("x" * 201)
            await expect(page.get_by_text("At most 200 characters are allowed.")).to_be_visible()
            await page.get_by_role("button", name="Close").click()
            await expect(page.get_by_text("At most 200 characters are allowed.")).to_have_count(0)
            await expect(page.get_by_role("combobox")).to_be_visible()
            visit.assert_clean()

    async def test_says_so_when_nothing_matches(self, windows: Windows, signed_in: Any) -> None:
        async with windows.use(signed_in) as visit:
            await visit.open("")
            await visit.page.keyboard.press("Control+k")
            await visit.page.keyboard.type("nothing-is-called-this")
            await expect(visit.page.get_by_text("Nothing matches “nothing-is-called-this”.")).to_be_visible()
            assert await violations_of_axe(visit) == []

    async def test_is_a_page_without_scripts(self, windows: Windows, shop: Shop, signed_in: Any) -> None:
        async with windows.use(signed_in, java_script_enabled=False) as visit:
            page = visit.page
            await visit.open("")
            await page.get_by_role("link", name="Search").click()
            await page.get_by_role("searchbox").fill("anna")
            await page.get_by_role("button", name="Search").click()
            await page.get_by_role("link", name="anna@shop.example").click()
            await page.wait_for_url(shop.url(f"/users/{shop.user_id}"))


class TestHelp:
    async def test_opens_with_a_question_mark_and_closes_with_escape(self, windows: Windows, signed_in: Any) -> None:
        async with windows.use(signed_in) as visit:
            page = visit.page
            await visit.open("/users")
            await page.keyboard.press("?")
            await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
            assert await violations_of_axe(visit) == []
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("dialog")).to_have_count(0)
            # What was left in the closed dialog must not open it when a list is searched.
            await page.keyboard.press("/")
            await page.keyboard.type("anna")
            await expect(page.locator("#results tbody tr")).to_have_count(1)
            await expect(page.get_by_role("dialog")).to_have_count(0)
            visit.assert_clean()

    async def test_types_into_a_field_where_one_has_the_focus(self, windows: Windows, signed_in: Any) -> None:
        async with windows.use(signed_in) as visit:
            await visit.open("/users/new")
            await visit.page.get_by_role("textbox", name="Name").fill("")
            await visit.page.keyboard.type("who/where?")
            await expect(visit.page.get_by_role("textbox", name="Name")).to_have_value("who/where?")
            await expect(visit.page.get_by_role("dialog")).to_have_count(0)

    async def test_turns_single_keys_off_and_remembers_it(self, chromium: Browser, shop: Shop, signed_in: Any) -> None:
        # Of its own: what it remembers would turn the keys off for the tests behind it.
        async with window(chromium, shop, storage_state=signed_in) as visit:
            page = visit.page
            await visit.open("/users")
            await page.keyboard.press("?")
            await page.get_by_role("checkbox", name="Single keys work").uncheck()
            await page.keyboard.press("Escape")
            await page.reload()
            await page.keyboard.press("?")
            await page.keyboard.press("/")
            await expect(page.get_by_role("searchbox")).not_to_be_focused()
            await expect(page.get_by_role("dialog")).to_have_count(0)
            await page.keyboard.press("Control+k")
            await expect(page.get_by_role("combobox", name="Search")).to_be_focused()

    async def test_is_a_page_without_scripts(self, windows: Windows, signed_in: Any) -> None:
        async with windows.use(signed_in, java_script_enabled=False) as visit:
            await visit.open("")
            await visit.page.locator("details.account summary").click()
            await visit.page.get_by_role("link", name="Keyboard shortcuts").click()
            await expect(visit.page.get_by_role("heading", level=1, name="Keyboard shortcuts")).to_be_visible()
            await expect(visit.page.get_by_text("need JavaScript")).to_be_visible()
