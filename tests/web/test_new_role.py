"""New roles: from nothing or as a copy, with a preview, and refused whatever is shown."""

from uuid import uuid4

import pytest

from tests.auth.site import Site
from tests.web.conftest import PERMISSIONS, MakeRole, SignIn, Visitor, boxes, words
from tests.web.roles import named


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
