"""Backends of a host's own: signed in by the real form, and kept from breaking anything."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.exceptions import NotAuthorizedException, TooManyRequestsException
from litestar.middleware.session.client_side import CookieBackendConfig

from litestar_admin_auth.auth import JWTAuthBackend, JWTConfig, SessionAuthBackend
from tests.auth.site import SECRET, form_token
from tests.auth.tickets import ANN, Person, Tickets, browser, sign_in, sign_out, stable


async def load(identifier: Any) -> Person | None:
    return ANN if str(identifier) in ("1", "ann@example.com") else None


async def verify(stored: str, password: str) -> bool:
    return stored == f"hash of {password}"


async def prove(connection: Any, credentials: dict[str, str]) -> Person | None:
    return ANN if credentials["password"] == "right" else None


async def retrieve(session: dict[str, Any], connection: Any) -> Person | None:
    return ANN if session["user_id"] == 1 else None


BACKENDS: dict[str, Callable[[], Any]] = {
    "header tokens": lambda: JWTAuthBackend(JWTConfig(secret_key=SECRET), load, verify),
    "cookie tokens": lambda: JWTAuthBackend(JWTConfig(secret_key=SECRET, token_location="cookie"), load, verify),
    "session": lambda: SessionAuthBackend(retrieve, authenticate_handler=prove),
    "custom": Tickets,
}


class TestTheForm:
    @pytest.mark.parametrize("kind", BACKENDS)
    async def test_it_signs_in_and_out_with_every_backend_that_takes_credentials(self, kind: str) -> None:
        sessions = CookieBackendConfig(secret=b"0123456789abcdef").middleware
        async with browser(BACKENDS[kind](), middleware=[sessions]) as client:
            wrong = await sign_in(client, "wrong")
            assert (wrong.status_code, "session_id" in client.cookies) == (401, False)
            answer = await sign_in(client)
            assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
            page = await client.get("/admin")
            assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
            for shown in ("ann@example.com", "editor", "articles:*"):
                assert shown in page.text
            # Nothing on it leads to what is not there.
            links = set(re.findall(r'href="(/[^"#]*)', page.text))
            assert [link for link in links if (await client.get(link)).status_code == 404] == []
            answer = await sign_out(client)
            assert answer.status_code == 303
            assert (await client.get("/admin")).status_code in (303, 404)

    async def test_a_custom_logins_items_are_cookies_by_their_names(self) -> None:
        async with browser(Tickets(theme="dark")) as client:
            answer = await sign_in(client)
            cookies = {header.partition("=")[0]: header for header in answer.headers.get_list("set-cookie")}
            assert set(cookies) == {"session_id", "theme", "__Host-admin_auth_items"}
            for header in cookies.values():
                assert header.endswith("; HttpOnly; Path=/; SameSite=lax; Secure")
            assert client.cookies["theme"] == "dark"

    async def test_they_are_gone_after_the_logout_also_where_the_backend_forgets_nothing(self) -> None:
        class Stateless(Tickets):
            async def logout(self, connection: Any) -> None: ...

        for out in (sign_out, lambda client: client.post("/admin/api/auth/logout")):
            async with browser(Stateless(theme="dark")) as client:
                client.cookies.set("cart", "3", domain="shop.example")
                await sign_in(client)
                assert (await client.get("/admin")).status_code == 200
                await out(client)
                assert set(client.cookies) <= {"cart", "__Host-admin_auth_form"}
                assert (await client.get("/admin")).status_code == 303

    async def test_a_planted_list_of_cookies_removes_no_more_than_it_could_anyway(self) -> None:
        listed = "session_id a=b;c x\r\ny %0d%0aSet-Cookie:evil __Host-admin_auth_items"
        async with browser(Tickets()) as client:
            await sign_in(client)
            client.cookies.set("__Host-admin_auth_items", httpx.QueryParams({"x": listed})["x"].replace(";", "%3B"))
            answer = await client.post("/admin/api/auth/logout")
            assert "evil" not in str(answer.headers.get_list("set-cookie"))
            assert answer.status_code < 500


ODD_VALUES: dict[str, Any] = {
    "base64": "abc/def+ghi==", "spaces and quotes": ' "quoted", spaced; a=b ', "backslash": "a\\b",
    "percent": "100%41 %zz", "plus": "a+b", "line breaks": "x\r\nSet-Cookie: evil=1", "nul": "a\x00b", "tab": "a\tb",
    "letters": "Zoë ☃ 😀", "empty": "", "del": "\x7f", "latin": "é", "separator": "a;b,c", "whole": 42, "true": True,
    "fraction": 1.5, "uuid": UUID(int=7),
}  # fmt: skip


ODD_NAMES = [
    "", "a b", "a;b", "a=b", "a\r\nSet-Cookie: evil=1; x", "a\x00", "é", "☃", '"a"', "a,b", "(a)", "x" * 500, "\ud800",
    7, None, "__Secure-x ", "a/b", "a@b", "a[0]",
]  # fmt: skip


class TestOddItems:
    @pytest.mark.parametrize("name", ODD_VALUES)
    async def test_a_value_comes_back_as_it_was_given(self, name: str) -> None:
        class ReadsBack(Tickets):
            async def get_current_user(self, connection: Any) -> Any:
                seen.append(connection.cookies.get("odd"))
                return await super().get_current_user(connection)

        seen: list[Any] = []
        async with browser(ReadsBack(odd=ODD_VALUES[name])) as client:
            answer = await sign_in(client)
            assert answer.status_code == 303
            assert "evil" not in client.cookies
            assert not any("\r" in header or "\n" in header for header in answer.headers.get_list("set-cookie"))
            # As a browser sends it: httpx would quote what it reads.
            header = "; ".join(h.partition(";")[0] for h in answer.headers.get_list("set-cookie"))
            await client.get("/admin", headers={"cookie": header})
        assert seen[-1] == str(ODD_VALUES[name])

    @pytest.mark.parametrize("name", ODD_NAMES, ids=stable)
    async def test_a_name_that_is_none_is_left_out_and_logged(
        self, name: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        backend = Tickets()
        backend.items = {name: "secret value"}
        async with browser(backend) as client:
            answer = await sign_in(client)
            assert answer.status_code == 303
            names = {header.partition("=")[0] for header in answer.headers.get_list("set-cookie")}
            assert names == {"session_id", "__Host-admin_auth_items"}
            assert (await client.get("/admin")).status_code == 200
        assert "which is no cookie" in caplog.text
        assert "secret value" not in caplog.text

    @pytest.mark.parametrize("value", [None, {"a": 1}, ["a"], b"bytes", object(), "\ud800"], ids=stable)
    async def test_a_value_that_is_no_text_is_left_out_and_logged(
        self, value: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with browser(Tickets(odd=value)) as client:
            assert (await sign_in(client)).status_code == 303
            assert "odd" not in client.cookies
            assert (await client.get("/admin")).status_code == 200
        assert "'odd', which is no cookie" in caplog.text

    async def test_a_prefix_that_needs_https_is_left_out_without_it(self, caplog: pytest.LogCaptureFixture) -> None:
        backend = Tickets(**{"__Host-x": "1", "__Secure-y": "2"})
        async with browser(backend, config={"cookie_secure": False}, debug=True) as client:
            answer = await sign_in(client)
            names = {header.partition("=")[0] for header in answer.headers.get_list("set-cookie")}
            assert names == {"session_id", "admin_auth_items"}

    @pytest.mark.parametrize("size", [4096, 100_000, 2_000_000])
    async def test_what_no_browser_keeps_is_said_and_not_shown_as_a_login(
        self, size: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with browser(Tickets(huge="x" * size)) as client:
            answer = await sign_in(client)
            assert answer.status_code == 400
            assert "could not keep this sign-in" in answer.text
            assert "session_id" not in client.cookies
        assert "'huge', which no browser keeps: it is larger than 4096 bytes" in caplog.text

    async def test_a_cookie_just_below_the_limit_is_kept(self) -> None:
        async with browser(Tickets(big="x" * 4000)) as client:
            assert (await sign_in(client)).status_code == 303
            assert len(client.cookies["big"]) == 4000

    @pytest.mark.parametrize("body", [None, "text", 7, ["session_id"]])
    async def test_a_login_that_returns_something_else_sets_nothing(self, body: Any) -> None:
        class Odd(Tickets):
            async def login(self, connection: Any, user: Any) -> Any:
                return body

        async with browser(Odd()) as client:
            assert (await sign_in(client)).status_code == 303
            assert set(client.cookies) == {"__Host-admin_auth_form"}


class TestTheApi:
    async def test_the_body_is_what_login_returned_and_there_are_no_cookies(self) -> None:
        items = {"profile": {"name": "Zoë", "tags": [1, None]}, "expires_in": 3600, "a b": "x"}
        backend = Tickets(**items)
        async with browser(backend) as client:
            answer = await client.post("/admin/api/auth/login", json={"email": "ann@example.com", "password": "right"})
            assert answer.status_code == 200
            assert answer.json() == {"session_id": next(iter(backend.sessions)), **items}
            assert "set-cookie" not in answer.headers

    async def test_me_refresh_logout_and_host_routes(self) -> None:
        backend = Tickets()
        async with browser(backend) as client:
            answer = await client.post("/admin/api/auth/login", json={"email": "ann@example.com", "password": "right"})
            client.cookies.set("session_id", answer.json()["session_id"], domain="shop.example")
            me = (await client.get("/admin/api/auth/me")).json()
            assert me == {"id": 1, "email": "ann@example.com", "roles": ["editor"], "permissions": ["articles:*"]}
            assert (await client.get("/articles")).text == "ann@example.com"
            assert (await client.post("/admin/api/auth/refresh")).json() == {"session_id": "renewed"}
            assert (await client.post("/admin/api/auth/logout")).status_code == 200
            assert (await client.get("/admin/api/auth/me")).status_code == 401
            assert (await client.post("/admin/api/auth/refresh")).status_code == 401
            assert (await client.get("/articles")).status_code == 401

    async def test_nobody_is_signed_out_who_is_not_in(self) -> None:
        async with browser(Tickets()) as client:
            assert (await client.post("/admin/api/auth/logout")).status_code == 401


class TestFaults:
    async def test_authenticate_that_raises_refuses_and_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        backend = Tickets()
        backend.fault["authenticate"] = ValueError("the directory at 10.0.0.7 is down")
        async with browser(backend) as client:
            by_form = await sign_in(client)
            credentials = {"email": "ann@example.com", "password": "right"}
            by_api = await client.post("/admin/api/auth/login", json=credentials)
        assert (by_form.status_code, by_api.status_code) == (401, 401)
        assert "10.0.0.7" not in by_form.text + by_api.text
        assert caplog.text.count("the directory at 10.0.0.7 is down") >= 2

    @pytest.mark.parametrize(
        ("fault", "status"), [(NotAuthorizedException("no"), 401), (TooManyRequestsException("slowly"), 429)]
    )
    async def test_litestars_own_refusals_keep_their_status(self, fault: Exception, status: int) -> None:
        backend = Tickets()
        backend.fault["authenticate"] = fault
        async with browser(backend) as client:
            assert (await sign_in(client)).status_code == status

    @pytest.mark.parametrize("method", ["login", "logout", "refresh"])
    async def test_another_method_that_raises_is_a_fault_in_the_log_and_not_in_the_answer(
        self, method: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        backend = Tickets()
        async with browser(backend) as client:
            if method != "login":
                await sign_in(client)
            token = await form_token(client, "/admin/login" if method == "login" else "/admin")
            backend.fault[method] = ValueError("SELECT secret FROM directory")
            data = {"csrf_token": token, "email": "ann@example.com", "password": "right"}
            answers = [await client.post(f"/admin/api/auth/{method}", json=data | {"csrf_token": "x"})]
            if method == "login":
                del data["csrf_token"]
                answers = [await client.post("/admin/api/auth/login", json=data)]
                answers.append(await client.post("/admin/login", data=data | {"csrf_token": token}))
            elif method == "logout":
                answers.append(await client.post("/admin/logout", data=data))
            for answer in answers:
                assert (answer.status_code, "SELECT" in answer.text) == (500, False)
                assert "written down" in answer.text
        assert "SELECT secret FROM directory" in caplog.text

    async def test_somebody_who_cannot_be_looked_up_is_nobody(self, caplog: pytest.LogCaptureFixture) -> None:
        backend = Tickets()
        async with browser(backend) as client:
            await sign_in(client)
            backend.fault["get_current_user"] = ValueError("badly formed hexadecimal UUID string")
            for path in ("/admin", "/admin/api/auth/me"):
                answer = await client.get(path)
                assert (answer.status_code, "hexadecimal" in answer.text) == (500, False)
            assert (await client.get("/articles")).status_code == 401
            # A broken cookie must not keep anybody from signing in anew.
            assert (await client.get("/admin/login")).status_code == 200
            assert (await sign_in(client)).status_code == 303
            backend.fault.clear()
            assert (await client.get("/admin")).status_code == 200
        assert "badly formed hexadecimal" in caplog.text

    async def test_a_401_of_get_current_user_is_nobody_who_is_sent_to_the_login(self) -> None:
        backend = Tickets()
        backend.fault["get_current_user"] = NotAuthorizedException("no ticket")
        async with browser(backend) as client:
            page = await client.get("/admin")
            assert (page.status_code, page.headers.get("location")) == (303, "/admin/login?next=/admin")
            answer = await client.get("/admin/api/auth/me")
            assert (answer.status_code, answer.json()["extra"]["code"]) == (401, "not_authenticated")

    @pytest.mark.parametrize("user", [object(), True, "ann", {"id": 1, "email": "ann@example.com"}], ids=stable)
    async def test_what_is_no_user_is_nobody(self, user: Any, caplog: pytest.LogCaptureFixture) -> None:
        async with browser(Tickets(user)) as client:
            assert (await sign_in(client)).status_code == 401
        assert f"Tickets.authenticate returned a {type(user).__name__} without" in caplog.text

    async def test_nor_on_any_later_request(self, caplog: pytest.LogCaptureFixture) -> None:
        backend = Tickets()
        async with browser(backend) as client:
            await sign_in(client)
            backend.sessions = dict.fromkeys(backend.sessions, "ann")
            assert (await client.get("/admin/api/auth/me")).status_code == 500
            assert (await client.get("/articles")).status_code == 401
        assert "Tickets returned a str without id, email, roles, permissions" in caplog.text
