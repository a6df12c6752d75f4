"""Signing in: one door, one cost, one answer for every refusal; on both engines."""

import asyncio
import re
from typing import Any

import bcrypt
import httpx
import pytest

from tests.auth.site import (
    ACCESS,
    FAST,
    ORIGIN,
    PASSWORD,
    REFRESH,
    Site,
    form_token,
    session_id,
    set_cookies,
    sign_in,
    stated,
)  # fmt: skip


class TestForm:
    async def test_it_sets_cookies_that_carry_ids_only(self, site: Site) -> None:
        user = await site.add_user("superuser", name="Ann Secret")
        async with site.browser() as browser:
            answer = await sign_in(browser, user)
            assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
            assert {ACCESS, REFRESH} <= set(set_cookies(answer))
            access, refresh = stated(browser.cookies[ACCESS]), stated(browser.cookies[REFRESH])
        (session,) = await site.sessions_of(user)
        assert set(access) == {"sub", "sid", "iat", "exp", "jti", "purpose"}
        assert set(refresh) == {"sub", "sid", "iat", "exp", "jti", "purpose", "gen"}
        assert {access["sub"], refresh["sub"]} == {str(user.id)}
        assert {access["sid"], refresh["sid"]} == {str(session.id)}

    async def test_it_writes_the_session_and_the_audit_row(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser(**{"user-agent": "A browser\x01", "x-forwarded-for": "1.2.3.4"}) as browser:
            await sign_in(browser, user)
        (session,) = await site.sessions_of(user)
        assert (session.ip, session.user_agent, session.auth_method) == ("203.0.113.9", "A browser", "password")
        (event,) = await site.events_of(user)
        assert (event.action, event.ip, event.session_id) == ("login.succeeded", "203.0.113.9", session.id)
        assert PASSWORD not in str(event.changes)

    async def test_the_address_is_found_whatever_its_case(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            assert (await sign_in(browser, f"  {user.email.upper()} ")).status_code == 303

    @pytest.mark.parametrize("target", ["/admin/account", "/private?a=%C3%BC"])
    async def test_it_leads_back_to_where_the_reader_was(self, site: Site, target: str) -> None:
        async with site.browser() as browser:
            answer = await sign_in(browser, await site.add_user(), next=target)
        assert answer.headers["location"] == target

    @pytest.mark.parametrize(
        "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/%09/evil.example"]
    )
    async def test_it_never_leads_abroad(self, site: Site, target: str) -> None:
        async with site.browser() as browser:
            answer = await sign_in(browser, await site.add_user(), next=target)
        assert answer.headers["location"] == "/admin"

    async def test_a_form_of_another_browser_is_refused(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser() as browser, site.browser() as other:
            token = await form_token(other)
            await form_token(browser)
            data = {"csrf_token": token, "email": user.email, "password": PASSWORD}
            answer = await browser.post("/admin/login", data=data)
        assert answer.status_code == 400
        assert await site.sessions_of(user) == []

    async def test_a_browser_that_keeps_no_cookie_is_told_so_and_the_operator_why(
        self, site: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with site.browser(origin="http://shop.example") as browser:
            # Over plain HTTP it keeps no Secure cookie.
            data = {"csrf_token": await form_token(browser, "http://shop.example/admin/login"), "email": "a@x.org"}
            answer = await browser.post("http://shop.example/admin/login", data=data | {"password": PASSWORD})
        assert answer.status_code == 400
        assert "sent no cookie along" in answer.text
        assert "ADMIN_AUTH_COOKIE_SECURE=0" in caplog.text

    async def test_a_page_of_another_origin_is_refused(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            token = await form_token(browser)
            data = {"csrf_token": token, "email": user.email, "password": PASSWORD}
            answer = await browser.post("/admin/login", data=data, headers={"origin": "https://evil.example"})
        assert answer.status_code == 403
        assert "https://evil.example" in answer.text
        assert await site.sessions_of(user) == []

    async def test_the_session_that_the_browser_had_ends(self, site: Site) -> None:
        user, other = await site.add_user(), await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            first = dict(browser.cookies)
            data = {"csrf_token": await form_token(browser, "/admin"), "email": other.email}
            answer = await browser.post("/admin/login", data=data | {"password": PASSWORD})
            assert answer.status_code == 303
            assert set(set_cookies(answer)) == {ACCESS, REFRESH}
            assert (await browser.get("/private")).json()["user"] == other.email
        (session,) = await site.sessions_of(user)
        assert (session.revoked_at is not None, session.revoked_reason) == (True, "logout")
        async with site.browser() as thief:
            thief.cookies.update(first)
            assert (await thief.get("/private")).status_code == 401

    async def test_a_login_makes_a_session_of_its_own_each_time(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser() as browser, site.browser() as other:
            await sign_in(browser, user)
            await sign_in(other, user)
            assert session_id(browser) != session_id(other)


async def post_login(site: Site, email: str, password: str) -> tuple[httpx.Response, httpx.Response, int]:
    """Try both doors; return both answers and how often something was hashed at each, which must be equal."""
    async with site.browser() as browser:
        before = site.hasher.runs
        form = await sign_in(browser, email, password)
        between = site.hasher.runs
    async with site.browser() as script:
        api = await script.post("/admin/api/auth/login", json={"email": email, "password": password})
    assert site.hasher.runs - between == between - before
    return form, api, between - before


class TestRefusal:
    async def test_unknown_disabled_invited_and_wrong_are_the_same(self, site: Site) -> None:
        known = await site.add_user()
        disabled = await site.add_user(is_active=False)
        invited = await site.add_user(password_hash=None)
        cases = [
            (known.email, "a wrong password"),
            (disabled.email, PASSWORD),
            (invited.email, PASSWORD),
            (f"unknown-{known.email}", PASSWORD),
        ]
        seen: list[Any] = []
        for email, password in cases:
            form, api, runs = await post_login(site, email, password)
            page = form.text.replace(email, "EMAIL")
            answer = (form.status_code, _without_tokens(page), _names(form), api.status_code, api.text, _names(api))
            seen.append((*answer, api.headers["content-length"], runs))
        assert seen[0][0] == 401
        assert seen[0][-1] == 1
        assert all(case == seen[0] for case in seen)

    async def test_the_api_answers_in_its_own_shape(self, site: Site) -> None:
        async with site.browser() as script:
            body = {"email": "nobody@example.com", "password": "x"}
            answer = await script.post("/admin/api/auth/login", json=body)
        assert answer.status_code == 401
        assert answer.json() == {
            "status_code": 401,
            "detail": "E-mail or password is not right.",
            "extra": {"code": "invalid_credentials"},
        }
        assert answer.headers["www-authenticate"] == "Bearer"
        assert ACCESS not in answer.headers.get("set-cookie", "")

    @pytest.mark.parametrize(
        ("columns", "password"),
        [({}, "a wrong password"), ({"is_active": False}, PASSWORD), ({"password_hash": None}, PASSWORD)],
    )
    async def test_each_leaves_an_audit_row_that_the_answer_cannot_undo(
        self, site: Site, columns: dict[str, Any], password: str
    ) -> None:
        user = await site.add_user(**columns)
        async with site.browser() as browser:
            await sign_in(browser, user, password)
        (event,) = await site.events_of(user)
        assert (event.action, event.actor, event.ip, event.actor_id) == (
            "login.failed",
            user.email,
            "203.0.113.9",
            None,
        )
        assert password not in str(vars(event))

    @pytest.mark.parametrize("password", ["x" * 1025, "x" * 100_000, "\x00" + PASSWORD, ""])
    async def test_what_cannot_be_a_password_is_refused_without_hashing(self, site: Site, password: str) -> None:
        user = await site.add_user()
        before = site.hasher.runs
        async with site.browser() as script:
            answer = await script.post("/admin/api/auth/login", json={"email": user.email, "password": password})
        assert answer.status_code == 400
        assert answer.json()["extra"]["field"] == "password"
        assert site.hasher.runs == before

    @pytest.mark.parametrize(
        "email", ["", "ann", "a@b@c.example", "a@x.example\r\nBcc: b@x.example", "x" * 300 + "@a.example"]
    )
    async def test_what_cannot_be_an_address_is_a_400(self, site: Site, email: str) -> None:
        async with site.browser() as script:
            answer = await script.post("/admin/api/auth/login", json={"email": email, "password": "x"})
        assert (answer.status_code, answer.json()["extra"]["field"]) == (400, "email")

    async def test_an_id_is_no_address(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser() as script:
            answer = await script.post("/admin/api/auth/login", json={"email": str(user.id), "password": PASSWORD})
        assert answer.status_code == 400


def _names(answer: httpx.Response) -> list[str]:
    return sorted(
        f"{name}: {value}" for name, value in answer.headers.items() if name not in ("set-cookie", "content-length")
    )


def _without_tokens(html: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]+"', "", html)


class TestUpgrade:
    @pytest.fixture
    def plain(self) -> str:
        return bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(FAST)).decode()

    async def test_an_old_hash_is_replaced_at_login(self, site: Site, plain: str) -> None:
        user = await site.add_user(password_hash=plain)
        async with site.browser() as browser:
            assert (await sign_in(browser, user)).status_code == 303
        async with site.database.reading() as db:
            stored = await db.get(type(user), user.id)
        assert stored is not None
        assert str(stored.password_hash).startswith("$hmac-sha256$")
        async with site.browser() as browser:
            assert (await sign_in(browser, user)).status_code == 303

    async def test_ten_parallel_logins_with_an_old_hash_all_succeed(self, site: Site, plain: str) -> None:
        user = await site.add_user(password_hash=plain)
        async with site.browser() as script:
            body = {"email": user.email, "password": PASSWORD}
            answers = await asyncio.gather(*(script.post("/admin/api/auth/login", json=body) for _ in range(10)))
        assert [answer.status_code for answer in answers] == [200] * 10


class TestApi:
    async def test_the_tokens_travel_in_cookies_and_never_in_the_body(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser() as script:
            answer = await script.post("/admin/api/auth/login", json={"email": user.email, "password": PASSWORD})
            assert answer.json() == {"token_type": "bearer", "expires_in": "3600"}
            assert set(set_cookies(answer)) == {ACCESS, REFRESH}
            me = (await script.get("/admin/api/auth/me")).json()
        assert me == {"id": str(user.id), "email": user.email, "roles": [], "permissions": []}

    async def test_a_script_without_an_origin_may_sign_in(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser(origin=None) as script:
            answer = await script.post("/admin/api/auth/login", json={"email": user.email, "password": PASSWORD})
        assert answer.status_code == 200

    async def test_but_change_nothing_by_cookie_without_one(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser(origin=None) as script:
            await script.post("/admin/api/auth/login", json={"email": user.email, "password": PASSWORD})
            answer = await script.post("/admin/api/auth/logout")
            assert (answer.status_code, answer.json()["extra"]["code"]) == (403, "cross_origin")
            answer = await script.post("/admin/api/auth/logout", headers={"origin": ORIGIN})
        assert answer.status_code == 200

    async def test_a_user_suspended_between_proof_and_session_gets_none(self, site: Site) -> None:
        from litestar_admin_auth.core.exceptions import InvalidCredentials
        from litestar_admin_auth.services.logins import record_login
        from litestar_admin_auth.services.sessions import Client

        user = await site.add_user()
        await site.change(user, is_active=False)
        with pytest.raises(InvalidCredentials):
            await record_login(site.database, user, Client(), site.runtime.policy)
        assert await site.sessions_of(user) == []
