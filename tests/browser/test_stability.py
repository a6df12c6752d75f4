"""Nothing jumps: what htmx brings takes the place of what was there, and what stands above a list stays there."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Shop, Windows
from tests.browser.test_pages import MAX_LAYOUT_SHIFT

pytestmark = pytest.mark.browser

LISTS = ["/users", "/roles", "/permissions", "/sessions", "/audit"]


async def places(page: Page) -> list[Any]:
    """Where the title, the tool bar and the navigation stand."""
    script = """() => ["h1", "#filters", "#filters input[type=search]", ".side nav", ".finder"].map((selector) => {
        const box = document.querySelector(selector).getBoundingClientRect();
        return [selector, box.x, box.y, box.width, box.height];
    })"""
    return await page.evaluate(script)


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_is_searched_without_a_jump(windows: Windows, signed_in: Any, path: str) -> None:
    async with windows.use(signed_in, viewport={"width": 1440, "height": 900}) as visit:
        page = visit.page
        await visit.open(path)
        before, head = await places(page), await page.locator("#results thead").first.bounding_box()
        for words in ("a", "anna", "nothing-is-called-this", ""):
            await page.get_by_role("searchbox").fill(words)
            wanted = re.compile(rf"q={words}(&|$)") if words else re.compile(r"^(?!.*q=\w)")
            await expect(page).to_have_url(wanted)
            await expect(page.locator(".htmx-request")).to_have_count(0)
            assert await places(page) == before
            # A shorter list ends higher; but its head stays under the reader's eyes.
            if words in ("a", "anna") and await page.locator("#results thead").count():
                assert await page.locator("#results thead").first.bounding_box() == head
        assert await visit.moved_outside_the_list() == []
        visit.assert_clean()


async def test_a_list_is_sorted_and_paged_without_a_jump(windows: Windows, signed_in: Any) -> None:
    async with windows.use(signed_in, viewport={"width": 1440, "height": 900}) as visit:
        page = visit.page
        await visit.open("/users")
        before = await places(page)
        for label, key in (("User", "email"), ("Created", "created_at"), ("Last sign-in", "last_login_at")):
            await page.get_by_role("columnheader", name=label).get_by_role("link").click()
            await expect(page).to_have_url(re.compile(f"sort=-?{key}"))
            assert await places(page) == before
        assert await visit.layout_shift() < MAX_LAYOUT_SHIFT
        await page.get_by_role("link", name="Next").click()
        await expect(page.get_by_role("link", name="Previous")).to_be_visible()
        assert await places(page) == before
        assert await visit.layout_shift() < MAX_LAYOUT_SHIFT
        visit.assert_clean()


@asynccontextmanager
async def halting(origin: str) -> AsyncIterator[str]:
    """Serve what ``origin`` serves, but the second half of a page long after its first."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        request = re.sub(rb"\r\nconnection: [^\r]*", b"", request, flags=re.IGNORECASE)
        from_shop, to_shop = await asyncio.open_connection("127.0.0.1", int(origin.rpartition(":")[2]))
        to_shop.write(request.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n")
        answer = await from_shop.read()
        to_shop.close()
        if b"text/html" in answer.partition(b"\r\n\r\n")[0]:
            writer.write(answer[: len(answer) // 2])
            await writer.drain()
            await asyncio.sleep(0.5)
            answer = answer[len(answer) // 2 :]
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_that_comes_slowly_does_not_jump(windows: Windows, shop: Shop, signed_in: Any, path: str) -> None:
    """Every row that a browser reads moves the columns of a table: the page is shown when it is whole."""
    async with (
        halting(shop.origin) as origin,
        windows.use(signed_in, viewport={"width": 1440, "height": 900}) as visit,
    ):
        await visit.page.goto(f"{origin}/admin{path}")
        await visit.settle()
        assert await visit.layout_shift() < MAX_LAYOUT_SHIFT


async def test_the_watch_sees_a_jump(windows: Windows, signed_in: Any) -> None:
    """What the tests above rely on."""
    async with windows.use(signed_in) as visit:
        await visit.open("/users")
        assert await visit.layout_shift() == 0
        await visit.page.evaluate("document.querySelector('h1').after(document.createElement('hr'), 'a line', 'more')")
        await visit.page.evaluate("document.querySelector('h1').before(document.createElement('textarea'))")
        assert await visit.layout_shift() > 0
