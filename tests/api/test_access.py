"""Who reaches which route: the whole table, generated from the router (OWASP ASVS 5.0, 8.2)."""

import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from litestar_admin_auth.models import Role
from litestar_admin_auth.services import roles
from litestar_admin_auth.services.role_lists import RoleRow
from tests.api.conftest import TESTS, Caller, SignIn, a_role, an_email, error_of, signed_in
from tests.api.described import Description
from tests.api.routes import ROUTES, ROUTES_WITHOUT_TABLES, Route
from tests.auth.site import PASSWORD, Site

#: What strangers may ask for: signing in, and what carries its own credential.
PUBLIC = {
    "POST /auth/login",
    "POST /auth/logout",
    "POST /auth/refresh",
    "GET /invitation/{token}",
    "POST /invitation/{token}",
    "POST /password-reset",
    "GET /password-reset/{token}",
    "POST /password-reset/{token}",
}

#: What needs no permission: one's own account.
OWN = {
    "GET /auth/me",
    "POST /auth/change-password",
    "GET /account",
    "PATCH /account",
    "PUT /account/password",
    "GET /account/preferences",
    "PATCH /account/preferences",
    "GET /account/sessions",
    "DELETE /account/sessions",
    "DELETE /account/sessions/{session_id}",
}

#: Everything else, with the one permission that opens it.
NEEDS = {
    "GET /users": "users:read",
    "POST /users": "users:write",
    "POST /users/bulk": "users:read",
    "POST /users/bulk/preview": "users:read",
    "POST /users/export": "users:read",
    "GET /users/{user_id}": "users:read",
    "PATCH /users/{user_id}": "users:write",
    "DELETE /users/{user_id}": "users:delete",
    "POST /users/{user_id}/suspension": "users:write",
    "DELETE /users/{user_id}/suspension": "users:write",
    "POST /users/{user_id}/invitation": "users:write",
    "POST /users/{user_id}/password-reset": "users:write",
    "GET /users/{user_id}/sign-in-status": "users:read",
    "GET /users/{user_id}/sessions": "sessions:read",
    "DELETE /users/{user_id}/sessions": "sessions:revoke",
    "GET /users/{user_id}/roles": "users:read",
    "POST /users/{user_id}/roles": "users:write",
    "DELETE /users/{user_id}/roles/{role}": "users:write",
    "GET /users/{user_id}/permissions": "users:read",
    "GET /users/{user_id}/permissions/{code}": "users:read",
    "GET /roles": "roles:read",
    "POST /roles": "roles:write",
    "POST /roles/export": "roles:read",
    "POST /roles/preview": "roles:write",
    "GET /roles/{role_id}": "roles:read",
    "PATCH /roles/{role_id}": "roles:write",
    "DELETE /roles/{role_id}": "roles:delete",
    "GET /roles/{role_id}/members": "roles:read",
    "POST /roles/{role_id}/preview": "roles:write",
    "GET /roles/{role_id}/deletion-preview": "roles:delete",
    "GET /permissions": "permissions:read",
    "GET /permissions/{code}": "permissions:read",
    "GET /permissions/{code}/users": "permissions:read",
    "GET /sessions": "sessions:read",
    "POST /sessions/export": "sessions:read",
    "DELETE /sessions/{session_id}": "sessions:revoke",
    "GET /audit-events": "audit:read",
    "POST /audit-events/export": "audit:read",
}

#: The routes that need a second permission.
ALSO = {
    "GET /roles/{role_id}/members": "users:read",
    "GET /permissions/{code}/users": "users:read",
    "POST /users/bulk": "users:write",
    "POST /users/bulk/preview": "users:write",
}

