"""A host with users of its own: tokens in a header or in cookies, sessions in a store, no tables of ours."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from advanced_alchemy.exceptions import NotFoundError
from litestar import Litestar, Request, get
from litestar.exceptions import NotFoundException
from litestar.stores.memory import MemoryStore
from litestar.stores.redis import RedisStore
from sqlalchemy.exc import NoResultFound

from litestar_admin_auth.auth import AdminUserProtocol, AuthBackend, JWTAuthBackend, JWTConfig
from litestar_admin_auth.auth.host_users import NOBODYS_HASH
from litestar_admin_auth.auth.tokens import sign_access
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.guards import requires_authentication
from tests.auth.site import ACCESS, ORIGIN, REFRESH, SECRET, Clock, form_token, plugin, set_cookies, stated


@dataclass
class Customer:
    id: int
    email: str
    password_hash: str | None
    roles: list[str] = field(default_factory=list)
    permissions: list[str] = field(default_factory=list)


ANN = Customer(1, "ann@example.com", "hash of right", ["admin"], ["models:read"])


class Shop:
    """The host's users and what it was asked."""

    def __init__(self) -> None:
        self.customers: dict[Any, Customer] = {1: ANN, "ann@example.com": ANN, 2: Customer(2, "bob@example.com", None)}
        self.customers["bob@example.com"] = self.customers[2]
        self.loaded: list[Any] = []
        self.verified: list[tuple[str, str]] = []
        self.fault: Exception | None = None

    async def load(self, identifier: str | int) -> Customer | None:
        self.loaded.append(identifier)
        if isinstance(identifier, str) and identifier.isdigit():
            identifier = int(identifier)
        return self.customers.get(identifier)

    async def verify(self, stored_hash: str, password: str) -> bool:
        self.verified.append((stored_hash, password))
        if self.fault:
            raise self.fault
        return stored_hash == f"hash of {password}"


@get("/private", guards=[requires_authentication])
async def private(request: Request[Any, Any, Any]) -> str:
    return str(request.user.email)


@dataclass
class Client:
    shop: Shop
    http: httpx.AsyncClient
    app: Litestar

    async def login(self, email: str = "ann@example.com", password: str = "right") -> httpx.Response:
        return await self.http.post("/admin/api/auth/login", json={"email": email, "password": password})

    async def refresh(self, token: str) -> httpx.Response:
        return await self.http.post("/admin/api/auth/refresh", headers={"x-refresh-token": token})

    async def me(self, token: str, header: str = "authorization", prefix: str = "Bearer ") -> int:
        return (await self.http.get("/admin/api/auth/me", headers={header: prefix + token})).status_code


@asynccontextmanager
async def client(verifier: bool = True, app: dict[str, Any] | None = None, **settings: Any) -> AsyncGenerator[Client]:
    shop = Shop()
    backend = JWTAuthBackend(
        config=JWTConfig(secret_key=SECRET, **settings),
        user_loader=shop.load,
        password_verifier=shop.verify if verifier else None,
    )
    made = Litestar(
        [private], plugins=[plugin(auth_backend=backend, secret_key="")], **({"logging_config": None} | (app or {}))
    )
    async with made.lifespan():
        transport = httpx.ASGITransport(made)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}) as http:
            yield Client(shop, http, made)


