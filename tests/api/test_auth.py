"""``/api/auth``, with cookies as the plugin builds it and with headers as a host may ask for it."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from litestar_admin_auth.auth import JWTAuthBackend, JWTConfig
from litestar_admin_auth.core.passwords import PrehashedBcryptHasher
from tests.api.conftest import Caller, SignIn, error_of
from tests.auth.site import ACCESS, PASSWORD, REFRESH, SECRET, Site, plugin, running, set_cookies

NEW = "seven lamps above the harbour"
LOGIN, LOGOUT, REFRESH_PATH, ME = (f"/admin/api/auth/{name}" for name in ("login", "logout", "refresh", "me"))


class TestPostLogin:
    async def test_puts_the_tokens_into_cookies_and_never_into_the_body(
        self, site: Site, stranger: httpx.AsyncClient
    ) -> None:
        user = await site.add_user()
        answer = await stranger.post(LOGIN, json={"email": user.email, "password": PASSWORD})
        assert answer.status_code == 200
        assert answer.json() == {"token_type": "bearer", "expires_in": "3600"}
        cookies = set_cookies(answer)
        assert cookies.keys() == {ACCESS, REFRESH}
        for header in cookies.values():
            assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(header.split("; "))

    async def test_hides_whether_the_email_exists(self, site: Site, stranger: httpx.AsyncClient) -> None:
        known = await site.add_user()
        suspended = await site.add_user(is_active=False)
        invited = await site.add_user(password_hash=None)
        answers = [
            await stranger.post(LOGIN, json={"email": email, "password": password})
            for email, password in [
                (known.email, "not the password at all"),
                ("nobody-at-all@example.com", PASSWORD),
                (suspended.email, PASSWORD),
                (invited.email, PASSWORD),
            ]
        ]
        assert {answer.status_code for answer in answers} == {401}
        assert len({answer.text for answer in answers}) == 1
        assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
        assert error_of(answers[0], 401) == {"code": "invalid_credentials"}

    async def test_a_refused_one_is_in_the_audit_log(self, site: Site, stranger: httpx.AsyncClient) -> None:
        user = await site.add_user()
        await stranger.post(LOGIN, json={"email": user.email, "password": "not the password at all"})
        (event,) = await site.events_of(user)
        assert (event.action, event.ip) == ("login.failed", "203.0.113.9")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "email"),
            ({"email": "ann@example.com"}, "password"),
            ({"email": "not an address", "password": "x"}, "email"),
            ({"email": "ann@example.com", "password": ""}, "password"),
            ({"email": "ann@example.com", "password": "x", "remember": True}, "remember"),
            ({"email": ["ann@example.com"], "password": "x"}, "email"),
        ],
    )
    async def test_names_the_field(self, stranger: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
        assert error_of(await stranger.post(LOGIN, json=body), 400)["field"] == field

    async def test_a_script_without_cookies_needs_no_origin(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser(origin=None) as script:
            answer = await script.post(LOGIN, json={"email": user.email, "password": PASSWORD})
        assert answer.status_code == 200


class TestGetMe:
    async def test_says_who_and_what_they_hold(self, sign_in_as: SignIn) -> None:
        caller = await sign_in_as("orders:read", "books:*")
        me = (await caller.get("/auth/me")).json()
        assert me == {
            "id": str(caller.id),
            "email": caller.user.email,
            "roles": me["roles"],
            "permissions": ["books:*", "orders:read"],
        }
        assert len(me["roles"]) == 1


class TestPostLogout:
    async def test_ends_the_session_and_takes_the_cookies(self, site: Site, nobody: Caller) -> None:
        kept = dict(nobody.client.cookies)
        answer = await nobody.call("POST", "/auth/logout")
        assert (answer.status_code, answer.json()) == (200, {"message": "Logged out successfully"})
        assert all("Max-Age=0" in header for header in set_cookies(answer).values())
        async with site.browser() as thief:
            thief.cookies.update(kept)
            error_of(await thief.get(ME), 401)
            error_of(await thief.post(REFRESH_PATH), 401)

    async def test_works_with_the_refresh_token_alone(self, site: Site, nobody: Caller) -> None:
        del nobody.client.cookies[ACCESS]
        assert (await nobody.call("POST", "/auth/logout")).status_code == 200
        (session,) = await site.sessions_of(nobody.user)
        assert session.revoked_at is not None

    async def test_a_stranger_has_nothing_to_end(self, stranger: httpx.AsyncClient) -> None:
        error_of(await stranger.post(LOGOUT), 401)


class TestPostRefresh:
    async def test_renews_both_cookies_and_keeps_them_out_of_the_body(self, nobody: Caller) -> None:
        before = nobody.client.cookies[REFRESH]
        answer = await nobody.call("POST", "/auth/refresh")
        assert (answer.status_code, answer.json()) == (200, {"token_type": "bearer", "expires_in": "3600"})
        assert set_cookies(answer).keys() == {ACCESS, REFRESH}
        assert nobody.client.cookies[REFRESH] != before
        assert (await nobody.get("/auth/me")).status_code == 200

    async def test_works_when_the_access_token_is_gone(self, site: Site, nobody: Caller) -> None:
        del nobody.client.cookies[ACCESS]
        answer = await nobody.call("POST", "/auth/refresh")
        assert answer.status_code == 200
        (session,) = await site.sessions_of(nobody.user)
        assert session.generation == 1
        assert session.revoked_at is None

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 9000])
    async def test_refuses_what_is_no_token(self, stranger: httpx.AsyncClient, token: str) -> None:
        error_of(await stranger.post(REFRESH_PATH, headers={"x-refresh-token": token}), 401)


class TestPostChangePassword:
    @pytest.mark.parametrize(("method", "path"), [("POST", "/auth/change-password"), ("PUT", "/account/password")])
    async def test_ends_the_other_sessions_and_keeps_this_one(
        self, site: Site, nobody: Caller, sign_in_as: SignIn, method: str, path: str
    ) -> None:
        elsewhere = await sign_in_as(user=nobody.user)
        answer = await nobody.call(method, path, {"current_password": PASSWORD, "new_password": NEW})
        assert (answer.status_code, answer.json()) == (200, {"message": "Password changed successfully"})
        assert (await nobody.get("/auth/me")).status_code == 200
        error_of(await elsewhere.get("/auth/me"), 401)
        async with site.browser() as client:
            error_of(await client.post(LOGIN, json={"email": nobody.user.email, "password": PASSWORD}), 401)
            assert (await client.post(LOGIN, json={"email": nobody.user.email, "password": NEW})).status_code == 200

    @pytest.mark.parametrize(
        ("current", "new", "field"),
        [
            ("not the password at all", NEW, "current_password"),
            (PASSWORD, "short", "new_password"),
            (PASSWORD, "passwordpassword", "new_password"),
            (PASSWORD, PASSWORD, "new_password"),
            ("", NEW, "current_password"),
        ],
    )
    async def test_names_the_field(self, nobody: Caller, current: str, new: str, field: str) -> None:
        body = {"current_password": current, "new_password": new}
        assert error_of(await nobody.call("POST", "/auth/change-password", body), 400)["field"] == field

    async def test_takes_a_password_verbatim(self, site: Site, nobody: Caller) -> None:
        new = "  \U0001f511 é " + "ü" * 100 + "  "
        body = {"current_password": PASSWORD, "new_password": new}
        assert (await nobody.call("POST", "/auth/change-password", body)).status_code == 200
        async with site.browser() as client:
            for password, status in [(new.strip(), 401), (new[:-1], 401), (new, 200)]:
                answer = await client.post(LOGIN, json={"email": nobody.user.email, "password": password})
                assert answer.status_code == status

    async def test_every_try_goes_through_the_throttle(
        self, site: Site, nobody: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        throttle = Recording()
        monkeypatch.setattr(site.runtime, "throttle", throttle)
        for password in ("not the password at all", PASSWORD):
            body = {"current_password": password, "new_password": NEW}
            await nobody.call("POST", "/auth/change-password", body)
        assert throttle.calls == [
            (event, "change_password", str(nobody.id), "203.0.113.9")
            for event in ("check", "failed", "check", "succeeded")
        ]


class Recording:
    """A throttle that writes down what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str, str]] = []

    async def check(self, door: str, account: str, ip: str) -> None:
        self.calls.append(("check", door, account, ip))

    async def failed(self, door: str, account: str, ip: str) -> None:
        self.calls.append(("failed", door, account, ip))

    async def succeeded(self, door: str, account: str, ip: str) -> None:
        self.calls.append(("succeeded", door, account, ip))


