"""A session is checked against its row, renewed without anybody noticing, and ends everywhere at once."""

import asyncio
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.models import AuditEvent, Session
from tests.auth.site import ACCESS, PASSWORD, REFRESH, Clock, Site, form_token, session_id, set_cookies, sign_in, stated

HOUR = 3600


async def events(site: Site, action: str, session: Session) -> list[AuditEvent]:
    async with site.database.reading() as db:
        found = await db.scalars(
            select(AuditEvent).where(AuditEvent.session_id == session.id, AuditEvent.action == action)
        )
        return list(found)


def again(site: Site, cookies: dict[str, str]) -> httpx.AsyncClient:
    """Another browser with a copy of the cookies."""
    browser = site.browser()
    for name, value in cookies.items():
        browser.cookies.set(name, value, domain="shop.example")
    return browser


async def answers_to(site: Site, cookies: dict[str, str]) -> tuple[int, int, int]:
    """What a copy of the cookies gets from a host's route, the API and a page."""
    async with again(site, cookies) as browser:
        return (
            (await browser.get("/private")).status_code,
            (await browser.get("/admin/api/auth/me")).status_code,
            (await browser.get("/admin")).status_code,
        )


def taken_back(answer: httpx.Response) -> set[str]:
    """The cookies that an answer removes, and no other does it set."""
    cookies = set_cookies(answer)
    assert all("Max-Age=0" in header for header in cookies.values())
    return set(cookies)