class TestHeader:
    async def test_the_bodies_are_those_of_the_documentation(self) -> None:
        async with client() as c:
            answer = await c.login()
            tokens = answer.json()
            assert answer.status_code == 200
            assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in"}
            assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", "3600")
            assert "set-cookie" not in answer.headers
            headers = {"authorization": f"Bearer {tokens['access_token']}"}
            me = await c.http.get("/admin/api/auth/me", headers=headers)
            assert me.json() == {
                "id": 1, "email": "ann@example.com", "roles": ["admin"], "permissions": ["models:read"],
            }  # fmt: skip
            assert (await c.http.get("/private", headers=headers)).text == "ann@example.com"
            out = await c.http.post("/admin/api/auth/logout", headers=headers)
            assert (out.status_code, out.json()) == (200, {"message": "Logged out successfully"})

    async def test_the_loader_gets_the_id_as_the_host_knows_it(self) -> None:
        async with client() as c:
            tokens = (await c.login()).json()
            c.shop.loaded.clear()
            assert await c.me(tokens["access_token"]) == 200
            assert c.shop.loaded == [1]
            assert type(c.shop.loaded[0]) is int

    async def test_logout_ends_the_session_and_every_copy_of_its_tokens(self) -> None:
        async with client() as c:
            tokens = (await c.login()).json()
            # The refresh token alone is enough.
            headers = {"x-refresh-token": tokens["refresh_token"]}
            assert (await c.http.post("/admin/api/auth/logout", headers=headers)).status_code == 200
            assert await c.me(tokens["access_token"]) == 401
            assert (await c.refresh(tokens["refresh_token"])).status_code == 401

    async def test_logout_ends_what_the_header_and_what_the_cookies_name(self) -> None:
        async with client() as c:
            data = {"csrf_token": await form_token(c.http), "email": "ann@example.com", "password": "right"}
            await c.http.post("/admin/login", data=data)
            page = c.http.cookies[ACCESS]
            one, other = (await c.login()).json(), (await c.login()).json()
            given = {"authorization": f"Bearer {one['access_token']}", "x-refresh-token": other["refresh_token"]}
            answer = await c.http.post("/admin/api/auth/logout", headers=given)
            assert (answer.status_code, set(set_cookies(answer))) == (200, {ACCESS, REFRESH})
            assert [await c.me(tokens["access_token"]) for tokens in (one, other)] == [401, 401]
            c.http.cookies.set(ACCESS, page, domain="shop.example")
            assert (await c.http.get("/admin")).status_code == 303
            # Of two of which one has ended already, the other does.
            third = (await c.login()).json()
            given = {"authorization": f"Bearer {one['access_token']}", "x-refresh-token": third["refresh_token"]}
            assert (await c.http.post("/admin/api/auth/logout", headers=given)).status_code == 200
            assert await c.me(third["access_token"]) == 401

    async def test_refresh_tokens_rotate(self) -> None:
        async with client() as c:
            first = (await c.login()).json()
            answer = await c.refresh(first["refresh_token"])
            second = answer.json()
            assert set(second) == {"access_token", "refresh_token", "token_type", "expires_in"}
            assert second["refresh_token"] != first["refresh_token"]
            assert await c.me(second["access_token"]) == 200
            # A parallel tab, within the grace.
            assert (await c.refresh(first["refresh_token"])).json()["refresh_token"] == second["refresh_token"]

    async def test_a_reused_refresh_token_ends_the_family(self, later: Clock) -> None:
        async with client() as c:
            first = (await c.login()).json()
            second = (await c.refresh(first["refresh_token"])).json()
            later.forward(seconds=11)
            assert (await c.refresh(first["refresh_token"])).status_code == 401
            assert await c.me(second["access_token"]) == 401
            assert (await c.refresh(second["refresh_token"])).status_code == 401

    async def test_a_session_ends_unused_after_the_life_of_its_refresh_token(self, later: Clock) -> None:
        async with client(refresh_token_expiry=600) as c:
            tokens = (await c.login()).json()
            # The hour of an access token gives way: it says no more than what is true.
            assert tokens["expires_in"] == "600"
            later.forward(seconds=570)
            tokens = (await c.refresh(tokens["refresh_token"])).json()
            later.forward(seconds=570)
            assert await c.me(tokens["access_token"]) == 200
            later.forward(seconds=30)
            assert await c.me(tokens["access_token"]) == 401
            assert (await c.refresh(tokens["refresh_token"])).status_code == 401

    async def test_a_refresh_token_is_no_access_token(self) -> None:
        async with client() as c:
            tokens = (await c.login()).json()
            assert await c.me(tokens["refresh_token"]) == 401
            assert (await c.refresh(tokens["access_token"])).status_code == 401

    @pytest.mark.parametrize(
        ("prefix", "status"),
        [("Bearer ", 200), ("bearer ", 200), ("Basic ", 401), ("", 401), ("Token ", 401), ("Bearer", 401)],
    )
    async def test_only_the_configured_scheme_is_read(self, prefix: str, status: int) -> None:
        async with client() as c:
            assert await c.me((await c.login()).json()["access_token"], prefix=prefix) == status

    async def test_of_two_headers_neither_counts(self) -> None:
        async with client() as c:
            genuine = ("authorization", f"Bearer {(await c.login()).json()['access_token']}")
            for other in (("authorization", "Bearer x.y.z"), ("Authorization", "Basic eDp5"), genuine):
                for both in ([genuine, other], [other, genuine]):
                    assert (await c.http.get("/admin/api/auth/me", headers=both)).status_code == 401
                    assert (await c.http.get("/private", headers=both)).status_code == 401

    async def test_another_header_without_a_prefix(self) -> None:
        async with client(token_header="X-Admin-Token", token_prefix="") as c:
            token = (await c.login()).json()["access_token"]
            assert await c.me(token, "x-admin-token", "") == 200
            assert await c.me(token) == 401

    async def test_the_api_reads_no_cookies_but_the_pages_do(self) -> None:
        async with client() as c:
            data = {"csrf_token": await form_token(c.http), "email": "ann@example.com", "password": "right"}
            answer = await c.http.post("/admin/login", data=data)
            assert answer.status_code == 303
            assert set(set_cookies(answer)) == {ACCESS, REFRESH}
            assert (await c.http.get("/admin/login")).status_code == 303
            assert (await c.http.get("/admin/api/auth/me")).status_code == 401
            assert (await c.http.get("/private")).status_code == 401

    async def test_a_dead_header_takes_no_living_cookies_along(self) -> None:
        async with client() as c:
            data = {"csrf_token": await form_token(c.http), "email": "ann@example.com", "password": "right"}
            await c.http.post("/admin/login", data=data)
            tokens = (await c.login()).json()
            await c.http.post("/admin/api/auth/logout", headers={"x-refresh-token": tokens["refresh_token"]})
            dead = {"authorization": f"Bearer {tokens['access_token']}"}
            answer = await c.http.get("/admin/api/auth/me", headers=dead)
            assert (answer.status_code, set_cookies(answer)) == (401, {})

    async def test_issuer_and_audience_are_written_and_required(self) -> None:
        async with client(issuer="https://us.example", audience="us") as c:
            token = (await c.login()).json()["access_token"]
            assert (stated(token)["iss"], stated(token)["aud"]) == ("https://us.example", "us")
            assert await c.me(token) == 200
        async with client() as other:
            assert await other.me(token) == 401


