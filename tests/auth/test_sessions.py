"""A session is checked against its row and ends everywhere at once; its renewal stands in test_renewal.py."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from litestar_admin_auth.core.clock import now
from tests.auth.copies import again, answers_to, events, taken_back
from tests.auth.site import ACCESS, PASSWORD, REFRESH, Clock, Site, form_token, session_id, set_cookies, sign_in, stated

HOUR = 3600


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


async def test_no_answer_repeats_the_password(site: Site) -> None:
    user = await site.add_user()
    async with site.browser() as browser:
        for attempt in (PASSWORD + "x", PASSWORD):
            assert attempt not in (await sign_in(browser, user, attempt)).text
