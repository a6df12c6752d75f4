"""The pages of roles: what is shown, what is saved, and what is refused whatever is shown."""

import html
import re
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.models import RolePermission
from litestar_admin_auth.services import catalogue, roles
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.roles import RoleRow
from tests.auth.site import Site
from tests.web.conftest import PERMISSIONS, TESTS, SignIn, Visitor, boxes, words

MakeRole = Callable[..., Awaitable[RoleRow]]

HOSTILE = '"><img src=x onerror=alert(1)>{{7*7}}</script>'


async def stored(site: Site, role: RoleRow) -> RoleRow:
    return await roles.get_role(site.database, TESTS, role.id)


async def named(site: Site, name: str) -> list[RoleRow]:
    page = await roles.list_roles(site.database, TESTS, ListQuery(q=name))
    return [role for role in page.items if role.name == name]


def rows_shown(page: str) -> set[str]:
    """The resources that a matrix shows."""
    rows = re.findall(r"<tr( hidden)?><th scope=\"row\">(?:<button[^>]*>)?([^<]+)<", page)
    return {resource for hidden, resource in rows if not hidden}


async def system_role(site: Site) -> RoleRow:
    return (await named(site, "superuser"))[0]


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
        name = f"{uuid4().hex} {HOSTILE}"[:100]
        role = await make_role("books:write", name=name, description=HOSTILE)
        for path in ("/roles", f"/roles/{role.id}", f"/roles/{role.id}/deletion", "/permissions"):
            page = (await superuser.get(path)).text
            assert "<img src=x" not in page
            assert "<b>books" not in page
            assert html.escape(name, quote=False)[:60] in page.replace("&#34;", '"')


