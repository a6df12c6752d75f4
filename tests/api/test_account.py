"""``/api/account``: what everybody may do with their own."""

from tests.api.conftest import Caller, SignIn, error_of
from tests.auth.site import Site


class TestGetAccount:
    async def test_is_ones_own_user(self, nobody: Caller) -> None:
        account = (await nobody.get("/account")).json()
        assert (account["id"], account["email"], account["status"]) == (str(nobody.id), nobody.user.email, "active")
        assert "password_hash" not in account


class TestPatchAccount:
    async def test_changes_the_name_and_tells_the_audit_log(self, site: Site, nobody: Caller) -> None:
        answer = await nobody.call("PATCH", "/account", {"name": "  Ann Ottoson "})
        assert (answer.status_code, answer.json()["name"]) == (200, "Ann Ottoson")
        event = (await site.events_of(nobody.user))[-1]
        assert (event.action, event.changes) == ("user.updated", {"name": {"old": "", "new": "Ann Ottoson"}})

    async def test_takes_neither_address_nor_roles(self, nobody: Caller) -> None:
        for field, value in {"email": "x@example.com", "roles": ["superuser"], "status": "active"}.items():
            answer = await nobody.call("PATCH", "/account", {"name": "Ann", field: value})
            assert error_of(answer, 400)["field"] == field

    async def test_a_name_is_one_line(self, nobody: Caller) -> None:
        answer = await nobody.call("PATCH", "/account", {"name": "Ann\r\nBcc: everybody@example.com"})
        assert error_of(answer, 400)["field"] == "name"


class TestAccountSessions:
    async def test_are_ones_own_and_mark_the_one_that_asks(self, nobody: Caller, sign_in_as: SignIn) -> None:
        elsewhere = await sign_in_as(user=nobody.user)
        await sign_in_as()
        items = (await nobody.get("/account/sessions")).json()["items"]
        assert len(items) == 2
        assert {item["user_id"] for item in items} == {str(nobody.id)}
        assert sorted(item["current"] for item in items) == [False, True]
        theirs = (await elsewhere.get("/account/sessions")).json()["items"]
        assert {item["id"] for item in items if item["current"]}.isdisjoint(
            item["id"] for item in theirs if item["current"]
        )

    async def test_one_can_be_ended(self, nobody: Caller, sign_in_as: SignIn) -> None:
        elsewhere = await sign_in_as(user=nobody.user)
        items = (await elsewhere.get("/account/sessions")).json()["items"]
        (own,) = [item["id"] for item in items if item["current"]]
        answer = await nobody.call("DELETE", f"/account/sessions/{own}")
        assert (answer.status_code, answer.content) == (204, b"")
        error_of(await elsewhere.get("/account"), 401)
        assert (await nobody.get("/account")).status_code == 200

    async def test_somebody_elses_is_not_there_whatever_one_holds(
        self, site: Site, nobody: Caller, superuser: Caller, sign_in_as: SignIn
    ) -> None:
        other = await sign_in_as()
        (session,) = await site.sessions_of(other.user)
        for caller in (nobody, superuser):
            error_of(await caller.call("DELETE", f"/account/sessions/{session.id}"), 404)
        assert (await other.get("/account")).status_code == 200

    async def test_all_but_this_one_can_be_ended(self, nobody: Caller, sign_in_as: SignIn) -> None:
        others = [await sign_in_as(user=nobody.user) for _number in range(2)]
        assert (await nobody.call("DELETE", "/account/sessions")).status_code == 204
        for other in others:
            error_of(await other.get("/account"), 401)
        assert (await nobody.get("/account")).status_code == 200
