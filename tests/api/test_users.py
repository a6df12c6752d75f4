"""``/api/users``: the bodies, the codes and the nouns below it. The rules are tested where they stand, in services."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from litestar_admin_auth.core.clock import now
from tests.api.conftest import Caller, SignIn, a_role, an_email, error_of
from tests.auth.site import PASSWORD, Site

FIELDS = {"id", "email", "name", "status", "roles", "last_login_at", "created_at", "updated_at", "version"}


class TestPostUsers:
    async def test_invites_and_shows_the_link_once(self, site: Site, superuser: Caller) -> None:
        role, email = await a_role(site), an_email()
        answer = await superuser.call("POST", "/users", {"email": email, "name": "Ann", "roles": [role]})
        user = answer.json()
        assert answer.status_code == 201
        assert user.keys() == FIELDS | {"invitation_url", "invitation_expires_at"}
        assert (user["email"], user["name"], user["status"], user["roles"]) == (email, "Ann", "invited", [role])
        assert (user["version"], user["last_login_at"]) == (1, None)
        assert user["invitation_url"].startswith("/admin/invitation/")
        again = (await superuser.get(f"/users/{user['id']}")).json()
        assert again == {name: user[name] for name in FIELDS}

    async def test_the_host_header_stays_out_of_the_link(self, superuser: Caller) -> None:
        headers = {"host": "evil.example", "x-forwarded-host": "evil.example", "origin": "https://evil.example"}
        answer = await superuser.call("POST", "/users", {"email": an_email()}, headers=headers)
        assert "evil" not in answer.json()["invitation_url"]

    async def test_a_taken_address_is_a_conflict_whatever_its_spelling(self, site: Site, superuser: Caller) -> None:
        user = await site.add_user()
        answer = await superuser.call("POST", "/users", {"email": user.email.upper()})
        assert error_of(answer, 409) == {"code": "email_taken", "field": "email"}

    async def test_of_parallel_ones_with_one_address_one_wins(self, superuser: Caller) -> None:
        email = an_email()
        answers = await asyncio.gather(*(superuser.call("POST", "/users", {"email": email}) for _number in range(8)))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "email"),
            ({"email": "nothing"}, "email"),
            ({"email": "ann@example.com\r\nBcc: x@example.com"}, "email"),
            ({"email": "ann@example.com", "roles": ["no such role"]}, "roles"),
            ({"email": "ann@example.com", "password": "correct horse battery staple"}, "password"),
            ({"email": "ann@example.com", "is_superuser": True}, "is_superuser"),
            ({"email": "ann@example.com", "id": str(uuid4())}, "id"),
        ],
    )
    async def test_names_the_field(self, superuser: Caller, body: dict[str, Any], field: str) -> None:
        assert error_of(await superuser.call("POST", "/users", body), 400)["field"] == field

    async def test_nobody_gives_what_they_do_not_hold(self, site: Site, sign_in_as: SignIn) -> None:
        caller = await sign_in_as("users:write")
        for role in ("superuser", await a_role(site, "orders:read")):
            answer = await caller.call("POST", "/users", {"email": an_email(), "roles": [role]})
            assert error_of(answer, 403)["code"] == "stronger_than_you"


class TestGetUsers:
    async def test_pages_forward_and_back_and_counts_when_asked(self, site: Site, superuser: Caller) -> None:
        word = uuid4().hex
        emails = [(await site.add_user(email=f"{word}-{number}@example.com")).email for number in range(5)]
        first = (await superuser.get("/users", q=word, limit=2, sort="email")).json()
        assert first.keys() == {"items", "next", "previous"}
        assert [item["email"] for item in first["items"]] == emails[:2]
        assert all(item.keys() == FIELDS for item in first["items"])
        assert first["previous"] is None
        second = (await superuser.get("/users", q=word, limit=2, sort="email", cursor=first["next"])).json()
        assert [item["email"] for item in second["items"]] == emails[2:4]
        back = (await superuser.get("/users", q=word, limit=2, sort="email", cursor=second["previous"])).json()
        assert back["items"] == first["items"]
        counted = (await superuser.get("/users", q=word, limit=1, count="true")).json()
        assert counted["total"] == 5

    async def test_newest_first(self, site: Site, superuser: Caller) -> None:
        word = uuid4().hex
        emails = [(await site.add_user(email=f"{word}-{number}@example.com")).email for number in range(3)]
        items = (await superuser.get("/users", q=word)).json()["items"]
        assert [item["email"] for item in items] == emails[::-1]

    async def test_filters_by_status_and_role(self, site: Site, superuser: Caller) -> None:
        word, role = uuid4().hex, await a_role(site)
        await site.add_user(email=f"{word}-plain@example.com")
        held = await site.add_user(role, email=f"{word}-held@example.com")
        gone = await site.add_user(email=f"{word}-gone@example.com", is_active=False)
        items = (await superuser.get("/users", q=word, role=role)).json()["items"]
        assert [item["email"] for item in items] == [held.email]
        items = (await superuser.get("/users", q=word, status="suspended")).json()["items"]
        assert [item["email"] for item in items] == [gone.email]
        assert error_of(await superuser.get("/users", status="asleep"), 400)["field"] == "status"


class TestPatchUser:
    async def test_changes_what_it_names_and_leaves_the_rest(self, site: Site, superuser: Caller) -> None:
        role = await a_role(site)
        user = await site.add_user(role, name="Ann")
        email = an_email()
        answer = await superuser.call("PATCH", f"/users/{user.id}", {"email": email, "version": 1})
        changed = answer.json()
        assert answer.status_code == 200
        assert changed.keys() == FIELDS
        assert (changed["email"], changed["name"], changed["roles"], changed["version"]) == (email, "Ann", [role], 2)

    async def test_a_stale_one_is_a_conflict_that_tells_the_version(self, site: Site, superuser: Caller) -> None:
        user = await site.add_user(version=5)
        answer = await superuser.call("PATCH", f"/users/{user.id}", {"name": "Ann", "version": 4})
        assert error_of(answer, 409) == {"code": "edit_conflict", "field": "version", "version": 5}

    async def test_an_empty_one_changes_nothing(self, site: Site, superuser: Caller) -> None:
        user = await site.add_user()
        answer = await superuser.call("PATCH", f"/users/{user.id}", {})
        assert (answer.status_code, answer.json()["version"]) == (200, 1)

    @pytest.mark.parametrize("field", ["email", "name", "roles", "version"])
    async def test_null_is_no_way_to_leave_out(self, site: Site, superuser: Caller, field: str) -> None:
        user = await site.add_user()
        assert error_of(await superuser.call("PATCH", f"/users/{user.id}", {field: None}), 400)["field"] == field

    async def test_an_unknown_user_is_not_there(self, superuser: Caller) -> None:
        error_of(await superuser.call("PATCH", f"/users/{uuid4()}", {"name": "Ann"}), 404)

    async def test_somebody_stronger_is_out_of_reach(self, site: Site, sign_in_as: SignIn, superuser: Caller) -> None:
        caller = await sign_in_as("users:read", "users:write", "users:delete", "sessions:revoke")
        for method, path, body in [
            ("PATCH", "", {"email": an_email()}),
            ("DELETE", "", None),
            ("POST", "/suspension", None),
            ("DELETE", "/sessions", None),
            ("POST", "/invitation", None),
            ("DELETE", "/roles/superuser", None),
        ]:
            answer = await caller.call(method, f"/users/{superuser.id}{path}", body)
            assert error_of(answer, 403)["code"] == "stronger_than_you", path
        assert (await superuser.get("/account")).json()["version"] == 1


class TestLinks:
    async def test_of_the_wrong_kind_are_a_conflict_as_on_the_page(self, site: Site, superuser: Caller) -> None:
        """One rule, in the service: an invitation is for whoever has no password, a reset for the rest."""
        has, lacks = await site.add_user(), await site.add_user(password_hash=None)
        for user, wrong, right in ((has, "invitation", "password-reset"), (lacks, "password-reset", "invitation")):
            assert error_of(await superuser.call("POST", f"/users/{user.id}/{wrong}"), 409)["code"] == "conflict"
            assert (await superuser.call("POST", f"/users/{user.id}/{right}")).status_code == 201
            log = [event.action for event in await site.events_of(user)]
            assert log == ["user.reset_link_created" if user is has else "user.invited"]


class TestDeleteUser:
    async def test_leaves_nothing_but_the_events(self, site: Site, superuser: Caller) -> None:
        user = await site.add_user()
        answer = await superuser.call("DELETE", f"/users/{user.id}")
        assert (answer.status_code, answer.content) == (204, b"")
        error_of(await superuser.get(f"/users/{user.id}"), 404)
        error_of(await superuser.call("DELETE", f"/users/{user.id}"), 404)
        assert [event.action for event in await site.events_of(user)] == ["user.deleted"]


class TestSuspension:
    async def test_comes_and_goes(self, site: Site, superuser: Caller, nobody: Caller) -> None:
        answer = await superuser.call("POST", f"/users/{nobody.id}/suspension")
        assert (answer.status_code, answer.json()["status"]) == (201, "suspended")
        error_of(await nobody.get("/account"), 401)
        async with site.browser() as client:
            login = {"email": nobody.user.email, "password": PASSWORD}
            error_of(await client.post("/admin/api/auth/login", json=login), 401)
            answer = await superuser.call("DELETE", f"/users/{nobody.id}/suspension")
            assert (answer.status_code, answer.content) == (204, b"")
            assert (await client.post("/admin/api/auth/login", json=login)).status_code == 200
        # The sessions from before stay ended.
        error_of(await nobody.get("/account"), 401)

    async def test_twice_is_as_good_as_once(self, site: Site, superuser: Caller) -> None:
        user = await site.add_user()
        for _number in range(2):
            answer = await superuser.call("POST", f"/users/{user.id}/suspension")
            assert answer.json()["version"] == 2


class TestUserRoles:
    async def test_say_who_gave_them_when_why_and_until_when(self, site: Site, superuser: Caller) -> None:
        role, user = await a_role(site, "orders:read"), await site.add_user()
        until = now() + timedelta(days=1)
        body = {"role": role, "reason": "Ticket 4711", "expires_at": until.isoformat()}
        answer = await superuser.call("POST", f"/users/{user.id}/roles", body)
        grant = answer.json()
        assert answer.status_code == 201
        assert (grant["role"], grant["reason"], grant["granted_by"]) == (role, "Ticket 4711", superuser.user.email)
        assert grant["expired"] is False
        listed = (await superuser.get(f"/users/{user.id}/roles")).json()
        assert listed == {"items": [grant], "next": None, "previous": None}

    async def test_one_can_be_taken_away_by_its_name(self, site: Site, superuser: Caller) -> None:
        name = f"desk/night {uuid4().hex}"
        assert (await superuser.call("POST", "/roles", {"name": name})).status_code == 201
        user = await site.add_user(name)
        path = f"/users/{user.id}/roles/{name.replace('/', '%2F').replace(' ', '%20')}"
        assert (await superuser.call("DELETE", path)).status_code == 204
        assert (await superuser.get(f"/users/{user.id}/roles")).json()["items"] == []
        error_of(await superuser.call("DELETE", path), 404)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "role"),
            ({"role": "no such role"}, "role"),
            ({"role": "superuser", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
            ({"role": "superuser", "reason": "two\nlines"}, "reason"),
            ({"role": "superuser", "granted_by": "somebody"}, "granted_by"),
        ],
    )
    async def test_names_the_field(self, site: Site, superuser: Caller, body: dict[str, Any], field: str) -> None:
        user = await site.add_user()
        assert error_of(await superuser.call("POST", f"/users/{user.id}/roles", body), 400)["field"] == field

    async def test_a_role_taken_away_is_gone_at_the_next_request(self, site: Site, superuser: Caller) -> None:
        role = await a_role(site, "users:read")
        user = await site.add_user(role)
        async with site.browser() as client:
            login = {"email": user.email, "password": PASSWORD}
            await client.post("/admin/api/auth/login", json=login)
            assert (await client.get("/admin/api/users")).status_code == 200
            await superuser.call("DELETE", f"/users/{user.id}/roles/{role}")
            error_of(await client.get("/admin/api/users"), 403)


class TestUserPermissions:
    async def test_come_with_the_ways_they_took(self, site: Site, superuser: Caller) -> None:
        role = await a_role(site, "orders:*")
        user = await site.add_user(role)
        items = (await superuser.get(f"/users/{user.id}/permissions")).json()["items"]
        assert [item["code"] for item in items] == ["orders:read", "orders:refund"]
        (path,) = items[0]["paths"]
        assert (path["role"], path["permission"], path["expires_at"]) == (role, "orders:*", None)

    async def test_a_no_names_the_roles_that_would_allow_it(self, site: Site, superuser: Caller) -> None:
        role, user = await a_role(site, "books:write"), await site.add_user()
        why = (await superuser.get(f"/users/{user.id}/permissions/books:write")).json()
        assert (why["allowed"], why["paths"], why["status"]) == (False, [], "active")
        assert {role, "superuser"} <= set(why["would_allow"])
        await superuser.call("POST", f"/users/{user.id}/roles", {"role": role})
        why = (await superuser.get(f"/users/{user.id}/permissions/books:write")).json()
        assert why["allowed"]
        assert [path["role"] for path in why["paths"]] == [role]


class TestUserSessions:
    async def test_are_listed_and_ended(self, superuser: Caller, nobody: Caller) -> None:
        (item,) = (await superuser.get(f"/users/{nobody.id}/sessions")).json()["items"]
        assert (item["user_id"], item["user_email"], item["current"]) == (str(nobody.id), nobody.user.email, False)
        assert (await superuser.call("DELETE", f"/users/{nobody.id}/sessions")).status_code == 204
        error_of(await nobody.get("/account"), 401)
        assert (await superuser.get(f"/users/{nobody.id}/sessions")).json()["items"] == []


class TestParallelDemotion:
    async def test_of_two_who_demote_each_other_one_is_refused(self, sign_in_as: SignIn) -> None:
        first, second = await sign_in_as(role="superuser"), await sign_in_as(role="superuser")
        answers = await asyncio.gather(
            first.call("DELETE", f"/users/{second.id}/roles/superuser"),
            second.call("DELETE", f"/users/{first.id}/roles/superuser"),
        )
        assert sorted(answer.status_code for answer in answers) == [204, 403]


class TestFiltersOfLists:
    async def test_are_checked_by_name(self, superuser: Caller) -> None:
        for path, name, value in (
            ("/users", "last_login", "soon"),
            ("/users", "last_login", "0"),
            ("/users", "last_login", "-1"),
            ("/users", "last_login", "99999"),
            ("/users", "last_login", "\u0663"),
            ("/audit-events", "since", "yesterday"),
            ("/audit-events", "until", "2026-13-01"),
            ("/audit-events", "since", "2026-01-01T00:00:00"),
            ("/audit-events", "until", "9999-12-31T23:59:59-14:00"),
            ("/sessions", "role", "x"),
        ):
            assert error_of(await superuser.get(path, **{name: value}), 400)["field"] == name

    async def test_narrow_by_sign_in_day_and_person(self, superuser: Caller) -> None:
        assert (await superuser.get("/users", last_login="never")).status_code == 200
        events = await superuser.get("/audit-events", since="2020-01-01", until="2999-01-01T00:00:00+01:00", limit=1)
        assert len(events.json()["items"]) == 1
        assert (await superuser.get("/audit-events", until="2020-01-01")).json()["items"] == []
        assert (await superuser.get("/sessions", user="nobody@example.com")).json()["items"] == []
