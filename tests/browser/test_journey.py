"""What an administrator does on the first day, with JavaScript and without."""

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.conftest import Shop, Visit, window

pytestmark = pytest.mark.browser


async def take_away(visit: Visit, role: str) -> None:
    """Take a role from the user whose Access tab is open."""
    await held(visit.page, role).get_by_role("link", name="Take away").click()
    await visit.page.get_by_role("button", name="Take away").click()
    await expect(held(visit.page, role)).to_have_count(0)


def held(page: Page, role: str) -> Locator:
    """The row of a role on a user's Access tab."""
    return page.get_by_role("table", name="Roles held").get_by_role("row", name=role)


async def tick_two(page: Page) -> None:
    """Tick two boxes of the matrix by what they are called."""
    for code in ("orders:refund", "users:read"):
        await page.locator(f'input[name=permissions][value="{code}"]').check()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_a_role_is_made_given_used_taken_away_and_gone_at_the_next_click(
    chromium: Browser, shop: Shop, javascript: bool
) -> None:
    role, email = f"refunder {'js' if javascript else 'plain'}", f"person{10 + javascript}@shop.example"
    async with (
        window(chromium, shop, java_script_enabled=javascript) as admin,
        window(chromium, shop, java_script_enabled=javascript) as person,
    ):
        page = admin.page
        await admin.sign_in()

        # A role, with two permissions of the matrix.
        await page.get_by_role("link", name="Roles", exact=True).first.click()
        await page.get_by_role("link", name="New role").click()
        await page.get_by_role("textbox", name="Name").fill(role)
        await tick_two(page)
        if not javascript:
            await page.get_by_role("button", name="Review", exact=True).click()
        await expect(page.get_by_text("Nobody has it yet")).to_be_visible()
        await page.get_by_role("button", name="Create role").click()
        await expect(page.get_by_role("heading", level=1, name=role)).to_be_visible()
        await expect(page.locator('input[value="users:read"]')).to_be_checked()
        await expect(page.locator('input[value="users:write"]')).not_to_be_checked()

        # Given to somebody found by searching.
        await page.get_by_role("link", name="Users", exact=True).click()
        await page.get_by_role("searchbox", name="Search by name or e-mail").fill(email)
        if not javascript:
            await page.get_by_role("button", name="Search").click()
        await expect(page.locator("#results tbody tr")).to_have_count(1)
        await page.locator("#results tbody a").first.click()
        await page.get_by_role("link", name="Access").click()
        await page.get_by_label("Role", exact=True).select_option(role)
        if not javascript:
            await page.get_by_role("button", name="Review").click()
        await expect(page.get_by_text("Gains at once:")).to_be_visible()
        await page.get_by_role("button", name="Give role").click()
        await expect(held(page, role)).to_be_visible()
        await expect(page.get_by_role("row", name="orders:refund")).to_contain_text(role)
        access = page.url

        # What it allows, and what it does not.
        await person.sign_in(email)
        await person.page.get_by_role("link", name="Users", exact=True).click()
        await expect(person.page.get_by_role("heading", level=1, name="Users")).to_be_visible()
        await expect(person.page.get_by_role("link", name="Invite user")).to_have_count(0)
        await expect(person.page.get_by_role("link", name="Roles", exact=True)).to_have_count(0)
        refused = await person.page.goto(shop.url("/roles"))
        assert refused is not None
        assert refused.status == 403
        await expect(person.page.get_by_role("main")).to_contain_text("roles:read")
        await person.open("/users")

        # Taken away: gone at the next click.
        await page.goto(access)
        await take_away(admin, role)
        await person.page.locator("#results tbody a").first.click()
        await expect(person.page.get_by_role("main")).to_contain_text("users:read")
        await expect(person.page.get_by_role("heading", name="You may not do this")).to_be_visible()
        admin.assert_clean()
        person.assert_clean()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_a_role_says_what_a_change_does_before_it_is_saved_and_asks_before_it_is_deleted(
    chromium: Browser, shop: Shop, javascript: bool
) -> None:
    role = f"doomed {'js' if javascript else 'plain'}"
    async with window(chromium, shop, java_script_enabled=javascript) as admin:
        page = admin.page
        await admin.sign_in()
        await admin.open("/roles/new")
        await page.get_by_role("textbox", name="Name").fill(role)
        if not javascript:
            await page.get_by_role("button", name="Review", exact=True).click()
        await page.get_by_role("button", name="Create role").click()
        await page.locator('input[value="books:read"]').check()
        if not javascript:
            await page.get_by_role("button", name="Review changes", exact=True).click()
        await expect(page.get_by_text("Saving changes this")).to_be_visible()
        await expect(page.locator('input[value="books:read"]')).to_be_checked()
        await page.get_by_role("button", name="Save role").first.click()
        await expect(page.get_by_text("is saved and in force")).to_be_visible()

        await page.get_by_role("link", name="Delete role").click()
        await expect(page.get_by_role("heading", name=f"Delete the role {role}?")).to_be_visible()
        if javascript:
            await expect(page.get_by_role("dialog")).to_be_visible()
            await page.get_by_role("link", name="Cancel").click()
            await expect(page.get_by_role("dialog")).to_have_count(0)
            await page.get_by_role("link", name="Delete role").click()
        await page.get_by_role("button", name="Delete role").click()
        await expect(page.get_by_role("heading", level=1, name="Roles")).to_be_visible()
        await expect(page.get_by_text(f"The role {role} is deleted.")).to_be_visible()
        admin.assert_clean()
