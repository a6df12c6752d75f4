"""How people come in, come back and are kept out, by mail and in Chromium, with scripts and without."""

import re
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select

from litestar_admin_auth.models import User
from tests.browser.conftest import ADMIN, PASSWORD, Shop, Visit, window
from tests.browser.test_pages import examine, violations_of_axe
from tests.services.mails import link_of

pytestmark = pytest.mark.browser

NEW = "seven lamps above the harbour"
JAVASCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])


def an_email() -> str:
    return f"ada-{uuid4().hex[:8]}@shop.example"


async def invite(admin: Visit, email: str, name: str = "Ada") -> None:
    await admin.open("/users/new")
    await admin.page.get_by_label("E-mail").fill(email)
    await admin.page.get_by_role("textbox", name="Name").fill(name)
    await admin.page.get_by_role("button", name="Invite").click()
    await expect(admin.page.get_by_text(re.compile("^The mail to"))).to_be_visible()


async def choose(visit: Visit, password: str, button: str) -> None:
    await visit.page.get_by_label("New password", exact=True).fill(password)
    await visit.page.get_by_label("New password, once more").fill(password)
    await visit.page.get_by_role("button", name=button).click()


async def log_in(visit: Visit, email: str, password: str) -> None:
    await visit.open("/login")
    await visit.page.get_by_label("E-mail").fill(email)
    await visit.page.get_by_label("Password", exact=True).fill(password)
    await visit.page.get_by_role("button", name="Sign in").click()


def token_in(mail: EmailMessage) -> str:
    return link_of(mail).rpartition("/")[2]


@JAVASCRIPT
async def test_somebody_is_invited_by_mail_chooses_a_password_and_is_in(
    chromium: Browser, shop: Shop, signed_in: Any, javascript: bool
) -> None:
    email = an_email()
    async with (
        window(chromium, shop, java_script_enabled=javascript, storage_state=signed_in) as admin,
        window(chromium, shop, java_script_enabled=javascript) as person,
    ):
        await invite(admin, email, name="{{7*7}} <b>")
        mail = await shop.mail_to(email, "Your invitation to Shop")
        assert token_in(mail) not in await admin.page.content()
        await person.page.goto(link_of(mail))
        assert person.page.url == shop.url("/invitation")
        await choose(person, "short", "Save and sign in")
        await expect(person.page.get_by_role("alert")).to_contain_text("Use at least 15 characters")
        await choose(person, NEW, "Save and sign in")
        await person.page.wait_for_url(shop.url(""))
        await expect(person.page.get_by_text("Welcome. Your password is set.")).to_be_visible()
        # The link is used up.
        await person.page.goto(link_of(mail))
        await expect(person.page.get_by_role("heading", name="This link no longer works")).to_be_visible()
        admin.assert_clean()
        person.assert_clean()


@JAVASCRIPT
async def test_a_forgotten_password_is_replaced_by_mail_and_the_old_sessions_are_dead(
    chromium: Browser, shop: Shop, signed_in: Any, javascript: bool
) -> None:
    email = an_email()
    async with (
        window(chromium, shop, java_script_enabled=javascript, storage_state=signed_in) as admin,
        window(chromium, shop, java_script_enabled=javascript) as old,
        window(chromium, shop, java_script_enabled=javascript) as person,
    ):
        await invite(admin, email)
        await old.page.goto(link_of(await shop.mail_to(email, "Your invitation")))
        await choose(old, PASSWORD, "Save and sign in")
        await old.page.wait_for_url(shop.url(""))

        await person.open("/login")
        await person.page.get_by_role("link", name="Forgot your password?").click()
        await person.page.get_by_label("E-mail").fill(email)
        await person.page.get_by_role("button", name="Send the link").click()
        await expect(person.page.get_by_role("heading", name="Check your e-mail")).to_be_visible()
        mail = await shop.mail_to(email, "Choose a new password")
        await person.page.goto(link_of(mail))
        assert person.page.url == shop.url("/password-reset/password")
        assert token_in(mail) not in await person.page.content()
        await choose(person, NEW, "Save the new password")
        await person.page.wait_for_url(shop.url("/login"))
        await expect(person.page.get_by_text("Your new password is set.")).to_be_visible()
        await shop.mail_to(email, "Your password for Shop was changed")

        await old.open("/account")
        await expect(old.page.get_by_role("heading", name="Sign in")).to_be_visible()
        await log_in(person, email, PASSWORD)
        await expect(person.page.get_by_role("alert")).to_be_visible()
        await log_in(person, email, NEW)
        await person.page.wait_for_url(shop.url(""))
        person.assert_clean()


