"""Every page, light and dark, on a desk and on a phone: accessible, inside its policy, inside the window, and light."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Shop, Visit, Windows, window

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")

MAX_KILOBYTES = 100
MAX_REQUESTS = 7
#: A hundredth of what counts as good. Not zero: when the machine is busy, text is sometimes laid out twice, by a pixel.
MAX_LAYOUT_SHIFT = 0.001
MAX_STYLE_KILOBYTES = 20

#: Name to path, status and who looks; ``{role}`` and ``{user}`` are rows of the shop.
PAGES: dict[str, tuple[str, int]] = {
    "overview": ("", 200),
    "users": ("/users", 200),
    "users, none found": ("/users?q=nobody-has-this-name", 200),
    "users, filtered": ("/users?status=active&role=clerk&sort=email", 200),
    "users, question": ("/users/bulk?act=suspend&all=1", 200),
    "users, question about a role": ("/users/bulk?act=give-role&all=1&role=clerk", 200),
    "users, question about a file": ("/users/bulk?act=export&all=1", 200),
    "new user": ("/users/new", 200),
    "user": ("/users/{user}", 200),
    "user's access": ("/users/{user}/access", 200),
    "user's access, asked": ("/users/{user}/access?may=orders:refund", 200),
    "user's access, a no": ("/users/{user}/access?may=users:read", 200),
    "user's access, proposed": ("/users/{user}/access?may=money&q=books", 200),
    "user, role taken away": ("/users/{user}/roles/{role}/removal", 200),
    "user's sessions": ("/users/{user}/sessions", 200),
    "user's activity": ("/users/{user}/activity", 200),
    "user, deletion": ("/users/{user}/deletion", 200),
    "user, suspension": ("/users/{user}/suspension", 200),
    "roles": ("/roles", 200),
    "new role": ("/roles/new", 200),
    "role": ("/roles/{role}", 200),
    "role, searched": ("/roles/{role}?find=money", 200),
    "role's members": ("/roles/{role}/members", 200),
    "role's members, none ends": ("/roles/{role}/members?ends=7", 200),
    "role's history": ("/roles/{role}/history", 200),
    "role, copied": ("/roles/new?from={role}", 200),
    "role, deletion": ("/roles/{role}/deletion", 200),
    "permissions": ("/permissions", 200),
    "permissions, none orphaned": ("/permissions?source=orphaned", 200),
    "permission": ("/permissions/orders:refund", 200),
    "permission, not there": ("/permissions/no:such", 404),
    "sessions": ("/sessions", 200),
    "sessions, question": ("/sessions/bulk?act=end&all=1", 200),
    "audit log": ("/audit", 200),
    "audit log, filtered": ("/audit?since=2020-01-01&actor=admin@shop.example&action=user.*", 200),
    "forgotten password": ("/password-reset", 200),
    "forgotten password, mailed": ("/password-reset/sent", 200),
    "dead reset link": ("/password-reset/made-up", 404),
    "dead invitation": ("/invitation/made-up", 404),
    "user, suspended": ("/users/{suspended}", 200),
    "user, invited": ("/users/{invited}", 200),
    "account": ("/account", 200),
    "account, password": ("/account/password", 200),
    "account, sessions": ("/account/sessions", 200),
    "account, language": ("/account/preferences", 200),
    "search": ("/search", 200),
    "search, found": ("/search?q=anna", 200),
    "search, nothing found": ("/search?q=nobody-has-this-name", 200),
    "keys": ("/help/keys", 200),
    "not found": ("/nothing/here", 404),
    "damaged address": ("/users?cursor=nope", 400),
}
PAGES_OF_NOBODY: dict[str, tuple[str, int]] = {
    "landing": ("", 200),
    "account": ("/account", 200),
    "search": ("/search?q=anna", 200),
    "refused": ("/users", 403),
}
WIDTHS = (1440, 390)
#: Between these, only that nothing sticks out: a phone held small, a tablet held either way, and a small laptop.
OTHER_WIDTHS = (320, 820, 1024, 1180)


async def violations_of_axe(visit: Visit, *rules: str) -> list[str]:
    """Run axe in the page: all of its rules, or those named.

    The protocol evaluates it, so that the page's policy need not allow it.
    """
    if not await visit.page.evaluate("'axe' in window"):
        await visit.page.evaluate(AXE)
    # Without what it loads anew for the one rule about styles of its own that a page turned sideways gets.
    options = {"resultTypes": ["violations"], "preload": False} | ({"runOnly": list(rules)} if rules else {})
    found: dict[str, Any] = await visit.page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


async def violations_in_light_and_dark(visit: Visit) -> list[str]:
    """Run axe in both. In the dark everything is the same, but for its colours."""
    found = await violations_of_axe(visit)
    await visit.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += await violations_of_axe(visit, "color-contrast")
    await visit.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found


async def kilobytes(visit: Visit) -> tuple[float, float]:
    """What was loaded, decoded: everything, and the style sheets alone."""
    sizes: dict[str, int] = {}
    for request in visit.requests:
        response = await request.response()
        assert response is not None, request.url
        sizes[request.url.partition("#")[0]] = len(await response.body())
    styles = sum(size for url, size in sizes.items() if url.endswith(".css"))
    return sum(sizes.values()) / 1024, styles / 1024


async def examine(visit: Visit, path: str, status: int) -> None:
    """See that a page is as it should be in every look. How it loads on a phone is seen by ``test_languages``."""
    await visit.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    visit.requests.clear()
    await visit.go(path, status)
    total, styles = await kilobytes(visit)
    assert total <= MAX_KILOBYTES
    assert styles <= MAX_STYLE_KILOBYTES
    assert len(visit.requests) <= MAX_REQUESTS, [request.url for request in visit.requests]
    origins = {request.url.split("/admin")[0] for request in visit.requests}
    assert origins == {visit.shop.origin}
    assert await visit.layout_shift() < MAX_LAYOUT_SHIFT, await visit.moved_outside_the_list()
    for width in WIDTHS:
        await see_nothing_stick_out(visit, width)
        assert await violations_in_light_and_dark(visit) == [], width
    for width in OTHER_WIDTHS:
        await see_nothing_stick_out(visit, width)
    visit.assert_clean()


async def see_nothing_stick_out(visit: Visit, width: int) -> None:
    """See that a window of this width need not be scrolled sideways (WCAG 2.2, 1.4.10)."""
    await visit.page.set_viewport_size({"width": width, "height": 900})
    widths = await visit.page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1], (width, await overflowing(visit))


async def overflowing(visit: Visit) -> list[str]:
    """Name the elements that stick out, for the message."""
    return await visit.page.evaluate(
        """[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
            .map((e) => e.outerHTML.slice(0, 120))"""
    )


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_accessible_and_light_and_keeps_to_its_policy_and_its_window(
    windows: Windows, shop: Shop, signed_in: Any, name: str
) -> None:
    path, status = PAGES[name]
    path = path.format(user=shop.user_id, role=shop.role_id, **await shop.ids())
    async with windows.use(signed_in) as visit:
        await examine(visit, path, status)


@pytest.mark.parametrize("name", PAGES_OF_NOBODY)
async def test_a_page_of_somebody_without_a_role_is_so_too(
    windows: Windows, signed_in_as_nobody: Any, name: str
) -> None:
    async with windows.use(signed_in_as_nobody) as visit:
        await examine(visit, *PAGES_OF_NOBODY[name])


async def test_the_login_page_is_too_fresh_and_refused(chromium: Browser, shop: Shop) -> None:
    async with window(chromium, shop) as visit:
        await examine(visit, "/login", 200)
        await visit.page.get_by_label("E-mail").fill("nobody@shop.example")
        await visit.page.get_by_label("Password", exact=True).fill("a wrong password altogether")
        await visit.page.get_by_role("button", name="Sign in").click()
        await visit.page.get_by_role("alert").wait_for()
        assert await violations_in_light_and_dark(visit) == []
        visit.assert_clean()


@pytest.mark.parametrize("width", WIDTHS)
async def test_errors_menus_and_dialogs_are_accessible_too(
    chromium: Browser, shop: Shop, signed_in: Any, width: int
) -> None:
    async with window(chromium, shop, storage_state=signed_in, viewport={"width": width, "height": 900}) as visit:
        page = visit.page
        await visit.open("/roles/new")
        await page.get_by_role("textbox", name="Name").fill("clerk")
        await page.get_by_role("button", name="Create role").click()
        await page.get_by_role("alert").wait_for()
        assert await violations_in_light_and_dark(visit) == []
        if width < 768:
            await page.get_by_role("button", name="Menu").click()
        await page.locator("details.account summary").click()
        assert await violations_in_light_and_dark(visit) == []
        await visit.open(f"/roles/{shop.role_id}")
        await page.get_by_role("link", name="Delete role").click()
        await page.get_by_role("dialog").wait_for()
        assert await violations_in_light_and_dark(visit) == []
        visit.assert_clean()


async def test_the_watch_over_the_policy_sees_a_breach(chromium: Browser, shop: Shop) -> None:
    """What the tests above rely on: a blocked inline style is counted."""
    async with window(chromium, shop) as visit:
        await visit.open("/login")
        visit.assert_clean()
        styled = "<p style='color: red'>x</p>"
        await visit.page.evaluate("(html) => document.body.insertAdjacentHTML('beforeend', html)", styled)
        await visit.page.wait_for_timeout(100)
        assert visit.violations != []
