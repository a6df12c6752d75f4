"""The search over everything, as a page and as the palette's list."""

import re

import pytest

from litestar_admin_auth.core.exceptions import TooManyTries
from tests.auth.site import Site
from tests.web.conftest import SignIn, Visitor, words


class TestSearch:
    async def test_is_not_for_strangers(self, stranger: Visitor) -> None:
        page = await stranger.get("/search?q=a")
        assert (page.status_code, page.headers["location"]) == (303, "/admin/login?next=/admin/search%3Fq%3Da")

    async def test_leads_to_what_it_finds(self, site: Site, superuser: Visitor) -> None:
        user = await site.add_user(name="Philomena Unusual")
        page = await superuser.get("/search?q=philomena")
        assert f'href="/admin/users/{user.id}"' in page.text
        code = await superuser.get("/search?q=orders:refund")
        assert 'href="/admin/permissions?q=orders%3Arefund"' in code.text

    async def test_lists_pages_that_the_viewer_may_open_and_no_others(self, sign_in_as: SignIn) -> None:
        viewer = await sign_in_as("roles:read")
        for page in (await viewer.get("/search"), await viewer.fragment("/search")):
            main = page.text.partition("<main")[2] or page.text
            assert 'href="/admin/roles"' in main
            assert 'href="/admin/account"' in main
            assert 'href="/admin/users"' not in main
            assert 'href="/admin/audit"' not in main

    async def test_leads_to_the_forms_that_the_viewer_may_send(self, superuser: Visitor, sign_in_as: SignIn) -> None:
        reader = await sign_in_as("users:read", "roles:read")
        for q, address in (("invite", "/admin/users/new"), ("new role", "/admin/roles/new")):
            assert f'href="{address}"' in (await superuser.get(f"/search?q={q}")).text
            assert f'href="{address}"' not in (await reader.get(f"/search?q={q}")).text

    async def test_finds_nobody_for_who_may_read_nobody(self, site: Site, nobody: Visitor) -> None:
        await site.add_user(name="Hidden Hannah")
        assert "Hannah" not in words((await nobody.get("/search?q=hannah")).text).replace("Search hannah", "")

    async def test_answers_htmx_with_options_of_distinct_ids(self, site: Site, superuser: Visitor) -> None:
        answer = await superuser.fragment("/search?q=o")
        assert "<html" not in answer.text
        ids = re.findall(r'role="option" id="(option-\d+)"', answer.text)
        assert len(ids) == len(set(ids)) > 3
        assert "HX-Request" in answer.headers["vary"]

    async def test_shows_what_was_typed_as_text(self, superuser: Visitor) -> None:
        for page in (
            await superuser.get("/search?q=%3Cscript%3Ex"),
            await superuser.fragment("/search?q=%3Cscript%3Ex"),
        ):
            assert "<script>x" not in page.text
            assert "&lt;script&gt;x" in page.text

    @pytest.mark.parametrize("q", ["x" * 201, "x" * 60_000, "%00", "%ED%A0%80%00"])
    async def test_refuses_a_query_that_no_search_can_be(self, superuser: Visitor, q: str) -> None:
        assert (await superuser.get(f"/search?q={q}")).status_code == 400
        assert (await superuser.fragment(f"/search?q={q}")).status_code == 400

    async def test_asks_the_throttle_first(
        self, site: Site, superuser: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []

        async def check(door: str, account: str, ip: str) -> None:
            asked.append(door)
            assert superuser.user is not None
            assert account == str(superuser.user.id)
            if len(asked) > 1:
                raise TooManyTries(30)

        monkeypatch.setattr(site.runtime.throttle, "check", check, raising=False)
        assert (await superuser.get("/search?q=a")).status_code == 200
        refused = await superuser.get("/search?q=a")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        assert asked == ["search", "search"]


class TestKeys:
    async def test_tells_every_key_on_a_page_of_its_own(self, nobody: Visitor) -> None:
        page = await nobody.get("/help/keys")
        assert page.status_code == 200
        assert all(f"<kbd>{key}</kbd>" in page.text for key in ("/", "?", "Ctrl", "K", "Esc", "Tab"))

    async def test_is_a_dialogs_content_for_htmx(self, nobody: Visitor) -> None:
        assert (await nobody.fragment("/help/keys")).text.lstrip().startswith('<div class="confirm">')
