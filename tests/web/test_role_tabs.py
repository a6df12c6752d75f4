"""The tabs of a role's page: members, history, and the question before it is deleted."""

import html
from datetime import timedelta
from uuid import uuid4

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.exceptions import NotFound
from litestar_admin_auth.services import roles, users
from tests.auth.site import Site
from tests.web.conftest import TESTS, MakeRole, SignIn, Visitor, words
from tests.web.roles import stored, system_role


class TestMembers:
    async def test_tell_by_whose_hand_why_and_until_when(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        member = await site.add_user()
        await users.grant_role(
            site.database,
            TESTS,
            member.id,
            role.name,
            reason="Stands in",
            expires_at=now() + timedelta(days=3, hours=1),
        )
        page = await superuser.get(f"/roles/{role.id}/members")
        row = words(page.text[page.text.index("<tbody>") :])
        assert member.email in row
        assert "test in 3 days Stands in" in row

    async def test_can_be_narrowed_to_those_whose_grant_ends(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        people = {}
        for name, days in (("soon", 3), ("later", 20), ("never", None)):
            person = people[name] = await site.add_user()
            end = None if days is None else now() + timedelta(days=days)
            await users.grant_role(site.database, TESTS, person.id, role.name, expires_at=end)
        gone = people["gone"] = await site.add_user(role.name)
        await users.end_grant(site.database, TESTS, gone.id, role.id)

        async def listed(ends: str) -> set[str]:
            page = (await superuser.get(f"/roles/{role.id}/members?ends={ends}")).text
            return {name for name, person in people.items() if person.email in page}

        assert await listed("") == {"soon", "later", "never"}
        assert await listed("7") == {"soon"}
        assert await listed("30") == {"soon", "later"}
        assert await listed("ended") == {"gone"}
        assert (await superuser.get(f"/roles/{role.id}/members?ends=nonsense")).status_code == 400

    async def test_are_for_who_may_see_users(
        self, site: Site, superuser: Visitor, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        member = await site.add_user(role.name)
        viewer = await sign_in_as("roles:read", "orders:read")
        assert member.email in (await superuser.get(f"/roles/{role.id}/members")).text
        page = await viewer.get(f"/roles/{role.id}/members")
        assert page.status_code == 403
        assert member.email not in page.text
        assert "/members" not in (await viewer.get(f"/roles/{role.id}")).text

    async def test_come_in_pages(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        emails = {(await site.add_user(role.name)).email for _ in range(15)}
        first = (await superuser.get(f"/roles/{role.id}/members?limit=10")).text
        link = html.unescape(first[: first.index('rel="next"') + 400].split('rel="next" href="')[1].split('"')[0])
        second = (await superuser.browser.get(link)).text
        assert "15 in all" in words(first)
        assert {email for email in emails if email in first} ^ {email for email in emails if email in second} == emails

    async def test_cost_the_same_for_more_of_them(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        await site.add_user(role.name)
        async with site.statements() as few:
            await superuser.get(f"/roles/{role.id}/members")
        for _ in range(10):
            await site.add_user(role.name)
        async with site.statements() as many:
            await superuser.get(f"/roles/{role.id}/members")
        assert len(few) == len(many) > 0

    async def test_answer_htmx_with_the_results_alone(self, superuser: Visitor, make_role: MakeRole) -> None:
        part = (await superuser.fragment(f"/roles/{(await make_role()).id}/members")).text
        assert part.strip().startswith('<div id="results"')
        assert "Nobody holds this role" in part


class TestHistory:
    async def test_tells_what_happened_to_this_role_alone(self, superuser: Visitor, site: Site) -> None:
        name = f"told {uuid4().hex}"
        role = await roles.create_role(site.database, TESTS, name=name)
        await roles.update_role(site.database, TESTS, role.id, description="Changed")
        page = await superuser.get(f"/roles/{role.id}/history")
        body = page.text[page.text.index("<tbody>") :]
        assert "role.created" in body
        assert "role.updated" in body
        assert "2 in all" in words(body)

    async def test_is_for_who_may_read_the_audit_log(self, sign_in_as: SignIn, make_role: MakeRole) -> None:
        viewer, role = await sign_in_as("roles:read"), await make_role()
        assert (await viewer.get(f"/roles/{role.id}/history")).status_code == 403
        assert "/history" not in (await viewer.get(f"/roles/{role.id}")).text


class TestDeletion:
    async def test_asks_first_and_names_who_loses_it(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        member = await site.add_user(role.name)
        page = await superuser.get(f"/roles/{role.id}/deletion")
        assert f"Delete the role {role.name}?" in words(page.text)
        said = words(page.text)
        assert "1 user has it. This cannot be undone." in said
        assert "1 user orders:read" in said
        assert member.email in page.text
        assert await stored(site, role)

    async def test_brings_the_question_into_the_dialog(self, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role()
        part = (await superuser.fragment(f"/roles/{role.id}/deletion")).text
        assert part.strip().startswith("<form")
        assert "<html" not in part

    async def test_tells_whom_it_costs_nothing(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role, other = await make_role("orders:read"), await make_role("orders:*")
        await site.add_user(role.name, other.name)
        page = await superuser.get(f"/roles/{role.id}/deletion")
        assert "Nobody gains or loses anything: other roles give the members the same." in page.text

    async def test_counts_people_for_who_may_not_see_them(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        member = await site.add_user(role.name)
        clerk = await sign_in_as("roles:*", "orders:*")
        page = (await clerk.get(f"/roles/{role.id}/deletion")).text
        assert "1 user orders:read" in words(page)
        assert member.email not in page

    async def test_deletes_and_says_so_on_the_list(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        await site.add_user(role.name)
        page = await superuser.follow(await superuser.post(f"/roles/{role.id}/deletion"))
        assert f"The role {role.name} is deleted." in words(page)
        with pytest.raises(NotFound):
            await stored(site, role)

    async def test_refuses_a_forged_token(self, site: Site, superuser: Visitor, make_role: MakeRole) -> None:
        role = await make_role("orders:read")
        page = await superuser.post(f"/roles/{role.id}/deletion", csrf_token="0" * 64)
        assert page.status_code == 400
        assert "This form has expired" in page.text
        assert await stored(site, role) == role

    async def test_asks_again_when_the_role_has_changed_since(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        role = await make_role("orders:read")
        member = await site.add_user(role.name)
        question = await superuser.get(f"/roles/{role.id}/deletion")
        assert 'name="version" value="1"' in question.text
        await roles.update_role(site.database, TESTS, role.id, permissions=["orders:read", "books:read"])
        again = await superuser.post(f"/roles/{role.id}/deletion", version="1")
        assert again.status_code == 409
        assert "Somebody else has changed this meanwhile." in words(again.text)
        assert "books:read" in again.text
        assert member.email in again.text
        assert 'name="version" value="2"' in again.text
        await superuser.follow(await superuser.post(f"/roles/{role.id}/deletion", version="2"))
        with pytest.raises(NotFound):
            await stored(site, role)

    async def test_refuses_the_built_in_role(self, site: Site, superuser: Visitor) -> None:
        role = await system_role(site)
        page = await superuser.post(f"/roles/{role.id}/deletion")
        assert page.status_code == 409
        assert "cannot be changed or deleted" in page.text
        assert await stored(site, role)

    async def test_is_refused_without_the_permission_or_enough_of_them(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        role = await make_role("books:read")
        for held, named_code in ((("roles:read", "roles:write"), "roles:delete"), (("roles:*",), "books:read")):
            visitor = await sign_in_as(*held)
            assert (await visitor.get(f"/roles/{role.id}/deletion")).status_code == 403
            refused = await visitor.post(f"/roles/{role.id}/deletion")
            assert refused.status_code == 403
            assert named_code in refused.text
        assert await stored(site, role) == role
