"""Rule 10 at the doors of the authentication: whatever is sent is answered by a 4xx that names the field, not a 5xx."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from litestar_admin_auth import AdminConfig, AdminPlugin
from litestar_admin_auth.auth import JWTAuthBackend, JWTConfig
from tests.auth.serving import serving
from tests.auth.site import ORIGIN, alive, form_token
from tests.contracts.test_seed_text import (
    CREDENTIALS,
    LOGIN,
    LOGOUT,
    ME,
    PASSWORD,
    REFRESH,
    SECRET,
    load_admin,
    verify,
)

CHANGE = "/admin/api/auth/change-password"
JSON = "application/json"
NEW = "seven lamps above the harbour"


async def hash_password(password: str) -> str:
    return f"hash of {password}"


async def update(user: Any, stored: str) -> None:
    raise AssertionError("no body below is one that changes a password")


def app(location: str = "header") -> Litestar:
    backend = JWTAuthBackend(
        JWTConfig(secret_key=SECRET, token_location=location),  # type: ignore[arg-type]
        load_admin,
        verify,
        password_hasher=hash_password,
        password_updater=update,
    )
    return Litestar(plugins=[AdminPlugin(AdminConfig(auth_backend=backend))])


@pytest.fixture(scope="module")
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    """Somebody signed in by header, so that each door is reached."""
    host = app()
    async with alive(host):
        transport = httpx.ASGITransport(host)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as signed_in:
            tokens = (await signed_in.post(LOGIN, json=CREDENTIALS)).json()
            signed_in.headers["authorization"] = f"Bearer {tokens['access_token']}"
            yield signed_in


def refused(answer: httpx.Response, status: int, field: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["status_code"] == status
    assert body["detail"]
    assert body["extra"]["code"]
    assert body["extra"].get("field") == field, body


#: What no door takes for a body.
NO_OBJECT: dict[str, bytes] = {
    "spaces": b"  ",
    "half an object": b'{"email": "a@example.com"',
    "two objects": b"{}{}",
    "an array": b"[]",
    "an array of pairs": b'[["email", "a@example.com"], ["password", "b"]]',
    "a text": b'"email"',
    "a number": b"1",
    "null": b"null",
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(CREDENTIALS).encode(),
    "UTF-16": json.dumps(CREDENTIALS).encode("utf-16"),
    "UTF-16 without a mark": json.dumps(CREDENTIALS).encode("utf-16-le"),
    "UTF-32": json.dumps(CREDENTIALS).encode("utf-32"),
    "invalid UTF-8": b'{"email": "a@example.com", "password": "\xff"}',
    "an overlong slash": b'{"email": "a@example.com", "password": "\xc0\xaf"}',
    "an encoded surrogate": b'{"email": "a@example.com", "password": "\xed\xa0\x80"}',
    "deep arrays": b"[" * 200_000,
    "deep objects": b'{"email":' * 100_000,
    "a form": b"email=a%40example.com&password=b",
    "NaN": b'{"email": NaN}',
    "a comment": b"/* */ {}",
    "a trailing comma": b'{"email": "a@example.com",}',
    "single quotes": b"{'email': 'a@example.com'}",
    "XML": b"<email>a@example.com</email>",
}

DOORS = {
    "login": (LOGIN, CREDENTIALS),
    "refresh": (REFRESH, {"refresh_token": "a.b.c"}),
    "logout": (LOGOUT, {"refresh_token": "a.b.c"}),
    "change-password": (CHANGE, {"current_password": PASSWORD, "new_password": NEW}),
}
FIELDS = [(door, field) for door, (_, body) in DOORS.items() for field in body]


@pytest.mark.parametrize("door", DOORS)
class TestBody:
    @pytest.mark.parametrize("name", NO_OBJECT)
    async def test_that_is_no_object(self, client: httpx.AsyncClient, door: str, name: str) -> None:
        path, _ = DOORS[door]
        refused(await client.post(path, content=NO_OBJECT[name], headers={"content-type": JSON}), 400)

    @pytest.mark.parametrize(
        "field", ["is_superuser", "id", "roles", "__proto__", "constructor", "Email", "", " ", "a.b", "$ne", "x" * 5000]
    )
    async def test_with_an_unknown_field(self, client: httpx.AsyncClient, door: str, field: str) -> None:
        path, body = DOORS[door]
        answer = await client.post(path, json=body | {field: "x"})
        # A key of five thousand letters is not repeated whole.
        refused(answer, 400, field[:100] or None)

    async def test_with_a_field_twice(self, client: httpx.AsyncClient, door: str) -> None:
        path, body = DOORS[door]
        for field in body:
            doubled = json.dumps(body)[:-1] + f', "{field}": "x"}}'
            refused(await client.post(path, content=doubled, headers={"content-type": JSON}), 400, field)

    @pytest.mark.parametrize("media_type", [
        "", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/jsonp", "application/json-patch+json", "application/xml", "json", "application/ json",
        "text/plain; application/json", "\xff",
    ])  # fmt: skip
    async def test_that_is_not_declared_as_json(self, client: httpx.AsyncClient, door: str, media_type: str) -> None:
        path, body = DOORS[door]
        headers = httpx.Headers([(b"content-type", media_type.encode("latin-1"))])
        refused(await client.post(path, content=json.dumps(body), headers=headers), 415)

    @pytest.mark.parametrize("media_type", ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8"])
    async def test_that_is_declared_as_json_is_read(
        self, client: httpx.AsyncClient, door: str, media_type: str
    ) -> None:
        path, _ = DOORS[door]
        refused(await client.post(path, content=b'{"x": 1}', headers={"content-type": media_type}), 400, "x")

    async def test_with_another_charset_is_utf_8_all_the_same(self, client: httpx.AsyncClient, door: str) -> None:
        """RFC 8259 section 8.1 leaves no choice, whatever the header says."""
        path, body = DOORS[door]
        headers = {"content-type": "application/json; charset=utf-16"}
        refused(await client.post(path, content=json.dumps(body).encode("utf-16"), headers=headers), 400)
        refused(await client.post(path, content=b'{"x": 1}', headers=headers), 400, "x")

    async def test_of_a_megabyte_and_more(self, client: httpx.AsyncClient, door: str) -> None:
        path, _ = DOORS[door]
        huge = b'{"x": "' + b"x" * 1_100_000 + b'"}'
        refused(await client.post(path, content=huge, headers={"content-type": JSON}), 413)

    @pytest.mark.parametrize("length", ["abc", "-1", "1e3", "0x10", "\xb2", "", " ", "99999999999999999999999"])
    async def test_whose_length_is_a_lie(self, client: httpx.AsyncClient, door: str, length: str) -> None:
        path, body = DOORS[door]
        headers = httpx.Headers([(b"content-type", b"application/json"), (b"content-length", length.encode("latin-1"))])
        answer = await client.post(path, content=json.dumps(body | {"x": 1}), headers=headers)
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.json()["extra"]["code"]


#: Values that no text field of ours takes, as JSON.
NO_TEXT: dict[str, str] = {
    "a number": "1",
    "a huge number": "9" * 4000,
    "an endless number": "1e999999",
    "a fraction": "1.5",
    "a boolean": "true",
    "null": "null",
    "an array": '["a@example.com"]',
    "an object": '{"$ne": ""}',
    "NUL": r'"a\u0000b@example.com"',
    "a lone high surrogate": r'"a\ud800@example.com"',
    "a lone low surrogate": r'"a\udfff@example.com"',
    "surrogates the wrong way round": r'"\udc00\ud800@example.com"',
    "a text of 300 KB": json.dumps("x" * 300_000),
}


@pytest.mark.parametrize("name", NO_TEXT)
@pytest.mark.parametrize(("door", "field"), FIELDS)
async def test_a_value_that_a_field_does_not_take_is_named(
    client: httpx.AsyncClient, door: str, field: str, name: str
) -> None:
    path, body = DOORS[door]
    others = "".join(f", {json.dumps(key)}: {json.dumps(value)}" for key, value in body.items() if key != field)
    content = f"{{{json.dumps(field)}: {NO_TEXT[name]}{others}}}"
    answer = await client.post(path, content=content, headers={"content-type": JSON})
    # Python refuses to read a number of more than 4300 digits, and then no field is known.
    refused(answer, 400, field)


@pytest.mark.parametrize("email", [
    "", " ", "admin", "@", "@example.com", "admin@", "a@b@c", "a b@example.com", "a@exa mple.com",
    "admin@example.com\r\nBcc: x@example.com", "a" * 330 + "@example.com", "1", "' OR 1=1 --", "%00",
])  # fmt: skip
async def test_an_address_that_is_none_is_named(client: httpx.AsyncClient, email: str) -> None:
    refused(await client.post(LOGIN, json={"email": email, "password": PASSWORD}), 400, "email")


@pytest.mark.parametrize("missing", ["email", "password"])
async def test_a_missing_field_is_named(client: httpx.AsyncClient, missing: str) -> None:
    body = {key: value for key, value in CREDENTIALS.items() if key != missing}
    refused(await client.post(LOGIN, json=body), 400, missing)


async def test_an_empty_body_is_a_login_without_anything(client: httpx.AsyncClient) -> None:
    refused(await client.post(LOGIN), 400)
    refused(await client.post(LOGIN, headers={"content-type": JSON}), 400)
    refused(await client.post(CHANGE), 400)


class TestNoBody:
    """Logout and refresh need none, and then no Content-Type; an empty one is as good as none."""

    @pytest.mark.parametrize("path", [LOGOUT, REFRESH])
    @pytest.mark.parametrize("headers", [{}, {"content-type": "text/plain"}, {"content-length": "0"}])
    async def test_is_a_question_without_a_token(self, path: str, headers: dict[str, str]) -> None:
        host = app()
        async with alive(host):
            transport = httpx.ASGITransport(host)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as stranger:
                refused(await stranger.post(path, headers=headers), 401)
                refused(await stranger.post(path, json={}), 401)
                refused(await stranger.post(path, json={"refresh_token": ""}), 401)


class TestRefreshToken:
    """From the header, from the body, from the cookie; of two that disagree, neither."""

    async def tokens(self, http: httpx.AsyncClient) -> dict[str, str]:
        return (await http.post(LOGIN, json=CREDENTIALS)).json()

    @pytest.mark.parametrize("path", [REFRESH, LOGOUT])
    async def test_each_place_is_enough(self, path: str) -> None:
        host = app()
        async with alive(host), httpx.AsyncClient(transport=httpx.ASGITransport(host), base_url=ORIGIN) as http:
            for place in ("header", "body", "both"):
                token = (await self.tokens(http))["refresh_token"]
                given: dict[str, Any] = {}
                if place in ("header", "both"):
                    given["headers"] = {"X-Refresh-Token": token}
                if place in ("body", "both"):
                    given["json"] = {"refresh_token": token}
                assert (await http.post(path, **given)).status_code == 200, place

    async def test_two_that_disagree_are_refused_and_nothing_happens_to_either(self) -> None:
        host = app()
        async with alive(host), httpx.AsyncClient(transport=httpx.ASGITransport(host), base_url=ORIGIN) as http:
            one, two = (await self.tokens(http))["refresh_token"], (await self.tokens(http))["refresh_token"]
            refused(await http.post(REFRESH, headers={"X-Refresh-Token": one}, json={"refresh_token": two}), 401)
            twice = httpx.Headers([("x-refresh-token", one), ("x-refresh-token", two)])
            refused(await http.post(REFRESH, headers=twice), 401)
            for token in (one, two):
                answer = await http.post(REFRESH, headers={"X-Refresh-Token": token})
                assert answer.status_code == 200

    async def test_the_cookie_is_the_third_place_and_is_not_read_where_headers_are_configured(self) -> None:
        for location, status in (("cookie", 200), ("header", 401)):
            host = app(location)
            async with alive(host):
                transport = httpx.ASGITransport(host)
                async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}) as http:
                    # The pages set cookies whatever the API uses.
                    data = CREDENTIALS | {"csrf_token": await form_token(http)}
                    assert (await http.post("/admin/login", data=data)).status_code == 303
                    assert (await http.post(REFRESH)).status_code == status

    async def test_a_cookie_and_a_header_that_disagree_are_refused(self) -> None:
        host = app("cookie")
        async with alive(host):
            transport = httpx.ASGITransport(host)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}) as http:
                await http.post(LOGIN, json=CREDENTIALS)
                other = http.cookies["__Host-admin_auth_refresh"]
                await http.post(LOGIN, json=CREDENTIALS)
                refused(await http.post(REFRESH, headers={"X-Refresh-Token": other}), 401)
                refused(await http.post(REFRESH, json={"refresh_token": other}), 401)
                mine = http.cookies["__Host-admin_auth_refresh"]
                assert (await http.post(REFRESH, headers={"X-Refresh-Token": mine})).status_code == 200


class TestHeaders:
    @pytest.mark.parametrize(
        "name", ["authorization", "x-refresh-token", "cookie", "origin", "host", "x-forwarded-for"]
    )
    @pytest.mark.parametrize(
        "value", [b"\xff\xfe", b"\xc3\xa9", b"Bearer \xf0\x9f\x92\xa9", b"a" * 10_000, b"\x7f", b""]
    )
    async def test_odd_bytes_are_no_fault(self, name: str, value: bytes) -> None:
        host = app("cookie")
        async with alive(host), httpx.AsyncClient(transport=httpx.ASGITransport(host), base_url=ORIGIN) as http:
            headers = httpx.Headers([(name.encode(), value)])
            for method, path, expected in [("GET", ME, 401), ("POST", REFRESH, 401), ("POST", LOGOUT, 401)]:
                answer = await http.request(method, path, headers=headers)
                # A foreign origin is told so before anything else, and a host that is none by Litestar itself.
                assert answer.status_code in (expected, {"origin": 403, "host": 400}.get(name)), (path, answer.text)
            assert (await http.post(LOGIN, json=CREDENTIALS, headers=headers)).status_code in (200, 400, 403)


class TestForm:
    """The HTML door takes forms and nothing else."""

    @pytest.mark.parametrize(
        ("content", "media_type"),
        [
            (json.dumps(CREDENTIALS).encode(), JSON),
            (b"\xff\xfe", "application/x-www-form-urlencoded"),
            (b"email=%ff&password=%ff", "application/x-www-form-urlencoded"),
            (b"email=a%00@example.com&password=b", "application/x-www-form-urlencoded"),
            (b"email=" + b"a" * 500_000, "application/x-www-form-urlencoded"),
            (b"a=b&" * 20_000, "application/x-www-form-urlencoded"),
            (b"email=a@example.com&email=b@example.com&password=c", "application/x-www-form-urlencoded"),
            (b"--x\r\n\r\n", "multipart/form-data; boundary=x"),
            (b"nonsense", "multipart/form-data"),
            (b"", "application/x-www-form-urlencoded"),
            (b"", ""),
        ],
    )
    async def test_refuses_everything_else(self, content: bytes, media_type: str) -> None:
        host = app()
        async with alive(host):
            transport = httpx.ASGITransport(host)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}) as http:
                await form_token(http)
                answer = await http.post("/admin/login", content=content, headers={"content-type": media_type})
                assert 400 <= answer.status_code < 500
                assert "set-cookie" not in answer.headers or "__Host-admin_auth=" not in answer.headers["set-cookie"]


async def wire(address: str, request: bytes) -> bytes:
    """Send bytes as they are and read until the server closes."""
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    await writer.drain()
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


def head(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: shop.example", "Connection: close", *lines, "", ""]).encode()


async def test_what_only_a_raw_connection_can_say_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    body = json.dumps(CREDENTIALS | {"password": "wrong"}).encode()
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    declared = "Content-Type: application/json"
    in_chunks = head(LOGIN, declared, "Transfer-Encoding: chunked")
    requests = {
        "in chunks": (in_chunks + chunked, b"401"),
        "chunks that are no JSON": (
            head(LOGIN, declared, "Transfer-Encoding: chunked") + b"1\r\nx\r\n0\r\n\r\n",
            b"400",
        ),
        "chunks without a media type": (head(LOGIN, "Transfer-Encoding: chunked") + chunked, b"415"),
        "no chunk at all": (in_chunks + b"0\r\n\r\n", b"400"),
        "a chunk of nonsense": (in_chunks + b"zz\r\nx", b"400"),
        "less than announced": (head(LOGIN, declared, "Content-Length: 1000") + body, b""),
        "more than announced": (head(LOGIN, declared, f"Content-Length: {len(body)}") + body + b"GET / HTTP", b"401"),
        "two lengths": (head(LOGIN, declared, "Content-Length: 1", "Content-Length: 2") + body, b"400"),
        "a negative length": (head(LOGIN, declared, "Content-Length: -1") + body, b"400"),
        "no length": (head(LOGIN, declared), b"400"),
        "a refresh without anything": (head(REFRESH), b"401"),
        "a logout without anything": (head(LOGOUT, "Content-Length: 0"), b"401"),
    }
    async with serving(app()) as address:
        for name, (request, status) in requests.items():
            answer = await wire(address, request)
            assert answer[9:12] == status, f"{name}: {answer[:200]!r}"
    faults = [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
    assert faults == []
