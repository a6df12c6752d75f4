"""The pages of somebody who forgot the password or was invited, on a site that sends mail."""

import asyncio
import re
from collections.abc import AsyncGenerator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from litestar import Litestar

from litestar_admin_auth.auth.throttle import Unlimited
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.exceptions import TooManyTries
from litestar_admin_auth.mail import MemoryMail, SMTPMail
from litestar_admin_auth.models import User
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.migrations import upgrade
from litestar_admin_auth.services.password_reset import request_reset
from tests.auth.site import ACCESS, ORIGIN, PASSWORD, Site, form_token, plugin, running, set_cookies, sign_in
from tests.servers import free_port
from tests.services.mails import SENDER, html_of, link_of, text_of, token_of
from tests.web.conftest import words

NEW = "seven lamps above the harbour"
SENT = "/admin/password-reset/sent"
INVITATION_COOKIE, RESET_COOKIE = "__Host-admin_auth_invitation", "__Host-admin_auth_reset"


class MailSite(Site):
    """A site whose mails can be read."""

    async def mails(self) -> list[EmailMessage]:
        """Wait for what is on its way, and take it."""
        await self.runtime.background.drain()
        memory = self.runtime.config.mail
        assert isinstance(memory, MemoryMail)
        taken = memory.sent[:]
        memory.sent.clear()
        return taken


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[MailSite]:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('mail') / 'mail.sqlite3'}"
    database = Database(create_engine(url))
    await upgrade(database)
    await database.close()
    configured = plugin(database=url, mail=MemoryMail(sender=SENDER), public_origin=ORIGIN, title="Shop")
    async with running(Litestar(plugins=[configured])) as made:
        yield MailSite(made.app, made.hasher)


@pytest.fixture
async def browser(site: MailSite) -> AsyncGenerator[httpx.AsyncClient]:
    async with site.browser() as client:
        yield client


async def ask(browser: httpx.AsyncClient, email: str, **headers: str) -> httpx.Response:
    token = await form_token(browser, "/admin/password-reset")
    return await browser.post("/admin/password-reset", data={"csrf_token": token, "email": email}, headers=headers)


async def choose(browser: httpx.AsyncClient, path: str, password: str, repeat: str | None = None) -> httpx.Response:
    token = await form_token(browser, path)
    data = {"csrf_token": token, "new_password": password, "repeat_password": password if repeat is None else repeat}
    return await browser.post(path, data=data)


async def reset_link(site: MailSite, browser: httpx.AsyncClient, user: User) -> str:
    assert (await ask(browser, user.email)).status_code == 303
    [mail] = await site.mails()
    return urlsplit(link_of(mail)).path