BODIES: dict[str, dict[str, Any]] = {
    "POST /auth/login": {"email": "nobody@example.com", "password": PASSWORD},
    "POST /auth/change-password": {"current_password": PASSWORD, "new_password": "seven lamps above the harbour"},
    "PUT /account/password": {"current_password": PASSWORD, "new_password": "seven lamps above the harbour"},
    "PATCH /account": {"name": "Ann"},
    "PATCH /account/preferences": {"language": "en"},
    "POST /password-reset": {"email": "nobody@example.com"},
    "POST /password-reset/{token}": {"new_password": "seven lamps above the harbour"},
    "POST /invitation/{token}": {"new_password": "seven lamps above the harbour"},
    "PATCH /users/{user_id}": {"name": "Ann"},
    "PATCH /roles/{role_id}": {"description": "Changed"},
    "POST /roles/{role_id}/preview": {"permissions": []},
    "POST /users/bulk": {"action": "suspend", "ids": [str(uuid4())]},
    "POST /users/bulk/preview": {"action": "suspend", "ids": [str(uuid4())]},
}


class Targets:
    """Things to act on that are nobody's own: somebody without roles but one empty role, and their session."""

    def __init__(self, caller: Caller, role: str, role_id: UUID, session_id: UUID) -> None:
        self.user = caller.user
        self.values = {
            "user_id": caller.id,
            "role_id": role_id,
            "role": role,
            "session_id": session_id,
            "code": "orders:read",
            "token": "made-up",
        }

    def body(self, route: Route) -> dict[str, Any] | None:
        match str(route):
            case "POST /users":
                return {"email": an_email()}
            case "POST /roles" | "POST /roles/preview":
                return {"name": f"role {uuid4().hex}"}
            case "POST /users/{user_id}/roles":
                return {"role": self.values["role"]}
            case name:
                return BODIES.get(name)


@pytest.fixture
async def targets(site: Site, sign_in_as: SignIn) -> Targets:
    name = f"role {uuid4().hex}"
    role = await roles.create_role(site.database, TESTS, name=name)
    other = await sign_in_as(role=name)
    return await targets_of(site, other, role)


@pytest.fixture(scope="module")
async def untouched(site: Site, description: Description) -> AsyncGenerator[Targets]:
    """Targets for all tests whose every request is refused; that nothing became of them is seen at the end."""
    role = await roles.create_role(site.database, TESTS, name=f"role {uuid4().hex}")
    user = await site.add_user(role.name)
    async with site.browser() as client:
        other = await signed_in(client, user, description)
        yield await targets_of(site, other, role)
        assert (await other.get("/auth/me")).json()["roles"] == [role.name]
    stored = await roles.get_role(site.database, TESTS, role.id)
    assert (stored, len(await site.events_of(user))) == (replace(role, members=1), 1)


async def targets_of(site: Site, other: Caller, role: RoleRow) -> Targets:
    (session,) = await site.sessions_of(other.user)
    return Targets(other, role.name, role.id, session.id)


async def test_the_tables_name_every_route() -> None:
    names = {str(route) for route in ROUTES}
    assert names == PUBLIC | OWN | NEEDS.keys()
    assert {str(route) for route in ROUTES if route.body is not None} == (
        BODIES.keys() | {"POST /users", "POST /roles", "POST /roles/preview", "POST /users/{user_id}/roles"}
    )


async def test_the_map_of_routes_says_the_same(site: Site) -> None:
    named = {
        f"{method} {re.sub(':[a-z]+}', '}', route.path).removeprefix('/admin/api')}": route.permissions
        for route in site.runtime.routes()
        for method in route.methods
    }
    assert {name: named[name][0] for name in NEEDS} == NEEDS
    assert [name for name in OWN | PUBLIC if named[name]] == []


async def test_without_tables_there_is_signing_in_and_out_only() -> None:
    names = {str(route) for route in ROUTES_WITHOUT_TABLES}
    assert names == {"POST /auth/login", "POST /auth/logout", "POST /auth/refresh", "GET /auth/me"}


