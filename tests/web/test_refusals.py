"""What the page says to somebody who may not see it: what is missing, what would give it, and no name too many."""

import html
import re
from datetime import timedelta

import pytest

from litestar_admin_auth.auth import missing_permission
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.services import grant_ends, grants
from tests.auth.site import Site
from tests.web.conftest import TESTS, MakeRole, SignIn, Visitor, words


async def refused(visitor: Visitor, path: str) -> str:
    page = await visitor.get(path)
    assert page.status_code == 403
    return words(page.text[page.text.index("<main") :])


class TestForbidden:
    async def test_names_the_roles_that_would_help_to_who_may_see_them(
        self, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        role = await make_role("audit:read", name="0 auditor")
        await make_role("books:read", name="0 reader of books")
        for held in ("users:read", "roles:read"):
            said = await refused(await sign_in_as(held), "/audit")
            assert "You need the permission audit:read" in said
            assert f"Any of these roles gives it: {role.name}" in said
            assert "0 reader of books" not in said
            assert "Who may give roles" not in said

    async def test_names_no_role_and_nobody_to_who_may_see_neither(
        self, sign_in_as: SignIn, nobody: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("audit:read")
        for visitor in (nobody, await sign_in_as("permissions:read", "sessions:read")):
            said = await refused(visitor, "/audit")
            assert "Ask an administrator for a role that holds audit:read" in said
            for secret in (role.name, "superuser", "Any of these", "Who may give"):
                assert secret not in said

    async def test_leads_who_may_see_people_and_permissions_to_those_who_can_help(self, sign_in_as: SignIn) -> None:
        visitor = await sign_in_as("users:read", "permissions:read")
        page = await visitor.get("/audit")
        assert 'href="/admin/permissions/users%3Awrite">Who may give roles' in page.text
        assert "users:write" in (await visitor.get("/permissions/users%3Awrite")).text

    async def test_tells_somebody_that_their_own_role_has_ended(
        self, site: Site, nobody: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("audit:*")
        assert nobody.user is not None
        await grants.grant_role(site.database, TESTS, nobody.user.id, role.name, expires_at=now() + timedelta(days=1))
        await grant_ends.end_grant(site.database, TESTS, nobody.user.id, role.id)
        assert f"Your role {role.name} gave it until it ended." in await refused(nobody, "/audit")

    async def test_stands_without_the_advice_where_that_cannot_be_had(
        self, nobody: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def broken(*_arguments: object) -> None:
            raise OSError

        monkeypatch.setattr(missing_permission, "explain", broken)
        assert "Ask an administrator for a role that holds audit:read" in await refused(nobody, "/audit")

    async def test_asks_the_database_nothing_more_for_programs(self, site: Site, nobody: Visitor) -> None:
        async with site.statements() as asked:
            assert (await nobody.get("/api/audit-events")).status_code == 403
        assert not [statement for statement in asked if "user_role.granted_by" in statement]


@pytest.mark.parametrize(
    "held", ["users:read", "users:write", "roles:read", "permissions:read", "sessions:read", "audit:read"]
)
async def test_no_page_leads_its_reader_to_a_refusal(
    site: Site, sign_in_as: SignIn, make_role: MakeRole, held: str
) -> None:
    """What the viewer may not do is not shown: somebody who holds one thing follows every link of every page."""
    await site.add_user((await make_role("orders:read")).name)
    visitor = await sign_in_as(*{held, "users:read" if held == "users:write" else held})
    waiting, seen, kinds = ["/admin"], set[str](), set[str]()
    while waiting:
        path = waiting.pop()
        page = await visitor.browser.get(path)
        assert page.status_code in (200, 303), f"{path} answers {page.status_code}"
        for found in re.findall(r'href="(/admin[^"#]*)', page.text):
            link = html.unescape(found)
            # One page of each kind will do.
            kind = re.sub(r"[0-9a-f-]{36}|=[^&]*", "*", link.split("/static/")[0])
            if "/static/" not in link and kind not in kinds:
                kinds.add(kind)
                waiting.append(link)
                seen.add(link)
    assert len(seen) > 5
