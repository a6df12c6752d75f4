"""Doing something to several rows of a list: the question says what will happen, and the answer does that."""

import html
import re
from typing import Any
from uuid import uuid4

import pytest

from litestar_admin_auth.models import User
from litestar_admin_auth.services import users
from tests.auth.site import Site, sign_in
from tests.web.conftest import TESTS, MakeRole, SignIn, Visitor, words
from tests.web.users import stored


def hidden(page: str) -> list[tuple[str, str]]:
    """The hidden fields of the question, as a browser would post them."""
    form = page[page.index('class="confirm"') :]
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return [(name, html.unescape(value)) for name, value in fields]


def grouped(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return dict(found)


async def some(site: Site, count: int, tag: str, *roles: str, **columns: Any) -> list[User]:
    return [await site.add_user(*roles, email=f"{number}-{tag}@example.com", **columns) for number in range(count)]


def ids(*people: User) -> list[str]:
    return [str(person.id) for person in people]


async def answer(visitor: Visitor, page: str, path: str = "/users/bulk", **more: Any) -> Any:
    """Press the button of a question."""
    return await visitor.post(path, None, **(grouped(hidden(page)) | {"confirmed": "1"} | more))


class TestList:
    async def test_has_a_box_for_each_user_and_the_acts_that_the_viewer_may_do(
        self, site: Site, superuser: Visitor, sign_in_as: SignIn
    ) -> None:
        tag = uuid4().hex
        [user] = await some(site, 1, tag)
        page = (await superuser.get(f"/users?q={tag}")).text
        assert f"name=id value={user.id} " in page
        assert f'name="filter" value="q={tag}"' in page
        assert re.findall(r'<option value="([a-z-]+)">', page[page.index("data-bulk") :]) == [
            "give-role", "take-role", "suspend", "reactivate", "end-sessions", "export",
        ]  # fmt: skip
        reader = await sign_in_as("users:read")
        page = (await reader.get(f"/users?q={tag}")).text
        assert re.findall(r'<option value="([a-z-]+)">', page[page.index("data-bulk") :]) == ["export"]

    async def test_counts_what_matches(self, site: Site, superuser: Visitor) -> None:
        tag = uuid4().hex
        await some(site, 27, tag)
        page = (await superuser.get(f"/users?q={tag}")).text
        assert "All 27 that match" in page
        assert "27 in all" in page


class TestSuspension:
    async def test_asks_then_does_it_and_goes_back_to_the_list_as_it_was(self, site: Site, superuser: Visitor) -> None:
        tag = uuid4().hex
        first, second, third = await some(site, 3, tag)
        chosen = ids(first, second)
        page = await superuser.post("/users/bulk", None, act="suspend", id=chosen, filter=f"q={tag}&status=active")
        assert page.status_code == 200
        assert "Suspend 2 users?" in page.text
        assert (await stored(site, first)).status == "active"
        done = await answer(superuser, page.text)
        assert done.headers["location"] == f"/admin/users?q={tag}&status=active"
        assert "2 users are suspended." in await superuser.follow(done)
        assert [(await stored(site, user)).status for user in (first, second, third)] == [
            "suspended", "suspended", "active",
        ]  # fmt: skip

    async def test_of_all_that_match_reaches_beyond_the_page(self, site: Site, superuser: Visitor) -> None:
        tag = uuid4().hex
        everybody = await some(site, 30, tag)
        page = await superuser.post("/users/bulk", None, act="suspend", all="1", filter=f"q={tag}")
        assert "Suspend 30 users?" in page.text
        assert not re.search(r'name="id"', page.text)
        await superuser.follow(await answer(superuser, page.text))
        assert {(await stored(site, user)).status for user in everybody} == {"suspended"}

    async def test_names_who_is_left_and_why(self, site: Site, sign_in_as: SignIn) -> None:
        tag = uuid4().hex
        actor = await sign_in_as("users:*")
        assert actor.user is not None
        boss = await site.add_user("superuser", email=f"boss-{tag}@example.com")
        [away] = await some(site, 1, f"away-{tag}", is_active=False)
        [weak] = await some(site, 1, f"weak-{tag}")
        page = await actor.post("/users/bulk", None, act="suspend", id=ids(boss, away, weak, actor.user))
        text = words(page.text)
        assert "Suspend 1 user?" in text
        assert "3 are left as they are" in text
        assert f"{boss.email} with permissions that you lack" in text
        assert f"{away.email} suspended already" in text
        assert f"{actor.user.email} you yourself" in text
        told = await actor.follow(await answer(actor, page.text))
        assert "1 user is suspended. Left as they are:" in told
        assert (await stored(site, boss)).status == "active"

    async def test_offers_nothing_where_nothing_would_change(self, site: Site, superuser: Visitor) -> None:
        [away] = await some(site, 1, uuid4().hex, is_active=False)
        page = await superuser.post("/users/bulk", None, act="suspend", id=ids(away))
        assert "Nothing to do" in page.text
        assert 'name="confirmed"' not in page.text

    async def test_asks_again_when_others_match_meanwhile(self, site: Site, superuser: Visitor) -> None:
        tag = uuid4().hex
        everybody = await some(site, 2, tag)
        page = await superuser.post("/users/bulk", None, act="suspend", all="1", filter=f"q={tag}")
        late = await site.add_user(email=f"late-{tag}@example.com")
        again = await answer(superuser, page.text)
        assert again.status_code == 409
        assert "Meanwhile other entries match" in again.text
        assert "Suspend 3 users?" in again.text
        assert {(await stored(site, user)).status for user in (*everybody, late)} == {"active"}
        await superuser.follow(await answer(superuser, again.text))
        assert (await stored(site, late)).status == "suspended"

    @pytest.mark.parametrize("fields", [{"csrf_token": "forged"}, {"csrf_token": ""}])
    async def test_refuses_a_forged_token(self, site: Site, superuser: Visitor, fields: dict[str, str]) -> None:
        [user] = await some(site, 1, uuid4().hex)
        page = await superuser.post("/users/bulk", None, act="suspend", id=ids(user))
        refused = await answer(superuser, page.text, **fields)
        assert refused.status_code == 400
        assert "expired" in refused.text
        assert (await stored(site, user)).status == "active"

    async def test_by_an_address_only_asks(self, site: Site, superuser: Visitor) -> None:
        [user] = await some(site, 1, uuid4().hex)
        page = await superuser.get(f"/users/bulk?act=suspend&id={user.id}&confirmed=1&seen=x")
        assert "Suspend 1 user?" in page.text
        assert (await stored(site, user)).status == "active"

    async def test_without_an_answer_to_what_was_asked_does_nothing(self, site: Site, superuser: Visitor) -> None:
        """Somebody who makes up the second form has not been told anything."""
        [user] = await some(site, 1, uuid4().hex)
        page = await superuser.post("/users/bulk", None, act="suspend", id=ids(user), confirmed="1")
        assert page.status_code == 409
        assert (await stored(site, user)).status == "active"


class TestRoles:
    async def test_are_asked_for_then_shown_then_given(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        tag, role = uuid4().hex, await make_role("orders:read")
        first, second = await some(site, 2, tag)
        asked = await superuser.post("/users/bulk", None, act="give-role", id=ids(first, second))
        assert f'<option value="{role.name}">' in asked.text
        assert 'name="confirmed"' not in asked.text
        fields = grouped(hidden(asked.text)) | {"role": role.name, "reason": "Season", "until": "2999-12-31"}
        shown = await superuser.post("/users/bulk", None, **fields)
        assert "Give 2 users a role?" in shown.text
        assert "2 users + orders:read" in words(shown.text)
        fields = grouped(hidden(shown.text)) | {"role": role.name, "reason": "Season", "until": "2999-12-31"}
        done = await superuser.post("/users/bulk", None, **fields, confirmed="1")
        assert "2 users were given the role." in await superuser.follow(done)
        [grant] = await users.grants_of(site.database, TESTS, second.id)
        assert (grant.role, grant.reason, f"{grant.expires_at:%F}") == (role.name, "Season", "2999-12-31")

        taken = await superuser.post("/users/bulk", None, act="take-role", id=ids(first, second), role=role.name)
        assert "2 users orders:read" in words(taken.text)
        assert "The role was taken from 2 users." in await superuser.follow(
            await answer(superuser, taken.text, role=role.name)
        )
        assert await users.grants_of(site.database, TESTS, second.id) == []

    async def test_that_were_changed_after_the_question_are_asked_about_anew(
        self, site: Site, superuser: Visitor, make_role: MakeRole
    ) -> None:
        small, large = await make_role("orders:read"), await make_role("*")
        [user] = await some(site, 1, uuid4().hex)
        shown = await superuser.post("/users/bulk", None, act="give-role", id=ids(user), role=small.name)
        again = await answer(superuser, shown.text, role=large.name)
        assert again.status_code == 409
        assert await users.grants_of(site.database, TESTS, user.id) == []

    @pytest.mark.parametrize(
        ("fields", "blamed"),
        [
            ({"role": ""}, "role"),
            ({"role": "no such role"}, "role"),
            ({"until": "yesterday"}, "until"),
            ({"until": "2020-01-01"}, "until"),
            ({"reason": "a\nb"}, "reason"),
            ({"reason": "x" * 501}, "reason"),
        ],
    )
    async def test_say_at_the_field_what_is_wrong(
        self, site: Site, superuser: Visitor, make_role: MakeRole, fields: dict[str, str], blamed: str
    ) -> None:
        [user] = await some(site, 1, uuid4().hex)
        sent = {"role": (await make_role("orders:read")).name} | fields
        for more in ({}, {"confirmed": "1"}):
            page = await superuser.post("/users/bulk", None, act="give-role", id=ids(user), **sent, **more)
            assert page.status_code == 400
            assert f'id="{blamed}-error"' in page.text
        assert await users.grants_of(site.database, TESTS, user.id) == []

    async def test_beyond_the_viewer_are_neither_offered_nor_given(
        self, site: Site, sign_in_as: SignIn, make_role: MakeRole
    ) -> None:
        actor, strong = await sign_in_as("users:*", "orders:read"), await make_role("orders:refund")
        [user] = await some(site, 1, uuid4().hex)
        page = await actor.post("/users/bulk", None, act="give-role", id=ids(user))
        assert strong.name not in page.text
        for act in ("give-role", "take-role"):
            page = await actor.post("/users/bulk", None, act=act, id=ids(user), role=strong.name)
            assert page.status_code == 403


class TestRefusals:
    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({}, "Choose what to do"),
            ({"act": "delete", "all": "1"}, "Choose what to do"),
            ({"act": "suspend"}, "Select at least one user."),
            ({"act": "suspend", "all": ""}, "Select at least one user."),
        ],
    )
    async def test_send_back_with_a_word(self, superuser: Visitor, fields: dict[str, str], said: str) -> None:
        back = await superuser.post("/users/bulk", None, filter="status=active", **fields)
        assert back.headers["location"] == "/admin/users?status=active"
        assert said in await superuser.follow(back)
        toast = await superuser.post("/users/bulk", {"HX-Request": "true"}, **fields)
        assert toast.status_code == 400
        assert said in toast.headers["hx-trigger"]

    @pytest.mark.parametrize(
        "fields",
        [
            {"id": "no-id"},
            {"id": "\x00"},
            {"id": ["01890000-0000-7000-8000-000000000000", "'; drop table admin_auth_user; --"]},
            {"all": "1", "filter": "q=" + "x" * 201},
            {"all": "1", "filter": "q=%00"},
            # A filter that nobody understands is not none: all that match would be everybody.
            {"all": "1", "filter": "status=suspnded"},
            {"all": "1", "filter": "stauts=suspended"},
        ],
    )
    async def test_answer_damaged_forms(self, superuser: Visitor, fields: dict[str, Any]) -> None:
        page = await superuser.post("/users/bulk", None, act="suspend", **fields)
        assert page.status_code == 400

    async def test_keep_mere_readers_from_all_but_the_export(self, site: Site, sign_in_as: SignIn) -> None:
        [user] = await some(site, 1, uuid4().hex)
        reader = await sign_in_as("users:read")
        for act in ("give-role", "take-role", "suspend", "reactivate", "end-sessions"):
            await reader.post("/users/bulk", None, act=act, id=ids(user), confirmed="1", role="superuser")
        assert await stored(site, user) == await stored(site, user)
        assert (await stored(site, user)).version == 1

    async def test_keep_strangers_out(self, stranger: Visitor) -> None:
        for path in ("/users/bulk", "/sessions/bulk", "/users/export"):
            assert (await stranger.post(path)).status_code in (303, 403)

    async def test_keep_other_origins_out(self, site: Site, superuser: Visitor) -> None:
        [user] = await some(site, 1, uuid4().hex)
        foreign = {"origin": "https://evil.example"}
        page = await superuser.post("/users/bulk", foreign, act="suspend", id=ids(user))
        assert page.status_code == 403


