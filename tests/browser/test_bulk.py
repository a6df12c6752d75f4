"""Several rows at once, by mouse and by keyboard, with scripts and without; and a list as a file."""

import csv
import io
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.models import AuditEvent, User
from litestar_admin_auth.services import export
from tests.browser.conftest import Shop, Visit, window
from tests.browser.test_pages import violations_of_axe

pytestmark = pytest.mark.browser

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


async def crowd(shop: Shop, count: int, **columns: Any) -> str:
    """Add some users, and return what their addresses have in common."""
    tag, moment = uuid4().hex[:12], now()
    async with shop.database.writing() as db:
        for number in range(count):
            email = f"p{number:02}@{tag}.example"
            values = {"password_hash": "x", "created_at": moment, "updated_at": moment} | columns
            db.add(User(email=email, email_normalized=email, name=f"Crowd {number:02}", **values))
    return tag


def row(page: Page, number: int) -> Any:
    return page.get_by_role("checkbox", name=re.compile(f"^p{number:02}@"))


async def ticked(page: Page) -> list[str]:
    """The numbers of those whose boxes are ticked."""
    labels = await page.locator("input[name=id]:checked").evaluate_all("(all) => all.map((box) => box.ariaLabel)")
    return [label.removeprefix("p")[:2] for label in labels]


async def act(visit: Visit, label: str) -> None:
    await visit.page.get_by_label("What to do with the selected").select_option(label=label)
    await visit.page.get_by_role("button", name="Continue").click()


