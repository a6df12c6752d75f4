"""Arabic in Chromium: pages run from right to left, and what is not Arabic in them keeps its own direction."""

from typing import Any

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import ADMIN, Shop, Windows, window
from tests.browser.test_pages import MAX_KILOBYTES, PAGES, kilobytes

pytestmark = pytest.mark.browser

HEAVIEST = ("users", "users, filtered", "sessions", "audit log", "audit log, filtered", "account, language")

# Where the first and the last sign of each text stand: what runs from left to right has its first sign on the left.
RUNS_BACKWARDS = """(selector) => [...document.querySelectorAll(selector)].filter((element) => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const text = node.data, start = text.search(/\\S/), end = text.trimEnd().length - 1;
    if (start < 0 || end <= start) continue;
    const place = (at) => {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      return range.getBoundingClientRect();
    };
    const [first, last] = [place(start), place(end)];
    if (first.width && Math.abs(first.top - last.top) < 2 && first.left >= last.left) return true;
  }
}).map((element) => element.textContent)"""


@pytest.mark.parametrize("name", HEAVIEST)
async def test_a_list_is_light_although_arabic_letters_weigh_twice_as_much(
    windows: Windows, signed_in: Any, name: str
) -> None:
    path, status = PAGES[name]
    async with windows.use(signed_in, locale="ar") as visit:
        await visit.go(path, status)
        assert (await kilobytes(visit))[0] <= MAX_KILOBYTES


@pytest.mark.parametrize(("locale", "is_right"), [("ar", True), ("en", False)])
async def test_the_navigation_stands_where_reading_begins(
    windows: Windows, signed_in: Any, locale: str, is_right: bool
) -> None:
    viewport = {"width": 1440, "height": 900}
    async with windows.use(signed_in, locale=locale, viewport=viewport) as visit:
        await visit.open("/users")
        side = await visit.page.locator(".side").bounding_box()
        assert side is not None
        assert (side["x"] + side["width"] == 1440) is is_right
        assert (side["x"] == 0) is not is_right


@pytest.mark.parametrize(("locale", "scale"), [("ar", "-1 1"), ("en", "none")])
async def test_arrows_point_the_way_of_reading_and_other_symbols_stay(
    windows: Windows, shop: Shop, signed_in: Any, locale: str, scale: str
) -> None:
    async with windows.use(signed_in, locale=locale) as visit:
        scale_of = "(icon) => getComputedStyle(icon.closest('svg')).scale"
        for path, symbols in (
            ("/users", ("#chevron-right", "#log-out")),
            (f"/users/{shop.user_id}", ("#chevron-left",)),
        ):
            await visit.open(path)
            for symbol in symbols:
                icon = visit.page.locator(f"main use[href$='{symbol}'], .side use[href$='{symbol}']").first
                assert await icon.evaluate(scale_of) == scale, symbol
        for symbol in ("#search", "#users", "#scroll-text"):
            icon = visit.page.locator(f".side use[href$='{symbol}']").first
            assert await icon.evaluate(scale_of) == "none", symbol


@pytest.mark.parametrize(
    ("path", "selector"),
    [
        ("/audit?since=2020-01-01&actor=admin@shop.example&action=user.*", "td.mono"),
        ("/audit?since=2020-01-01&actor=admin@shop.example&action=user.*", "td code"),
        ("/users?sort=email", ".person > *"),
        ("/users/{user}/access?may=orders:refund", "code, .tag.mono"),
        ("/permissions/orders:refund", "h1 code, .mono"),
        ("/permissions", "td code"),
        ("/sessions", "td.mono"),
    ],
)
async def test_addresses_and_codes_run_from_left_to_right(
    windows: Windows, shop: Shop, signed_in: Any, path: str, selector: str
) -> None:
    async with windows.use(signed_in, locale="ar") as visit:
        await visit.open(path.format(user=shop.user_id))
        assert await visit.page.locator(selector).count()
        assert await visit.page.evaluate(RUNS_BACKWARDS, selector) == []
        # The same look sees that Arabic does run backwards.
        assert await visit.page.evaluate(RUNS_BACKWARDS, ".links a")


async def test_what_is_said_of_somebody_is_read_from_the_right(windows: Windows, signed_in: Any) -> None:
    """Two Latin words beside each other are two words of an Arabic line, not one Latin phrase in it."""
    async with windows.use(signed_in, locale="ar") as visit:
        await visit.open("")
        event = visit.page.locator(".events li").filter(has_text=ADMIN).first
        who, what = await event.locator("bdi").first.bounding_box(), await event.locator("code").bounding_box()
        assert who is not None
        assert what is not None
        assert what["x"] > who["x"]


async def test_a_field_takes_the_direction_of_what_is_typed_and_keeps_its_side(chromium: Browser, shop: Shop) -> None:
    async with window(chromium, shop, locale="ar") as visit:
        await visit.open("/login")
        for field in ("#email", "#password"):
            look = await visit.page.locator(field).evaluate(
                "(input) => [getComputedStyle(input).unicodeBidi, getComputedStyle(input).textAlign]"
            )
            assert look == ["plaintext", "right"]


@pytest.mark.parametrize("scripts", [True, False])
async def test_arabic_is_chosen_on_the_login_page_and_stays(chromium: Browser, shop: Shop, scripts: bool) -> None:
    async with window(chromium, shop, java_script_enabled=scripts) as visit:
        await visit.open("/login")
        assert await visit.page.locator("html").get_attribute("lang") == "en"
        await visit.page.get_by_role("button", name="العربية").click()
        await visit.page.locator("html[lang=ar]").wait_for()
        assert await visit.page.get_by_role("button", name="العربية").get_attribute("aria-pressed") == "true"
        await visit.open("/password-reset")
        assert await visit.page.locator("html").get_attribute("dir") == "rtl"