class TestCookie:
    async def test_the_tokens_travel_in_cookies_and_never_in_a_body(self) -> None:
        async with client(token_location="cookie") as c:
            answer = await c.login()
            assert answer.json() == {"token_type": "bearer", "expires_in": "3600"}
            assert set(set_cookies(answer)) == {ACCESS, REFRESH}
            assert (await c.http.get("/private")).status_code == 200
            answer = await c.http.post("/admin/api/auth/refresh")
            assert answer.json() == {"token_type": "bearer", "expires_in": "3600"}
            assert set(set_cookies(answer)) == {ACCESS, REFRESH}
            assert (await c.http.post("/admin/api/auth/logout")).status_code == 200
            assert (await c.http.get("/private")).status_code == 401


class TestRefusal:
    async def test_without_a_verifier_every_password_is_refused(self) -> None:
        async with client(verifier=False) as c:
            for password in ("right", "wrong", "hash of right"):
                assert (await c.login(password=password)).status_code == 401

    async def test_a_verifier_that_raises_refuses_and_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        async with client() as c:
            c.shop.fault = ValueError("password longer than 72 bytes")
            answer = await c.login()
        assert answer.status_code == 401
        assert "longer than 72" in caplog.text
        assert "longer than 72" not in answer.text

    @pytest.mark.parametrize("verdict", ["yes", 1, None, object()])
    async def test_only_true_is_a_yes(self, verdict: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        async with client() as c:

            async def verify(_stored: str, _password: str) -> Any:
                return verdict

            monkeypatch.setattr(c.app.state.admin_auth.backend.users, "password_verifier", verify)
            assert (await c.login()).status_code == 401

    async def test_everybody_costs_one_verification_of_the_hosts_own_kind_once_it_is_known(self) -> None:
        async with client() as c:
            for email, stored in (
                ("nobody@example.com", NOBODYS_HASH),
                ("ann@example.com", ANN.password_hash),
                # By now a host with Argon2 compares with an Argon2 hash: bcrypt's it would refuse without any work.
                ("bob@example.com", ANN.password_hash),
                ("nobody@example.com", ANN.password_hash),
            ):
                c.shop.verified.clear()
                assert (await c.login(email, "wrong")).status_code == 401
                assert c.shop.verified == [(stored, "wrong")]

    async def test_a_stranger_with_the_password_of_somebody_else_is_nobody(self) -> None:
        async with client() as c:
            assert (await c.login("ann@example.com", "right")).status_code == 200
            assert (await c.login("nobody@example.com", "right")).status_code == 401
            assert (await c.login("bob@example.com", "right")).status_code == 401

    @pytest.mark.parametrize("bad", [None, True, "", "x" * 256, "a\x00b", "\ud800"], ids=repr)
    async def test_a_user_without_an_id_that_tokens_can_carry_is_refused_and_named(
        self, bad: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with client() as c:
            c.shop.customers["eve@example.com"] = Customer(bad, "eve@example.com", "hash of right")
            assert (await c.login("eve@example.com")).status_code == 401
        assert "user_loader returned a Customer without id" in caplog.text

    async def test_even_a_right_guess_of_nobodys_password_is_nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async with client() as c:

            async def yes(_stored: str, _password: str) -> bool:
                return True

            monkeypatch.setattr(c.app.state.admin_auth.backend.users, "password_verifier", yes)
            assert (await c.login("bob@example.com")).status_code == 401
            assert (await c.login("nobody@example.com")).status_code == 401
            assert (await c.login("ann@example.com")).status_code == 200

    async def test_whoever_types_an_id_for_an_address_does_not_get_that_user(self) -> None:
        async with client() as c:
            c.shop.customers["1@example.com"] = ANN
            assert (await c.login("1@example.com")).status_code == 401
            assert c.shop.verified == [(NOBODYS_HASH, "right")]
            assert (await c.login("1")).status_code == 400

    async def test_a_user_who_is_gone_is_out_at_the_next_request(self) -> None:
        async with client() as c:
            token = (await c.login()).json()["access_token"]
            del c.shop.customers[1]
            assert await c.me(token) == 401

    async def test_a_loader_that_answers_with_somebody_else_signs_nobody_in(self) -> None:
        async with client() as c:
            token = (await c.login()).json()["access_token"]
            c.shop.customers[1] = Customer(3, "eve@example.com", None)
            assert await c.me(token) == 401

    async def test_a_loader_that_raises_at_the_login_refuses_and_is_logged(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with client() as c:

            async def load(_identifier: Any) -> Any:
                raise LookupError("no row was found: postgresql://admin:secret@db")

            monkeypatch.setattr(c.app.state.admin_auth.backend.users, "user_loader", load)
            answer = await c.login("nobody@example.com")
        # As for whoever is unknown, and at the same price.
        assert (answer.status_code, answer.json()["extra"]["code"]) == (401, "invalid_credentials")
        assert c.shop.verified == [(NOBODYS_HASH, "right")]
        assert "no row was found" in caplog.text

    async def test_a_loader_that_raises_later_is_a_fault_and_the_login_stays_open(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with client(token_location="cookie") as c:
            await c.login()
            cookies = dict(c.http.cookies)

            async def load(_identifier: Any) -> Any:
                raise OSError("secret")

            monkeypatch.setattr(c.app.state.admin_auth.backend.users, "user_loader", load)
            answer = await c.http.get("/admin/api/auth/me")
            assert (answer.status_code, answer.json()["extra"]["code"]) == (500, "fault")
            assert "secret" not in answer.text
            assert (await c.http.get("/private")).status_code == 401
            assert (await c.http.get("/admin/login")).status_code == 200
            # Nobody is signed out by a fault.
            assert dict(c.http.cookies).items() >= cookies.items()

    @pytest.mark.parametrize(
        "missing", [KeyError(1), NoResultFound(), NotFoundError(), NotFoundException()], ids=lambda e: type(e).__name__
    )
    async def test_a_loader_that_raises_for_whom_there_is_not_has_found_nobody(
        self, missing: Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with client() as c:
            tokens = (await c.login()).json()

            async def load(_identifier: Any) -> Any:
                raise missing

            monkeypatch.setattr(c.app.state.admin_auth.backend.users, "user_loader", load)
            assert await c.me(tokens["access_token"]) == 401
            assert (await c.refresh(tokens["refresh_token"])).status_code == 401

    async def test_a_user_without_what_a_user_has_is_refused_at_the_login_and_named(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        @dataclass
        class Half:
            id: int = 1
            email: str = "ann@example.com"
            password_hash: str = "hash of right"

        async with client() as c:
            c.shop.customers["ann@example.com"] = Half()  # type: ignore[assignment]
            assert (await c.login()).status_code == 401
        assert "user_loader returned a Half without roles, permissions" in caplog.text

    async def test_a_suspended_user_is_nobody(self) -> None:
        async with client() as c:
            tokens = (await c.login()).json()
            c.shop.customers[1] = c.shop.customers["ann@example.com"] = suspended = Customer(
                1, "ann@example.com", "hash of right"
            )
            suspended.is_active = False  # type: ignore[attr-defined]
            assert await c.me(tokens["access_token"]) == 401
            assert (await c.refresh(tokens["refresh_token"])).status_code == 401
            assert (await c.login()).status_code == 401
            # Nothing was rotated meanwhile: who comes back goes on.
            suspended.is_active = True  # type: ignore[attr-defined]
            assert stated((await c.refresh(tokens["refresh_token"])).json()["refresh_token"])["gen"] == 1

    async def test_a_user_who_is_gone_gets_no_new_tokens(self) -> None:
        async with client() as c:
            tokens = (await c.login()).json()
            del c.shop.customers[1]
            assert (await c.refresh(tokens["refresh_token"])).status_code == 401

    async def test_the_host_can_end_all_sessions_of_a_user(self) -> None:
        async with client() as c:
            first, second = [(await c.login()).json()["access_token"] for _ in range(2)]
            backend = c.app.state.admin_auth.backend
            assert await backend.end_sessions_of(1, keep=stated(first)["sid"]) == 1
            assert [await c.me(token) for token in (first, second)] == [200, 401]

    @pytest.mark.parametrize("user_id", [0, -1, 2**62, 10**30, "x7", "a b/ü", UUID(int=5)])
    async def test_ids_of_all_kinds_sign_in_and_go_on(self, user_id: Any) -> None:
        async with client() as c:
            c.shop.customers["ann@example.com"] = c.shop.customers[user_id] = Customer(
                user_id, "ann@example.com", "hash of right"
            )
            tokens = (await c.login()).json()
            tokens = (await c.refresh(tokens["refresh_token"])).json()
            c.shop.loaded.clear()
            headers = {"authorization": f"Bearer {tokens['access_token']}"}
            answer = await c.http.get("/admin/api/auth/me", headers=headers)
            assert answer.status_code == 200
            # Beyond 64 bits a number is no longer the same in every reader of JSON.
            is_number = isinstance(user_id, int) and user_id < 2**63
            assert answer.json()["id"] == (user_id if is_number else str(user_id))
            assert (c.shop.loaded, type(c.shop.loaded[0])) == ([user_id], type(user_id))


class TestAway:
    """The store of sessions does not answer: nobody is let in, and everybody is told so."""

    @asynccontextmanager
    async def away(self) -> AsyncGenerator[Client]:
        store = RedisStore.with_client(url="redis://user:secret@127.0.0.1:1/0")
        async with client(token_location="cookie", app={"stores": {"admin_auth": store}}) as c:
            config = c.app.state.admin_auth.backend.config
            c.http.cookies.set(ACCESS, sign_access(config, "1", str(UUID(int=1))), domain="shop.example")
            yield c

    async def test_the_api_says_so(self, caplog: pytest.LogCaptureFixture) -> None:
        async with self.away() as away:
            for method, path in (("GET", "/me"), ("POST", "/logout")):
                answer = await away.http.request(method, f"/admin/api/auth{path}")
                assert (answer.status_code, answer.json()["extra"]["code"]) == (503, "unavailable")
                # The browser keeps its cookies: the store comes back.
                assert set_cookies(answer) == {}
            answer = await away.login()
            assert (answer.status_code, answer.json()["extra"]["code"]) == (503, "unavailable")
        assert "does not answer" in caplog.text
        assert "secret" not in caplog.text
        assert "Traceback" not in caplog.text

    async def test_the_pages_say_so(self) -> None:
        async with self.away() as away:
            answer = await away.http.get("/admin/login")
            assert answer.status_code == 200
            data = {"csrf_token": await form_token(away.http), "email": "ann@example.com", "password": "right"}
            answer = await away.http.post("/admin/login", data=data)
            assert answer.status_code == 503
            assert "at the moment" in answer.text

    async def test_the_host_goes_on_without_a_user(self, caplog: pytest.LogCaptureFixture) -> None:
        async with self.away() as away:
            answer = await away.http.get("/private")
            assert (answer.status_code, set_cookies(answer)) == (401, {})
        assert "Traceback" not in caplog.text


class TestTold:
    async def test_a_user_of_the_host_hears_of_a_reused_token_at_the_next_login(self, later: Clock) -> None:
        async with client(app={"middleware": []}) as c:
            first = (await c.login()).json()
            await c.refresh(first["refresh_token"])
            later.forward(seconds=11)
            assert (await c.refresh(first["refresh_token"])).json()["extra"]["code"] == "refresh_reused"
            for told in (True, False):
                data = {"csrf_token": await form_token(c.http), "email": "ann@example.com", "password": "right"}
                await c.http.post("/admin/login", data=data)
                assert ("an old copy of your session was used" in (await c.http.get("/admin")).text) is told
                data = {"csrf_token": await form_token(c.http, "/admin")}
                assert (await c.http.post("/admin/logout", data=data)).status_code == 303


class TestStore:
    async def test_a_session_belongs_to_one_user(self) -> None:
        async with client() as c:
            c.shop.customers[2].password_hash = "hash of right"
            sid = stated((await c.login()).json()["access_token"])["sid"]
            config = c.app.state.admin_auth.backend.config
            assert await c.me(sign_access(config, "1", sid)) == 200
            assert await c.me(sign_access(config, "2", sid)) == 401

    async def test_workers_that_share_a_store_see_one_truth(self) -> None:
        store = MemoryStore()
        app = {"stores": {"admin_auth": store}}
        async with client(app=app) as one, client(app=app) as other:
            tokens = (await one.login()).json()
            assert await other.me(tokens["access_token"]) == 200
            await one.http.post("/admin/api/auth/logout", headers={"x-refresh-token": tokens["refresh_token"]})
            assert await other.me(tokens["access_token"]) == 401

    async def test_it_holds_no_token(self) -> None:
        store = MemoryStore()
        async with client(app={"stores": {"admin_auth": store}}) as c:
            tokens = (await c.login()).json()
        kept = str([(key, value.data) for key, value in store._store.items()])
        assert stated(tokens["access_token"])["sid"] in kept
        assert tokens["access_token"] not in kept
        assert tokens["refresh_token"] not in kept

    async def test_no_two_sessions_have_one_id(self) -> None:
        async with client() as c:
            ids = {stated((await c.login()).json()["access_token"])["sid"] for _ in range(20)}
        assert len(ids) == 20


@pytest.mark.parametrize("part", ["user_loader", "password_verifier", "password_hasher", "password_updater"])
def test_a_part_that_is_not_asynchronous_is_found_at_once(part: str) -> None:
    async def one(_first: Any) -> Any: ...

    async def two(_first: Any, _second: Any) -> Any: ...

    def plain(*_given: Any) -> Any: ...

    parts = {"user_loader": one, "password_verifier": two, "password_hasher": one, "password_updater": two}
    assert JWTAuthBackend(JWTConfig(secret_key=SECRET), **parts)
    with pytest.raises(ConfigError, match=rf"AA009: {part} is not an async function.* async def {part}\("):
        JWTAuthBackend(JWTConfig(secret_key=SECRET), **parts | {part: plain})


def test_the_protocols_can_be_asked_at_run_time() -> None:
    assert isinstance(ANN, AdminUserProtocol)
    assert not isinstance(object(), AdminUserProtocol)
    backend = JWTAuthBackend(JWTConfig(secret_key=SECRET), Shop().load)
    assert isinstance(backend, AuthBackend)
    assert not isinstance(object(), AuthBackend)