class TestNewRole:
    async def test_stores_the_boxes_that_are_ticked(self, site: Site, superuser: Visitor) -> None:
        name = f"clerk {uuid4().hex}"
        answer = await superuser.post(
            "/roles/new", name=name, description="Sells", permissions=["orders:read", "books:*"]
        )
        page = await superuser.follow(answer)
        assert f"The role {name} is there" in words(page)
        assert boxes(page).ticked == {"orders:read", "books:*"}
        (role,) = await named(site, name)
        assert (role.description, role.permissions) == ("Sells", ["books:*", "orders:read"])

    async def test_offers_the_whole_catalogue_and_the_wildcards(self, superuser: Visitor) -> None:
        offered = boxes((await superuser.get("/roles/new")).text)
        resources = {code.partition(":")[0] for code in PERMISSIONS}
        assert {"*", *PERMISSIONS, *(f"{resource}:*" for resource in resources)} <= offered.offered
        assert not offered.ticked
        assert not offered.disabled

    async def test_keeps_what_was_typed_when_the_name_is_missing(self, superuser: Visitor) -> None:
        page = await superuser.post("/roles/new", name="  ", description="Sells <i>", permissions=["orders:read"])
        assert page.status_code == 400
        assert "This field is required." in page.text
        assert 'value="Sells &lt;i&gt;"' in page.text
        assert boxes(page.text).ticked == {"orders:read"}

    async def test_says_at_the_field_that_a_name_is_taken(self, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role()
        page = await superuser.post("/roles/new", name=role.name)
        assert page.status_code == 409
        assert 'id="name-error"' in page.text
        assert "Another role has this name." in page.text

    @pytest.mark.parametrize(
        ("fields", "complaint"),
        [
            ({"name": "x" * 101}, "At most 100 characters"),
            ({"name": "a\nb"}, "Line breaks and control characters"),
            ({"name": "ok", "description": "y" * 501}, "At most 500 characters"),
            ({"name": "ok", "permissions": ["nobody:declared"]}, "There is no permission"),
            ({"name": "ok", "permissions": ["; DROP TABLE"]}, "There is no permission"),
            ({}, "This field is required."),
        ],
    )
    async def test_refuses_what_cannot_be_a_role(
        self, superuser: Visitor, fields: dict[str, str], complaint: str
    ) -> None:
        page = await superuser.post("/roles/new", **fields)
        assert page.status_code == 400
        assert complaint in page.text

    async def test_refuses_what_no_database_can_store(self, superuser: Visitor) -> None:
        page = await superuser.post("/roles/new", name="a\x00b")
        assert page.status_code == 400
        assert page.headers["content-type"].startswith("text/html")

    @pytest.mark.parametrize("token", ["", "0" * 64, "ä"])
    async def test_refuses_a_form_that_is_not_of_this_session(self, site: Site, superuser: Visitor, token: str) -> None:
        name = f"forged {uuid4().hex}"
        page = await superuser.post("/roles/new", csrf_token=token, name=name)
        assert page.status_code == 400
        assert "This form has expired" in page.text
        assert not await named(site, name)

    async def test_refuses_a_form_with_another_sessions_token(
        self, site: Site, superuser: Visitor, nobody: Visitor
    ) -> None:
        name = f"forged {uuid4().hex}"
        assert (await superuser.post("/roles/new", csrf_token=nobody.token, name=name)).status_code == 400
        assert not await named(site, name)

    async def test_disables_what_the_viewer_may_not_grant(self, sign_in_as: SignIn) -> None:
        clerk = await sign_in_as("roles:*", "orders:*")
        found = boxes((await clerk.get("/roles/new")).text)
        assert found.offered - found.disabled >= {"orders:read", "orders:*", "roles:read", "roles:*"}
        assert {"*", "books:read", "books:*", "users:write"} <= found.disabled

    @pytest.mark.parametrize("wanted", ["*", "books:read", "users:*"])
    async def test_refuses_a_forged_box_and_stores_nothing(self, site: Site, sign_in_as: SignIn, wanted: str) -> None:
        clerk = await sign_in_as("roles:*", "orders:*")
        name = f"stronger {uuid4().hex}"
        page = await clerk.post("/roles/new", name=name, permissions=["orders:read", wanted])
        assert page.status_code == 403
        assert wanted in page.text
        assert not await named(site, name)

    async def test_is_closed_to_who_may_only_look(self, site: Site, sign_in_as: SignIn) -> None:
        viewer = await sign_in_as("roles:read")
        name = f"mine {uuid4().hex}"
        for page in (await viewer.get("/roles/new"), await viewer.post("/roles/new", name=name)):
            assert page.status_code == 403
            assert "roles:write" in page.text
        assert not await named(site, name)


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


class TestLooking:
    """Buttons that only look: for who has no JavaScript."""

    async def test_searches_the_rows_and_loses_no_tick(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        page = await superuser.post(
            f"/roles/{role.id}", name="typed", version="1", permissions=["books:read"], find="money", show="1"
        )
        assert page.status_code == 200
        assert rows_shown(page.text) == {"orders"}
        assert boxes(page.text).ticked == {"books:read"}
        assert 'value="typed"' in page.text
        assert (await stored(site, role)) == role

    @pytest.mark.parametrize(
        ("find", "shown"),
        [("orders:refund", {"orders"}), ("BOOKS", {"books"}), ("send letters", {"letters"}), ("no such thing", set())],
    )
    async def test_searches_by_the_address_too(
        self, superuser: Visitor, make_role: MakeRole, find: str, shown: set[str]
    ) -> None:
        role = await make_role("orders:read")
        page = await superuser.get(f"/roles/{role.id}?find={find}")
        assert rows_shown(page.text) == shown
        assert boxes(page.text).ticked == {"orders:read"}

    async def test_shows_what_is_granted_alone(self, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        page = await superuser.post(
            f"/roles/{role.id}", name="x", version="1", permissions=["books:*"], granted_only="on", show="1"
        )
        assert rows_shown(page.text) == {"books"}

    @pytest.mark.parametrize(
        ("pressed", "before", "after"),
        [
            ("orders", [], {"orders:read", "orders:refund"}),
            ("orders", ["orders:read", "books:read"], {"orders:read", "orders:refund", "books:read"}),
            ("orders", ["orders:read", "orders:refund", "orders:*"], {"orders:*"}),
            ("nonsense", ["orders:read"], {"orders:read"}),
            ("*", ["orders:read"], {"orders:read"}),
        ],
    )
    async def test_ticks_or_clears_a_row(
        self, superuser: Visitor, make_role: MakeRole, pressed: str, before: list[str], after: set[str]
    ) -> None:
        role = await make_role("orders:read")
        page = await superuser.post(f"/roles/{role.id}", name="x", version="1", permissions=before, toggle=pressed)
        assert (page.status_code, boxes(page.text).ticked) == (200, after)

    async def test_ticks_a_column_of_the_rows_in_sight(self, superuser: Visitor) -> None:
        page = await superuser.post("/roles/new", toggle="/*:read")
        ticked = boxes(page.text).ticked
        assert {"orders:read", "books:read", "users:read"} <= ticked
        assert all(code.endswith(":read") for code in ticked)
        page = await superuser.post("/roles/new", toggle="/*:read", find="books")
        assert boxes(page.text).ticked == {"books:read"}

    async def test_ticks_nothing_that_the_viewer_lacks(self, sign_in_as: SignIn) -> None:
        clerk = await sign_in_as("roles:*", "orders:read")
        page = await clerk.post("/roles/new", toggle="orders")
        assert boxes(page.text).ticked == {"orders:read"}


class TestCopy:
    async def test_starts_from_what_the_other_role_holds(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read", "books:*", description="Sells")
        page = await superuser.get(f"/roles/new?from={role.id}")
        assert f'value="Copy of {role.name}"' in page.text
        assert 'value="Sells"' in page.text
        assert boxes(page.text).ticked == {"orders:read", "books:*"}
        assert not await named(site, f"Copy of {role.name}"), "nothing is saved by looking"

    async def test_goes_without_what_the_viewer_lacks_and_says_so(
        self, superuser: Visitor, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read", "books:read", "books:*")
        clerk = await sign_in_as("roles:*", "orders:*")
        page = await clerk.get(f"/roles/new?from={role.id}")
        assert boxes(page.text).ticked == {"orders:read"}
        assert "the copy goes without them: books:* books:read" in words(page.text)

    @pytest.mark.parametrize("source", ["nope", "00000000-0000-0000-0000-000000000000", "%00"])
    async def test_of_no_role_is_not_found(self, superuser: Visitor, source: str) -> None:
        assert (await superuser.get(f"/roles/new?from={source}")).status_code == 404

    async def test_needs_to_see_and_to_write_roles(self, sign_in_as: SignIn, make_role: MakeRole) -> None:
        role = await make_role("orders:read", name=f"secret {uuid4().hex}")
        for held in ("roles:read", "roles:write"):
            page = await (await sign_in_as(held, "orders:read")).get(f"/roles/new?from={role.id}")
            assert page.status_code == 403
            assert role.name not in page.text


class TestPreview:
    async def test_says_who_gains_and_loses_what_and_saves_nothing(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        member = await site.add_user(role.name)
        role = await stored(site, role)
        page = await superuser.post(
            f"/roles/{role.id}/preview", name=role.name, description="typed", version="1", permissions=["books:read"]
        )
        assert page.status_code == 200
        said = words(page.text)
        assert "Saving changes this" in said
        assert f"{member.email} + books:read orders:read" in said
        assert 'value="typed"' in page.text
        assert boxes(page.text).ticked == {"books:read"}
        assert "Discard changes" in said
        assert await stored(site, role) == role

    async def test_says_first_what_is_wrong_with_the_form(self, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        page = await superuser.post(f"/roles/{role.id}/preview", name="", version="1", permissions=["books:read"])
        assert page.status_code == 400
        assert "This field is required." in page.text
        assert boxes(page.text).ticked == {"books:read"}

    async def test_answers_htmx_with_the_difference_alone(self, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        part = await superuser.post(
            f"/roles/{role.id}/preview",
            {"HX-Request": "true", "HX-Request-Type": "partial"},
            name=role.name,
            version="1",
            permissions=["books:read"],
        )
        assert part.status_code == 200
        assert "<html" not in part.text
        assert "Nobody gains or loses anything" in part.text

    async def test_counts_people_for_who_may_not_see_them(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        member = await site.add_user(role.name)
        clerk = await sign_in_as("roles:*", "orders:*")
        page = await clerk.post(f"/roles/{role.id}/preview", name=role.name, version="1")
        assert "1 user gains or loses something." in page.text
        assert member.email not in page.text

    async def test_tells_a_new_name_and_what_it_breaks(self, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        page = await superuser.post(
            f"/roles/{role.id}/preview", name="renamed", version="1", permissions=["orders:read"]
        )
        assert f"Name {role.name} → renamed" in words(page.text)
        assert "Guards in code that name the old one" in page.text

    async def test_of_nothing_says_so(self, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        page = await superuser.post(
            f"/roles/{role.id}/preview", name=role.name, version="1", permissions=["orders:read"]
        )
        assert "Nothing has changed yet." in page.text

    async def test_of_what_somebody_else_has_changed_shows_both(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        await roles.update_role(site.database, TESTS, role.id, permissions=["books:read"])
        page = await superuser.post(
            f"/roles/{role.id}/preview", name=role.name, version="1", permissions=["orders:read"]
        )
        assert page.status_code == 409
        assert "books:read granted not granted" in words(page.text)
        part = await superuser.post(
            f"/roles/{role.id}/preview",
            {"HX-Request": "true", "HX-Request-Type": "partial"},
            name=role.name, version="1", permissions=["orders:read"],
        )  # fmt: skip
        assert "Somebody else has changed this meanwhile" in part.text

    async def test_while_the_name_is_being_typed_tells_the_rest(self, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        part = await superuser.post(
            f"/roles/{role.id}/preview", {"HX-Request": "true", "HX-Request-Type": "partial"}, name="", version="1"
        )
        assert "The role orders:read" in words(part.text)

    async def test_is_no_page_of_its_own(self, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        back = await superuser.get(f"/roles/{role.id}/preview")
        assert (back.status_code, back.headers["location"]) == (303, f"/admin/roles/{role.id}")

    async def test_is_refused_to_who_may_not_change_roles(self, sign_in_as: SignIn, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        viewer = await sign_in_as("roles:read")
        assert (await viewer.post(f"/roles/{role.id}/preview", name="x", version="1")).status_code == 403


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


class TestNewRolePreview:
    async def test_tells_what_it_allows_and_that_nobody_has_it_before_it_is_there(self, superuser: Visitor) -> None:
        page = await superuser.get("/roles/new")
        assert 'hx-post="/admin/roles/new/preview"' in page.text
        sent = {"name": f"new {uuid4().hex}", "description": "Typed", "permissions": ["orders:*", "books:read"]}
        shown = await superuser.post("/roles/new/preview", **sent)
        said = words(shown.text)
        assert "Creating does this +2 The role + books:read + orders:* 3 permissions" in said
        assert "Wildcards also give what is declared later." in said
        assert "Nobody has it yet" in said
        assert 'value="Typed"' in shown.text
        assert boxes(shown.text).ticked == {"orders:*", "books:read"}
        assert "Create role" in said
        part = await superuser.post(
            "/roles/new/preview", {"HX-Request": "true", "HX-Request-Type": "partial"}, permissions="books:read"
        )
        assert "<html" not in part.text
        assert "Nobody has it yet" in part.text

    async def test_says_why_it_cannot_be_made_instead(
        self, site: Site, superuser: Visitor, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        role = await make_role()
        taken = await superuser.post("/roles/new/preview", name=role.name)
        assert (taken.status_code, "Another role has this name." in taken.text) == (409, True)
        assert "Nobody has it yet" not in taken.text
        part = await superuser.post(
            "/roles/new/preview", {"HX-Request": "true", "HX-Request-Type": "partial"}, name=role.name
        )
        assert words(part.text) == "Another role has this name."
        assert (await superuser.post("/roles/new/preview", name="")).status_code == 400
        assert (await superuser.get("/roles/new/preview")).status_code == 303
        reader = await sign_in_as("roles:read")
        assert (await reader.post("/roles/new/preview", name="x")).status_code == 403


class TestAffectedPeople:
    async def test_are_named_fifty_at_a_time_with_a_way_to_the_rest(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role, tag = await make_role("orders:read"), uuid4().hex
        for number in range(53):
            await site.add_user(role.name, email=f"{number:02}-{tag}@example.com")
        fields = {"name": role.name, "version": str(role.version), "permissions": "books:read"}
        first = await superuser.post(f"/roles/{role.id}/preview", **fields)
        assert "Who: 53 users" in first.text
        assert "1 to 50 of 53" in first.text
        assert (f"49-{tag}" in first.text, f"50-{tag}" in first.text) == (True, False)
        button = re.search(r'<button [^>]*name="people" value="50" formaction="([^"]+)"', first.text)
        assert button
        second = await superuser.post(button[1].removeprefix("/admin"), **fields, people="50")
        assert "51 to 53 of 53" in second.text
        assert (f"49-{tag}" in second.text, f"50-{tag}" in second.text) == (False, True)
        assert 'name="people" value="0"' in second.text
        asked = await superuser.get(f"/roles/{role.id}/deletion?people=50")
        assert f"52-{tag}" in asked.text
        assert f'href="/admin/roles/{role.id}/deletion?people=0"' in asked.text
        for nonsense in ("-1", "x", "9" * 30, "\u0665"):
            assert f"00-{tag}" in (await superuser.get(f"/roles/{role.id}/deletion?people={nonsense}")).text

        give = {"act": "give-role", "role": (await make_role("letters:send")).name, "all": "1", "filter": f"q={tag}"}
        many = await superuser.post("/users/bulk", None, **give)
        assert "Who: 53 users" in many.text
        assert (f"49-{tag}" in many.text, f"50-{tag}" in many.text) == (True, False)
        more = await superuser.post("/users/bulk", None, **give, people="50")
        assert (f"49-{tag}" in more.text, f"50-{tag}" in more.text) == (False, True)