class Ann:
    id = 7
    email = "ann@example.com"
    roles = ("editor",)
    permissions = ("articles:read",)
    password_hash = PrehashedBcryptHasher(4).hash(PASSWORD)


async def load_ann(identifier: str | int) -> Ann | None:
    return Ann() if str(identifier) in ("7", Ann.email) else None


async def verify(stored: str, password: str) -> bool:
    return PrehashedBcryptHasher(4).verify(password, stored)


@pytest.fixture(scope="module")
async def by_header() -> AsyncGenerator[Site]:
    """A host with its own users and tokens in headers, and without tables of ours."""
    backend = JWTAuthBackend(JWTConfig(secret_key=SECRET), load_ann, verify)
    async with running(Litestar(plugins=[plugin(auth_backend=backend, secret_key="")])) as site:
        yield site


class TestTokensInHeaders:
    async def test_the_whole_circle(self, by_header: Site) -> None:
        async with by_header.browser(origin=None) as script:
            login = await script.post(LOGIN, json={"email": Ann.email, "password": PASSWORD})
            tokens = login.json()
            assert tokens.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
            assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", "3600")
            assert "set-cookie" not in login.headers
            bearer = {"authorization": f"Bearer {tokens['access_token']}"}
            me = (await script.get(ME, headers=bearer)).json()
            assert me == {"id": 7, "email": Ann.email, "roles": ["editor"], "permissions": ["articles:read"]}

            refreshed = await script.post(REFRESH_PATH, headers={"x-refresh-token": tokens["refresh_token"]})
            assert refreshed.json().keys() == tokens.keys()
            bearer = {"authorization": f"Bearer {refreshed.json()['access_token']}"}
            assert (await script.post(LOGOUT, headers=bearer)).json() == {"message": "Logged out successfully"}
            error_of(await script.get(ME, headers=bearer), 401)
            spent = {"x-refresh-token": refreshed.json()["refresh_token"]}
            error_of(await script.post(REFRESH_PATH, headers=spent), 401)

    async def test_logout_works_with_the_refresh_token_alone(self, by_header: Site) -> None:
        async with by_header.browser(origin=None) as script:
            tokens = (await script.post(LOGIN, json={"email": Ann.email, "password": PASSWORD})).json()
            spent = {"x-refresh-token": tokens["refresh_token"]}
            assert (await script.post(LOGOUT, headers=spent)).status_code == 200
            error_of(await script.post(REFRESH_PATH, headers=spent), 401)

    async def test_an_access_token_is_no_refresh_token_nor_the_other_way_round(self, by_header: Site) -> None:
        async with by_header.browser(origin=None) as script:
            tokens = (await script.post(LOGIN, json={"email": Ann.email, "password": PASSWORD})).json()
            error_of(await script.post(REFRESH_PATH, headers={"x-refresh-token": tokens["access_token"]}), 401)
            error_of(await script.get(ME, headers={"authorization": f"Bearer {tokens['refresh_token']}"}), 401)

    @pytest.mark.parametrize("path", ["/users", "/roles", "/account", "/auth/change-password", "/sessions"])
    async def test_without_tables_the_management_is_not_there(self, by_header: Site, path: str) -> None:
        async with by_header.browser(origin=None) as script:
            error_of(await script.get(f"/admin/api{path}"), 404)