class TestRenewal:
    @pytest.mark.parametrize("path", ["/private", "/admin", "/admin/api/auth/me"])
    async def test_an_expired_access_token_is_renewed_without_anybody_noticing(
        self, site: Site, later: Clock, path: str
    ) -> None:
        user = await site.add_user("superuser")
        async with site.browser() as browser:
            await sign_in(browser, user)
            before = dict(browser.cookies)
            later.forward(seconds=HOUR + 1)
            answer = await browser.get(path)
            assert answer.status_code == 200
            assert set(set_cookies(answer)) == {ACCESS, REFRESH}
            after = dict(browser.cookies)
            assert stated(after[REFRESH])["gen"] == 1
            assert stated(after[ACCESS])["sid"] == stated(before[ACCESS])["sid"]
            assert set_cookies(await browser.get(path)) == {}
        (session,) = await site.sessions_of(user)
        assert session.generation == 1

    async def test_before_it_expires_nothing_is_set(self, site: Site, later: Clock) -> None:
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user())
            later.forward(seconds=HOUR - 1)
            answer = await browser.get("/private")
        assert (answer.status_code, set_cookies(answer)) == (200, {})

    async def test_without_the_refresh_token_it_is_the_end(self, site: Site, later: Clock) -> None:
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user())
            browser.cookies.delete(REFRESH)
            later.forward(seconds=HOUR + 1)
            assert (await browser.get("/private")).status_code == 401

    async def test_without_the_access_token_the_refresh_token_brings_a_new_one(self, site: Site) -> None:
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user())
            browser.cookies.delete(ACCESS)
            answer = await browser.get("/private")
        assert answer.status_code == 200
        assert ACCESS in set_cookies(answer)

    async def test_twenty_parallel_requests_end_in_one_family(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            cookies = dict(browser.cookies)
        later.forward(seconds=HOUR + 1)

        async def ask() -> tuple[int, str]:
            async with again(site, cookies) as tab:
                answer = await tab.get("/private")
                return answer.status_code, tab.cookies[REFRESH]

        given = await asyncio.gather(*(ask() for _ in range(20)))
        assert {status for status, _ in given} == {200}
        assert len({refresh for _, refresh in given}) == 1
        (session,) = await site.sessions_of(user)
        assert (session.generation, session.revoked_at) == (1, None)
        later.forward(seconds=30)
        assert await answers_to(site, cookies | {REFRESH: given[0][1]}) == (200, 200, 200)

    async def test_the_refresh_endpoint_rotates_too(self, site: Site) -> None:
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user())
            before = browser.cookies[REFRESH]
            answer = await browser.post("/admin/api/auth/refresh")
            assert answer.json() == {"token_type": "bearer", "expires_in": "3600"}
            assert browser.cookies[REFRESH] != before

    async def test_it_is_not_done_where_no_answer_can_bring_the_cookies(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            cookies = dict(browser.cookies)
        later.forward(seconds=HOUR + 1)
        assert await open_socket(site, cookies) == 4401
        (session,) = await site.sessions_of(user)
        assert session.generation == 0

    async def test_a_form_opened_before_is_good_after(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            token = await form_token(browser, "/admin/account")
            later.forward(seconds=HOUR + 1)
            answer = await browser.post("/admin/account", data={"csrf_token": token, "name": "Ann"})
            assert (answer.status_code, answer.headers["location"]) == (303, "/admin/account")
            assert {ACCESS, REFRESH} <= set(set_cookies(answer))
        (session,) = await site.sessions_of(user)
        assert session.generation == 1

    async def test_htmx_notices_nothing_either(self, site: Site, later: Clock) -> None:
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user("superuser"))
            later.forward(seconds=HOUR + 1)
            answer = await browser.get("/admin/users", headers={"hx-request": "true", "hx-target": "results"})
        assert (answer.status_code, "hx-redirect" in answer.headers) == (200, False)
        assert {ACCESS, REFRESH} <= set(set_cookies(answer))

    async def test_head_renews_as_get_does(self, site: Site, later: Clock) -> None:
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user())
            later.forward(seconds=HOUR + 1)
            answer = await browser.head("/admin/account")
        assert (answer.status_code, set(set_cookies(answer))) == (200, {ACCESS, REFRESH})

    async def test_a_preflight_without_cookies_is_no_fault(self, site: Site) -> None:
        async with site.browser() as browser:
            assert (await browser.options("/admin/api/auth/me")).status_code < 500

    async def test_a_file_renews_nothing_and_asks_no_database(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            page = (await browser.get("/admin")).text
            found = re.search(r'"(/admin/static/[^"]+\.css[^"]*)"', page)
            assert found
            later.forward(seconds=HOUR + 1)
            async with site.statements() as seen:
                answer = await browser.get(found[1])
            # A shared cache keeps it: cookies in it would be the next person's.
            assert (answer.status_code, set_cookies(answer), seen) == (200, {}, [])
            assert "immutable" in answer.headers["cache-control"]
        (session,) = await site.sessions_of(user)
        assert session.generation == 0

    async def test_an_answer_with_new_cookies_is_kept_by_no_cache(self, site: Site, later: Clock) -> None:
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user())
            assert (await browser.get("/cacheable")).headers["cache-control"] == "max-age=3600, public"
            later.forward(seconds=HOUR + 1)
            answer = await browser.get("/cacheable")
            assert ACCESS in set_cookies(answer)
            assert answer.headers.get_list("cache-control") == ["no-store"]

    async def test_the_cookies_go_with_the_session(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            answer = await sign_in(browser, user)
            assert "Max-Age=86400" in set_cookies(answer)[REFRESH]
            for _ in range(14):
                later.forward(hours=23, minutes=50)
                answer = await browser.get("/private")
            left = (await site.sessions_of(user))[0].expires_at - now()
            (age,) = re.findall(r"Max-Age=(\d+)", set_cookies(answer)[REFRESH])
        assert timedelta(hours=2) < left < timedelta(hours=3)
        assert abs(int(age) - left.total_seconds()) < 5

    async def test_the_refresh_endpoint_uses_a_token_once_even_without_a_grace(
        self, site: Site, later: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        registry = site.runtime.backend.sessions  # type: ignore[attr-defined]
        monkeypatch.setattr(registry, "policy", replace(registry.policy, grace=timedelta()))
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            later.forward(seconds=HOUR + 1)
            # The access token has run out: renewed at the door, and asked to be renewed inside.
            assert (await browser.post("/admin/api/auth/refresh")).status_code == 200
            assert (await browser.get("/private")).status_code == 200
        (session,) = await site.sessions_of(user)
        assert (session.generation, session.revoked_at) == (1, None)


class TestEnds:
    async def test_an_unused_session_ends_after_a_day(self, site: Site, later: Clock) -> None:
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user())
            cookies = dict(browser.cookies)
        later.forward(hours=24, seconds=1)
        assert await answers_to(site, cookies) == (401, 401, 303)

    async def test_a_used_session_ends_all_the_same_after_two_weeks(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            for _ in range(15):
                later.forward(hours=23)
                last = await browser.get("/private")
            assert last.status_code == 401
        (session,) = await site.sessions_of(user)
        assert 12 <= session.generation <= 14

    async def test_the_refresh_token_never_outlives_the_session(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            for _ in range(14):
                later.forward(hours=23, minutes=50)
                await browser.get("/private")
            (session,) = await site.sessions_of(user)
            assert stated(browser.cookies[REFRESH])["exp"] == int(session.expires_at.timestamp())


class TestReuse:
    async def test_within_the_grace_a_late_tab_gets_the_same_successor(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            cookies = dict(browser.cookies)
            await browser.post("/admin/api/auth/refresh")
            later.forward(seconds=9)
            async with again(site, cookies) as tab:
                assert (await tab.post("/admin/api/auth/refresh")).status_code == 200
                assert tab.cookies[REFRESH] == browser.cookies[REFRESH]

    async def test_after_it_the_whole_family_ends_and_the_log_says_so(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            stolen = dict(browser.cookies)
            await browser.post("/admin/api/auth/refresh")
            later.forward(seconds=11)
            del stolen[ACCESS]
            async with again(site, stolen) as thief:
                answer = await thief.post("/admin/api/auth/refresh")
                # Told also where the cookie was looked at before the address: at the door, for a renewal.
                assert (answer.status_code, answer.json()["extra"]["code"]) == (401, "refresh_reused")
            # The thief's 401 did not undo it: the victim is out too, which is how the victim learns of it.
            assert await answers_to(site, dict(browser.cookies)) == (401, 401, 303)
        (session,) = await site.sessions_of(user)
        assert (session.revoked_reason, session.revoked_at is not None) == ("refresh_reused", True)
        (event,) = await events(site, "refresh.reused", session)
        assert (event.actor, event.ip, event.target_type) == (user.email, "203.0.113.9", "session")

    async def test_the_generation_before_the_last_is_theft_even_within_the_grace(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            first = dict(browser.cookies)
            for _ in range(2):
                await browser.post("/admin/api/auth/refresh")
        del first[ACCESS]
        async with again(site, first) as thief:
            assert (await thief.get("/private")).status_code == 401
        (session,) = await site.sessions_of(user)
        assert session.revoked_reason == "refresh_reused"

    async def test_the_token_of_an_ended_session_is_no_theft(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            cookies = dict(browser.cookies)
            await browser.post("/admin/api/auth/logout")
        assert await answers_to(site, cookies) == (401, 401, 303)
        (session,) = await site.sessions_of(user)
        assert session.revoked_reason == "logout"
        assert await events(site, "refresh.reused", session) == []

    async def test_twenty_parallel_reuses_are_one_end_and_no_fault(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            stolen = dict(browser.cookies)
            await browser.post("/admin/api/auth/refresh")
        later.forward(seconds=11)
        del stolen[ACCESS]

        async def steal() -> int:
            async with again(site, stolen) as thief:
                return (await thief.get("/private")).status_code

        assert set(await asyncio.gather(*(steal() for _ in range(20)))) == {401}
        (session,) = await site.sessions_of(user)
        assert len(await events(site, "refresh.reused", session)) == 1


class TestTold:
    """Somebody used a copied token: whoever the session belonged to hears of it."""

    async def _steal(self, site: Site, user: Any, later: Clock) -> None:
        async with site.browser() as browser:
            await sign_in(browser, user)
            stolen = browser.cookies[REFRESH]
            await browser.post("/admin/api/auth/refresh")
            later.forward(seconds=11)
            async with again(site, {REFRESH: stolen}) as thief:
                assert (await thief.post("/admin/api/auth/refresh")).status_code == 401
            later.forward(seconds=1)

    async def test_on_the_page_after_the_next_login_and_once(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        await self._steal(site, user, later)
        async with site.browser() as browser:
            for told in (True, False):
                await sign_in(browser, user)
                for again in (told, False):
                    assert ("an old copy of your session was used" in (await browser.get("/admin")).text) is again
                await browser.post("/admin/api/auth/logout")
                later.forward(seconds=1)

    async def test_nobody_else_is(self, site: Site, later: Clock) -> None:
        await self._steal(site, await site.add_user(), later)
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user())
            assert "an old copy" not in (await browser.get("/admin")).text

    async def test_a_single_page_application_reads_it_from_the_account(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        await self._steal(site, user, later)
        credentials = {"email": user.email, "password": PASSWORD}
        async with site.browser() as browser:
            answer = await browser.post("/admin/api/auth/login", json=credentials)
            # The body stays what the documentation says.
            assert set(answer.json()) == {"token_type", "expires_in"}
            reused_at = (await browser.get("/admin/api/account")).json()["refresh_reused_at"]
            assert now() - timedelta(seconds=10) < datetime.fromisoformat(reused_at) < now()
        later.forward(seconds=1)
        async with site.browser() as browser:
            await browser.post("/admin/api/auth/login", json=credentials)
            assert (await browser.get("/admin/api/account")).json()["refresh_reused_at"] is None

    async def test_ending_a_session_is_not_theft(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            await browser.post("/admin/api/auth/logout")
            later.forward(seconds=1)
            await sign_in(browser, user)
            assert (await browser.get("/admin/api/account")).json()["refresh_reused_at"] is None


class TestLogout:
    @pytest.mark.parametrize("door", ["/admin/logout", "/admin/api/auth/logout"])
    async def test_it_ends_the_row_and_every_copy_of_the_tokens(self, site: Site, door: str) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            cookies = dict(browser.cookies)
            data = {"csrf_token": await form_token(browser, "/admin")} if "api" not in door else None
            answer = await browser.post(door, data=data)
            assert answer.status_code in (200, 303)
            gone = set_cookies(answer)
            assert all("Max-Age=0" in gone[name] for name in (ACCESS, REFRESH))
            assert ACCESS not in browser.cookies
        (session,) = await site.sessions_of(user)
        assert session.revoked_reason == "logout"
        assert len(await events(site, "logout", session)) == 1
        assert await answers_to(site, cookies) == (401, 401, 303)
        async with again(site, {REFRESH: cookies[REFRESH]}) as thief:
            assert (await thief.post("/admin/api/auth/refresh")).status_code == 401

    async def test_an_expired_access_token_keeps_nobody_in(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            later.forward(seconds=HOUR + 1)
            answer = await browser.post("/admin/api/auth/logout")
            assert answer.status_code == 200
            # Renewed at the door and ended inside: the browser hears of the end only.
            assert taken_back(answer) == {ACCESS, REFRESH}
        (session,) = await site.sessions_of(user)
        assert session.revoked_at is not None

    async def test_an_expired_access_token_alone_is_enough_while_its_session_lives(
        self, site: Site, later: Clock
    ) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            browser.cookies.delete(REFRESH)
            later.forward(seconds=HOUR + 1)
            assert (await browser.get("/private")).status_code == 401
            assert (await browser.post("/admin/api/auth/logout")).status_code == 200
        (session,) = await site.sessions_of(user)
        assert session.revoked_reason == "logout"

    async def test_a_session_that_has_ended_is_nobodys_to_end(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            cookies = dict(browser.cookies)
            await browser.post("/admin/api/auth/logout")
            async with again(site, cookies) as copy:
                answer = await copy.post("/admin/api/auth/logout")
                assert (answer.status_code, answer.json()["extra"]["code"]) == (401, "invalid_session")

    async def test_a_stranger_cannot_log_out(self, site: Site) -> None:
        async with site.browser() as browser:
            answer = await browser.post("/admin/api/auth/logout")
        assert (answer.status_code, answer.json()["extra"]["code"]) == (401, "not_authenticated")

    async def test_only_this_session_ends(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser() as browser, site.browser() as other:
            await sign_in(browser, user)
            await sign_in(other, user)
            await browser.post("/admin/api/auth/logout")
            assert (await other.get("/private")).status_code == 200


class TestRow:
    @pytest.mark.parametrize("columns", [{"is_active": False}, {"security_epoch": 1}])
    async def test_a_change_of_the_user_counts_at_the_next_request(self, site: Site, columns: dict[str, Any]) -> None:
        user = await site.add_user("superuser")
        async with site.browser() as browser:
            await sign_in(browser, user)
            cookies = dict(browser.cookies)
            assert await answers_to(site, cookies) == (200, 200, 200)
            await site.change(user, **columns)
            answer = await browser.get("/private")
            assert answer.status_code == 401
            # Dead cookies are taken from the browser: it would send them for ever.
            assert taken_back(answer) == {ACCESS, REFRESH}
        assert await answers_to(site, cookies) == (401, 401, 303)
        async with again(site, {REFRESH: cookies[REFRESH]}) as thief:
            assert (await thief.get("/private")).status_code == 401

    async def test_a_role_counts_at_the_next_request(self, site: Site) -> None:
        from litestar_admin_auth.models import UserRole

        user = await site.add_user("superuser")
        async with site.browser() as browser:
            await sign_in(browser, user)
            assert (await browser.get("/reports")).status_code == 200
            async with site.database.writing() as db:
                grant = (await db.scalars(select(UserRole).where(UserRole.user_id == user.id))).one()
                grant.expires_at = now()
            assert (await browser.get("/reports")).status_code == 403

    async def test_a_token_for_a_session_of_somebody_else_is_refused(self, site: Site) -> None:
        from litestar_admin_auth.auth.tokens import sign_access

        user, other = await site.add_user(), await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            sid = str(session_id(browser))
        config = site.runtime.backend.config  # type: ignore[attr-defined]
        for subject, session in ((str(other.id), sid), (str(user.id), str(uuid4())), ("x", sid), (str(user.id), "x")):
            assert await answers_to(site, {ACCESS: sign_access(config, subject, session)}) == (401, 401, 303)
        assert await answers_to(site, {ACCESS: sign_access(config, str(user.id), sid)}) == (200, 200, 200)

    @pytest.mark.parametrize(
        "value", ["", "x", "a.b.c", "x" * 5000, '"', "%00", "é".encode("latin-1"), b"\xff\xfe", "a=b"]
    )
    async def test_a_mad_cookie_is_nobody_and_no_fault(self, site: Site, value: str | bytes) -> None:
        raw = value if isinstance(value, bytes) else value.encode()
        header = f"{ACCESS}=".encode() + raw + f"; {REFRESH}=".encode() + raw
        async with site.browser() as browser:
            for path, status in (("/open", 200), ("/private", 401), ("/admin/api/auth/me", 401), ("/admin", 303)):
                assert (await browser.get(path, headers={b"cookie": header})).status_code == status  # type: ignore

    async def test_last_seen_is_written_at_most_once_a_minute(self, site: Site, later: Clock) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            (session,) = await site.sessions_of(user)
            for seconds, writes in ((59, 0), (2, 1), (30, 0), (29, 0), (2, 1)):
                later.forward(seconds=seconds)
                async with site.statements() as seen:
                    await browser.get("/private")
                assert sum(statement.startswith("UPDATE") for statement in seen) == writes, seconds
            (after,) = await site.sessions_of(user)
        assert timedelta(seconds=120) <= after.last_seen_at - session.last_seen_at < timedelta(seconds=130)

    async def test_parallel_requests_write_it_once(self, site: Site, later: Clock) -> None:
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user())
            later.forward(seconds=61)
            async with site.statements() as seen:
                answers = await asyncio.gather(*(browser.get("/private") for _ in range(10)))
        assert {answer.status_code for answer in answers} == {200}
        assert sum(statement.startswith("UPDATE") for statement in seen) <= 10

    async def test_a_request_costs_two_queries_and_a_strangers_none(self, site: Site) -> None:
        async with site.browser() as browser:
            async with site.statements() as seen:
                await browser.get("/open")
                await browser.get("/private", headers={"cookie": "session=x; other=y"})
            assert seen == []
            await sign_in(browser, await site.add_user("superuser"))
            for path in ("/open", "/private", "/reports", "/admin/api/auth/me"):
                async with site.statements() as seen:
                    assert (await browser.get(path)).status_code == 200
                queries = [statement for statement in seen if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK"))]
                assert len(queries) == 2, (path, queries)

    async def test_a_database_that_is_away_makes_nobody_of_everybody(
        self, site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user("superuser"))

            async def away(*_: object) -> None:
                raise OSError("the database is away: postgresql://admin:secret@db")

            monkeypatch.setattr("litestar_admin_auth.services.sessions.load_session", away)
            assert (await browser.get("/open")).json() == {"user": None}
            assert (await browser.get("/private")).status_code == 401
            for path in ("/admin", "/admin/api/auth/me", "/admin/roles"):
                answer = await browser.get(path)
                assert answer.status_code == 500
                assert "secret" not in answer.text
                assert "OSError" not in answer.text
        assert "the database is away" in caplog.text


async def open_socket(site: Site, cookies: dict[str, str], **headers: str) -> int | str:
    """Open the host's WebSocket; return the first text, or the code with which it is closed."""
    sent: list[dict[str, Any]] = []
    incoming = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}])

    async def receive() -> Any:
        return next(incoming)

    async def send(message: Any) -> None:
        sent.append(message)

    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    given = {"host": "shop.example", "cookie": cookie, "origin": "https://shop.example"} | headers
    scope: Any = {
        "type": "websocket", "path": "/socket", "raw_path": b"/socket", "root_path": "", "scheme": "wss",
        "query_string": b"", "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("203.0.113.9", 4711), "server": ("shop.example", 443), "subprotocols": [], "extensions": {},
        "asgi": {"version": "3.0"}, "http_version": "1.1",
    }  # fmt: skip
    await site.app(scope, receive, send)
    for message in sent:
        if message["type"] == "websocket.send":
            return str(message["text"])
        if message["type"] == "websocket.close":
            return int(message["code"])
    raise AssertionError(sent)


class TestWebSocket:
    async def test_the_cookie_opens_it(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            assert await open_socket(site, dict(browser.cookies)) == user.email

    async def test_a_stranger_is_closed_with_a_code_of_its_own(self, site: Site) -> None:
        assert await open_socket(site, {}) == 4401

    async def test_a_page_of_another_origin_opens_it_as_nobody(self, site: Site) -> None:
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user())
            cookies = dict(browser.cookies)
        assert await open_socket(site, cookies, origin="https://evil.shop.example") == 4401


class TestHostRoutes:
    async def test_a_page_of_another_origin_changes_nothing_there_either(self, site: Site) -> None:
        async with site.browser() as browser:
            await sign_in(browser, await site.add_user())
            assert (await browser.post("/change")).status_code == 200
            for headers in ({"origin": "https://evil.shop.example"}, {"sec-fetch-site": "same-site"}):
                assert (await browser.post("/change", headers=headers)).status_code == 401
                assert (await browser.get("/private", headers=headers)).status_code == 200

    async def test_the_hosts_script_without_an_origin_goes_on(self, site: Site) -> None:
        async with site.browser() as browser, site.browser(origin=None) as script:
            await sign_in(browser, await site.add_user())
            headers = {"cookie": f"{ACCESS}={browser.cookies[ACCESS]}"}
            assert (await script.post("/change", headers=headers)).status_code == 200

    async def test_a_bearer_token_is_not_read_where_cookies_are_configured(self, site: Site) -> None:
        async with site.browser() as browser, site.browser() as script:
            await sign_in(browser, await site.add_user())
            headers = {"authorization": f"Bearer {browser.cookies[ACCESS]}"}
            assert (await script.get("/private", headers=headers)).status_code == 401
            assert (await script.get("/admin/api/auth/me", headers=headers)).status_code == 401


async def test_no_answer_repeats_the_password(site: Site) -> None:
    user = await site.add_user()
    async with site.browser() as browser:
        for attempt in (PASSWORD + "x", PASSWORD):
            assert attempt not in (await sign_in(browser, user, attempt)).text
