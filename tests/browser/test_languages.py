"""Every page in the other languages, with longer words or from right to left: inside its window, and accessible."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import ADMIN, PASSWORD, Shop, Visit, Windows, window
from tests.browser.test_pages import MAX_LAYOUT_SHIFT, PAGES, PAGES_OF_NOBODY, overflowing, violations_of_axe

pytestmark = pytest.mark.browser

DIRECTIONS = {"de": "ltr", "ar": "rtl"}
PHONE, DESK = 390, 1440

#: What stands past an edge of the window, where no part of the page scrolls by itself.
OUTSIDE = """
[...document.querySelectorAll("main h1, main h2, main .button, main .badge, main .tag, nav a, label, dt")]
  .filter((e) => e.getClientRects().length && !e.closest(".hush, [popover]:not(:popover-open)"))
  .filter((e) => !e.closest(".scroll, .table-panel, .tabs"))
  .map((e) => [e.getBoundingClientRect(), e])
  .filter(([box]) => box.left < -1 || box.right > innerWidth + 1)
  .map(([, e]) => e.outerHTML.slice(0, 120))
"""


async def examine(visit: Visit, path: str, status: int) -> None:
    """See that a page is as it should be in each of the languages."""
    page = visit.page
    for language, direction in DIRECTIONS.items():
        await page.set_extra_http_headers({"Accept-Language": language})
        await page.set_viewport_size({"width": PHONE, "height": 900})
        await visit.go(path, status)
        spoken = await page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
        assert spoken == [language, direction]
        await assert_inside(visit)
        assert await visit.layout_shift() < MAX_LAYOUT_SHIFT, (language, await visit.moved_outside_the_list())
        if direction == "rtl":
            # In German everything is as in English, but for the length of its words.
            assert await violations_of_axe(visit) == []
        await page.set_viewport_size({"width": DESK, "height": 900})
        await assert_inside(visit)
        visit.assert_clean()


async def assert_inside(visit: Visit) -> None:
    """Nothing sticks out at either side: the one of the start is where right-to-left pages are cut off."""
    page = visit.page
    widths = await page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1], await overflowing(visit)
    words = await page.evaluate(OUTSIDE)
    assert words == []


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_keeps_to_its_window_and_is_accessible(
    windows: Windows, shop: Shop, signed_in: Any, name: str
) -> None:
    path, status = PAGES[name]
    path = path.format(user=shop.user_id, role=shop.role_id, **await shop.ids())
    async with windows.use(signed_in) as visit:
        await examine(visit, path, status)


@pytest.mark.parametrize("name", PAGES_OF_NOBODY)
async def test_a_page_of_somebody_without_a_role_does_so_too(
    windows: Windows, signed_in_as_nobody: Any, name: str
) -> None:
    async with windows.use(signed_in_as_nobody) as visit:
        await examine(visit, *PAGES_OF_NOBODY[name])


async def test_the_login_page_does_so_too(chromium: Browser, shop: Shop) -> None:
    async with window(chromium, shop) as visit:
        await examine(visit, "/login", 200)
        assert await visit.page.locator("footer [lang]").evaluate_all("all => all.map((e) => e.lang)") == [
            "en", "de", "ar",
        ]  # fmt: skip


@pytest.mark.parametrize("scripts", [True, False])
async def test_times_are_in_the_browsers_zone_as_soon_as_a_script_has_told_it(
    chromium: Browser, shop: Shop, scripts: bool
) -> None:
    # Kathmandu is three quarters of an hour away from everybody else: no other zone shows the same minutes.
    options = {"locale": "de", "timezone_id": "Asia/Kathmandu", "java_script_enabled": scripts}
    async with window(chromium, shop, **options) as visit:
        await visit.open("/login")
        await visit.page.get_by_label("E-Mail").fill(ADMIN)
        await visit.page.get_by_label("Passwort", exact=True).fill(PASSWORD)
        await visit.page.get_by_role("button", name="Anmelden").click()
        await visit.page.wait_for_url(visit.shop.url(""))
        await visit.open(f"/users/{shop.user_id}")
        moment = visit.page.locator("dd time").first
        there = ZoneInfo("Asia/Kathmandu" if scripts else "UTC")
        exact = datetime.fromisoformat(await moment.get_attribute("datetime") or "").astimezone(there)
        # Where no script runs nobody knows the zone, and the page says which one it shows.
        await expect(moment).to_have_text(f"{exact:%d.%m.%Y %H:%M}" + ("" if scripts else " UTC"))
        visit.assert_clean()
