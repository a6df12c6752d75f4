"""The session on the host's own routes: read from our cookie, and from no foreign page's request."""

from tests.auth.copies import open_socket
from tests.auth.site import ACCESS, Site, sign_in


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