class TestAForgottenPassword:
    async def test_is_asked_about_replaced_and_leads_back_to_the_login(
        self, site: MailSite, browser: httpx.AsyncClient
    ) -> None:
        user = await site.add_user("superuser")
        async with site.browser() as elsewhere:
            assert (await sign_in(elsewhere, user)).status_code == 303
            assert 'href="/admin/password-reset"' in (await browser.get("/admin/login")).text
            answer = await ask(browser, user.email.upper())
            assert (answer.status_code, answer.headers["location"]) == (303, SENT)
            [mail] = await site.mails()
            assert (mail["To"], mail["Subject"]) == (user.email, "Choose a new password for Shop")
            assert link_of(mail).startswith(f"{ORIGIN}/admin/password-reset/")

            # The token leaves the address at once.
            opened = await browser.get(urlsplit(link_of(mail)).path)
            assert (opened.status_code, opened.headers["location"]) == (303, "/admin/password-reset/password")
            assert opened.headers["referrer-policy"] == "same-origin"
            cookie = set_cookies(opened)[RESET_COOKIE]
            assert "HttpOnly" in cookie
            assert "Secure" in cookie
            form = await browser.get(opened.headers["location"])
            assert user.email in form.text
            assert token_of(mail) not in form.text

            # Nothing has happened yet, however often the link was looked at.
            assert (await elsewhere.get("/admin")).status_code == 200
            chosen = await choose(browser, "/admin/password-reset/password", NEW)
            assert (chosen.status_code, chosen.headers["location"]) == (303, "/admin/login")
            assert "Max-Age=0" in set_cookies(chosen)[RESET_COOKIE]
            assert ACCESS not in browser.cookies
            assert "Your new password is set" in (await browser.get("/admin/login")).text
            assert (await elsewhere.get("/admin")).status_code == 303
        assert (await sign_in(browser, user, PASSWORD)).status_code == 401
        assert (await sign_in(browser, user, NEW)).status_code == 303
        [told] = await site.mails()
        assert (told["To"], told["Subject"]) == (user.email, "Your password for Shop was changed")

    async def test_keeps_the_form_while_the_password_is_not_good(
        self, site: MailSite, browser: httpx.AsyncClient
    ) -> None:
        user = await site.add_user()
        await browser.get(await reset_link(site, browser, user))
        path = "/admin/password-reset/password"
        for password, repeat, said in (
            ("short", "short", "Use at least 15 characters"),
            (NEW, NEW + "x", "The two passwords differ"),
            ("", "", "This field is required"),
            (user.email, user.email, "Do not build it from"),
        ):
            refused = await choose(browser, path, password, repeat)
            assert refused.status_code == 400
            assert said in words(refused.text)
            assert NEW not in refused.text
        assert (await choose(browser, path, NEW)).status_code == 303
        await site.mails()

    async def test_link_works_once(self, site: MailSite, browser: httpx.AsyncClient) -> None:
        user = await site.add_user()
        link = await reset_link(site, browser, user)
        await browser.get(link)
        kept = browser.cookies[RESET_COOKIE]
        assert (await choose(browser, "/admin/password-reset/password", NEW)).status_code == 303
        again = await browser.get(link)
        assert again.status_code == 404
        assert "no longer works" in again.text
        assert 'href="/admin/password-reset"' in again.text
        # Nor by the cookie that somebody has kept.
        browser.cookies.set(RESET_COOKIE, kept, domain="shop.example")
        assert (await browser.get("/admin/password-reset/password")).status_code == 404
        token = await form_token(browser, "/admin/password-reset")
        data = {
            "csrf_token": token,
            "new_password": "another good password",
            "repeat_password": "another good password",
        }
        assert (await browser.post("/admin/password-reset/password", data=data)).status_code == 404
        assert (await sign_in(browser, user, NEW)).status_code == 303
        await site.mails()

    async def test_link_opens_no_other_door(self, site: MailSite, browser: httpx.AsyncClient) -> None:
        token = (await reset_link(site, browser, await site.add_user())).rpartition("/")[2]
        assert (await browser.get(f"/admin/invitation/{token}")).status_code == 404
        browser.cookies.set(INVITATION_COOKIE, token, domain="shop.example")
        assert (await browser.get("/admin/invitation")).status_code == 404

    @pytest.mark.parametrize("tail", ["x", "%00", "..%2f", "%f0%9f%92%a9", "a" * 200, "'%20OR%201=1", "password%2f"])
    async def test_link_that_is_made_up_is_a_page(self, browser: httpx.AsyncClient, tail: str) -> None:
        answer = await browser.get(f"/admin/password-reset/{tail}")
        assert answer.status_code == 404
        assert RESET_COOKIE not in str(answer.headers.get_list("set-cookie"))

    @pytest.mark.parametrize("cookie", ["", "x", "%00", "a" * 3000, '"; x'])
    async def test_cookie_that_is_made_up_is_a_page(self, browser: httpx.AsyncClient, cookie: str) -> None:
        headers = {"cookie": f"{RESET_COOKIE}={cookie}"}
        assert (await browser.get("/admin/password-reset/password", headers=headers)).status_code == 404

    async def test_form_needs_a_token_of_this_browser(self, site: MailSite, browser: httpx.AsyncClient) -> None:
        user = await site.add_user()
        forged = await browser.post("/admin/password-reset", data={"csrf_token": "0" * 64, "email": user.email})
        assert forged.status_code == 400
        assert await site.mails() == []
        await browser.get(await reset_link(site, browser, user))
        data = {"csrf_token": "0" * 64, "new_password": NEW, "repeat_password": NEW}
        assert (await browser.post("/admin/password-reset/password", data=data)).status_code == 400
        assert (await sign_in(browser, user)).status_code == 303


