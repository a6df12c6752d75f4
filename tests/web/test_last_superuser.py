"""The last superuser stays, whichever page asks, and each question says so before."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
from litestar import Litestar

from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.services import roles, users
from litestar_admin_auth.services.migrations import upgrade
from tests.auth.site import PASSWORD, Site, form_token, plugin, running, sign_in
from tests.web.conftest import TESTS, words


@pytest.fixture
async def lone_site(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Site]:
    """A site with nobody in it yet."""
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('lone') / 'lone.sqlite3'}"
    database = Database(create_engine(url))
    await upgrade(database)
    await database.close()
    async with running(Litestar(plugins=[plugin(database=url)])) as running_site:
        yield running_site


async def test_the_last_superuser_stays_and_the_page_says_why(lone_site: Site) -> None:
    last = await lone_site.add_user("superuser")
    async with lone_site.browser() as browser:
        assert (await sign_in(browser, last, PASSWORD)).status_code == 303
        token = await form_token(browser, "/admin/users/new")
        (grant,) = await users.grants_of(lone_site.database, TESTS, last.id)
        day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
        tries = {
            "suspension": {},
            "deletion": {"typed": last.email},
            f"roles/{grant.role_id}/removal": {},
            "roles": {"role": "superuser", "until": day},
        }
        for tail, fields in tries.items():
            page = await browser.post(f"/admin/users/{last.id}/{tail}", data={"csrf_token": token, **fields})
            assert page.status_code == 409, tail
            assert "This is the last active superuser." in page.text
            assert f'action="/admin/users/{last.id}/{tail}"' in page.text
    row = await users.get_user(lone_site.database, TESTS, last.id)
    assert (row.status, row.roles) == ("active", ["superuser"])


async def test_a_question_about_the_last_superuser_says_that_the_answer_would_be_refused(lone_site: Site) -> None:
    keys = await roles.create_role(lone_site.database, TESTS, name="keys", permissions=["*"])
    last = await lone_site.add_user("keys")
    why = "This is the last active superuser."
    async with lone_site.browser() as browser:
        assert (await sign_in(browser, last, PASSWORD)).status_code == 303
        token = await form_token(browser, "/admin/users/new")
        buttons = {
            f"users/{last.id}/suspension": "Suspend</button>",
            f"users/{last.id}/deletion": "Delete user</button>",
            f"users/{last.id}/roles/{keys.id}/removal": "Take away</button>",
            f"roles/{keys.id}/deletion": "Delete role</button>",
        }
        for path, button in buttons.items():
            page = await browser.get(f"/admin/{path}")
            assert (page.status_code, why in page.text, button in page.text) == (200, True, False), path
            assert "at once" not in page.text, "no change is promised"
        part = {"HX-Request": "true", "HX-Request-Type": "partial"}
        draft = {"csrf_token": token, "name": "keys", "version": "1", "permissions": "users:read"}
        day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
        for path, fields in {
            f"roles/{keys.id}/preview": draft,
            f"users/{last.id}/roles/preview": {"csrf_token": token, "role": "keys", "until": day},
        }.items():
            fragment = await browser.post(f"/admin/{path}", data=fields, headers=part)
            assert words(fragment.text).startswith(why), path
            assert "users:read" not in fragment.text
            page = await browser.post(f"/admin/{path}", data=fields)
            assert (page.status_code, why in page.text) == (409, True), path

        # With somebody else to do it, the same questions can be answered.
        await lone_site.add_user("superuser")
        for path, button in buttons.items():
            page = await browser.get(f"/admin/{path}")
            assert (why in page.text, button in page.text) == (False, True), path
