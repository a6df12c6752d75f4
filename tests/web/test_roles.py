"""The list of roles and the page of one: what is shown, what is saved, and what is refused whatever is shown."""

import html
from uuid import uuid4

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.models import RolePermission
from litestar_admin_auth.services import catalogue, roles
from tests.auth.site import Site
from tests.web.conftest import PERMISSIONS, TESTS, MakeRole, SignIn, Visitor, boxes, words
from tests.web.roles import named, stored, system_role

HOSTILE = '"><img src=x onerror=alert(1)>{{7*7}}</script>'


class TestRoleList:
    async def test_tells_each_role_with_its_members(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read", "orders:refund", description="Sits at the till")
        for _ in range(3):
            await site.add_user(role.name)
        page = await superuser.get(f"/roles?q={role.name}")
        assert page.status_code == 200
        row = words(page.text[page.text.index("<tbody>") :])
        assert f"{role.name} Sits at the till 2 3" in row

    async def test_searches_sorts_and_says_when_nothing_fits(self, superuser: Visitor, make_role: MakeRole) -> None:
        tag = uuid4().hex
        await make_role(name=f"a {tag}")
        await make_role(name=f"b {tag}")
        up = (await superuser.get(f"/roles?q={tag}&sort=name")).text
        down = (await superuser.get(f"/roles?q={tag}&sort=-name")).text
        assert up.index(f">a {tag}<") < up.index(f">b {tag}<")
        assert down.index(f">a {tag}<") > down.index(f">b {tag}<")
        assert "Nothing matches" in (await superuser.get(f"/roles?q={uuid4().hex}")).text

    async def test_offers_a_new_role_only_to_who_may_make_one(self, superuser: Visitor, sign_in_as: SignIn) -> None:
        viewer = await sign_in_as("roles:read")
        assert "/admin/roles/new" in (await superuser.get("/roles")).text
        assert "/admin/roles/new" not in (await viewer.get("/roles")).text

    async def test_names_the_permission_that_is_missing(self, nobody: Visitor) -> None:
        page = await nobody.get("/roles")
        assert page.status_code == 403
        assert "roles:read" in page.text

    async def test_sends_a_stranger_to_the_login_and_back(self, stranger: Visitor) -> None:
        page = await stranger.get("/roles?q=till")
        assert page.status_code == 303
        assert page.headers["location"] == "/admin/login?next=/admin/roles%3Fq%3Dtill"

    async def test_answers_htmx_with_the_results_alone(self, superuser: Visitor) -> None:
        part = await superuser.fragment("/roles")
        assert part.text.strip().startswith('<div id="results"')
        assert "<html" not in part.text
        assert "HX-Request" in part.headers["vary"]

    async def test_asks_the_database_no_more_often_for_more_roles(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        tag = uuid4().hex
        await make_role("orders:read", name=f"1 {tag}")
        async with site.statements() as few:
            await superuser.get(f"/roles?q={tag}")
        for number in range(2, 12):
            role = await make_role("orders:read", "books:read", name=f"{number} {tag}")
            await site.add_user(role.name)
        async with site.statements() as many:
            await superuser.get(f"/roles?q={tag}")
        assert len(few) == len(many) > 0

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("page=2", 200),
            ("limit=-1", 200),
            ("limit=0", 200),
            ("limit=999", 200),
            ("limit=ⅷ", 200),
            ("sort=nope", 400),
            ("cursor=nope", 400),
            ("q=%00", 400),
            ("q=%ff", 200),
        ],
    )
    async def test_answers_an_odd_address_with_a_page(self, superuser: Visitor, query: str, status: int) -> None:
        page = await superuser.get(f"/roles?{query}")
        assert page.status_code == status
        assert page.headers["content-type"].startswith("text/html")

    async def test_shows_hostile_names_as_text(self, superuser: Visitor, make_role: MakeRole) -> None:
        # First in every list, however many roles other tests have left there.
        name = f"!{uuid4().hex} {HOSTILE}"[:100]
        role = await make_role("books:write", name=name, description=HOSTILE)
        for path in ("/roles", f"/roles/{role.id}", f"/roles/{role.id}/deletion", "/permissions"):
            page = (await superuser.get(path)).text
            assert "<img src=x" not in page
            assert "<b>books" not in page
            assert html.escape(name, quote=False)[:60] in page.replace("&#34;", '"')


