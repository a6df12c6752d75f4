"""Many at once over the API: changes of users, and lists as files. The rules are tested in tests/services."""

import csv
import io
from typing import Any
from uuid import uuid4

import pytest

from litestar_admin_auth.models import User
from litestar_admin_auth.services import grants, users
from tests.api.conftest import TESTS, Caller, SignIn, a_role, error_of
from tests.auth.site import Site


async def some(site: Site, count: int, *roles: str) -> tuple[str, list[User]]:
    """So many users whom a word finds, and nobody else."""
    word = uuid4().hex
    return word, [await site.add_user(*roles, email=f"{number}-{word}@example.com") for number in range(count)]


class TestBulk:
    async def test_previews_then_does_and_tells_who_was_left_and_why(self, site: Site, superuser: Caller) -> None:
        word, (first, _second, third) = await some(site, 3)
        await users.suspend_user(site.database, TESTS, third.id)
        body = {"action": "suspend", "matching": {"q": word}}
        preview = (await superuser.call("POST", "/users/bulk/preview", body)).json()
        assert (preview["selected"], preview["changed"], preview["reasons"]) == (3, 2, {"unchanged": 1})
        assert preview["skipped"] == [{"label": third.email, "reason": "unchanged"}]
        assert (await users.get_user(site.database, TESTS, first.id)).status == "active", "a preview changes nothing"
        done = await superuser.call("POST", "/users/bulk", body | {"fingerprint": preview["fingerprint"]})
        assert done.json() == {"changed": 2, "reasons": {"unchanged": 1}, "not_reached": 0, "stopped": ""}
        assert (await users.get_user(site.database, TESTS, first.id)).status == "suspended"
        log = [event.action for event in await site.events_of(first)]
        assert log == ["user.suspended"]

    async def test_gives_and_takes_a_role_with_a_preview_of_who_gains_and_loses_what(
        self, site: Site, superuser: Caller
    ) -> None:
        role = await a_role(site, "orders:read")
        _word, people = await some(site, 2)
        body: dict[str, Any] = {"ids": [str(person.id) for person in people], "role": role}
        give = body | {"action": "give_role", "reason": "Season", "expires_at": "2999-12-31T12:00:00Z"}
        preview = (await superuser.call("POST", "/users/bulk/preview", give)).json()
        assert preview["groups"] == [{"gains": ["orders:read"], "loses": [], "users_total": 2}]
        assert {user["email"] for user in preview["users"]} == {person.email for person in people}
        assert (await superuser.call("POST", "/users/bulk", give)).json()["changed"] == 2
        [grant] = await grants.grants_of(site.database, TESTS, people[0].id)
        assert (grant.role, grant.reason, f"{grant.expires_at:%F}") == (role, "Season", "2999-12-31")
        take = body | {"action": "take_role"}
        preview = (await superuser.call("POST", "/users/bulk/preview?offset=1", take)).json()
        assert (preview["users_total"], preview["offset"], len(preview["users"])) == (2, 1, 1)
        assert preview["groups"][0]["loses"] == ["orders:read"]
        assert (await superuser.call("POST", "/users/bulk", take)).json()["changed"] == 2

    async def test_is_a_conflict_when_others_match_than_in_the_preview(self, site: Site, superuser: Caller) -> None:
        word, _people = await some(site, 1)
        body = {"action": "reactivate", "matching": {"q": word}}
        preview = (await superuser.call("POST", "/users/bulk/preview", body)).json()
        await site.add_user(email=f"late-{word}@example.com")
        answer = await superuser.call("POST", "/users/bulk", body | {"fingerprint": preview["fingerprint"]})
        assert error_of(answer, 409)["code"] == "selection_changed"

    async def test_leaves_the_stronger_and_oneself(self, site: Site, superuser: Caller, sign_in_as: SignIn) -> None:
        clerk = await sign_in_as("users:read", "users:write")
        ids = [str(superuser.id), str(clerk.id), str(uuid4())]
        done = (await clerk.call("POST", "/users/bulk", {"action": "suspend", "ids": ids})).json()
        assert (done["changed"], done["reasons"]) == (0, {"stronger": 1, "yourself": 1, "gone": 1})

    async def test_gives_no_role_beyond_the_caller(self, site: Site, sign_in_as: SignIn) -> None:
        clerk, role = await sign_in_as("users:*"), await a_role(site, "orders:refund")
        for path in ("/users/bulk", "/users/bulk/preview"):
            answer = await clerk.call("POST", path, {"action": "give_role", "ids": [str(clerk.id)], "role": role})
            assert error_of(answer, 403)["code"] == "stronger_than_you"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"action": "suspend"}, "ids"),
            ({"action": "suspend", "ids": [str(uuid4())], "matching": {}}, "ids"),
            ({"action": "suspend", "ids": []}, "ids"),
            ({"action": "suspend", "ids": ["1"]}, "ids"),
            ({"action": "suspend", "ids": [str(uuid4())] * 10_001}, "ids"),
            ({"action": "delete", "matching": {}}, "action"),
            ({"action": "suspend", "matching": None}, "matching"),
            ({"action": "suspend", "matching": {"name": "x"}}, "matching"),
            ({"action": "suspend", "matching": {"status": "nonsense"}}, "status"),
            ({"action": "suspend", "matching": {"last_login": "\u0665"}}, "last_login"),
            ({"action": "suspend", "matching": {"q": "x"}, "role": "clerk"}, "role"),
            ({"action": "take_role", "matching": {"q": "x"}}, "role"),
            ({"action": "take_role", "matching": {"q": "x"}, "role": "no such role"}, "role"),
            ({"action": "take_role", "matching": {"q": "x"}, "role": "superuser", "reason": "x"}, "reason"),
            ({"action": "give_role", "matching": {"q": "x"}, "role": "superuser", "expires_at": "2020-01-01T00:00:00Z"},
             "expires_at"),
        ],
    )  # fmt: skip
    async def test_names_the_field_at_fault_and_does_nothing(
        self, superuser: Caller, body: dict[str, Any], field: str
    ) -> None:
        for path in ("/users/bulk", "/users/bulk/preview"):
            problem = error_of(await superuser.call("POST", path, body), 400)
            assert field in str(problem["field"]), problem


