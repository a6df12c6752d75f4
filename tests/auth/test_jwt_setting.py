"""``AdminConfig.jwt``: how the tokens of our own users are made and carried."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat, load_pem_private_key
from litestar import Litestar

from litestar_admin_auth.auth import JWTAuthBackend, JWTConfig
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.services.checks import run_checks
from tests.auth.conftest import private
from tests.auth.site import (
    ACCESS,
    PASSWORD,
    REFRESH,
    SECRET,
    Clock,
    Site,
    config,
    form_token,
    plugin,
    running,
    set_cookies,
    sign_in,
    stated,
)  # fmt: skip
from tests.keys import key_for, private_pem, to_pem

ES256 = {"secret_key": private_pem("ES256"), "algorithm": "ES256"}


@asynccontextmanager
async def site_with(url: str, jwt: JWTConfig | None = None, **settings: Any) -> AsyncGenerator[Site]:
    settings = {"secret_key": ""} | settings if jwt is not None else settings
    async with running(Litestar([private], plugins=[plugin(database=url, jwt=jwt, **settings)])) as site:
        yield site


async def log_in(client: httpx.AsyncClient, email: str) -> httpx.Response:
    answer = await client.post("/admin/api/auth/login", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer


class TestWhereTokensTravel:
    async def test_without_it_in_cookies(self, site_url: str) -> None:
        async with site_with(site_url) as site, site.browser() as browser:
            answer = await log_in(browser, (await site.add_user()).email)
        assert answer.json() == {"token_type": "bearer", "expires_in": "3600"}
        assert set(set_cookies(answer)) == {ACCESS, REFRESH}

    async def test_with_it_where_it_says(self, site_url: str) -> None:
        async with site_with(site_url, JWTConfig(**ES256)) as site, site.browser(origin=None) as script:
            user = await site.add_user()
            answer = await log_in(script, user.email)
            tokens = answer.json()
            assert set_cookies(answer) == {}
            bearer = {"authorization": f"Bearer {tokens['access_token']}"}
            assert (await script.get("/admin/api/auth/me", headers=bearer)).json()["email"] == user.email
            assert (await script.get("/private", headers=bearer)).status_code == 200
            refreshed = await script.post(
                "/admin/api/auth/refresh", headers={"x-refresh-token": tokens["refresh_token"]}
            )
            assert stated(refreshed.json()["refresh_token"])["gen"] == 1

    async def test_the_pages_use_cookies_all_the_same(self, site_url: str) -> None:
        async with site_with(site_url, JWTConfig(**ES256)) as site, site.browser() as browser:
            answer = await sign_in(browser, await site.add_user())
            assert set(set_cookies(answer)) == {ACCESS, REFRESH}
            assert (await browser.get("/admin/account")).status_code == 200
            assert (await browser.get("/admin/api/auth/me")).status_code == 401

    async def test_names_and_attributes_of_cookies_are_followed(self, site_url: str) -> None:
        jwt = JWTConfig(secret_key=SECRET, token_location="cookie", cookie_name="shop", cookie_domain="shop.example")
        async with site_with(site_url, jwt) as site, site.browser() as browser:
            answer = await sign_in(browser, await site.add_user())
            cookies = set_cookies(answer)
            assert set(cookies) == {"__Secure-shop", "__Secure-shop_refresh"}
            assert all("Domain=shop.example" in cookie for cookie in cookies.values())
            assert (await browser.get("/private")).status_code == 200
            answer = await browser.post("/admin/api/auth/logout")
            # Else the browser would keep them.
            assert all("Domain=shop.example" in cookie for cookie in set_cookies(answer).values())
            assert (await browser.get("/private")).status_code == 401

    async def test_below_a_path_they_reach_the_admin_and_nothing_else(self, site_url: str) -> None:
        jwt = JWTConfig(secret_key=SECRET, token_location="cookie", cookie_path="/admin")
        async with site_with(site_url, jwt) as site, site.browser() as browser:
            await sign_in(browser, await site.add_user())
            assert (await browser.get("/admin/account")).status_code == 200
            assert (await browser.get("/private")).status_code == 401


class TestLives:
    @pytest.mark.parametrize(
        ("settings", "days"), [({}, 30), ({"session_lifetime": timedelta(days=7)}, 7)], ids=["no other word", "less"]
    )
    async def test_a_refresh_token_may_be_meant_to_outlive_the_usual_session(
        self, settings: dict[str, Any], days: int, site_url: str
    ) -> None:
        jwt = JWTConfig(secret_key=SECRET, refresh_token_expiry=30 * 86400)
        async with site_with(site_url, jwt, **settings) as site, site.browser(origin=None) as script:
            claims = stated((await log_in(script, (await site.add_user()).email)).json()["refresh_token"])
        assert claims["exp"] - claims["iat"] == days * 86400

    async def test_a_session_lives_as_long_as_its_refresh_token(self, site_url: str, later: Clock) -> None:
        jwt = JWTConfig(secret_key=SECRET, token_expiry=60, refresh_token_expiry=600)
        async with site_with(site_url, jwt) as site, site.browser(origin=None) as script:
            user = await site.add_user()
            tokens = (await log_in(script, user.email)).json()
            assert tokens["expires_in"] == "60"
            (session,) = await site.sessions_of(user)
            assert session.idle_expires_at - session.created_at == timedelta(seconds=600)
            later.forward(seconds=601)
            refresh = {"x-refresh-token": tokens["refresh_token"]}
            assert (await script.post("/admin/api/auth/refresh", headers=refresh)).status_code == 401


class TestRotation:
    async def test_who_is_signed_in_stays_so_and_gets_tokens_of_the_new_key(self, site_url: str, later: Clock) -> None:
        async with site_with(site_url) as before, before.browser() as browser:
            user = await before.add_user()
            await sign_in(browser, user)
            cookies = dict(browser.cookies)
        new = {"secret_key": key_for("HS256", 1)}
        async with site_with(site_url, **new, previous_secret_keys=[SECRET]) as after, after.browser() as browser:
            for name, value in cookies.items():
                browser.cookies.set(name, value, domain="shop.example")
            assert (await browser.get("/private")).status_code == 200
            later.forward(hours=2)
            renewed = dict(set_cookies(await browser.get("/private")))
            assert set(renewed) == {ACCESS, REFRESH}
            fresh = dict(browser.cookies)
        # The old key has been taken away.
        async with site_with(site_url, **new) as last, last.browser() as browser:
            for name, value in fresh.items():
                browser.cookies.set(name, value, domain="shop.example")
            assert (await browser.get("/private")).status_code == 200
        async with site_with(site_url, **new) as last, last.browser() as browser:
            for name, value in cookies.items():
                browser.cookies.set(name, value, domain="shop.example")
            assert (await browser.get("/private")).status_code == 401

    async def test_from_the_secret_to_a_private_key(self, site_url: str) -> None:
        async with site_with(site_url) as before, before.browser() as browser:
            await sign_in(browser, await before.add_user())
            cookies = dict(browser.cookies)
        jwt = JWTConfig(**ES256, token_location="cookie", previous_keys=[("HS256", SECRET)])
        async with site_with(site_url, jwt, secret_key=SECRET) as after, after.browser() as browser:
            for name, value in cookies.items():
                browser.cookies.set(name, value, domain="shop.example")
            assert (await browser.get("/private")).status_code == 200


class TestFormKeys:
    """Forms are bound to a session by keys of their own."""

    async def test_without_a_secret_they_follow_from_the_private_key_whatever_its_wrapping(self, site_url: str) -> None:
        pem = private_pem("ES256")
        wrapped = to_pem(load_pem_private_key(pem.encode(), None), PrivateFormat.TraditionalOpenSSL)
        async with (
            site_with(site_url, JWTConfig(secret_key=pem, algorithm="ES256")) as one,
            site_with(site_url, JWTConfig(secret_key=wrapped, algorithm="ES256")) as other,
            one.browser() as browser,
            other.browser() as elsewhere,
        ):
            assert one.runtime.secret == other.runtime.secret
            assert len(one.runtime.secret) >= 32
            # The form of one worker is good at the other.
            user = await one.add_user()
            token = await form_token(browser)
            for name, value in browser.cookies.items():
                elsewhere.cookies.set(name, value, domain="shop.example")
            form = {"csrf_token": token, "email": user.email, "password": PASSWORD}
            assert (await elsewhere.post("/admin/login", data=form)).status_code == 303

    async def test_a_secret_of_their_own_comes_first(self, site_url: str) -> None:
        async with site_with(site_url, JWTConfig(**ES256), secret_key=SECRET) as site:
            assert site.runtime.secret == SECRET.encode()

    async def test_the_public_key_says_nothing_about_them(self, site_url: str) -> None:
        async with site_with(site_url, JWTConfig(**ES256, jwks_endpoint=True)) as site, site.browser() as browser:
            published = (await browser.get("/admin/api/auth/jwks.json")).text
            assert site.runtime.secret.decode() not in published


class TestMistakes:
    async def load(self, _identifier: Any) -> None:
        return None

    @pytest.mark.parametrize(
        ("settings", "names"),
        [
            ({"jwt": JWTConfig(secret_key=SECRET), "auth_backend": object()}, ["jwt", "auth_backend"]),
            ({"jwt": "HS256"}, ["jwt"]),
            ({"jwt": {"secret_key": SECRET}}, ["jwt"]),
            ({"previous_secret_keys": SECRET}, ["previous_secret_keys"]),
            ({"previous_secret_keys": None}, ["previous_secret_keys"]),
            ({"jwt": JWTConfig(secret_key=SECRET), "previous_secret_keys": [SECRET]}, ["previous_secret_keys"]),
            ({"auth_backend": object(), "previous_secret_keys": [SECRET]}, ["previous_secret_keys"]),
        ],
    )
    def test_settings_that_exclude_one_another_are_named(self, settings: dict[str, Any], names: list[str]) -> None:
        with pytest.raises(ConfigError) as refused:
            plugin(**settings)
        assert refused.value.check_id == "AA060"
        assert all(f"AdminConfig.{name}" in refused.value.message for name in names)
        assert refused.value.hint
        assert SECRET not in str(refused.value)

    @pytest.mark.parametrize(("previous", "check_id"), [("short", "AA002"), (private_pem("ES256"), "AA003")])
    def test_a_previous_secret_is_held_to_the_same_rules(self, previous: str, check_id: str, sqlite_url: str) -> None:
        with pytest.raises(ConfigError) as refused:
            Litestar(plugins=[plugin(database=sqlite_url, previous_secret_keys=[previous])])
        assert refused.value.check_id == check_id

    def test_previous_secrets_come_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        one, other = key_for("HS256", 1).replace(" ", "-"), key_for("HS256", 2).replace(" ", "-")
        monkeypatch.setenv("ADMIN_AUTH_PREVIOUS_SECRET_KEYS", f" {one}\n{other} ")
        assert plugin().config.previous_secret_keys == [one, other]
        monkeypatch.delenv("ADMIN_AUTH_PREVIOUS_SECRET_KEYS")
        assert plugin().config.previous_secret_keys == []
        assert one not in repr(plugin(previous_secret_keys=[one]).config)

    async def test_the_checks_look_at_it_and_need_no_secret_beside_it(self) -> None:
        async def found(jwt: JWTConfig, **options: bool) -> dict[str, str]:
            settings = config(jwt=jwt, secret_key="", cookie_secure=False, public_origin="https://shop.example")
            return {finding.id: finding.message for finding in await run_checks(settings, None, **options)}

        assert await found(JWTConfig(**ES256), deploy=True) == {}
        insecure = await found(JWTConfig(secret_key=SECRET, cookie_secure=False))
        assert insecure == {"AA007": "JWTConfig.cookie_secure is off."}
        short = await found(JWTConfig(secret_key=SECRET, algorithm="HS512"), deploy=True)
        assert short == {"AA061": "JWTConfig.secret_key is shorter than the 64 bytes of HS512."}
        assert await found(JWTConfig(secret_key="x" * 64, algorithm="HS512"), deploy=True) == {}

    @pytest.mark.parametrize("secret", [private_pem("ES256"), private_pem("ES256").replace("\n", "\\n")])
    def test_a_pem_is_no_secret_of_ours(self, secret: str, sqlite_url: str) -> None:
        with pytest.raises(ConfigError, match="ADMIN_AUTH_SECRET_KEY is no secret") as refused:
            Litestar(plugins=[plugin(database=sqlite_url, secret_key=secret)])
        assert refused.value.check_id == "AA003"

    def test_a_backend_of_the_hosts_needs_no_secret_of_ours_whatever_its_algorithm(self) -> None:
        backend = JWTAuthBackend(JWTConfig(**ES256), self.load)
        app = Litestar(plugins=[plugin(auth_backend=backend, secret_key="")])
        assert app.state.admin_auth.secret == backend.config.keys.current.root
