"""The page of sessions: who is seen, and who may end whose."""

import re
from html import unescape

import pytest

from litestar_admin_auth.models import Session
from tests.auth.site import Site, session_id, sign_in
from tests.web.conftest import SignIn, Visitor, words

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HOSTILE = '"><img src=x onerror=alert(1)>{{7*7}}</script>'


async def only_session(site: Site, visitor: Visitor) -> Session:
    assert visitor.user is not None
    (session,) = await site.sessions_of(visitor.user)
    return session


async def is_signed_in(visitor: Visitor) -> bool:
    return (await visitor.get("/account")).status_code == 200


class TestSessionList:
    async def test_tells_who_is_signed_in_on_what_and_from_where(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        async with site.browser(**{"user-agent": FIREFOX}) as browser:
            await sign_in(browser, user)
        page = await superuser.get(f"/sessions?q={user.email}")
        assert page.status_code == 200
        row = words(page.text[page.text.index("<tbody>") :])
        assert f"{user.email} Firefox on Linux 203.0.113.9 just now just now End" in row
        assert f'href="/admin/users/{user.id}"' in page.text

    async def test_marks_the_own_session_and_offers_no_way_to_end_it(self, site: Site, superuser: Visitor) -> None:
        session = await only_session(site, superuser)
        assert superuser.user is not None
        page = (await superuser.get(f"/sessions?q={superuser.user.email}")).text
        assert "This device" in page
        assert f"/{session.id}/" not in page
        assert f'value="{session.id}"' not in page

    async def test_leaves_out_sessions_that_have_ended(self, site: Site, superuser: Visitor, nobody: Visitor) -> None:
        assert nobody.user is not None
        url = f"/sessions?q={nobody.user.email}"
        assert "<tbody>" in (await superuser.get(url)).text
        await nobody.post("/logout")
        assert "Nothing matches" in (await superuser.get(url)).text

    async def test_offers_to_end_only_to_who_may(self, site: Site, sign_in_as: SignIn, nobody: Visitor) -> None:
        session = await only_session(site, nobody)
        assert nobody.user is not None
        url = f"/sessions?q={nobody.user.email}"
        may, may_not = await sign_in_as("sessions:read", "sessions:revoke"), await sign_in_as("sessions:read")
        assert f"/admin/sessions/{session.id}/revocation" in (await may.get(url)).text
        page = await may_not.get(url)
        assert nobody.user.email in page.text
        assert "revocation" not in page.text

    async def test_names_the_permission_that_is_missing(self, nobody: Visitor) -> None:
        page = await nobody.get("/sessions")
        assert page.status_code == 403
        assert "sessions:read" in page.text

    async def test_answers_htmx_with_the_results_alone(self, superuser: Visitor) -> None:
        part = await superuser.fragment("/sessions")
        assert part.text.strip().startswith('<div id="results"')
        assert "<html" not in part.text

    async def test_goes_on_to_the_next_page_and_back(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        for _ in range(3):
            async with site.browser() as browser:
                await sign_in(browser, user)
        first = (await superuser.get(f"/sessions?q={user.email}&limit=2")).text
        assert 'rel="prev"' not in first
        following = re.search(r'rel="next" href="/admin([^"]+)"', first)
        assert following
        second = (await superuser.get(unescape(following[1]))).text
        assert 'rel="next"' not in second
        ended = [set(re.findall(r'href="/admin/sessions/([^/]+)/revocation"', page)) for page in (first, second)]
        assert [len(ids) for ids in ended] == [2, 1]
        assert len(ended[0] | ended[1]) == 3
        assert 'rel="prev"' in second

    @pytest.mark.parametrize(
        ("query", "status"),
        [("page=2", 200), ("limit=0", 200), ("sort=nope", 400), ("cursor=nope", 400), ("q=%00", 400), ("q=%25", 200)],
    )
    async def test_answers_an_odd_address_with_a_page(self, superuser: Visitor, query: str, status: int) -> None:
        page = await superuser.get(f"/sessions?{query}")
        assert page.status_code == status
        assert page.headers["content-type"].startswith("text/html")

    async def test_takes_a_percent_sign_in_the_search_for_a_percent_sign(self, superuser: Visitor) -> None:
        assert "Nothing matches" in (await superuser.get("/sessions?q=%25")).text

    async def test_shows_a_hostile_user_agent_as_text(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        async with site.browser(**{"user-agent": HOSTILE}) as browser:
            await sign_in(browser, user)
        page = (await superuser.get(f"/sessions?q={user.email}")).text
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}" in page

    async def test_asks_the_database_no_more_often_for_more_sessions(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        url = f"/sessions?q={user.email}"
        await superuser.get(url)
        async with site.statements() as few:
            await superuser.get(url)
        for _ in range(4):
            async with site.browser() as browser:
                await sign_in(browser, user)
        async with site.statements() as many:
            await superuser.get(url)
        assert len(few) == len(many) > 0


class TestRevocation:
    async def test_asks_first_and_ends_the_session_at_the_next_click(
        self, site: Site, superuser: Visitor, nobody: Visitor
    ) -> None:
        session = await only_session(site, nobody)
        assert nobody.user is not None
        question = await superuser.get(f"/sessions/{session.id}/revocation")
        assert f"End the session of {nobody.user.email}?" in words(question.text)
        assert await is_signed_in(nobody)
        page = await superuser.follow(await superuser.post(f"/sessions/{session.id}/revocation"))
        assert f"The session of {nobody.user.email} has ended." in words(page)
        assert not await is_signed_in(nobody)

    async def test_asks_htmx_in_a_dialog(self, site: Site, superuser: Visitor, nobody: Visitor) -> None:
        session = await only_session(site, nobody)
        part = await superuser.fragment(f"/sessions/{session.id}/revocation")
        assert part.text.strip().startswith('<form class="confirm"')

    async def test_is_in_the_audit_log(self, site: Site, superuser: Visitor, nobody: Visitor) -> None:
        session = await only_session(site, nobody)
        await superuser.post(f"/sessions/{session.id}/revocation")
        assert superuser.user is not None
        event = (await site.events_of(superuser.user))[-1]
        assert (event.action, event.target_id) == ("session.revoked", str(session.id))

    # Who may see neither sessions nor users does not even learn that there is one.
    @pytest.mark.parametrize(
        ("held", "status"), [("sessions:read", 403), ("sessions:revoke", 404), ("sessions:*", 403)]
    )
    async def test_never_ends_the_session_of_somebody_stronger(
        self, site: Site, superuser: Visitor, sign_in_as: SignIn, held: str, status: int
    ) -> None:
        session = await only_session(site, superuser)
        weaker = await sign_in_as(held)
        for answer in (
            await weaker.get(f"/sessions/{session.id}/revocation"),
            await weaker.post(f"/sessions/{session.id}/revocation"),
        ):
            assert answer.status_code == status
            # Refused people learn nothing about whose session it is.
            assert superuser.user is not None
            assert superuser.user.email not in answer.text
        assert await is_signed_in(superuser)

    async def test_refuses_a_form_without_the_session_token(
        self, site: Site, superuser: Visitor, nobody: Visitor
    ) -> None:
        session = await only_session(site, nobody)
        page = await superuser.post(f"/sessions/{session.id}/revocation", csrf_token=nobody.token)
        assert page.status_code == 400
        assert "This form has expired" in page.text
        assert await is_signed_in(nobody)

    async def test_of_the_own_session_leads_to_the_login(self, site: Site, superuser: Visitor) -> None:
        answer = await superuser.post(f"/sessions/{session_id(superuser.browser)}/revocation")
        assert answer.status_code == 303
        page = await superuser.browser.get(answer.headers["location"], headers={"accept": "text/html"})
        assert page.headers["location"].startswith("/admin/login")

    @pytest.mark.parametrize("name", ["5f0c2f0e-9d4b-4c39-8a3e-3f6b0a5b7c11", "nope", "1", "%00"])
    async def test_of_what_is_not_there_is_a_page_of_its_own(self, superuser: Visitor, name: str) -> None:
        for answer in (
            await superuser.get(f"/sessions/{name}/revocation"),
            await superuser.post(f"/sessions/{name}/revocation"),
        ):
            assert answer.status_code == 404
            assert answer.headers["content-type"].startswith("text/html")
