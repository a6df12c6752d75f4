"""The page of the catalogue."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

from litestar_admin_auth.core.permissions import OWN_PERMISSIONS
from litestar_admin_auth.services.roles import RoleRow
from tests.auth.site import Site
from tests.web.conftest import PERMISSIONS, SignIn, Visitor, words

MakeRole = Callable[..., Awaitable[RoleRow]]


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
            await superuser.get("/permissions?limit=200")
        assert len(few) == len(many) > 0