class TestSessions:
    async def test_end_all_that_match_but_this_one(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        for _ in range(3):
            async with site.browser() as browser:
                await sign_in(browser, user)
        page = await superuser.get(f"/sessions?user={user.email}")
        assert f'name="filter" value="user={user.email.replace("@", "%40")}"' in page.text
        question = await superuser.post("/sessions/bulk", None, act="end", all="1", filter=f"user={user.email}")
        assert "End 3 sessions?" in question.text
        done = await answer(superuser, question.text, "/sessions/bulk")
        assert "3 sessions have ended." in await superuser.follow(done)
        assert all(session.revoked_at for session in await site.sessions_of(user))
        assert superuser.user is not None
        [own] = await site.sessions_of(superuser.user)
        question = await superuser.post("/sessions/bulk", None, act="end", id=str(own.id))
        assert "Nothing to do" in question.text
        assert (await superuser.get("/account")).status_code == 200

    async def test_of_the_stronger_are_left(self, site: Site, superuser: Visitor, sign_in_as: SignIn) -> None:
        assert superuser.user is not None
        [strong] = await site.sessions_of(superuser.user)
        actor = await sign_in_as("sessions:*")
        question = await actor.post("/sessions/bulk", None, act="end", id=str(strong.id))
        assert "1 is left as it is: 1 with permissions that you lack" in words(question.text)
        await actor.post("/sessions/bulk", None, act="end", id=str(strong.id), confirmed="1")
        assert (await superuser.get("/account")).status_code == 200

    async def test_go_on_after_a_forged_token(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
        [session] = await site.sessions_of(user)
        question = await superuser.post("/sessions/bulk", None, act="end", id=str(session.id))
        refused = await answer(superuser, question.text, "/sessions/bulk", csrf_token="forged")
        assert refused.status_code == 400
        assert [row.revoked_at for row in await site.sessions_of(user)] == [None]
