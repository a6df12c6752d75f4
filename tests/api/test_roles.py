"""Roles and permissions over the API: previews, explanations and who has what."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.services import explanations, roles, users
from tests.api.conftest import TESTS, Caller, SignIn, a_role, error_of
from tests.auth.site import Site


async def a_role_row(site: Site, *permissions: str) -> roles.RoleRow:
    return await roles.create_role(site.database, TESTS, name=f"role {uuid4().hex}", permissions=permissions)


class TestPreview:
    async def test_answers_what_a_patch_would_do(self, site: Site, superuser: Caller) -> None:
        role = await a_role_row(site, "users:read")
        member = await site.add_user(role.name)
        body = {"permissions": ["users:*"], "name": f"new {uuid4().hex}", "version": role.version}
        answer = (await superuser.call("POST", f"/roles/{role.id}/preview", body)).json()
        assert (answer["added"], answer["removed"], answer["users_total"]) == (["users:*"], ["users:read"], 1)
        gains = ["users:delete", "users:write"]
        assert answer["users"] == [{"id": str(member.id), "email": member.email, "gains": gains, "loses": []}]
        assert answer["groups"] == [{"gains": gains, "loses": [], "users_total": 1}]
        assert answer["changes"] == {"name": {"old": role.name, "new": body["name"]}}
        assert (await roles.get_role(site.database, TESTS, role.id)).permissions == ["users:read"], "nothing is saved"
        patched = (await superuser.call("PATCH", f"/roles/{role.id}", body)).json()
        assert patched["permissions"] == ["users:*"]

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"version": 7}, 409, "edit_conflict"),
            ({"name": "superuser"}, 409, "name_taken"),
            ({"name": ""}, 400, "invalid"),
            ({"permissions": ["no:such"]}, 400, "invalid"),
            ({"permissions": "users:read"}, 400, "invalid"),
            ({"permission": []}, 400, "invalid"),
        ],
    )
    async def test_is_refused_as_the_patch_would_be(
        self, site: Site, superuser: Caller, body: dict[str, Any], status: int, code: str
    ) -> None:
        role = await a_role_row(site, "users:read")
        for method, tail in (("POST", "/preview"), ("PATCH", "")):
            answer = await superuser.call(method, f"/roles/{role.id}{tail}", body)
            assert error_of(answer, status)["code"] == code

    async def test_of_a_new_role_spells_out_what_it_allows_and_makes_none(self, site: Site, superuser: Caller) -> None:
        body = {"name": f"new {uuid4().hex}", "permissions": ["sessions:*", "users:read"]}
        answer = await superuser.call("POST", "/roles/preview", body)
        assert answer.status_code == 200
        allows = ["sessions:read", "sessions:revoke", "users:read"]
        assert answer.json() == {"added": ["sessions:*", "users:read"], "allows": allows}
        assert body["name"] not in await roles.all_role_names(site.database, TESTS)

    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [
            ({"name": "superuser"}, 409, "name_taken"),
            ({"name": " "}, 400, "invalid"),
            ({"description": "x" * 501}, 400, "invalid"),
            ({"permissions": ["no:such"]}, 400, "invalid"),
            ({"permissions": ["*"]}, 403, "stronger_than_you"),
        ],
    )
    async def test_of_a_new_role_is_refused_as_making_it_would_be(
        self, sign_in_as: SignIn, change: dict[str, Any], status: int, code: str
    ) -> None:
        caller = await sign_in_as("roles:write")
        for path in ("/roles/preview", "/roles"):
            answer = await caller.call("POST", path, {"name": f"new {uuid4().hex}"} | change)
            assert error_of(answer, status)["code"] == code

    async def test_tells_a_weaker_caller_nothing_about_a_stronger_role(self, site: Site, sign_in_as: SignIn) -> None:
        role = await a_role_row(site, "users:read")
        member = await site.add_user(role.name)
        caller = await sign_in_as("roles:write", "roles:delete")
        for method, tail, body in (
            ("POST", "preview", {"permissions": []}),
            ("POST", "preview", {"permissions": ["*"]}),
            ("GET", "deletion-preview", None),
        ):
            answer = await caller.call(method, f"/roles/{role.id}/{tail}", body)
            assert error_of(answer, 403)["code"] == "stronger_than_you"
            assert member.email not in answer.text

    async def test_of_a_deletion_tells_what_is_lost_and_deletes_nothing(self, site: Site, superuser: Caller) -> None:
        role = await a_role_row(site, "users:read")
        member = await site.add_user(role.name)
        answer = (await superuser.call("GET", f"/roles/{role.id}/deletion-preview")).json()
        assert (answer["removed"], answer["members"]) == (["users:read"], 1)
        assert [user["email"] for user in answer["users"]] == [member.email]
        beyond = (await superuser.call("GET", f"/roles/{role.id}/deletion-preview?offset=1")).json()
        assert (beyond["users"], beyond["users_total"], beyond["offset"]) == ([], 1, 1)
        for offset in ("-1", "x", "9" * 30):
            error_of(await superuser.call("GET", f"/roles/{role.id}/deletion-preview?offset={offset}"), 400)
        assert await roles.get_role(site.database, TESTS, role.id)


class TestExplain:
    async def test_tells_every_path(self, site: Site, superuser: Caller) -> None:
        role = await a_role_row(site, "users:*")
        person = await site.add_user()
        end = now() + timedelta(days=3)
        await users.grant_role(site.database, TESTS, person.id, role.name, reason="Holiday", expires_at=end)
        answer = (await superuser.call("GET", f"/users/{person.id}/permissions/users:read")).json()
        assert (answer["allowed"], answer["would_allow"], answer["advice"]) == (True, [], "allowed")
        (path,) = answer["paths"]
        assert (path["role"], path["permission"], path["reason"]) == (role.name, "users:*", "Holiday")
        assert {"granted_by", "granted_at", "expires_at"} <= path.keys()

    async def test_tells_what_would_help(self, site: Site, superuser: Caller) -> None:
        name = await a_role(site, "users:*")
        person = await site.add_user()
        answer = (await superuser.call("GET", f"/users/{person.id}/permissions/users:read")).json()
        assert (answer["allowed"], answer["paths"], answer["advice"]) == (False, [], "give_a_role")
        assert name in answer["would_allow"]
        assert name in answer["may_give"]

    async def test_says_the_same_as_the_service(self, site: Site, superuser: Caller) -> None:
        person = await site.add_user(await a_role(site, "users:read"))
        for code in ("users:read", "users:write", "no:such"):
            answer = (await superuser.call("GET", f"/users/{person.id}/permissions/{code}")).json()
            found = await explanations.explain(site.database, TESTS, person.id, code)
            assert (answer["allowed"], answer["would_allow"]) == (found.allowed, found.would_allow)
            assert (answer["advice"], answer["declared"]) == (found.advice, found.declared)

    @pytest.mark.parametrize("code", ["*", "users:*", "nonsense", "a" * 3000])
    async def test_is_for_permissions_alone(self, site: Site, superuser: Caller, code: str) -> None:
        person = await site.add_user()
        answer = await superuser.call("GET", f"/users/{person.id}/permissions/{code}")
        assert error_of(answer, 400)["field"] == "code"


class TestMembers:
    async def test_come_with_their_grant(self, site: Site, superuser: Caller) -> None:
        role = await a_role_row(site, "users:read")
        person = await site.add_user()
        await users.grant_role(
            site.database, TESTS, person.id, role.name, reason="Holiday", expires_at=now() + timedelta(days=3)
        )
        for query, expected in (("", [str(person.id)]), ("?ends=7", [str(person.id)]), ("?ends=ended", [])):
            page = (await superuser.call("GET", f"/roles/{role.id}/members{query}")).json()
            assert [member["id"] for member in page["items"]] == expected
        (member,) = (await superuser.call("GET", f"/roles/{role.id}/members")).json()["items"]
        assert (member["reason"], member["granted_by"], member["expired"]) == ("Holiday", TESTS.label, False)
        refused = await superuser.call("GET", f"/roles/{role.id}/members?ends=soon")
        assert error_of(refused, 400)["field"] == "ends"


class TestPermission:
    async def test_tells_the_roles_that_give_it_and_who_has_it(self, site: Site, superuser: Caller) -> None:
        name = await a_role(site, "audit:*")
        person = await site.add_user(name)
        answer = (await superuser.call("GET", "/permissions/audit:read")).json()
        assert (answer["code"], answer["source"]) == ("audit:read", "package")
        assert name in answer["roles"]
        page = (await superuser.call("GET", f"/permissions/audit:read/users?q={person.email}")).json()
        (holder,) = page["items"]
        assert holder["user"]["email"] == person.email
        assert [(path["role"], path["permission"]) for path in holder["paths"]] == [(name, "audit:*")]

    @pytest.mark.parametrize("code", ["no:such", "nonsense", "*", "%00"])
    async def test_of_nothing_is_not_found(self, superuser: Caller, code: str) -> None:
        error_of(await superuser.call("GET", f"/permissions/{code}"), 404)