@pytest.mark.parametrize("route", ROUTES, ids=str)
class TestStranger:
    async def test_is_told_to_sign_in(self, site: Site, untouched: Targets, route: Route) -> None:
        # This site sends no mail, which it tells everybody.
        expected = 409 if str(route) == "POST /password-reset" else 404 if "{token}" in route.path else 401
        async with site.browser() as client:
            answer = await client.request(
                route.method, f"/admin/api{route.at(untouched.values)}", json=untouched.body(route)
            )
            error_of(answer, expected)
            assert "set-cookie" not in answer.headers
            if str(route) not in PUBLIC:
                # Also when nothing else about the request is right: strangers are told nothing about bodies.
                broken = await client.request(route.method, f"/admin/api{route.at(untouched.values)}", content=b"{")
                assert error_of(broken, 401) == {"code": "not_authenticated"}


@pytest.mark.parametrize("route", [route for route in ROUTES if str(route) in NEEDS], ids=str)
class TestPermission:
    async def test_is_needed(self, lasting_nobody: Caller, untouched: Targets, route: Route) -> None:
        answer = await lasting_nobody.call(route.method, route.at(untouched.values), untouched.body(route))
        assert error_of(answer, 403) == {"code": "not_allowed", "permission": NEEDS[str(route)]}

    async def test_is_not_replaced_by_all_others(
        self, site: Site, sign_in_as: SignIn, untouched: Targets, route: Route
    ) -> None:
        others = {*NEEDS.values(), "users:write"} - {NEEDS[str(route)]}
        caller = await sign_in_as(*others)
        answer = await caller.call(route.method, route.at(untouched.values), untouched.body(route))
        assert error_of(answer, 403) == {"code": "not_allowed", "permission": NEEDS[str(route)]}

    async def test_is_enough(self, site: Site, sign_in_as: SignIn, targets: Targets, route: Route) -> None:
        if str(route) == "POST /users/{user_id}/invitation":
            # Who has a password already is not invited.
            await site.change(targets.user, password_hash=None)
        wanted = {NEEDS[str(route)], ALSO.get(str(route), NEEDS[str(route)])}
        caller = await sign_in_as(*wanted)
        answer = await caller.call(route.method, route.at(targets.values), targets.body(route))
        assert answer.status_code in (200, 201, 204), answer.text

    async def test_is_read_anew_for_each_request(
        self, site: Site, sign_in_as: SignIn, untouched: Targets, route: Route
    ) -> None:
        role = await a_role(site, *{NEEDS[str(route)], ALSO.get(str(route), NEEDS[str(route)])})
        caller = await sign_in_as(role=role)
        async with site.database.reading() as db:
            role_id = await db.scalar(select(Role.id).where(Role.name == role))
        assert role_id is not None
        await roles.update_role(site.database, TESTS, role_id, permissions=[])
        answer = await caller.call(route.method, route.at(untouched.values), untouched.body(route))
        assert error_of(answer, 403)["code"] == "not_allowed"


@pytest.mark.parametrize("route", [route for route in ROUTES if str(route) in OWN], ids=str)
class TestOwnAccount:
    async def test_needs_no_permission(self, nobody: Caller, untouched: Targets, route: Route, site: Site) -> None:
        (own,) = await site.sessions_of(nobody.user)
        answer = await nobody.call(route.method, route.at({"session_id": own.id}), untouched.body(route))
        assert answer.status_code in (200, 204), answer.text


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method != "GET"], ids=str)
class TestForeignPage:
    async def test_changes_nothing(self, lasting_superuser: Caller, untouched: Targets, route: Route) -> None:
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
            answer = await lasting_superuser.call(
                route.method, route.at(untouched.values), untouched.body(route), headers=headers
            )
            assert error_of(answer, 403)["code"] == "cross_origin"

    async def test_nor_does_one_that_hides_where_it_comes_from(
        self, site: Site, lasting_superuser: Caller, untouched: Targets, route: Route
    ) -> None:
        async with site.browser(origin=None) as hiding:
            hiding.cookies = lasting_superuser.client.cookies
            caller = replace(lasting_superuser, client=hiding)
            answer = await caller.call(route.method, route.at(untouched.values), untouched.body(route))
            assert error_of(answer, 403)["code"] == "cross_origin"
