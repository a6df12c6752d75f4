"""The language and the time zone of the pages."""

import re

import pytest

from litestar_admin_auth.core import i18n
from tests.auth.site import Site, form_token
from tests.web.conftest import Visitor

CHOOSE = "/account/preferences"


def language_of(html: str) -> str:
    found = re.search(r'<html lang="(\w+)"', html)
    assert found
    return found[1]


class TestPreferences:
    @pytest.mark.parametrize("language", i18n.LANGUAGES)
    async def test_are_kept_with_the_user(self, nobody: Visitor, language: str) -> None:
        answer = await nobody.post(CHOOSE, language=language, time_zone="Asia/Tokyo")
        assert answer.status_code == 303
        page = (await nobody.get(CHOOSE)).text
        assert language_of(page) == language
        assert re.search(r"<option selected>Asia/Tokyo", page)

    async def test_outweigh_what_the_browser_says(self, nobody: Visitor) -> None:
        await nobody.post(CHOOSE, language="de", time_zone="")
        assert language_of((await nobody.get("/account", **{"accept-language": "en"})).text) == "de"
        await nobody.post(CHOOSE, language="", time_zone="")
        assert language_of((await nobody.get("/account", **{"accept-language": "en"})).text) == "en"

    async def test_are_confirmed_in_the_language_that_they_lead_to(self, nobody: Visitor) -> None:
        await nobody.post(CHOOSE, language="de", time_zone="")
        assert "Ihre Einstellungen sind gespeichert" in (await nobody.get(CHOOSE)).text
        await nobody.post(CHOOSE, language="", time_zone="")
        assert "Your preferences are saved" in (await nobody.get(CHOOSE)).text

    async def test_name_each_language_in_itself(self, nobody: Visitor) -> None:
        page = (await nobody.get(CHOOSE)).text
        for code, name in i18n.LANGUAGES.items():
            assert re.search(rf"<option [^>]*lang=\"{code}\"[^>]*>{name}</option>", page)

    @pytest.mark.parametrize("chosen", [{"language": "xx"}, {"time_zone": "Mars/Olympus"}, {"time_zone": "x" * 9999}])
    async def test_that_do_not_exist_are_refused_at_their_field(self, nobody: Visitor, chosen: dict[str, str]) -> None:
        answer = await nobody.post(CHOOSE, **({"language": "", "time_zone": ""} | chosen))
        assert answer.status_code == 400
        assert f'id="{next(iter(chosen))}-error"' in answer.text

    async def test_send_a_stranger_to_the_login(self, stranger: Visitor) -> None:
        assert (await stranger.get(CHOOSE)).status_code == 303


class TestTimes:
    async def test_are_in_the_zone_that_was_chosen(self, site: Site, nobody: Visitor) -> None:
        await nobody.post(CHOOSE, language="en", time_zone="Asia/Tokyo")
        page = (await nobody.get("/account/sessions")).text
        titles = re.findall(r'<time datetime=(\S+) title="([^"]+)"', page)
        assert titles
        assert all(title.endswith("(Asia/Tokyo)") for _exact, title in titles)
        assert all(exact.endswith("Z") for exact, _title in titles)

    async def test_are_in_the_zone_of_the_browser_else_and_in_utc_when_nobody_knows(
        self, site: Site, nobody: Visitor
    ) -> None:
        assert "UTC" in (await nobody.get("/account/sessions")).text
        nobody.browser.cookies.set(site.runtime.cookies.zone, "America/New_York", domain="shop.example")
        assert "(America/New_York)" in (await nobody.get("/account/sessions")).text

    @pytest.mark.parametrize("cookie", ["../../etc/passwd", "Mars/Olympus", "%00", "x" * 3000])
    async def test_survive_any_cookie(self, site: Site, nobody: Visitor, cookie: str) -> None:
        answer = await nobody.browser.get(
            "/admin/account/sessions",
            headers={"cookie": f"{site.runtime.cookies.zone}={cookie}; {cookies_of(nobody)}"},
        )
        assert answer.status_code == 200
        assert "UTC" in answer.text


def cookies_of(visitor: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in visitor.browser.cookies.items())


class TestTheLanguageOfAStranger:
    @pytest.mark.parametrize(
        ("header", "language"), [("ar-EG,ar;q=0.9,en;q=0.1", "ar"), ("fr,de;q=0.4", "de"), ("fr", "en")]
    )
    async def test_is_that_of_the_browser(self, stranger: Visitor, header: str, language: str) -> None:
        assert language_of((await stranger.get("/login", **{"accept-language": header})).text) == language

    @pytest.mark.parametrize("language", i18n.LANGUAGES)
    async def test_is_chosen_on_the_login_page_and_stays(self, stranger: Visitor, language: str) -> None:
        token = await form_token(stranger.browser, "/admin/login?next=/admin/roles")
        answer = await stranger.browser.post(
            "/admin/language",
            data={"csrf_token": token, "language": language, "next": "/admin/login?next=/admin/roles"},
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin/login?next=/admin/roles")
        page = (await stranger.get("/login", **{"accept-language": "fr"})).text
        assert language_of(page) == language
        assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in page

    @pytest.mark.parametrize("language", ["xx", "", "../de", "de\r\nset-cookie: a=b"])
    async def test_that_does_not_exist_sets_no_cookie(self, site: Site, stranger: Visitor, language: str) -> None:
        token = await form_token(stranger.browser)
        answer = await stranger.browser.post("/admin/language", data={"csrf_token": token, "language": language})
        assert site.runtime.cookies.language not in answer.headers.get("set-cookie", "")

    async def test_is_not_chosen_by_a_foreign_page(self, site: Site, stranger: Visitor) -> None:
        await stranger.get("/login")
        answer = await stranger.browser.post("/admin/language", data={"language": "de"})
        assert site.runtime.cookies.language not in answer.headers.get("set-cookie", "")
