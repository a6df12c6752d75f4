"""The first page after signing in."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.services.grants import grant_role
from litestar_admin_auth.services.roles import RoleRow
from tests.auth.site import Site, sign_in
from tests.web.conftest import TESTS, SignIn, Visitor, words


def numbers(html: str) -> dict[str, tuple[int, str]]:
    """The numbers of the page: label to number and the list it leads to."""
    found = re.findall(r'<li><a href="([^"]+)"><strong>(\d+)</strong><span>([^<]+)</span>', html)
    return {label: (int(number), url) for url, number, label in found}


class TestOverview:
    async def test_counts_what_there_is_and_leads_to_each_list(
        self, site: Site, superuser: Visitor, make_role: Callable[..., Awaitable[RoleRow]]
    ) -> None:
        role = await make_role("orders:read")
        before = numbers((await superuser.get("")).text)
        holder, end = await site.add_user(), now() + timedelta(days=2, hours=1)
        await grant_role(site.database, TESTS, holder.id, role.name, expires_at=end)
        await site.add_user(is_active=False)
        await site.add_user(password_hash=None)
        async with site.browser() as browser:
            await sign_in(browser, f"{uuid4().hex}@example.com", "a wrong password altogether")
        after = numbers((await superuser.get("")).text)
        changed = {label for label in after if after[label][0] != before[label][0]}
        assert changed == {"Active users", "Suspended", "Invited", "Roles ending soon", "Failed sign\u2011ins, 24h"}
        assert all(after[label][0] == before[label][0] + 1 for label in changed)
        for _number, url in after.values():
            page = await superuser.browser.get(url.replace("&amp;", "&"))
            assert page.status_code == 200, url
        ending = (await superuser.get("/users?ends=7")).text
        assert f"{role.name} in 2 days" in words(ending), "each row tells which role, and when"

    async def test_tells_who_holds_nothing_what_to_do(self, nobody: Visitor) -> None:
        page = (await nobody.get("")).text
        assert numbers(page) == {}
        assert "Ask an administrator for a role" in page
        assert "Latest events" not in page

    async def test_counts_for_a_viewer_what_they_may_read_and_no_more(self, sign_in_as: SignIn) -> None:
        viewer = await sign_in_as("roles:read")
        assert set(numbers((await viewer.get("")).text)) == {"Roles"}

    async def test_shows_the_latest_events_to_who_may_read_them(self, sign_in_as: SignIn) -> None:
        auditor = await sign_in_as("audit:read")
        said = words((await auditor.get("")).text)
        assert auditor.user is not None
        assert f"login.succeeded {auditor.user.email}" in said

    async def test_shows_a_hostile_login_name_as_text(self, site: Site, superuser: Visitor) -> None:
        async with site.browser() as browser:
            await sign_in(browser, "'<img/src=x>'@example.com", "a wrong password altogether")
        page = (await superuser.get("")).text
        assert "<img/src=x>" not in page

    async def test_tells_findings_about_the_set_up_to_superusers_alone(
        self, site: Site, superuser: Visitor, sign_in_as: SignIn
    ) -> None:
        reader = await sign_in_as("users:*", "roles:*", "permissions:*", "sessions:*", "audit:*")
        secure = site.runtime.config.secret_key
        site.runtime.config.secret_key = "short"
        try:
            assert "AA002" in (await superuser.get("")).text
            assert "AA002" not in (await reader.get("")).text
        finally:
            site.runtime.config.secret_key = secure

    async def test_is_not_for_strangers(self, stranger: Visitor) -> None:
        page = await stranger.get("")
        assert (page.status_code, page.headers["location"]) == (303, "/admin/login?next=/admin")

    async def test_asks_the_database_no_more_often_for_more_events(self, site: Site, superuser: Visitor) -> None:
        async with site.statements() as few:
            await superuser.get("")
        for _ in range(5):
            await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, f"{uuid4().hex}@example.com", "a wrong password altogether")
        async with site.statements() as many:
            await superuser.get("")
        assert len(few) == len(many) > 0
