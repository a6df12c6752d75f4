"""The Sessions and Activity tabs of a user."""

from litestar_admin_auth.services import users
from tests.auth.site import Site, sign_in
from tests.web.conftest import TESTS, SignIn, Visitor, words


class TestSessionsAndActivity:
    async def test_ends_all_sessions_of_a_user_after_asking(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        async with site.browser() as phone, site.browser() as laptop:
            for browser in (phone, laptop):
                assert (await sign_in(browser, user)).status_code == 303
            page = (await superuser.get(f"/users/{user.id}/sessions")).text
            assert page.count("/revocation") >= 3
            path = f"/users/{user.id}/sessions/revocation"
            assert f"End all sessions of {user.email}?" in words((await superuser.get(path)).text)
            assert (await superuser.post(path, csrf_token="0" * 64)).status_code == 400
            assert (await phone.get("/admin/")).status_code == 200
            said = words(await superuser.follow(await superuser.post(path)))
            assert "2 sessions have ended." in said
            assert "No live sessions" in said
            assert (await phone.get("/admin/")).status_code in (303, 401)

    async def test_keeps_the_session_in_which_one_ends_ones_own(self, site: Site, superuser: Visitor) -> None:
        assert superuser.user is not None
        async with site.browser() as other:
            await sign_in(other, superuser.user)
            path = f"/users/{superuser.user.id}/sessions"
            assert "All but this one end" in words((await superuser.get(f"{path}/revocation")).text)
            said = words(await superuser.follow(await superuser.post(f"{path}/revocation")))
            assert "1 session has ended." in said
            assert "This device" in said

    async def test_shows_a_reader_of_sessions_no_way_to_end_them(self, site: Site, sign_in_as: SignIn) -> None:
        user = await site.add_user()
        reader = await sign_in_as("users:read", "sessions:read")
        async with site.browser() as browser:
            await sign_in(browser, user)
            page = await reader.get(f"/users/{user.id}/sessions")
            assert page.status_code == 200
            assert "/revocation" not in page.text
            refused = await reader.post(f"/users/{user.id}/sessions/revocation")
            assert refused.status_code == 403
            assert "sessions:revoke" in refused.text
            assert (await browser.get("/admin/")).status_code == 200

    async def test_shows_no_way_to_end_the_sessions_of_somebody_stronger(self, site: Site, sign_in_as: SignIn) -> None:
        strong, clerk = await site.add_user("superuser"), await sign_in_as("users:read", "sessions:*")
        async with site.browser() as browser:
            await sign_in(browser, strong)
            page = await clerk.get(f"/users/{strong.id}/sessions")
            assert "No live sessions" not in page.text
            assert "/revocation" not in page.text

    async def test_tells_what_happened_to_the_user_and_to_nobody_else(self, site: Site, superuser: Visitor) -> None:
        user, other = await site.add_user(), await site.add_user()
        await users.update_user(site.database, TESTS, user.id, name="Before and after")
        await users.update_user(site.database, TESTS, other.id, name="Somebody else")
        page = (await superuser.get(f"/users/{user.id}/activity")).text
        assert "user.updated" in page
        assert "Before and after" in page
        assert other.email not in page

    async def test_shows_activity_only_to_readers_of_the_audit_log(self, site: Site, sign_in_as: SignIn) -> None:
        user = await site.add_user()
        reader = await sign_in_as("users:read")
        refused = await reader.get(f"/users/{user.id}/activity")
        assert refused.status_code == 403
        assert "audit:read" in refused.text
