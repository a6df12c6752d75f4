"""The page of the catalogue."""

from collections.abc import AsyncGenerator
from uuid import uuid4

import pytest
from litestar import Litestar, get

from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.permissions import OWN_PERMISSIONS
from litestar_admin_auth.guards import requires_permission, requires_role
from litestar_admin_auth.services import users
from litestar_admin_auth.services.migrations import upgrade
from tests.auth.site import Site, plugin, running, sign_in
from tests.web.conftest import PERMISSIONS, TESTS, MakeRole, SignIn, Visitor, words


class TestPermissionList:
    async def test_tells_every_permission_with_who_declared_it(self, superuser: Visitor) -> None:
        said = words((await superuser.get("/permissions")).text)
        assert all(code in said for code in {**PERMISSIONS, **OWN_PERMISSIONS})
        assert "orders:refund Give money back" in said
        assert "This admin" in said
        assert "Application" in said

    async def test_names_the_roles_that_give_it_also_by_a_wildcard(
        self, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("letters:*", name=f"!{uuid4().hex}")
        said = words((await superuser.get("/permissions?q=letters:send")).text)
        assert role.name in said

    async def test_searches_code_and_description(self, superuser: Visitor) -> None:
        for words_searched in ("REFUND", "money+back"):
            found = (await superuser.fragment(f"/permissions?q={words_searched}")).text
            assert "orders:refund" in found
            assert "books:read" not in found
            assert found.strip().startswith('<div id="results"')
        assert "Nothing matches" in (await superuser.get(f"/permissions?q={uuid4().hex}")).text

    async def test_shows_descriptions_as_text(self, superuser: Visitor) -> None:
        page = (await superuser.get("/permissions")).text
        assert "Change &lt;b&gt;books&lt;/b&gt;" in page
        assert "<b>books" not in page

    async def test_names_the_permission_that_is_missing(self, nobody: Visitor) -> None:
        page = await nobody.get("/permissions")
        assert page.status_code == 403
        assert "permissions:read" in page.text

    async def test_is_open_to_who_may_read_it_and_nothing_else(self, sign_in_as: SignIn) -> None:
        viewer = await sign_in_as("permissions:read")
        page = await viewer.get("/permissions")
        assert page.status_code == 200
        assert 'href="/admin/users"' not in page.text

    async def test_asks_the_database_no_more_often_for_more_rows(self, site: Site, superuser: Visitor) -> None:
        async with site.statements() as few:
            await superuser.get("/permissions?limit=1")
        async with site.statements() as many:
            await superuser.get("/permissions?limit=10")
        assert len(few) == len(many) > 0


class TestOnePermission:
    async def test_tells_who_has_it_by_which_path(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("letters:*")
        holder, other = await site.add_user(role.name), await site.add_user((await make_role("orders:read")).name)
        ended = await site.add_user(role.name)
        await users.end_grant(site.database, TESTS, ended.id, role.id)
        page = await superuser.get(f"/permissions/letters:send?q={holder.email}")
        assert f"{holder.email} Why? {role.name} letters:*" in words(page.text)
        for person in (other, ended):
            found = await superuser.get(f"/permissions/letters:send?q={person.email}")
            assert "Nothing matches" in found.text

    async def test_tells_which_roles_give_it_and_which_routes_ask_for_it(
        self, superuser: Visitor, make_role: MakeRole
    ) -> None:
        # The page names the first twenty roles, and other tests of this site make dozens.
        role = await make_role("users:*", name=f"0 {uuid4().hex}")
        said = words((await superuser.get("/permissions/users:read")).text)
        assert f"{role.name} users:*" in said
        assert "GET /admin/api/users" in said
        assert "GET /admin/api/roles" not in said.replace("/admin/api/roles/{role_id:uuid}/members", "")

    async def test_names_people_and_roles_to_who_may_see_them_alone(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        role = await make_role("letters:send")
        holder = await site.add_user(role.name)
        viewer = await sign_in_as("permissions:read")
        page = await viewer.get("/permissions/letters:send")
        assert page.status_code == 200
        assert holder.email not in page.text
        assert "You need the permission users:read" in page.text
        assert f"/roles/{role.id}" not in page.text

    async def test_answers_htmx_with_the_people_alone(self, superuser: Visitor) -> None:
        part = (await superuser.fragment("/permissions/users:read")).text
        assert part.strip().startswith('<div id="results"')

    async def test_costs_the_same_for_more_people(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("books:write")
        await site.add_user(role.name)
        async with site.statements() as few:
            await superuser.get("/permissions/books:write")
        for _ in range(8):
            await site.add_user(role.name, (await make_role("books:*")).name)
        async with site.statements() as many:
            await superuser.get("/permissions/books:write")
        assert len(few) == len(many) > 0

    @pytest.mark.parametrize("code", ["no:such", "nonsense", "*", "orders:*", "%00", "%ff", "a" * 5000])
    async def test_of_nothing_is_not_found(self, superuser: Visitor, code: str) -> None:
        page = await superuser.get(f"/permissions/{code}")
        assert page.status_code == 404
        assert page.headers["content-type"].startswith("text/html")

    async def test_needs_permissions_read(self, nobody: Visitor) -> None:
        for code in ("users:read", "no:such"):
            assert (await nobody.get(f"/permissions/{code}")).status_code == 403


@get("/vault", guards=[requires_permission("vault:open"), requires_role("keeper")], sync_to_thread=False)
def vault() -> str:
    return "gold"


class TestUndeclared:
    """Routes that ask for what nobody declares: a slip of the pen that locks everybody out."""

    @pytest.fixture
    async def other_site(self, sqlite_url: str) -> AsyncGenerator[Site]:
        database = Database(create_engine(sqlite_url))
        await upgrade(database)
        await database.close()
        async with running(Litestar([vault], plugins=[plugin(database=sqlite_url)])) as running_site:
            yield running_site

    async def test_are_warned_of_and_have_a_page(self, other_site: Site) -> None:
        user = await other_site.add_user("superuser")
        async with other_site.browser() as browser:
            await sign_in(browser, user)
            page = (await browser.get("/admin/permissions")).text
            assert "Routes ask for permissions that nobody declares" in page
            assert 'href="/admin/permissions/vault%3Aopen"' in page
            said = words((await browser.get("/admin/permissions/vault%3Aopen")).text)
            assert "Nobody declares this permission" in said
            assert "GET /vault" in said
            assert user.email in said, "a superuser gets in all the same"
