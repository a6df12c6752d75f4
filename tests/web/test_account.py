"""The pages of one's own account: name, password, sessions."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import httpx
import pytest

from litestar_admin_auth.core.exceptions import TooManyTries
from litestar_admin_auth.services import users
from tests.auth.site import PASSWORD, Site, sign_in
from tests.web.conftest import TESTS, SignIn, Visitor, words

NEW = "seven grey herons wade slowly"
HOSTILE = '"><img src=x onerror=alert(1)>{{7*7}}</script>'


async def name_of(site: Site, visitor: Visitor) -> str:
    assert visitor.user is not None
    return (await users.get_user(site.database, TESTS, visitor.user.id)).name


async def is_signed_in(visitor: Visitor) -> bool:
    return (await visitor.get("/account")).status_code == 200


async def passes(site: Site, visitor: Visitor, password: str) -> bool:
    """Whether somebody can sign in with a password."""
    assert visitor.user is not None
    async with site.browser() as browser:
        return (await sign_in(browser, visitor.user, password)).status_code == 303


async def another_browser(site: Site, visitor: Visitor) -> Visitor:
    browser = site.browser()
    assert visitor.user is not None
    assert (await sign_in(browser, visitor.user)).status_code == 303
    return Visitor(browser, visitor.user)


async def change(
    visitor: Visitor, current: str = PASSWORD, new: str = NEW, repeat: str = NEW, **fields: str
) -> httpx.Response:
    return await visitor.post(
        "/account/password", current_password=current, new_password=new, repeat_password=repeat, **fields
    )


@dataclass
class Counting:
    """A throttle that remembers what it was told, and refuses when asked to."""

    calls: list[tuple[str, str, str, str]] = field(default_factory=list)
    closed: bool = False

    async def check(self, door: str, account: str, ip: str) -> None:
        self.calls.append(("check", door, account, ip))
        if self.closed:
            raise TooManyTries(30)

    async def failed(self, door: str, account: str, ip: str) -> None:
        self.calls.append(("failed", door, account, ip))

    async def succeeded(self, door: str, account: str, ip: str) -> None:
        self.calls.append(("succeeded", door, account, ip))


@pytest.fixture
async def throttle(site: Site, nobody: Visitor) -> AsyncGenerator[Counting]:
    before = site.runtime.throttle
    counting = site.runtime.throttle = Counting()
    yield counting
    site.runtime.throttle = before


class TestProfile:
    async def test_needs_no_permission_and_tells_what_one_holds(self, sign_in_as: SignIn) -> None:
        clerk = await sign_in_as("orders:read", "books:*")
        page = await clerk.get("/account")
        assert page.status_code == 200
        assert clerk.user is not None
        assert clerk.user.email in page.text
        held = words(page.text[page.text.index('id="held"') :])
        assert "orders:read" in held
        assert "books:*" in held

    async def test_says_that_nobody_holds_nothing(self, nobody: Visitor) -> None:
        page = (await nobody.get("/account")).text
        assert "You have no role" in words(page[page.index('id="held"') :])

    async def test_saves_the_name(self, site: Site, nobody: Visitor) -> None:
        page = await nobody.follow(await nobody.post("/account", name="Ada Lovelace"))
        assert "Your profile is saved." in page
        assert 'value="Ada Lovelace"' in page
        assert await name_of(site, nobody) == "Ada Lovelace"

    async def test_keeps_a_name_that_is_too_long_and_says_so_at_the_field(self, site: Site, nobody: Visitor) -> None:
        page = await nobody.post("/account", name="x" * 5000)
        assert page.status_code == 400
        assert "x" * 5000 in page.text
        assert 'aria-invalid="true"' in page.text
        assert await name_of(site, nobody) == ""

    async def test_takes_no_field_twice(self, site: Site, nobody: Visitor) -> None:
        page = await nobody.post("/account", name=["Ada", "Eve"])
        assert page.status_code == 400
        assert "Name : This field stands in the body twice." in words(page.text)
        assert 'value="Ada"' in page.text
        assert await name_of(site, nobody) == ""
        twice = await nobody.post("/account", name="Ada", csrf_token=[nobody.token, "x"])
        assert twice.status_code == 400

    async def test_shows_a_hostile_name_as_text(self, nobody: Visitor) -> None:
        page = await nobody.follow(await nobody.post("/account", name=HOSTILE))
        assert "<img src=x" not in page
        assert "{{7*7}}" in page

    async def test_takes_no_other_field(self, site: Site, nobody: Visitor) -> None:
        await nobody.post("/account", name="Ada", email="root@example.com", roles="superuser", is_active="")
        assert nobody.user is not None
        row = await users.get_user(site.database, TESTS, nobody.user.id)
        assert (row.email, row.roles, row.status) == (nobody.user.email, [], "active")

    async def test_refuses_a_form_of_another_session(self, site: Site, nobody: Visitor, superuser: Visitor) -> None:
        page = await nobody.post("/account", name="Ada", csrf_token=superuser.token)
        assert page.status_code == 400
        assert "This form has expired" in page.text
        assert 'value="Ada"' in page.text
        assert await name_of(site, nobody) == ""

    @pytest.mark.parametrize("path", ["/account", "/account/password", "/account/sessions"])
    async def test_sends_a_stranger_to_the_login(self, stranger: Visitor, path: str) -> None:
        page = await stranger.get(path, accept="text/html")
        assert page.status_code == 303
        assert page.headers["location"] == f"/admin/login?next=/admin{path}"


class TestPassword:
    async def test_changes_and_says_how_many_other_sessions_ended(self, site: Site, nobody: Visitor) -> None:
        others = [await another_browser(site, nobody) for _ in range(2)]
        page = await nobody.follow(await change(nobody))
        assert "Your password is changed. 2 other sessions have ended." in words(page)
        assert await is_signed_in(nobody)
        assert [await is_signed_in(other) for other in others] == [False, False]
        assert await passes(site, nobody, NEW)
        assert not await passes(site, nobody, PASSWORD)

    @pytest.mark.parametrize(
        ("current", "new", "repeat", "blamed", "message"),
        [
            ("wrong horse battery", NEW, NEW, "current_password", "This is not your current password."),
            ("", NEW, NEW, "current_password", "This field is required."),
            (PASSWORD, "", "", "new_password", "This field is required."),
            (PASSWORD, "tiny-1", "tiny-1", "new_password", "Use at least 15 characters."),
            (PASSWORD, PASSWORD, PASSWORD, "new_password", "This is your current password."),
            (PASSWORD, NEW, NEW + "!", "repeat_password", "The two passwords differ."),
            (PASSWORD, "x1" * 600, "x1" * 600, "new_password", "At most"),
        ],
    )
    async def test_stays_when_something_is_wrong_and_says_it_at_the_field(
        self, site: Site, nobody: Visitor, current: str, new: str, repeat: str, blamed: str, message: str
    ) -> None:
        page = await change(nobody, current, new, repeat)
        assert page.status_code == 400
        at_the_field = re.search(rf'id="{blamed}-error">(.*?)</p>', page.text, re.DOTALL)
        assert at_the_field
        assert message in words(at_the_field[1])
        assert await passes(site, nobody, PASSWORD)
        # No password comes back, right or wrong.
        for typed in filter(None, (current, new, repeat)):
            assert typed not in page.text

    async def test_refuses_a_form_of_another_session(self, site: Site, nobody: Visitor, superuser: Visitor) -> None:
        page = await change(nobody, csrf_token=superuser.token)
        assert page.status_code == 400
        assert "This form has expired" in page.text
        assert await passes(site, nobody, PASSWORD)

    async def test_counts_guesses_of_the_current_password_and_forgets_them_after_it(
        self, nobody: Visitor, throttle: Counting
    ) -> None:
        await change(nobody, current="wrong horse battery")
        await change(nobody, new="tiny-1", repeat="tiny-1")
        await change(nobody)
        assert nobody.user is not None
        assert {call[1:] for call in throttle.calls} == {("change_password", str(nobody.user.id), "203.0.113.9")}
        assert [call[0] for call in throttle.calls] == ["check", "failed", "check", "check", "succeeded"]

    async def test_says_how_long_to_wait_after_too_many_guesses(
        self, site: Site, nobody: Visitor, throttle: Counting
    ) -> None:
        throttle.closed = True
        page = await change(nobody)
        assert page.status_code == 429
        assert page.headers["retry-after"] == "30"
        assert "Too many tries" in page.text
        throttle.closed = False
        assert await passes(site, nobody, PASSWORD)

    async def test_is_in_the_audit_log_without_the_password(self, site: Site, nobody: Visitor) -> None:
        await change(nobody)
        assert nobody.user is not None
        event = (await site.events_of(nobody.user))[-1]
        assert event.action == "user.password_changed"
        assert NEW not in str(event.changes)


class TestOwnSessions:
    async def test_lists_ones_own_and_nobody_elses(self, site: Site, nobody: Visitor, superuser: Visitor) -> None:
        await another_browser(site, superuser)
        page = (await superuser.get("/account/sessions")).text
        assert superuser.user is not None
        assert nobody.user is not None
        own, other = await site.sessions_of(superuser.user), await site.sessions_of(nobody.user)
        assert page.count("<tr id=") == len(own) == 2
        assert str(other[0].id) not in page
        assert "This device" in page

    async def test_ends_one_after_asking(self, site: Site, nobody: Visitor) -> None:
        other = await another_browser(site, nobody)
        assert nobody.user is not None
        session = (await site.sessions_of(nobody.user))[-1]
        url = f"/account/sessions/{session.id}/revocation"
        assert f'action="/admin{url}"' in (await nobody.get(url)).text
        assert await is_signed_in(other)
        page = await nobody.follow(await nobody.post(url))
        assert "has ended." in page
        assert not await is_signed_in(other)
        assert await is_signed_in(nobody)

    async def test_ends_all_others_after_asking(self, site: Site, nobody: Visitor, superuser: Visitor) -> None:
        others = [await another_browser(site, nobody) for _ in range(2)]
        url = "/account/sessions/revocation"
        assert "Sign out everywhere else?" in words((await nobody.get(url)).text)
        page = await nobody.follow(await nobody.post(url))
        assert "2 other sessions have ended." in page
        assert [await is_signed_in(visitor) for visitor in (*others, nobody, superuser)] == [False, False, True, True]
        assert "Sign out everywhere else" not in page

    async def test_asks_htmx_in_a_dialog(self, nobody: Visitor) -> None:
        part = await nobody.fragment("/account/sessions/revocation")
        assert part.text.strip().startswith('<form class="confirm"')

    async def test_knows_no_session_of_somebody_else_whatever_one_holds(
        self, site: Site, nobody: Visitor, superuser: Visitor
    ) -> None:
        assert nobody.user is not None
        assert superuser.user is not None
        pairs = ((nobody, superuser), (superuser, nobody))
        for who, whose in pairs:
            assert whose.user is not None
            session = (await site.sessions_of(whose.user))[0]
            url = f"/account/sessions/{session.id}/revocation"
            assert (await who.get(url)).status_code == 404
            assert (await who.post(url)).status_code == 404
            assert await is_signed_in(whose)

    @pytest.mark.parametrize("url", ["/account/sessions/{id}/revocation", "/account/sessions/revocation"])
    async def test_refuses_a_form_of_another_session(
        self, site: Site, nobody: Visitor, superuser: Visitor, url: str
    ) -> None:
        other = await another_browser(site, nobody)
        assert nobody.user is not None
        session = (await site.sessions_of(nobody.user))[-1]
        page = await nobody.post(url.format(id=session.id), csrf_token=superuser.token)
        assert page.status_code == 400
        assert "This form has expired" in page.text
        assert await is_signed_in(other)

    @pytest.mark.parametrize("name", ["5f0c2f0e-9d4b-4c39-8a3e-3f6b0a5b7c11", "nope", "%00"])
    async def test_of_what_is_not_there_is_a_page_of_its_own(self, nobody: Visitor, name: str) -> None:
        answer = await nobody.get(f"/account/sessions/{name}/revocation")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")

    @pytest.mark.parametrize(("query", "status"), [("limit=0", 200), ("cursor=nope", 400), ("sort=nope", 400)])
    async def test_answers_an_odd_address_with_a_page(self, nobody: Visitor, query: str, status: int) -> None:
        page = await nobody.get(f"/account/sessions?{query}")
        assert page.status_code == status
        assert page.headers["content-type"].startswith("text/html")
