"""The example of docs/theming.md in Chromium, with scripts and without: it looks as it says, and everything works."""

import runpy
import socket
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.passwords import PrehashedBcryptHasher
from litestar_admin_auth.models import User, UserRole
from litestar_admin_auth.services import roles
from litestar_admin_auth.services.migrations import upgrade
from tests.browser.conftest import PASSWORD, SECRET, TESTS, Shop, served, window
from tests.browser.test_pages import violations_in_light_and_dark

pytestmark = pytest.mark.browser

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "themed" / "app.py"
CLERK = "clerk@owl.example"


@pytest.fixture(scope="module")
async def owl_books(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Shop]:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('owls') / 'owls.sqlite3'}"
    database = Database(create_engine(url))
    await upgrade(database)
    listener = socket.create_server(("127.0.0.1", 0))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ADMIN_AUTH_SECRET_KEY", SECRET)
        environment.setenv("ADMIN_AUTH_DATABASE_URL", url)
        app = runpy.run_path(str(EXAMPLE))["app"]
    async with served(app, listener):
        # The start has declared what the role holds.
        role = await roles.create_role(database, TESTS, name="clerk", permissions=["orders:read"])
        moment = now()
        async with database.writing() as db:
            clerk = User(
                email=CLERK, email_normalized=CLERK, name="Ottilie Owl", created_at=moment, updated_at=moment,
                password_hash=PrehashedBcryptHasher(4).hash(PASSWORD),
            )  # fmt: skip
            clerk.grants = [UserRole(role_id=role.id, granted_at=moment, granted_by="tests")]
            db.add(clerk)
            await db.flush()
            user_id = clerk.id
        # Its cookies ask for HTTPS, which browsers waive for this name.
        yield Shop(f"http://localhost:{listener.getsockname()[1]}", database, role.id, user_id)
    await database.close()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_an_admin_looks_as_its_host_wants_and_works_as_before(
    chromium: Browser, owl_books: Shop, javascript: bool
) -> None:
    async with window(chromium, owl_books, java_script_enabled=javascript) as visit:
        page = visit.page
        await visit.open("/login")
        await expect(page).to_have_title("Sign in · Owl Books")
        await expect(page.get_by_text("extension 12")).to_be_visible()
        assert await page.locator(".brand img").evaluate("(logo) => logo.complete && logo.naturalWidth > 0")
        look = await page.get_by_role("button", name="Sign in").evaluate(
            "(button) => (({backgroundColor, borderRadius, fontFamily}) => [backgroundColor, borderRadius, fontFamily])"
            "(getComputedStyle(button))"
        )
        assert look == ["rgb(124, 58, 237)", "0px", "Georgia, serif"]
        # axe waits for timers of the page, which do not run without scripts.
        assert not javascript or await violations_in_light_and_dark(visit) == []

        await visit.sign_in(CLERK)
        await expect(page.get_by_role("heading", name="Open orders")).to_be_visible()
        await expect(page.get_by_text("three books on owls")).to_be_visible()
        assert not javascript or await violations_in_light_and_dark(visit) == []
        help_desk = page.get_by_role("link", name="Help desk")
        assert await help_desk.get_attribute("href") == "https://help.example/owl-books"
        await page.get_by_role("link", name="Orders", exact=True).click()
        await expect(page.locator("body")).to_contain_text("a map of Iceland")
        visit.assert_clean()
