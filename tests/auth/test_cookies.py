"""Cookies: names, attributes, size, and who may write one."""

import re
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from litestar_admin_auth.auth.cookies import MAX_COOKIE_BYTES, Cookies
from litestar_admin_auth.auth.headers import with_cookies
from litestar_admin_auth.auth.request_state import RequestState
from litestar_admin_auth.auth.tokens import sign_access, sign_refresh
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.config import JWTConfig
from litestar_admin_auth.services.sessions import Client

SECRET = "a secret of the tests, long enough for HS256"


def attributes(header: str) -> dict[str, str]:
    _, *rest = header.split("; ")
    pairs = (item.partition("=") for item in rest)
    return {name.lower(): value for name, _, value in pairs}


class TestNames:
    def test_secure_names_cannot_be_planted_by_a_subdomain(self) -> None:
        cookies = Cookies.of(JWTConfig(secret_key=SECRET))
        names = [cookies.access, cookies.refresh, cookies.form, cookies.flash, cookies.theme]
        assert names[:2] == ["__Host-admin_auth", "__Host-admin_auth_refresh"]
        assert all(name.startswith("__Host-") for name in names)
        assert len(set(names)) == 5

    def test_on_plain_http_they_have_no_prefix(self) -> None:
        cookies = Cookies.of(JWTConfig(secret_key=SECRET, cookie_secure=False, cookie_name="shop"))
        assert (cookies.access, cookies.refresh) == ("shop", "shop_refresh")

    def test_with_a_path_or_a_domain_browsers_take_the_weaker_prefix_only(self) -> None:
        for settings in ({"cookie_path": "/admin"}, {"cookie_domain": "shop.example"}):
            cookies = Cookies.of(JWTConfig(secret_key=SECRET, **settings))
            names = [cookies.access, cookies.refresh, cookies.form, cookies.flash, cookies.theme]
            assert all(name.startswith("__Secure-admin_auth") for name in names)
            insecure = Cookies.of(JWTConfig(secret_key=SECRET, cookie_secure=False, **settings))
            assert insecure.access == "admin_auth"


class TestAttributes:
    def test_by_default_all_are_set(self) -> None:
        cookies = Cookies.of(JWTConfig(secret_key=SECRET))
        for header in cookies.set_tokens("a", "r", refresh_max_age=60):
            assert attributes(header) == {
                "path": "/", "samesite": "lax", "secure": "", "httponly": "", "max-age": "60",
            }  # fmt: skip

    def test_a_host_prefix_allows_no_domain_and_the_root_path_only(self) -> None:
        header = Cookies().set("__Host-x", "v")
        assert "domain" not in attributes(header)
        assert attributes(header)["path"] == "/"

    def test_each_setting_is_followed(self) -> None:
        config = JWTConfig(secret_key=SECRET, cookie_secure=False, cookie_httponly=False, cookie_samesite="strict")
        access, _ = Cookies.of(config).set_tokens("a", "r", refresh_max_age=60)
        assert attributes(access) == {"path": "/", "samesite": "strict", "max-age": "60"}

    def test_path_and_domain_are_written_and_needed_to_delete(self) -> None:
        cookies = Cookies.of(JWTConfig(secret_key=SECRET, cookie_path="/admin", cookie_domain="shop.example"))
        for header in (*cookies.set_tokens("a", "r", refresh_max_age=60), *cookies.delete_tokens()):
            assert (attributes(header)["path"], attributes(header)["domain"]) == ("/admin", "shop.example")

    def test_cookies_for_another_site_are_secure(self) -> None:
        access, _ = Cookies.of(JWTConfig(secret_key=SECRET, cookie_samesite="none")).set_tokens(
            "a", "r", refresh_max_age=60
        )
        assert (attributes(access)["samesite"], attributes(access)["secure"]) == ("none", "")

    def test_deleting_uses_the_same_attributes_else_browsers_keep_it(self) -> None:
        cookies = Cookies()
        access, refresh = cookies.delete_tokens()
        assert access.startswith('__Host-admin_auth=""; ')
        assert refresh.startswith('__Host-admin_auth_refresh=""; ')
        assert attributes(access) == {
            "path": "/", "samesite": "lax", "secure": "", "httponly": "", "max-age": "0",
        }  # fmt: skip

    @pytest.mark.parametrize("value", ["a; Domain=evil.example", "a\r\nSet-Cookie: b=c", 'a"b', "ü", "a,b"])
    def test_a_value_cannot_add_attributes_or_lines(self, value: str) -> None:
        header = Cookies().set("__Host-x", value)
        assert header.isascii()
        assert header.isprintable()
        parsed: SimpleCookie = SimpleCookie(header)
        assert parsed["__Host-x"]["domain"] == ""
        assert parsed["__Host-x"].value == value


class TestSize:
    def test_the_tokens_of_the_longest_ids_are_far_below_the_limit(self) -> None:
        config = JWTConfig(secret_key=SECRET, issuer="https://" + "i" * 200, audience="a" * 200)
        cookies = Cookies.of(config)
        moment = now()
        access = sign_access(config, "u" * 36, "s" * 36)
        refresh = sign_refresh(
            config, "u" * 36, "s" * 36, generation=10**9, rotated_at=moment, expires_at=moment + timedelta(days=1)
        )
        assert all(len(header) < 1500 for header in cookies.set_tokens(access, refresh, refresh_max_age=86400))

    def test_a_cookie_that_browsers_would_drop_is_an_error_here(self) -> None:
        with pytest.raises(ValueError, match="larger"):
            Cookies().set("__Host-x", "v" * MAX_COOKIE_BYTES)
        assert Cookies().set("__Host-x", "v" * (MAX_COOKIE_BYTES - 200))


class TestSending:
    async def test_they_are_added_to_what_others_set_and_of_one_name_the_last_counts(self) -> None:
        sent: list[object] = []

        async def send(message: object) -> None:
            sent.append(message)

        state = RequestState(Client())
        state.set_cookies += ["a=1; Path=/", "b=1; Path=/", "a=2; Path=/"]
        host = [(b"set-cookie", b"session=x"), (b"set-cookie", b"other=y")]
        cacheable = (b"Cache-Control", b"public, max-age=3600")
        await with_cookies(send, state)({"type": "http.response.start", "status": 200, "headers": [*host, cacheable]})  # type: ignore
        (message,) = sent
        # A shared cache that kept the answer would hand one person's session to the next.
        kept = [*host, (b"cache-control", b"no-store")]
        assert message["headers"] == [*kept, (b"set-cookie", b"a=2; Path=/"), (b"set-cookie", b"b=1; Path=/")]  # type: ignore

    async def test_an_answer_without_one_says_of_caches_what_it_likes(self) -> None:
        sent: list[object] = []

        async def send(message: object) -> None:
            sent.append(message)

        headers = [(b"cache-control", b"public, max-age=3600")]
        start = {"type": "http.response.start", "status": 200, "headers": headers}
        await with_cookies(send, RequestState(Client()))(start)  # type: ignore
        assert sent == [start]


def test_no_other_file_of_the_package_writes_a_cookie() -> None:
    package = Path(__file__).parents[2] / "litestar_admin_auth"
    names = r"SimpleCookie|Morsel|\bset_cookie\(|delete_cookie\(|response_cookies"
    writes = re.compile(names + r"|[\"'`]set-cookie[\"'`]", re.IGNORECASE)
    files = [path for path in package.rglob("*.py") if writes.search(path.read_text())]
    # headers.py puts what cookies.py wrote into the answer.
    assert {path.relative_to(package).as_posix() for path in files} == {"auth/cookies.py", "auth/headers.py"}