class TestRolePage:
    async def test_saves_name_description_and_boxes(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read", "books:read")
        name = f"renamed {uuid4().hex}"
        answer = await superuser.post(
            f"/roles/{role.id}", name=name, description="New", version="1", permissions=["orders:read", "letters:send"]
        )
        page = await superuser.follow(answer)
        assert f"The role {name} is saved" in words(page)
        after = await stored(site, role)
        assert (after.name, after.description, after.version) == (name, "New", 2)
        assert after.permissions == ["letters:send", "orders:read"] == sorted(boxes(page).ticked)

    async def test_takes_away_everything_when_no_box_is_ticked(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        await superuser.post(f"/roles/{role.id}", name=role.name, version="1")
        assert (await stored(site, role)).permissions == []

    async def test_shows_after_a_conflict_what_is_stored_and_what_was_typed(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read", description="old")
        await roles.update_role(
            site.database, TESTS, role.id, description="theirs", permissions=["orders:refund", "orders:read"]
        )
        mine = {"name": role.name, "description": "mine", "permissions": ["orders:read"]}
        page = await superuser.post(f"/roles/{role.id}", **mine, version="1")
        assert page.status_code == 409
        said = words(page.text)
        assert "Somebody else has changed this meanwhile" in said
        assert "Description theirs mine" in said
        assert "orders:refund granted not granted" in said
        assert "test saved this role" in said
        assert "description old theirs" in said
        assert 'value="mine"' in page.text
        assert boxes(page.text).ticked == {"orders:read"}
        assert (await stored(site, role)).description == "theirs"
        # The page now knows the stored version: whoever saves again has seen what they overwrite.
        assert 'name="version" type="hidden" value="2"' in page.text
        await superuser.follow(await superuser.post(f"/roles/{role.id}", **mine, version="2"))
        assert (await stored(site, role)).description == "mine"

    async def test_tells_after_a_conflict_who_it_was_only_to_who_may_see_users_or_the_log(
        self, site: Site, superuser: Visitor, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        await superuser.post(f"/roles/{role.id}", name=role.name, version="1", permissions=["orders:refund"])
        assert superuser.user is not None
        for more, told in (((), False), (("users:read",), True), (("audit:read",), True)):
            clerk = await sign_in_as("roles:*", "orders:*", *more)
            page = await clerk.post(f"/roles/{role.id}", name=role.name, version="1", permissions=["orders:read"])
            assert page.status_code == 409
            assert ("Somebody saved this role" in words(page.text)) is not told
            assert (superuser.user.email in page.text) is told

    async def test_shows_after_a_conflict_what_saving_again_would_change(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        await site.add_user(role.name)
        await roles.update_role(site.database, TESTS, role.id, permissions=["books:read"])
        page = await superuser.post(f"/roles/{role.id}", name=role.name, version="1", permissions=["orders:read"])
        assert "1 user + orders:read books:read" in words(page.text)

    @pytest.mark.parametrize("version", ["", "one", "-1", "1" * 30])
    async def test_saves_nothing_without_a_version(
        self, site: Site, superuser: Visitor, make_role: MakeRole, version: str
    ) -> None:
        role = await make_role("orders:read")
        page = await superuser.post(f"/roles/{role.id}", name="other", version=version)
        assert page.status_code == 400
        assert await stored(site, role) == role

    async def test_keeps_what_was_typed_when_it_cannot_be_saved(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role, other = await make_role("orders:read"), await make_role()
        page = await superuser.post(f"/roles/{role.id}", name=other.name, version="1", permissions=["books:read"])
        assert page.status_code == 409
        assert 'id="name-error"' in page.text
        assert boxes(page.text).ticked == {"books:read"}
        assert await stored(site, role) == role

    async def test_refuses_a_forged_token(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        page = await superuser.post(f"/roles/{role.id}", csrf_token="0" * 64, name="other", version="1")
        assert page.status_code == 400
        assert await stored(site, role) == role

    async def test_shows_the_built_in_role_without_a_way_to_change_it(self, site: Site, superuser: Visitor) -> None:
        role = await system_role(site)
        page = (await superuser.get(f"/roles/{role.id}")).text
        assert boxes(page).offered == boxes(page).disabled
        assert "Save role" not in page
        assert "/deletion" not in page
        refused = await superuser.post(f"/roles/{role.id}", name="x", version=str(role.version))
        assert refused.status_code == 409
        assert (await stored(site, role)).name == "superuser"

    async def test_is_read_only_for_who_lacks_part_of_what_the_role_holds(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        # A browser does not post disabled boxes. Were the rest of this page sendable, books:read would be lost unseen.
        clerk = await sign_in_as("roles:*", "orders:*")
        role = await make_role("orders:read", "books:read")
        page = (await clerk.get(f"/roles/{role.id}")).text
        found = boxes(page)
        assert found.ticked == {"orders:read", "books:read"}
        assert found.offered == found.disabled
        assert "Save role" not in page
        assert "/deletion" not in page
        for sent in (["orders:read"], ["orders:read", "books:read"], ["orders:read", "orders:refund"]):
            refused = await clerk.post(f"/roles/{role.id}", name=role.name, version="1", permissions=sent)
            assert refused.status_code == 403
            assert "books:read" in refused.text
        assert await stored(site, role) == role

    async def test_offers_a_mere_reader_nothing_to_send(self, sign_in_as: SignIn, make_role: MakeRole) -> None:
        reader = await sign_in_as("roles:read", "orders:*")
        role = await make_role("orders:read")
        page = (await reader.get(f"/roles/{role.id}")).text
        assert boxes(page).offered == boxes(page).disabled
        assert "Save role" not in page
        assert "/deletion" not in page

    async def test_refuses_to_add_what_the_viewer_lacks(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        clerk = await sign_in_as("roles:*", "orders:*")
        role = await make_role("orders:read")
        found = boxes((await clerk.get(f"/roles/{role.id}")).text)
        assert "books:read" in found.disabled
        assert "orders:refund" not in found.disabled
        refused = await clerk.post(
            f"/roles/{role.id}", name=role.name, version="1", permissions=["orders:read", "books:read"]
        )
        assert refused.status_code == 403
        assert await stored(site, role) == role

    async def test_has_a_box_for_a_wildcard_whose_resource_nobody_declares_any_more(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        async with site.database.writing() as db:
            db.add(RolePermission(role_id=role.id, code="gone:*", granted_at=now(), granted_by="test"))
        ticked = boxes((await superuser.get(f"/roles/{role.id}")).text).ticked
        assert ticked == {"orders:read", "gone:*"}
        kept = await superuser.post(f"/roles/{role.id}", name=role.name, version="1", permissions=sorted(ticked))
        assert kept.status_code == 303
        assert (await stored(site, role)).permissions == ["gone:*", "orders:read"]

    @pytest.mark.parametrize("address", ["nope", "1", "00000000-0000-0000-0000-000000000000", "%00", "x/preview"])
    @pytest.mark.parametrize("tail", ["", "/deletion"])
    async def test_answers_an_unknown_role_with_a_page(self, superuser: Visitor, address: str, tail: str) -> None:
        page = await superuser.get(f"/roles/{address}{tail}")
        assert page.status_code == 404
        assert page.headers["content-type"].startswith("text/html")
        assert 'aria-label="Administration"' in page.text


async def test_every_change_by_these_pages_is_in_the_audit_log(site: Site, superuser: Visitor) -> None:
    name = f"audited {uuid4().hex}"
    await superuser.post("/roles/new", name=name, permissions=["orders:read"])
    (role,) = await named(site, name)
    await superuser.post(f"/roles/{role.id}", name=name, version="1", permissions=["books:read"])
    await superuser.post(f"/roles/{role.id}/deletion")
    assert superuser.user is not None
    done = [event.action for event in await site.events_of(superuser.user) if event.action.startswith("role.")]
    assert done == ["role.created", "role.permissions_changed", "role.deleted"]


async def test_the_catalogue_of_these_tests_is_the_one_the_plugin_declared(site: Site) -> None:
    rows = await catalogue.all_permissions(site.database, TESTS)
    assert {row.code for row in rows if row.source == "host"} == set(PERMISSIONS)
