"""A large company: 1,000 permissions, 500 roles. Its pages stay light, and what one looks for is one search away."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import insert

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.models import Role, RolePermission
from litestar_admin_auth.services import roles
from litestar_admin_auth.services.migrations import upgrade
from tests.browser.conftest import PERMISSIONS, TESTS, Shop, fill, serving, window
from tests.browser.test_pages import WIDTHS, kilobytes, violations_of_axe

pytestmark = pytest.mark.browser

MAX_KILOBYTES = 300

ACTIONS = ("read", "write", "delete", "export")
MANY = {
    f"{area}.part{number:02}:{action}": f"{action.capitalize()} part {number} of {area}"
    for area in ("assembly", "billing", "catalogue", "dispatch", "engineering", "finance", "goods", "hiring")
    for number in range(31)
    for action in ACTIONS
} | {f"vault:{action}": f"{action} the vault, where the gold lies" for action in ("open", "close", "paint", "rob")}


@pytest.fixture(scope="module")
async def company(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Shop]:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('company') / 'company.sqlite3'}"
    database = Database(create_engine(url))
    await upgrade(database)
    _clerk, user_id = await fill(database)
    async with serving(url, MANY | PERMISSIONS) as origin:
        # The start has declared them.
        half = sorted(MANY)[::2]
        role = await roles.create_role(database, TESTS, name="half of everything", permissions=half)
        moment = now()
        async with database.writing() as db:
            made = [
                Role(name=f"team {number:03}", description="One of many", created_at=moment, updated_at=moment)
                for number in range(497)
            ]
            db.add_all(made)
            await db.flush()
            held = [
                {"role_id": team.id, "code": code, "granted_at": moment, "granted_by": "test"}
                for number, team in enumerate(made)
                for code in half[number % 10 :: 10]
            ]
            await db.execute(insert(RolePermission), held)
        yield Shop(origin, database, role.id, user_id)
    await database.close()


@pytest.fixture(scope="module")
async def insider(chromium: Browser, company: Shop) -> Any:
    async with window(chromium, company) as visit:
        await visit.sign_in()
        return await visit.page.context.storage_state()


def test_there_are_a_thousand() -> None:
    assert len(MANY) >= 996
    assert len(MANY | PERMISSIONS) >= 1000


@pytest.mark.parametrize(
    "path",
    ["/roles/{role}", "/roles/new", "/roles/{role}?find=vault", "/roles", "/permissions", "/permissions/vault:open",
     "/users/{user}/access", "/users/{admin}/access", "/users"],
)  # fmt: skip
async def test_its_pages_stay_light_and_accessible(chromium: Browser, company: Shop, insider: Any, path: str) -> None:
    async with window(chromium, company, storage_state=insider, viewport={"width": 1440, "height": 900}) as visit:
        admin = ""
        if "{admin}" in path:
            await visit.open("/users?q=admin@")
            link = await visit.page.locator("#results tbody a").first.get_attribute("href")
            assert link is not None
            admin = link.rpartition("/")[2]
            # What the first page still asks for is gone with it, and cannot be weighed.
            await visit.settle()
            visit.requests.clear()
        await visit.open(path.format(role=company.role_id, user=company.user_id, admin=admin))
        await visit.settle()
        total, _styles = await kilobytes(visit)
        assert total <= MAX_KILOBYTES
        for width in WIDTHS:
            await visit.page.set_viewport_size({"width": width, "height": 900})
            widths = await visit.page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
            assert widths[0] <= widths[1]
            assert await violations_of_axe(visit) == []
        visit.assert_clean()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_a_search_brings_the_permission_into_the_first_screen_and_saves_all_the_rest(
    chromium: Browser, company: Shop, insider: Any, javascript: bool
) -> None:
    options: dict[str, Any] = {"java_script_enabled": javascript, "viewport": {"width": 1440, "height": 900}}
    async with window(chromium, company, storage_state=insider, **options) as visit:
        page = visit.page
        before = (await roles.get_role(company.database, TESTS, company.role_id)).permissions
        wanted = "vault:paint" if javascript else "vault:open"
        await visit.open(f"/roles/{company.role_id}")
        box = page.locator(f'input[value="{wanted}"]')
        await expect(box).not_to_be_visible()
        await page.get_by_role("searchbox", name="Search permissions").fill("gold lies")
        if not javascript:
            await page.get_by_role("button", name="Search", exact=True).click()
        await expect(box).to_be_visible()
        # Nothing but the match is left, and it stands in the first screen.
        await expect(page.locator("tbody tr:visible")).to_have_count(1)
        place = await box.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] <= 900
        await box.set_checked(wanted not in before)
        if not javascript:
            await page.get_by_role("button", name="Review changes", exact=True).click()
        await expect(page.get_by_text("Saving changes this")).to_be_visible()
        await page.get_by_role("button", name="Save role").first.click()
        await expect(page.get_by_text("is saved and in force")).to_be_visible()
        after = (await roles.get_role(company.database, TESTS, company.role_id)).permissions
        assert set(after) ^ set(before) == {wanted}
        visit.assert_clean()


async def test_a_thousand_boxes_can_be_posted(chromium: Browser, company: Shop, insider: Any) -> None:
    async with window(chromium, company, storage_state=insider) as visit:
        page = visit.page
        await visit.open("/roles/new")
        await page.get_by_role("textbox", name="Name").fill("all boxes")
        await page.evaluate("document.querySelectorAll('input[name=permissions]').forEach((box) => box.checked = true)")
        await page.get_by_role("button", name="Create role").click()
        await expect(page.get_by_text("The role all boxes is there.")).to_be_visible()
        assert await page.locator("input[name=permissions]:checked").count() > 1200


async def test_a_role_is_picked_by_typing_a_part_of_its_name(chromium: Browser, company: Shop, insider: Any) -> None:
    async with window(chromium, company, storage_state=insider) as visit:
        page = visit.page
        await visit.open(f"/users/{company.user_id}/access")
        assert await page.locator("form#grant select").count() == 0
        await page.get_by_label("Role", exact=True).fill("team 007")
        await page.get_by_label("Reason").fill("Knows the doors")
        await expect(page.get_by_text("Gains at once:")).to_be_visible()
        await page.get_by_role("button", name="Give role").click()
        await expect(page.get_by_role("table", name="Roles held").get_by_role("row", name="team 007")).to_be_visible()
        visit.assert_clean()