class Custom:
    """A host's own backend: its answers are ours, unchanged."""

    async def authenticate(self, connection: Any, credentials: dict[str, str]) -> Any:
        return Ann() if credentials["password"] == PASSWORD else None

    async def get_current_user(self, connection: Any) -> Any:
        return Ann() if connection.headers.get("x-badge") == "7" else None

    async def login(self, connection: Any, user: Any) -> dict[str, str]:
        return {"badge": str(user.id)}

    async def logout(self, connection: Any) -> None:
        return None

    async def refresh(self, connection: Any) -> dict[str, str] | None:
        return None


class TestCustomBackend:
    async def test_its_answers_are_the_bodies_and_no_cookie_is_set(self) -> None:
        async with (
            running(Litestar(plugins=[plugin(auth_backend=Custom(), secret_key="")])) as site,
            site.browser(origin=None) as script,
        ):
            login = await script.post(LOGIN, json={"email": Ann.email, "password": PASSWORD})
            assert (login.status_code, login.json()) == (200, {"badge": "7"})
            assert "set-cookie" not in login.headers
            badge = {"x-badge": "7"}
            assert (await script.get(ME, headers=badge)).json()["id"] == 7
            assert (await script.post(LOGOUT, headers=badge)).status_code == 200
            error_of(await script.post(LOGOUT), 401)
            error_of(await script.post(REFRESH_PATH, headers=badge), 401)
            wrong = await script.post(LOGIN, json={"email": Ann.email, "password": "not the password at all"})
            assert error_of(wrong, 401)["code"] == "invalid_credentials"
