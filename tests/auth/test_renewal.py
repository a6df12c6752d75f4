"""A session is renewed without anybody noticing, once a token; a token that comes back ends it, and is told."""

import asyncio
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from litestar_admin_auth.core.clock import now
from tests.auth.copies import again, answers_to, events, open_socket
from tests.auth.site import ACCESS, PASSWORD, REFRESH, Clock, Site, form_token, set_cookies, sign_in, stated

HOUR = 3600


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
