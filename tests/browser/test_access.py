"""Why, what changes for whom, and grants that end: with JavaScript and without."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.models import User
from litestar_admin_auth.services import roles, users
from tests.browser.conftest import TESTS, Shop, window
from tests.browser.test_pages import violations_of_axe

pytestmark = pytest.mark.browser

BOTH = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])


async def someone(shop: Shop, number: int) -> UUID:
    async with shop.database.reading() as db:
        email = f"person{number}@shop.example"
        return (await db.scalars(select(User.id).where(User.email == email))).one()


@BOTH
async def test_the_access_tab_says_why_and_what_would_help(
    chromium: Browser, shop: Shop, signed_in: Any, javascript: bool
) -> None:
    async with window(chromium, shop, storage_state=signed_in, java_script_enabled=javascript) as visit:
        page, person = visit.page, await someone(shop, 20)
        await visit.open(f"/users/{person}/access")
        ask = page.get_by_label("Permission, or words of its description")
        await ask.fill("money")
        await page.get_by_role("button", name="Ask").click()
        await page.get_by_role("link", name="orders:refund").first.click()
        await expect(page.get_by_text("Yes, through clerk.")).to_be_visible()
        await expect(page.get_by_text("Since the beginning").first).to_be_visible()
        await page.get_by_role("link", name="Who else has this?").click()
        await expect(page.get_by_role("heading", name="Who has this?")).to_be_visible()
        await page.get_by_role("searchbox", name="Search by name or e-mail").fill("person20")
        if not javascript:
            await page.get_by_role("button", name="Search", exact=True).click()
        await expect(page.locator("#results tbody tr")).to_have_count(1)
        await page.locator("#results tbody a").first.click()
        await expect(page.get_by_text("Yes, through clerk.")).to_be_visible()

        await page.get_by_label("Permission, or words of its description").fill("users:write")
        await page.get_by_role("button", name="Ask").click()
        await expect(page.get_by_text("No. Any of these roles would give it: superuser.")).to_be_visible()
        await page.get_by_role("link", name="Give superuser").click()
        await expect(page.get_by_label("Role", exact=True)).to_have_value("superuser")
        visit.assert_clean()


@BOTH
async def test_a_role_ends_goes_on_and_is_over_in_one_click_each(
    chromium: Browser, shop: Shop, signed_in: Any, javascript: bool
) -> None:
    role = await roles.create_role(
        shop.database, TESTS, name=f"stand-in {javascript}", permissions=["stock:read", "books:read"]
    )
    person = await someone(shop, 21 + javascript)
    until = f"{now() + timedelta(days=3, hours=1):%Y-%m-%dT%H:%M}"
    async with window(chromium, shop, storage_state=signed_in, java_script_enabled=javascript) as visit:
        page = visit.page
        await visit.open(f"/users/{person}/access")
        await page.get_by_label("Role", exact=True).select_option(role.name)
        await page.get_by_label("Reason").fill("Holiday cover")
        await page.get_by_label("Until").fill(until)
        if not javascript:
            await page.get_by_role("button", name="Review").click()
        # The clerk reads books already: only the rest is gained.
        await expect(page.locator("#grant-preview")).to_contain_text("stock:read")
        await expect(page.locator("#grant-preview")).not_to_contain_text("books:read")
        await page.get_by_role("button", name="Give role").click()
        row = page.get_by_role("table", name="Roles held").get_by_role("row", name=role.name)
        await expect(row).to_contain_text("Holiday cover")
        await expect(row).to_contain_text("in 3 days")

        await visit.open(f"/roles/{role.id}/members?ends=7")
        await expect(page.locator("#results tbody tr")).to_have_count(1)
        await visit.open(f"/users/{person}/access")
        await row.get_by_role("button", name="30 more days").click()
        await expect(row).to_contain_text("in 33 days")
        await row.get_by_role("button", name="End now").click()
        await expect(row).to_contain_text("Ended")
        assert role.name not in (await users.get_user(shop.database, TESTS, person)).roles
        await row.get_by_role("link", name="Take away").click()
        await page.get_by_role("button", name="Take away").click()
        await expect(row).to_have_count(0)
        visit.assert_clean()


@BOTH
async def test_two_who_change_a_role_at_once_see_both_versions_and_lose_nothing(
    chromium: Browser, shop: Shop, signed_in: Any, javascript: bool
) -> None:
    role = await roles.create_role(
        shop.database, TESTS, name=f"shared {javascript}", description="Before", permissions=["books:read"]
    )
    options = {"storage_state": signed_in, "java_script_enabled": javascript}
    async with window(chromium, shop, **options) as first, window(chromium, shop, **options) as second:
        for visit in (first, second):
            await visit.open(f"/roles/{role.id}")
        await roles.update_role(shop.database, TESTS, role.id, description="Theirs", permissions=["stock:read"])
        page = first.page
        await page.get_by_role("textbox", name="Description").fill("Mine")
        await page.locator('input[value="books:write"]').check()
        await page.get_by_role("button", name="Save role" if javascript else "Review changes", exact=True).click()
        await expect(page.get_by_role("heading", name="Changed meanwhile")).to_be_visible()
        await expect(page.get_by_text("saved this role")).to_be_visible()
        for code, stored, typed in (
            ("books:read", "not granted", "granted"),
            ("books:write", "not granted", "granted"),
            ("stock:read", "granted", "not granted"),
        ):
            await expect(page.get_by_role("row", name=f"{code} {stored} {typed}", exact=True)).to_be_visible()
        await expect(page.get_by_role("row", name="Description Theirs Mine")).to_be_visible()
        await expect(page.get_by_role("textbox", name="Description")).to_have_value("Mine")
        await expect(page.locator('input[value="books:write"]')).to_be_checked()
        if javascript:
            assert await violations_of_axe(first) == []
        assert (await roles.get_role(shop.database, TESTS, role.id)).description == "Theirs"
        await page.get_by_role("button", name="Save role").first.click()
        await expect(page.get_by_text("is saved and in force")).to_be_visible()
        stored_now = await roles.get_role(shop.database, TESTS, role.id)
        assert (stored_now.description, stored_now.permissions) == ("Mine", ["books:read", "books:write"])
        first.assert_clean()


@BOTH
async def test_a_role_is_copied_toggled_and_reviewed(
    chromium: Browser, shop: Shop, signed_in: Any, javascript: bool
) -> None:
    async with window(chromium, shop, storage_state=signed_in, java_script_enabled=javascript) as visit:
        page = visit.page
        await visit.open(f"/roles/{shop.role_id}")
        await page.get_by_role("link", name="Copy").click()
        name = f"copied {javascript}"
        await page.get_by_role("textbox", name="Name").fill(name)
        await page.get_by_role("button", name="stock", exact=True).click()
        for action in ("read", "write", "export"):
            await expect(page.locator(f'input[value="stock:{action}"]')).to_be_checked()
        await expect(page.locator('input[value="orders:*"]')).to_be_checked()
        await page.get_by_role("button", name="stock", exact=True).click()
        await expect(page.locator('input[value="stock:read"]')).not_to_be_checked()
        await expect(page.get_by_role("textbox", name="Name")).to_have_value(name)
        if not javascript:
            await page.get_by_role("button", name="Review", exact=True).click()
        await page.get_by_role("button", name="Create role").click()
        await expect(page.get_by_text(f"The role {name} is there.")).to_be_visible()

        await page.get_by_role("textbox", name="Name").fill(f"{name} anew")
        await page.get_by_role("textbox", name="Name").press("Enter")
        # Enter never saves unseen: it shows what saving changes.
        await expect(page.get_by_text(f"{name} → {name} anew")).to_be_visible()
        await page.get_by_role("button", name="Save role").first.click()
        await expect(page.get_by_text("is saved and in force")).to_be_visible()
        await page.get_by_role("link", name="History").click()
        await expect(page.get_by_text("role.updated")).to_be_visible()
        visit.assert_clean()