@JAVASCRIPT
async def test_why_somebody_cannot_sign_in_is_told_and_put_right_in_one_place(
    chromium: Browser, shop: Shop, signed_in: Any, javascript: bool
) -> None:
    email = an_email()
    async with window(chromium, shop, java_script_enabled=javascript, storage_state=signed_in) as admin:
        page = admin.page
        await invite(admin, email)
        await shop.mail_to(email, "Your invitation")
        panel = page.get_by_role("region", name="Signing in")
        await expect(panel).to_contain_text("The invitation has not been accepted yet.")
        await expect(panel).to_contain_text("No role is held")
        await panel.get_by_role("button", name="Send invitation").click()
        await shop.mail_to(email, "Your invitation")

        await page.get_by_role("link", name="Suspend").click()
        await page.get_by_role("button", name="Suspend").click()
        await expect(panel).to_contain_text("The account is suspended.")
        await expect(panel).to_contain_text(f"by {ADMIN}")
        await panel.get_by_role("button", name="Reactivate").click()
        await expect(page.get_by_text(f"{email} may sign in again.")).to_be_visible()
        await expect(panel).not_to_contain_text("suspended")

        await panel.get_by_role("link", name="Give a role").click()
        await page.get_by_label("Role", exact=True).select_option("clerk")
        if not javascript:
            await page.get_by_role("button", name="Review").click()
        await page.get_by_role("button", name="Give role").click()
        await page.get_by_role("link", name="Profile").click()
        await expect(panel).not_to_contain_text("No role is held")
        admin.assert_clean()


@JAVASCRIPT
async def test_somebody_is_sent_a_reset_link_signed_out_and_deleted(
    chromium: Browser, shop: Shop, signed_in: Any, javascript: bool
) -> None:
    email = an_email()
    async with (
        window(chromium, shop, java_script_enabled=javascript, storage_state=signed_in) as admin,
        window(chromium, shop, java_script_enabled=javascript) as person,
    ):
        page = admin.page
        await invite(admin, email)
        await person.page.goto(link_of(await shop.mail_to(email, "Your invitation")))
        await choose(person, PASSWORD, "Save and sign in")
        await person.page.wait_for_url(shop.url(""))
        await page.reload()
        await page.get_by_role("button", name="Send reset link").first.click()
        await shop.mail_to(email, "Choose a new password")

        await page.get_by_role("link", name="Sessions").last.click()
        await page.get_by_role("link", name="End all sessions").click()
        await page.get_by_role("button", name="End all sessions").click()
        await expect(page.get_by_text("1 session has ended.")).to_be_visible()
        await person.open("/account")
        await expect(person.page.get_by_role("heading", name="Sign in")).to_be_visible()

        await page.get_by_role("link", name="Profile").click()
        await page.get_by_role("link", name="Delete user").click()
        await page.get_by_label(re.compile("to confirm")).fill("another@shop.example")
        await page.get_by_role("button", name="Delete user").click()
        await expect(page.get_by_text("This is not the user's e-mail address.")).to_be_visible()
        await page.get_by_label(re.compile("to confirm")).fill(email)
        await page.get_by_role("button", name="Delete user").click()
        await expect(page.get_by_text(f"{email} is deleted.")).to_be_visible()
        async with shop.database.reading() as db:
            assert await db.scalar(select(User).where(User.email == email)) is None
        admin.assert_clean()


async def test_the_pages_behind_a_link_are_as_good_as_the_others(chromium: Browser, shop: Shop, signed_in: Any) -> None:
    email = an_email()
    async with window(chromium, shop, storage_state=signed_in) as admin, window(chromium, shop) as opened:
        await invite(admin, email)
        await opened.page.goto(link_of(await shop.mail_to(email, "Your invitation")))
        carried = await opened.page.context.storage_state()
    async with window(chromium, shop, storage_state=carried) as person:
        await examine(person, "/invitation", 200)
        await choose(person, "short", "Save and sign in")
        await person.page.get_by_role("alert").wait_for()
        assert await violations_of_axe(person) == []
        person.assert_clean()