async def download(visit: Visit, press: Any, tmp_path: Path) -> list[dict[str, str]]:
    async with visit.page.expect_download() as started:
        await press.click()
    file = await started.value
    assert re.fullmatch(r"[a-z-]+-\d{4}-\d\d-\d\d\.csv", file.suggested_filename)
    await file.save_as(tmp_path / "list.csv")
    text = (tmp_path / "list.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@SCRIPTS
class TestUsers:
    async def test_ticked_are_suspended_after_a_question(
        self, chromium: Browser, shop: Shop, signed_in: Any, scripts: bool
    ) -> None:
        tag = await crowd(shop, 3)
        async with window(chromium, shop, storage_state=signed_in, java_script_enabled=scripts) as visit:
            page = visit.page
            await visit.open(f"/users?q={tag}&sort=email")
            await row(page, 0).check()
            await row(page, 2).check()
            await act(visit, "Suspend")
            await expect(page.get_by_role("heading", name="Suspend 2 users?")).to_be_visible()
            assert await page.get_by_role("dialog").count() == int(scripts)
            await page.locator(".confirm").get_by_role("button", name="Suspend").click()
            await expect(page.get_by_text("2 users are suspended.")).to_be_visible()
            await expect(page).to_have_url(re.compile(f"q={tag}"))
            await expect(page.locator("#results tbody .badge", has_text="Suspended")).to_have_count(2)
            # Nobody stays ticked for the next act.
            assert await page.locator("input[name=id]:checked").count() == 0
            visit.assert_clean()

    async def test_all_that_match_are_given_a_role_with_a_preview(
        self, chromium: Browser, shop: Shop, signed_in: Any, scripts: bool
    ) -> None:
        tag = await crowd(shop, 53)
        async with window(chromium, shop, storage_state=signed_in, java_script_enabled=scripts) as visit:
            page = visit.page
            await visit.open(f"/users?q={tag}")
            await page.get_by_label("All 53 that match").check()
            await act(visit, "Give a role")
            await page.locator(".confirm").get_by_label("Role", exact=True).select_option("clerk")
            await page.get_by_label("Reason").fill("Season")
            await page.get_by_role("button", name="Show what changes").click()
            await expect(page.get_by_role("heading", name="Give 53 users a role?")).to_be_visible()
            await expect(page.locator(".confirm").get_by_text("53 users", exact=True)).to_be_visible()
            await expect(page.locator(".confirm ins", has_text="orders:refund").first).to_be_visible()
            # Everybody affected is named, fifty at a time.
            people = page.locator(".confirm details.fold")
            await people.locator("summary").click()
            await expect(people.get_by_text("1 to 50 of 53")).to_be_visible()
            await page.get_by_role("button", name="Next").click()
            await expect(people.get_by_text("51 to 53 of 53")).to_be_visible()
            assert await people.get_by_role("link").count() == 3
            assert await page.get_by_role("dialog").count() == int(scripts)
            await page.get_by_role("button", name="Give the role").click()
            await expect(page.get_by_text("53 users were given the role.")).to_be_visible()
            await expect(page.locator("#results tbody .tag", has_text="clerk")).to_have_count(20)
            visit.assert_clean()

    async def test_none_ticked_says_so(self, chromium: Browser, shop: Shop, signed_in: Any, scripts: bool) -> None:
        async with window(chromium, shop, storage_state=signed_in, java_script_enabled=scripts) as visit:
            await visit.open("/users?status=active")
            await act(visit, "Suspend")
            await expect(visit.page.get_by_text("Select at least one user.")).to_be_visible()
            await expect(visit.page).to_have_url(re.compile("status=active"))
            visit.assert_clean()

    async def test_as_a_file_are_those_of_the_list_or_those_ticked(
        self, chromium: Browser, shop: Shop, signed_in: Any, scripts: bool, tmp_path: Path
    ) -> None:
        tag = await crowd(shop, 30)
        async with window(chromium, shop, storage_state=signed_in, java_script_enabled=scripts) as visit:
            page = visit.page
            await visit.open(f"/users?q={tag}&sort=email")
            rows = await download(visit, page.get_by_role("button", name="Export CSV"), tmp_path)
            assert len(rows) == 30
            await row(page, 1).check()
            await act(visit, "Export as CSV")
            await expect(page.get_by_role("heading", name="Export 1 user?")).to_be_visible()
            rows = await download(visit, page.get_by_role("button", name="Download"), tmp_path)
            assert [line["email"] for line in rows] == [f"p01@{tag}.example"]
            await expect(page.get_by_role("dialog")).to_have_count(0)
            visit.assert_clean()


@SCRIPTS
async def test_sessions_end_together(chromium: Browser, shop: Shop, signed_in: Any, scripts: bool) -> None:
    email = "person33@shop.example" if scripts else "person34@shop.example"
    for _ in range(2):
        async with window(chromium, shop) as other:
            await other.sign_in(email)
    async with window(chromium, shop, storage_state=signed_in, java_script_enabled=scripts) as visit:
        page = visit.page
        await visit.open(f"/sessions?q={email}")
        await page.get_by_label("All 2 that match").check()
        await act(visit, "End")
        await page.locator(".confirm").get_by_role("button", name="End sessions").click()
        await expect(page.get_by_text("2 sessions have ended.")).to_be_visible()
        await expect(page.get_by_text("Nothing matches")).to_be_visible()
        visit.assert_clean()


class TestSelecting:
    async def test_by_keyboard_alone(self, chromium: Browser, shop: Shop, signed_in: Any) -> None:
        tag = await crowd(shop, 2)
        async with window(chromium, shop, storage_state=signed_in) as visit:
            page, press = visit.page, visit.page.keyboard.press
            await visit.open(f"/users?q={tag}")
            await page.get_by_label("This page").focus()
            await press("Space")
            await expect(page.get_by_text("2 selected")).to_be_visible()
            for _ in range(2):
                await press("Tab")
            await expect(page.get_by_label("What to do with the selected")).to_be_focused()
            await page.keyboard.type("Susp")
            await press("Tab")
            await press("Enter")
            await expect(page.get_by_role("heading", name="Suspend 2 users?")).to_be_visible()
            confirm = page.get_by_role("dialog").get_by_role("button", name="Suspend")
            for _ in range(4):
                if await confirm.evaluate("(button) => button === document.activeElement"):
                    break
                await press("Tab")
            await press("Enter")
            await expect(page.get_by_text("2 users are suspended.")).to_be_visible()
            visit.assert_clean()

    async def test_of_a_page_follows_its_rows(self, chromium: Browser, shop: Shop, signed_in: Any) -> None:
        tag = await crowd(shop, 3)
        async with window(chromium, shop, storage_state=signed_in) as visit:
            page = visit.page
            await visit.open(f"/users?q={tag}")
            whole, every = page.get_by_label("This page"), page.get_by_label("All 3 that match")
            await whole.check()
            await expect(row(page, 1)).to_be_checked()
            await row(page, 1).uncheck()
            await expect(whole).not_to_be_checked()
            await expect(page.get_by_text("2 selected")).to_be_visible()
            await every.check()
            await expect(row(page, 1)).to_be_checked()
            await row(page, 2).uncheck()
            await expect(every).not_to_be_checked()
            visit.assert_clean()

    async def test_follows_the_person_when_the_list_changes(
        self, chromium: Browser, shop: Shop, signed_in: Any
    ) -> None:
        """htmx changes the rows in place: a tick must not stay where another user comes to stand, nor get lost."""
        tag = await crowd(shop, 4)
        async with window(chromium, shop, storage_state=signed_in) as visit:
            page = visit.page
            await visit.open(f"/users?q={tag}&sort=email")
            await row(page, 0).check()
            await page.get_by_role("columnheader", name="User").get_by_role("link").click()
            await expect(page.locator("#results tbody tr").first).to_contain_text("Crowd 03")
            assert await ticked(page) == ["00"]
            await page.get_by_role("searchbox").fill(f"p01@{tag}")
            await expect(page.locator("#results tbody tr")).to_have_count(1)
            assert await ticked(page) == []
            await expect(page.get_by_text("0 selected")).to_be_visible()
            visit.assert_clean()

    async def test_of_all_is_given_up_when_the_list_changes(
        self, chromium: Browser, shop: Shop, signed_in: Any
    ) -> None:
        tag = await crowd(shop, 4)
        async with window(chromium, shop, storage_state=signed_in) as visit:
            page = visit.page
            await visit.open(f"/users?q=p00@{tag}")
            await page.get_by_label("All 1 that match").check()
            await page.get_by_role("searchbox").fill(tag)
            await expect(page.locator("#results tbody tr")).to_have_count(4)
            await expect(page.get_by_label("All 4 that match")).not_to_be_checked()
            assert await ticked(page) == ["00"]
            visit.assert_clean()

    async def test_stays_while_the_question_is_read(self, chromium: Browser, shop: Shop, signed_in: Any) -> None:
        tag = await crowd(shop, 30)
        async with window(chromium, shop, storage_state=signed_in) as visit:
            page = visit.page
            await visit.open(f"/users?q={tag}")
            await page.get_by_label("All 30 that match").check()
            await act(visit, "Suspend")
            await expect(page.get_by_role("heading", name="Suspend 30 users?")).to_be_visible()
            assert await violations_of_axe(visit) == []
            await page.get_by_role("dialog").get_by_role("link", name="Cancel").click()
            await expect(page.get_by_label("All 30 that match")).to_be_checked()
            visit.assert_clean()

    async def test_moves_nothing(self, chromium: Browser, shop: Shop, signed_in: Any) -> None:
        tag = await crowd(shop, 12)
        for width in (1440, 390):
            viewport: Any = {"width": width, "height": 900}
            async with window(chromium, shop, storage_state=signed_in, viewport=viewport) as visit:
                await visit.open(f"/users?q={tag}")
                table = visit.page.locator("#results table")
                before = await table.bounding_box()
                await visit.page.get_by_label("This page").check()
                await expect(visit.page.get_by_text("12 selected")).to_be_visible()
                assert await table.bounding_box() == before


async def test_rows_a_page_are_chosen_and_stay_chosen(chromium: Browser, shop: Shop, signed_in: Any) -> None:
    async with window(chromium, shop, storage_state=signed_in) as visit:
        page = visit.page
        await visit.open("/users")
        await page.get_by_label("Rows per page").get_by_role("link", name="50").click()
        await expect(page.locator("#results tbody tr")).to_have_count(50)
        await page.get_by_role("searchbox").press_sequentially("person", delay=20)
        await expect(page).to_have_url(re.compile("limit=50"))
        await page.get_by_role("link", name="Next").click()
        await expect(page).to_have_url(re.compile("limit=50.*cursor="))
        visit.assert_clean()


@SCRIPTS
async def test_the_audit_log_is_filtered_by_day_and_person(
    chromium: Browser, shop: Shop, signed_in: Any, scripts: bool
) -> None:
    async with window(chromium, shop, storage_state=signed_in, java_script_enabled=scripts) as visit:
        page = visit.page
        await visit.open("/audit")
        await page.get_by_text("More filters").click()
        await page.get_by_role("textbox", name="Who").fill("admin@shop.example")
        await page.get_by_label("To", exact=True).fill("2020-01-01")
        if not scripts:
            await page.get_by_role("button", name="Search").click()
        await expect(page.get_by_text("Nothing matches")).to_be_visible()
        await page.get_by_role("link", name="To 2020-01-01").click()
        await expect(page.locator("#results tbody tr").first).to_be_visible()
        await expect(page).to_have_url(re.compile("actor=admin%40shop.example"))
        visit.assert_clean()


class TestBrokenDownloads:
    """Asked for without the browser: it would try again by itself."""

    @asynccontextmanager
    async def download(self, shop: Shop, state: Any, tag: str) -> AsyncGenerator[httpx.Response]:
        cookies = {cookie["name"]: cookie["value"] for cookie in state["cookies"]}
        async with httpx.AsyncClient(base_url=shop.origin, cookies=cookies, headers={"Origin": shop.origin}) as client:
            page = (await client.get(f"/admin/users?q={tag}")).text
            token = re.search(r'name="csrf_token" value="([^"]+)"', page[page.index("<main") :])
            assert token
            form = {"csrf_token": token[1], "filter": f"q={tag}"}
            async with client.stream("POST", "/admin/users/export", data=form) as response:
                assert response.status_code == 200
                yield response

    async def test_a_fault_half_way_never_looks_like_the_end_of_the_file(
        self, shop: Shop, signed_in: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "MAX_LIMIT", 2)
        tag = await crowd(shop, 7)
        real, calls = export.cell, 0

        def fail_on_the_third_page(value: object) -> str:
            nonlocal calls
            calls += 1
            if calls > 8 * 5:
                raise RuntimeError("the disk is full")
            return real(value)

        monkeypatch.setattr(export, "cell", fail_on_the_third_page)
        received: list[bytes] = []

        async def receive() -> None:
            async with self.download(shop, signed_in, tag) as response:
                async for piece in response.aiter_raw():
                    received.append(piece)  # noqa: PERF401 - what came before the fault counts

        with pytest.raises(httpx.RemoteProtocolError):
            await receive()
        assert b"".join(received).count(b"\r\n") == 5

    async def test_a_reader_who_leaves_leaves_nothing_behind(
        self, shop: Shop, signed_in: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "MAX_LIMIT", 1)
        tag = await crowd(shop, 40)
        async with self.download(shop, signed_in, tag) as response:
            async for _piece in response.aiter_raw():
                break
        # The server goes on as before, and the log has what was asked for.
        async with self.download(shop, signed_in, tag) as response:
            assert (await response.aread()).count(b"\r\n") == 41
        async with shop.database.reading() as db:
            newest = select(AuditEvent).where(AuditEvent.action == "users.exported").order_by(AuditEvent.at.desc())
            event = await db.scalar(newest.limit(1))
        assert event is not None
        assert event.changes == {"rows": {"new": 40}, "filter": {"new": [f"q={tag}"]}}
