"""What saving a role would change, and for whom."""

import re
from uuid import uuid4

from litestar_admin_auth.services import roles
from tests.auth.site import Site
from tests.web.conftest import TESTS, MakeRole, SignIn, Visitor, boxes, words
from tests.web.roles import stored


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