class TestTheAnswer:
    """ASVS 6.3.8: nobody learns from it whether an address is known."""

    async def ask_all(self, site: MailSite) -> dict[str, tuple[int, dict[str, str], str, list[str]]]:
        people = {
            "known": await site.add_user(),
            "suspended": await site.add_user(is_active=False),
            "invited": await site.add_user(password_hash=None),
        }
        addresses = {name: user.email for name, user in people.items()} | {"unknown": "nobody@example.com"}
        answers: dict[str, tuple[int, dict[str, str], str, list[str]]] = {}
        for name, address in addresses.items():
            async with site.browser() as browser:
                token = await form_token(browser, "/admin/password-reset")
                async with site.statements() as before_the_answer:
                    answer = await browser.post("/admin/password-reset", data={"csrf_token": token, "email": address})
                    done = list(before_the_answer)
                page = await browser.get(SENT)
                headers = {key: value for key, value in answer.headers.items() if key != "set-cookie"}
                # The token of the forms is each browser's own.
                html = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text + page.text)
                answers[name] = (answer.status_code, headers, html, done)
                await site.runtime.background.drain()
        return answers

    async def test_is_the_same_for_everybody_and_so_is_the_work_before_it(self, site: MailSite) -> None:
        answers = await self.ask_all(site)
        assert len(await site.mails()) == 1
        for name, answer in answers.items():
            assert answer == answers["unknown"], name
        # Nothing was looked up before the answer: there is nothing to measure.
        assert answers["known"][3] == []

    async def test_is_the_same_while_mail_is_down(self, site: MailSite, monkeypatch: pytest.MonkeyPatch) -> None:
        down = SMTPMail(sender=SENDER, host="127.0.0.1", port=free_port(), tls="none", timeout=2)
        mailer = site.database.postman.__self__  # type: ignore[union-attr]
        monkeypatch.setattr(mailer, "backend", down)
        answers = await self.ask_all(site)
        for name, answer in answers.items():
            assert answer == answers["unknown"], name
            assert answer[0] == 303

    async def test_names_no_address_that_was_typed(self, site: MailSite, browser: httpx.AsyncClient) -> None:
        answer = await ask(browser, "nobody-at-all@example.com")
        assert "nobody-at-all" not in (await browser.get(answer.headers["location"])).text
        await site.mails()

    @pytest.mark.parametrize(
        "address",
        ["a@x.example\r\nBcc: victim@example.com", "a@x.example\nBcc:victim@example.com", "a@x.example,b@x.example",
         "no address", "", "a" * 5000 + "@x.example", "a@x.example\x00", "<a@x.example>"],
    )  # fmt: skip
    async def test_to_what_is_no_address_is_a_form_again(
        self, site: MailSite, browser: httpx.AsyncClient, address: str
    ) -> None:
        answer = await ask(browser, address)
        assert answer.status_code == 400
        assert await site.mails() == []

    async def test_past_the_budget_is_429(
        self, site: MailSite, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Strict:
            counted: list[tuple[str, str, str]] = []  # noqa: RUF012

            async def check(self, door: str, account: str, ip: str) -> None:
                if door == "password_reset" and len(self.counted) >= 2:
                    raise TooManyTries(60)

            async def failed(self, door: str, account: str, ip: str) -> None:
                self.counted.append((door, account, ip))

        monkeypatch.setattr(site.runtime, "throttle", Strict())
        for address in ("Nobody@Example.com", "nobody@example.com"):
            assert (await ask(browser, address)).status_code == 303
        refused = await ask(browser, "nobody@example.com")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert Strict.counted == [("password_reset", "nobody@example.com", "203.0.113.9")] * 2


async def test_a_flood_of_questions_leaves_the_database_to_others(
    site: MailSite, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_now, most, released = 0, 0, asyncio.Event()

    async def held(*args: Any, **options: Any) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await released.wait()
        await request_reset(*args, **options)
        open_now -= 1

    monkeypatch.setattr("litestar_admin_auth.auth.one_time_links.request_reset", held)
    # What an earlier test has left running would be one of the two, waiting for SQLite until the others are done.
    await site.runtime.background.drain()
    token = await form_token(browser, "/admin/password-reset")
    data = {"csrf_token": token, "email": "nobody@example.com"}
    answers = await asyncio.gather(*(browser.post("/admin/password-reset", data=data) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {303}
    released.set()
    await site.runtime.background.drain()
    assert (most, open_now) == (2, 0)


async def test_a_new_password_forgets_what_was_guessed_at_the_old_one(
    site: MailSite, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Noting(Unlimited):
        forgotten: list[tuple[str, str]] = []  # noqa: RUF012

        async def succeeded(self, door: str, account: str, ip: str) -> None:
            self.forgotten.append((door, account))

    user = await site.add_user()
    await browser.get(await reset_link(site, browser, user))
    monkeypatch.setattr(site.runtime, "throttle", Noting())
    assert (await choose(browser, "/admin/password-reset/password", "short")).status_code == 400
    assert Noting.forgotten == []
    assert (await choose(browser, "/admin/password-reset/password", NEW)).status_code == 303
    assert Noting.forgotten == [("login", user.email)]
    await site.mails()


class TestTheLink:
    async def test_is_never_built_from_what_the_request_says(self, site: MailSite, browser: httpx.AsyncClient) -> None:
        user = await site.add_user()
        forged = {
            "Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http",
            "X-Original-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Prefix": "/evil",
        }  # fmt: skip
        token = await form_token(browser, "/admin/password-reset")
        answer = await browser.post(
            "/admin/password-reset", data={"csrf_token": token, "email": user.email},
            headers=forged | {"Sec-Fetch-Site": "same-origin"},
        )  # fmt: skip
        assert answer.status_code == 303
        [mail] = await site.mails()
        assert link_of(mail).startswith(f"{ORIGIN}/admin/password-reset/")
        assert "evil" not in mail.as_string() + text_of(mail) + html_of(mail)


class TestWithoutMail:
    async def test_the_page_says_whom_to_ask(self, tmp_path: Path) -> None:
        url = f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}"
        database = Database(create_engine(url))
        await upgrade(database)
        await database.close()
        for settings in ({}, {"mail": MemoryMail(sender=SENDER)}, {"public_origin": ORIGIN}):
            app = Litestar(plugins=[plugin(database=url, **settings)])  # type: ignore[arg-type]
            async with running(app) as made, made.browser() as browser:
                assert 'href="/admin/password-reset"' in (await browser.get("/admin/login")).text
                page = await browser.get("/admin/password-reset")
                assert page.status_code == 200
                assert "Ask an administrator" in words(page.text)
                assert 'name="email"' not in page.text
                login = await form_token(browser)
                posted = await browser.post(
                    "/admin/password-reset", data={"csrf_token": login, "email": "a@example.com"}
                )
                assert posted.status_code == 409
                assert "Ask an administrator" in words(posted.text)

    async def test_a_host_with_its_own_users_has_no_such_page(self) -> None:
        class Backend:
            async def authenticate(self, connection: object, credentials: object) -> None: ...
            async def get_current_user(self, connection: object) -> None: ...
            async def login(self, connection: object, user: object) -> dict[str, str]:
                return {}

            async def logout(self, connection: object) -> None: ...
            async def refresh(self, connection: object) -> None: ...

        async with running(Litestar(plugins=[plugin(auth_backend=Backend())])) as made, made.browser() as browser:
            assert "password-reset" not in (await browser.get("/admin/login")).text
            assert (await browser.get("/admin/password-reset")).status_code in (303, 404)


class TestInvitation:
    async def test_goes_out_by_mail_and_nobody_else_sees_the_link(
        self, site: MailSite, browser: httpx.AsyncClient
    ) -> None:
        async with site.browser() as admin:
            await sign_in(admin, await site.add_user("superuser"))
            new = await admin.get("/admin/users/new")
            assert "They get an e-mail with a link" in words(new.text)
            token = await form_token(admin, "/admin/users/new")
            email = f"ada-{site.hasher.runs}-{id(browser)}@example.com"
            created = await admin.post(
                "/admin/users/new", data={"csrf_token": token, "email": email, "name": '"><img src=x> {{7*7}}'}
            )
            assert created.status_code == 303
            assert f"An invitation is on its way to {email}." in (await admin.get(created.headers["location"])).text
            [mail] = await site.mails()
            assert token_of(mail) not in created.text + (await admin.get(created.headers["location"])).text
        assert (mail["To"], mail["Subject"]) == (email, "Your invitation to Shop")
        assert 'Hello "><img src=x> {{7*7}},' in text_of(mail)
        assert "&#34;&gt;&lt;img src=x&gt; {{7*7}}" in html_of(mail)
        opened = await browser.get(urlsplit(link_of(mail)).path)
        assert (opened.status_code, opened.headers["location"]) == (303, "/admin/invitation")
        accepted = await choose(browser, "/admin/invitation", NEW)
        assert (accepted.status_code, accepted.headers["location"]) == (303, "/admin")
        assert (await browser.get("/admin")).status_code == 200
        # Whoever has just chosen it need not be told.
        assert await site.mails() == []

    async def test_is_sent_again_and_a_reset_link_too(self, site: MailSite) -> None:
        invited, active = await site.add_user(password_hash=None), await site.add_user()
        async with site.browser() as admin:
            await sign_in(admin, await site.add_user("superuser"))
            for user, path, label, said, kind in (
                (invited, "invitation", "Send invitation", "An invitation is on its way", "invitation"),
                (active, "password-reset", "Send reset link", "A link to choose a new password is on its way",
                 "password-reset"),
            ):  # fmt: skip
                page = await admin.get(f"/admin/users/{user.id}")
                assert label in page.text
                token = await form_token(admin, f"/admin/users/{user.id}")
                answer = await admin.post(f"/admin/users/{user.id}/{path}", data={"csrf_token": token})
                assert answer.status_code == 303
                [mail] = await site.mails()
                assert mail["To"] == user.email
                assert f"/admin/{kind}/" in link_of(mail)
                after = (await admin.get(answer.headers["location"])).text
                assert f"{said} to {user.email}." in after
                assert token_of(mail) not in after
                # The wrong one of the two makes none.
                wrong = "invitation" if path == "password-reset" else "password-reset"
                refused = await admin.post(f"/admin/users/{user.id}/{wrong}", data={"csrf_token": token})
                assert refused.status_code == 409
                assert await site.mails() == []


class TestWhyNot:
    async def page(self, site: MailSite, user: User, *roles: str) -> str:
        async with site.browser() as admin:
            await sign_in(admin, await site.add_user(*(roles or ("superuser",))))
            answer = await admin.get(f"/admin/users/{user.id}")
            assert answer.status_code == 200
            return answer.text

    async def test_offers_the_remedy_of_each_obstacle(self, site: MailSite) -> None:
        for columns, said, action in (
            ({"is_active": False}, "The account is suspended.", "reactivation"),
            ({"password_hash": None}, "no invitation has been sent", "invitation"),
            ({}, "No role is held", "access"),
        ):
            user = await site.add_user(**columns)  # type: ignore[arg-type]
            html = await self.page(site, user)
            assert said in words(html)
            panel = html[html.index('id="sign-in"') :].partition("</section>")[0]
            assert re.search(rf'(?:action|href)="/admin/users/{user.id}/{action}"', panel)

    async def test_offers_a_remedy_of_two_obstacles_once(self, site: MailSite) -> None:
        user = await site.add_user(password_hash=None)
        async with site.database.writing() as db:
            failed = {"reason": {"new": "550"}}
            record(db, Actor.system("mail"), "mail.failed", target=user, changes=failed)
        html = await self.page(site, user)
        panel = html[html.index('id="sign-in"') :].partition("</section>")[0]
        assert "was not delivered: 550" in words(panel)
        assert panel.count(f'action="/admin/users/{user.id}/invitation"') == 1

    async def test_says_so_when_nothing_is_wrong(self, site: MailSite) -> None:
        user = await site.add_user("superuser")
        assert "Nothing is in the way" in words(await self.page(site, user))

    async def test_lists_the_refused_logins_with_their_addresses(self, site: MailSite) -> None:
        user = await site.add_user("superuser")
        async with site.browser() as browser:
            assert (await sign_in(browser, user, "a wrong password altogether")).status_code == 401
        assert "203.0.113.9" in await self.page(site, user)

    async def test_tells_of_a_lock_where_the_throttle_knows(
        self, site: MailSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = await site.add_user("superuser")

        class Locking(Unlimited):
            async def locked_until(self, door: str, account: str) -> object:
                return now() + timedelta(minutes=5) if (door, account) == ("login", user.email) else None

        monkeypatch.setattr(site.runtime, "throttle", Locking())
        assert "further tries are refused for a while" in words(await self.page(site, user))
