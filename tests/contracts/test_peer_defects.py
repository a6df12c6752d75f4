"""What the peers promise and do not do: each row that concerns the authentication, and the test that we pass.

:data:`SHOWN_ELSEWHERE` names the tests that stood already; what had none has it below.
"""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from litestar_admin_auth import AdminConfig, AdminPlugin
from litestar_admin_auth.auth import AdminUser, JWTAuthBackend, JWTConfig
from litestar_admin_auth.auth.tokens import verify as verify_token
from litestar_admin_auth.core.exceptions import InvalidToken
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.one_time_links import INVITATION, create_link
from tests.auth.conftest import site as site
from tests.auth.conftest import site_url as site_url
from tests.auth.site import PASSWORD, Site, alive, set_cookies, sign_in
from tests.contracts.test_seed_text import (
    LOGIN,
    LOGOUT,
    ME,
    ORIGIN,
    REFRESH,
    SECRET,
    bearer,
    load_admin,
    tokens_of,
    verify,
)

ROOT = Path(__file__).parents[2]

#: The rows of the list, in its order, each with the tests that show that it does not hold for us.
SHOWN_ELSEWHERE: dict[str, list[str]] = {
    # The system that the specification comes from.
    "no verifier given: any password logs in": [
        "tests/contracts::test_it_runs_and_nobody_is_let_in_unchecked",
        "tests/auth::test_without_a_verifier_every_password_is_refused",
    ],
    "logout does nothing; the token still answers 200": [
        "tests/contracts::test_a_logout_invalidates_the_session",
        "tests/auth::test_it_ends_the_row_and_every_copy_of_the_tokens",
    ],
    "anonymous logout is 200": [
        "tests/api::test_a_stranger_has_nothing_to_end",
        "tests/auth::test_a_stranger_cannot_log_out",
    ],
    "the refresh token is never rotated": [
        "tests/auth::test_refresh_tokens_rotate",
        "tests/auth::test_the_refresh_endpoint_rotates_too",
    ],
    "the refresh token is reusable after logout": [
        "tests/contracts::test_a_logout_invalidates_the_session",
        "tests/auth::test_the_token_of_an_ended_session_is_no_theft",
    ],
    "X-Refresh-Token alone is a 400": ["tests/contracts::test_each_place_is_enough"],
    "no Set-Cookie is ever sent": [
        "tests/contracts::test_in_cookies_nothing_travels_in_a_body_or_a_header",
        "tests/contracts::test_a_cookie_setting_is_seen_on_the_cookie",
    ],
    "header mode still reads cookies": ["tests/contracts::test_in_a_header_nothing_travels_by_cookie"],
    "with an audience every token is rejected": ["tests/contracts::test_an_optional_claim_is_written_and_required"],
    "the issuer is never checked": ["tests/auth::test_a_configured_issuer_is_required"],
    "tokens without exp, iss or type pass": [
        "tests/auth::test_each_claim_is_required",
        "tests/auth::test_another_typ_is_refused",
    ],
    "pages, login page and config answer 200 to strangers": [
        "tests/contracts::test_the_quick_setup_hides_the_admin_from_all_but_administrators",
    ],
    "the session id is not renewed at login": [
        "tests/auth::test_an_id_that_an_attacker_chose_is_not_the_one_after_the_login"
    ],
    "me is 403 or 404 to strangers": ["tests/contracts::test_who_nobody_is"],
    "AdminUser is the ORM class": ["tests/contracts::test_one_protocol_has_two_names"],
    "a viewer created, edited and deleted records": [
        "tests/api::test_is_needed",
        "tests/api::test_is_not_replaced_by_all_others",
        "tests/auth::test_a_guard_works_on_every_layer",
    ],
    "one character was accepted as a password": ["tests/services::test_refuses_with_a_reason"],
    "an admin made himself superuser": ["tests/services::test_nobody_lifts_oneself"],
    "an admin reset a superuser's password": [
        "tests/services::test_nobody_but_the_operator_sets_the_password_of_another"
    ],
    "inactive users log in": ["tests/api::test_hides_whether_the_email_exists"],
    "tokens survive a password change": ["tests/api::test_ends_the_other_sessions_and_keeps_this_one"],
    # litestar-users
    "reset tokens are reusable for a day": [
        "tests/services::test_works_once",
        "tests/services::test_dies_by_the_clock",
    ],
    "management routes have no guards by default": ["tests/api::test_is_told_to_sign_in"],
    # litestar-auth
    "no grace for two tabs that refresh at once": [
        "tests/auth::test_within_the_grace_a_late_tab_gets_the_same_successor",
        "tests/auth::test_twenty_parallel_requests_end_in_one_family",
    ],
    "a link is not bound to the address it was made for": [
        "tests/services::test_dies_with_the_address_it_was_made_for"
    ],
    # litestar-fullstack
    "a token for one step is accepted as a Bearer token": [
        "tests/auth::test_another_purpose_is_refused_though_the_typ_is_right"
    ],
    "the revocation of a reused token is rolled back": [
        "tests/auth::test_after_it_the_whole_family_ends_and_the_log_says_so"
    ],
    # Django
    "the last superuser can delete themselves": ["tests/services::test_is_not"],
    "a stale tab silently undoes another's change": ["tests/services::test_of_another_version_is_a_conflict"],
}