class TestExport:
    async def test_is_the_whole_list_as_a_file_with_an_event(self, site: Site, superuser: Caller) -> None:
        word, people = await some(site, 3)
        answer = await superuser.call("POST", f"/users/export?q={word}&sort=email&limit=1")
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["content-disposition"].startswith('attachment; filename="users-')
        rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        assert [row["email"] for row in rows] == [person.email for person in people]
        assert "users.exported" in [event.action for event in await site.events_of(superuser.user)]

    @pytest.mark.parametrize("noun", ["roles", "sessions", "audit-events"])
    async def test_is_there_for_each_list(self, superuser: Caller, noun: str) -> None:
        answer = await superuser.call("POST", f"/{noun}/export")
        assert (answer.status_code, answer.text[:4]) == (200, "\ufeffid,")

    async def test_has_the_budget_of_the_page(self, site: Site, superuser: Caller) -> None:
        """Else the API would be the way round it (OWASP ASVS 5.0, 2.4.1)."""
        seen: list[tuple[str, str]] = []
        throttle = site.runtime.throttle

        class Counting:
            async def check(self, purpose: str, account: str, ip: str) -> None:
                seen.append((purpose, account))

            async def failed(self, purpose: str, account: str, ip: str) -> None:
                seen.append((purpose, account))

        site.runtime.throttle = Counting()  # type: ignore[assignment]
        try:
            await superuser.call("POST", "/users/export")
        finally:
            site.runtime.throttle = throttle
        assert seen == [("export", str(superuser.id))] * 2

    async def test_refuses_what_the_list_refuses(self, superuser: Caller) -> None:
        for query in ("status=x", "sort=password_hash", "nonsense=1", "q=%00"):
            error_of(await superuser.call("POST", f"/users/export?{query}"), 400)
