"""Suspending and deleting a user, and new one-time links: asked first, and refused whatever is shown."""

import pytest

from litestar_admin_auth.core.exceptions import NotFound
from tests.auth.site import Site, sign_in
from tests.web.conftest import SignIn, Visitor, words
from tests.web.users import link_in, stored


class TestSuspension:
    async def test_asks_then_suspends_and_signs_out(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        async with site.browser() as browser:
            await sign_in(browser, user)
            path = f"/users/{user.id}/suspension"
            part = (await superuser.fragment(path)).text
            assert part.strip().startswith("<form")
            assert f"Suspend {user.email}?" in words(part)
            assert (await superuser.post(path, csrf_token="0" * 64)).status_code == 400
            assert (await stored(site, user)).status == "active"
            page = words(await superuser.follow(await superuser.post(path)))
            assert f"{user.email} is suspended" in page
            assert "Reactivate" in page
            assert (await stored(site, user)).status == "suspended"
            assert (await browser.get("/admin/")).status_code in (303, 401)

    async def test_reactivates(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user(is_active=False)
        path = f"/users/{user.id}/reactivation"
        assert (await superuser.post(path, csrf_token="0" * 64)).status_code == 400
        assert (await stored(site, user)).status == "suspended"
        page = words(await superuser.follow(await superuser.post(path)))
        assert f"{user.email} may sign in again." in page
        assert (await stored(site, user)).status == "active"


class TestOneTimeLink:
    async def test_makes_a_new_link_and_kills_the_older_one(
        self, site: Site, superuser: Visitor, stranger: Visitor
    ) -> None:
        user = await site.add_user(password_hash=None)
        assert "New invitation link" in (await superuser.get(f"/users/{user.id}")).text
        first = link_in((await superuser.post(f"/users/{user.id}/invitation")).text)
        second = link_in((await superuser.post(f"/users/{user.id}/invitation")).text)
        assert (await stranger.browser.get(first)).status_code == 404
        assert (await stranger.browser.get(second)).status_code == 303

    async def test_is_a_reset_for_somebody_who_has_a_password(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        assert "Password reset link" in (await superuser.get(f"/users/{user.id}")).text
        page = await superuser.post(f"/users/{user.id}/password-reset")
        assert link_in(page.text).startswith("/admin/password-reset/")
        assert f"Password reset for {user.email}" in words(page.text)
        assert "no-store" in page.headers["cache-control"]

    async def test_refuses_a_forged_token_and_a_suspended_user(self, site: Site, superuser: Visitor) -> None:
        user, away = await site.add_user(), await site.add_user(is_active=False)
        forged = await superuser.post(f"/users/{user.id}/password-reset", csrf_token="0" * 64)
        refused = await superuser.post(f"/users/{away.id}/password-reset")
        assert (forged.status_code, refused.status_code) == (400, 409)
        assert "/admin/password-reset/" not in forged.text + refused.text
        # Told where the way out is: on the user's page.
        assert "Reactivate the user first." in refused.text
        assert f'action="/admin/users/{away.id}/reactivation"' in refused.text

    async def test_has_no_page_to_come_back_to(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        for tail in ("invitation", "password-reset", "reactivation"):
            back = await superuser.get(f"/users/{user.id}/{tail}")
            assert (back.status_code, back.headers["location"]) == (303, f"/admin/users/{user.id}")


class TestDeletion:
    async def test_deletes_after_the_address_was_typed(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        path = f"/users/{user.id}/deletion"
        assert f"Delete {user.email}?" in words((await superuser.get(path)).text)
        page = await superuser.follow(await superuser.post(path, typed=f" {user.email.upper()} "))
        assert f"{user.email} is deleted." in words(page)
        with pytest.raises(NotFound):
            await stored(site, user)

    @pytest.mark.parametrize("fields", [{}, {"typed": ""}, {"typed": "other@example.com"}])
    async def test_keeps_a_user_whose_address_was_not_typed(
        self, site: Site, superuser: Visitor, fields: dict[str, str]
    ) -> None:
        user = await site.add_user()
        page = await superuser.post(f"/users/{user.id}/deletion", **fields)
        assert page.status_code == 400
        assert "This is not the user&#39;s e-mail address." in page.text
        assert await stored(site, user)

    async def test_refuses_a_forged_token(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user()
        page = await superuser.post(f"/users/{user.id}/deletion", typed=user.email, csrf_token="0" * 64)
        assert page.status_code == 400
        assert await stored(site, user)

    async def test_is_refused_without_the_permission(self, site: Site, sign_in_as: SignIn) -> None:
        user, clerk = await site.add_user(), await sign_in_as("users:read", "users:write")
        assert "/deletion" not in (await clerk.get(f"/users/{user.id}")).text
        assert (await clerk.get(f"/users/{user.id}/deletion")).status_code == 403
        refused = await clerk.post(f"/users/{user.id}/deletion", typed=user.email)
        assert refused.status_code == 403
        assert "users:delete" in refused.text
        assert await stored(site, user)