@pytest.mark.parametrize("row", SHOWN_ELSEWHERE)
def test_the_test_that_a_row_names_is_there(row: str) -> None:
    for reference in SHOWN_ELSEWHERE[row]:
        folder, _, name = reference.partition("::")
        sources = [file.read_text("utf-8") for file in sorted((ROOT / folder).glob("test_*.py"))]
        assert any(re.search(rf"def {name}\(", source) for source in sources), reference


@pytest.fixture(scope="module")
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    """A host with users of its own and tokens in headers."""
    backend = JWTAuthBackend(JWTConfig(secret_key=SECRET), load_admin, verify)
    app = Litestar(plugins=[AdminPlugin(AdminConfig(auth_backend=backend))])
    async with alive(app), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as http:
        yield http


class TestParent:
    """litestar-admin 0.1.3."""

    async def test_a_session_goes_through_its_whole_life(self, client: httpx.AsyncClient) -> None:
        """Rows "Logout" and "Refresh": nothing of a session works after its end, whatever its age."""
        first = await tokens_of(client)
        second = (await client.post(REFRESH, headers={"X-Refresh-Token": first["refresh_token"]})).json()
        assert (await client.post(LOGOUT, headers=bearer(second["access_token"]))).status_code == 200
        for pair in (first, second):
            assert (await client.get(ME, headers=bearer(pair["access_token"]))).status_code == 401
            for given in ({"headers": {"X-Refresh-Token": pair["refresh_token"]}}, {"json": refresh_body(pair)}):
                assert (await client.post(REFRESH, **given)).status_code == 401
                assert (await client.post(LOGOUT, **given)).status_code == 401

    PUBLIC = ("auth/login", "auth/logout", "auth/refresh", "login", "logout", "static", "password-reset", "invitation")

    PLACES = (
        "/admin/{}/users", "/admin/users/{}", "/admin/users?next=/admin/{}", "/admin/users;/{}", "/admin/users#/{}",
        "/admin/api/users/{}", "/admin/api/users?x=/admin/api/{}", "/admin/api/{}/users", "/admin/api/users;/{}",
        "/admin/api/{}/../../users", "/admin/{}/..%2fusers", "/admin/api/users/%2e%2e/{}", "/admin//api/users/{}",
        "/admin/api/auth/me/{}", "/admin/api/auth/me?{}", "/admin/roles/{}", "/admin/account/{}",
    )  # fmt: skip

    @pytest.mark.parametrize("public", PUBLIC)
    async def test_no_part_of_an_address_opens_it(self, site: Site, public: str) -> None:
        """Row "(unsaid)": the authentication is skipped where an address has a public one in it, or by the method."""
        # The real login page, one's way to it, a refusal, or nothing there.
        shut = {303, 400, 401, 403, 404, 405, 415}
        opened: list[tuple[str, str, int]] = []
        for path in self.PLACES:
            for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE"):
                async with site.browser() as stranger:
                    answer = await stranger.request(method, httpx.URL(ORIGIN + path.format(public)))
                refused = answer.status_code in (shut | {204} if method == "OPTIONS" else shut)
                if not refused or "@example.com" in answer.text:
                    opened.append((method, path, answer.status_code))
        assert opened == []

    async def test_the_protocol_is_no_model(self) -> None:
        """Row "AdminUser is the protocol"."""
        assert getattr(AdminUser, "_is_protocol", False)
        assert not hasattr(AdminUser, "__table__")

    async def test_guesses_are_counted_at_each_door(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        """Row "Rate limiting is on": form and JSON end in one function, which asks before it compares."""
        asked: list[str] = []

        class Counting:
            async def check(self, door: str, account: str, ip: str) -> None:
                asked.append(f"check {account}")

            async def failed(self, door: str, account: str, ip: str) -> None:
                asked.append(f"failed {account}")

            async def succeeded(self, door: str, account: str, ip: str) -> None:
                asked.append(f"succeeded {account}")

        monkeypatch.setattr(site.runtime, "throttle", Counting())
        user = await site.add_user()
        async with site.browser() as browser:
            await browser.post(LOGIN, json={"email": user.email.upper(), "password": "wrong"})
            await sign_in(browser, user, "wrong")
            await sign_in(browser, user, PASSWORD)
        name = user.email.lower()
        assert asked == [f"{what} {name}" for what in ("check", "failed", "check", "failed", "check", "succeeded")]


def refresh_body(pair: dict[str, str]) -> dict[str, str]:
    return {"refresh_token": pair["refresh_token"]}


class TestOthers:
    async def test_a_link_from_a_mail_is_no_access_token(self, site: Site) -> None:
        """litestar-users: password-reset and verification tokens work as access tokens."""
        user = await site.add_user(password_hash=None)
        token = (await create_link(site.database, Actor.system("test"), user.id, INVITATION)).token
        assert token is not None
        async with site.browser(origin=None) as thief:
            for headers in (
                bearer(token),
                {"cookie": f"__Host-admin_auth={token}; __Host-admin_auth_refresh={token}"},
                {"x-refresh-token": token},
            ):
                assert (await thief.get(ME, headers=headers)).status_code == 401
                assert (await thief.post(REFRESH, headers=headers | {"origin": ORIGIN})).status_code == 401
        backend: Any = site.runtime.backend
        for purpose in ("access", "refresh"):
            with pytest.raises(InvalidToken):
                verify_token(backend.config, token, purpose)

    async def test_neither_token_does_the_others_work(self, client: httpx.AsyncClient) -> None:
        """litestar-fullstack: a token for one step is accepted at another."""
        tokens = await tokens_of(client)
        assert (await client.get(ME, headers=bearer(tokens["refresh_token"]))).status_code == 401
        assert (await client.post(REFRESH, headers={"X-Refresh-Token": tokens["access_token"]})).status_code == 401
        assert (await client.post(REFRESH, headers=bearer(tokens["refresh_token"]))).status_code == 401
        assert (await client.post(REFRESH, json={"refresh_token": tokens["access_token"]})).status_code == 401

    async def test_logging_in_again_leaves_one_session(self, site: Site) -> None:
        """Whoever logs in while logged in has the new session alone: the old one is nobody's."""
        user = await site.add_user()
        async with site.browser() as browser, site.browser() as thief:
            first = await browser.post(LOGIN, json={"email": user.email, "password": PASSWORD})
            thief.cookies.update(dict(browser.cookies))
            assert (await thief.get(ME)).status_code == 200
            second = await browser.post(LOGIN, json={"email": user.email, "password": PASSWORD})
            assert set_cookies(first).keys() == set_cookies(second).keys()
            assert (await browser.get(ME)).status_code == 200
            assert (await thief.get(ME)).status_code == 401
        live = [session for session in await site.sessions_of(user) if session.revoked_at is None]
        assert len(live) == 1

    async def test_the_account_of_a_known_address_is_not_locked_by_its_owner(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """litestar-security: the budget of logins is spent on successes too, so that anyone can lock an account."""
        spent: list[str] = []

        class Budget:
            async def check(self, door: str, account: str, ip: str) -> None: ...

            async def failed(self, door: str, account: str, ip: str) -> None:
                spent.append(account)

            async def succeeded(self, door: str, account: str, ip: str) -> None: ...

        monkeypatch.setattr(site.runtime, "throttle", Budget())
        user = await site.add_user()
        async with site.browser() as browser:
            for _ in range(5):
                assert (await sign_in(browser, user)).status_code == 303
                await browser.post(LOGOUT)
        assert spent == []
