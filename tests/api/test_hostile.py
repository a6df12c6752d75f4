"""Whatever a client sends, it is never our fault: the tables are generated from the router and the bodies' structs."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from tests.api.conftest import Caller, error_of
from tests.api.routes import LISTS, ROUTES, WITH_BODY, Route
from tests.auth.site import Site

NOWHERE = {
    "user_id": uuid4(),
    "role_id": uuid4(),
    "session_id": uuid4(),
    "role": "no such role",
    "code": "no:such",
    "token": "made-up",
}

BODIES = {
    "nothing": b"",
    "spaces": b"   ",
    "a broken object": b'{"name": ',
    "two objects": b"{}{}",
    "an array": b"[]",
    "a string": b'"name"',
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "NaN": b'{"name": NaN}',
    "a huge number": b'{"version": ' + b"9" * 5000 + b"}",
    "an exponent without end": b'{"version": 1e999999}',
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"name":' * 100_000,
    "deep and closed": b'{"name":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a key of a megabyte": b'{"' + b"k" * 900_000 + b'": 1}',
    "an unknown field": b'{"is_superuser": true}',
    "an unknown field with a surrogate": b'{"\\udfff": true}',
    "a prototype": b'{"__proto__": {"admin": true}}',
    "form data": b"email=a%40example.com&password=b",
}

#: Types of bodies that are not JSON.
MEDIA_TYPES = [
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "",
    "application/jsonx", "text/json", "application/msgpack", "application/json-patch+json",
]  # fmt: skip

#: Values that no field of ours takes, whatever its type.
VALUES: dict[str, Any] = {
    "an object": {"$ne": ""},
    "nested arrays": [[[]]],
    "a boolean": True,
    "a fraction": 1.5,
    "minus one": -1,
    "past 64 bits": 2**70,
    "NUL": "a\x00b",
    "a lone surrogate": "a\ud800",
    "a list with NUL": ["a\x00b"],
    "a list of numbers": [1],
    "a hundred thousand characters": "x" * 100_000,
    "ten thousand items": ["x"] * 10_000,
}

FIELDS = [
    pytest.param(route, field.name, id=f"{route} {field.name}")
    for route in WITH_BODY
    for field in msgspec.structs.fields(route.body)
]


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
class TestBody:
    async def test_that_is_no_such_body_is_refused(self, lasting_superuser: Caller, route: Route) -> None:
        for name, body in BODIES.items():
            answer = await lasting_superuser.call(
                route.method, route.at(NOWHERE), content=body, headers={"content-type": "application/json"}
            )
            assert answer.status_code == 400, f"{name}: {answer.text}"
            extra = error_of(answer, 400)
            assert extra["code"] == "invalid"
            if "unknown" in name or name == "a prototype":
                assert extra["field"] in ("is_superuser", "?", "__proto__")

    async def test_that_names_a_field_twice_is_refused(self, lasting_superuser: Caller, route: Route) -> None:
        name = msgspec.structs.fields(route.body)[0].name
        answer = await lasting_superuser.call(
            route.method,
            route.at(NOWHERE),
            content=f'{{"{name}": "a", "{name}": "b"}}'.encode(),
            headers={"content-type": "application/json"},
        )
        assert error_of(answer, 400)["field"] == name

    async def test_that_is_not_json_is_refused(self, lasting_superuser: Caller, route: Route) -> None:
        for media_type in MEDIA_TYPES:
            answer = await lasting_superuser.call(
                route.method, route.at(NOWHERE), content=b"{}", headers={"content-type": media_type}
            )
            assert answer.status_code == 415, f"{media_type}: {answer.text}"
            assert error_of(answer, 415)["code"] == "unsupported_media_type"

    async def test_that_is_too_large_is_refused(self, lasting_superuser: Caller, route: Route) -> None:
        body = json.dumps({"name": "x" * 1_100_000}).encode()
        answer = await lasting_superuser.call(
            route.method, route.at(NOWHERE), content=body, headers={"content-type": "application/json"}
        )
        assert error_of(answer, 413)["code"] == "body_too_large"

    async def test_in_chunks_is_read_like_any_other(self, lasting_superuser: Caller, route: Route) -> None:
        async def chunks() -> Any:
            yield b'{"is_super'
            yield b'user": true}'

        answer = await lasting_superuser.call(
            route.method, route.at(NOWHERE), content=chunks(), headers={"content-type": "application/json"}
        )
        assert error_of(answer, 400)["field"] == "is_superuser"
        answer = await lasting_superuser.call(
            route.method, route.at(NOWHERE), content=chunks(), headers={"content-type": "text/plain"}
        )
        error_of(answer, 415)


@pytest.mark.parametrize(("route", "field"), FIELDS)
async def test_a_value_that_a_field_does_not_take_names_the_field(
    lasting_superuser: Caller, route: Route, field: str
) -> None:
    for name, value in VALUES.items():
        # Required fields are given something of the right type, so that this field is the only one at fault.
        body = {
            other.name: "suspend" if other.name == "action" else "seven lamps above the harbour"
            for other in msgspec.structs.fields(route.body)
            if other.required and other.name != field
        }
        content = json.dumps({**body, field: value}).encode()
        answer = await lasting_superuser.call(
            route.method, route.at(NOWHERE), content=content, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400, f"{name}: {answer.text}"
        assert error_of(answer, 400)["field"] == field, name


@pytest.mark.parametrize("route", [route for route in ROUTES if route.body is None and route.method != "GET"], ids=str)
class TestRouteWithoutBody:
    async def test_needs_no_content_type(self, superuser: Caller, route: Route) -> None:
        answer = await superuser.call(route.method, route.at(NOWHERE))
        assert answer.status_code in (200, 204, 404), answer.text

    async def test_refuses_what_a_foreign_form_could_send(self, superuser: Caller, route: Route) -> None:
        answer = await superuser.call(
            route.method, route.at(NOWHERE), content=b"{}", headers={"content-type": "text/plain"}
        )
        error_of(answer, 415)


@pytest.mark.parametrize("route", [route for route in ROUTES if "uuid" in dict(route.kinds).values()], ids=str)
async def test_an_id_that_is_none_is_not_there(lasting_superuser: Caller, route: Route) -> None:
    for bad in ("1", "abc", "%00", "%ff", "' OR 1=1--", "x" * 5000, f"{uuid4()}x", "..%2f..", "null"):
        values = {**NOWHERE, **{name: bad for name, kind in route.kinds if kind == "uuid"}}
        answer = await lasting_superuser.call(route.method, route.at(values), {} if route.body else None)
        assert error_of(answer, 404)["code"] == "not_found", bad


@pytest.mark.parametrize(
    ("tail", "status"),
    [
        ("roles/%00", 404),
        ("roles/%ff", 404),
        ("roles/a%2fb", 404),
        ("roles/" + "x" * 5000, 404),
        ("permissions/%00", 404),
        ("permissions/*", 400),
        ("permissions/" + "x" * 5000, 400),
    ],
)
async def test_a_name_in_the_path_that_is_none_is_refused(superuser: Caller, tail: str, status: int) -> None:
    method = "DELETE" if tail.startswith("roles") else "GET"
    error_of(await superuser.call(method, f"/users/{superuser.id}/{tail}"), status)


BAD_PARAMETERS = [
    ("limit", "0"),
    ("limit", "201"),
    ("limit", "-1"),
    ("limit", "many"),
    ("limit", "1e9"),
    ("limit", "9" * 400),
    ("limit", "9" * 5000),
    ("sort", "password_hash"),
    ("sort", "-"),
    ("sort", "--created_at"),
    ("sort", "created_at; DROP TABLE users"),
    ("sort", "x" * 5000),
    ("sort", "a\x00"),
    ("count", "perhaps"),
    ("cursor", "nonsense"),
    ("cursor", "e30"),
    ("cursor", "WyItY3JlYXRlZF9hdCIsMCwieCIsIngiXQ"),
    ("cursor", "\x00"),
    ("cursor", "x" * 9000),
    ("q", "a\x00b"),
    ("q", "x" * 5000),
    ("pageSize", "1"),
    ("orderBy", "password_hash"),
    ("limit[]", "1"),
]


@dataclass
class Reader:
    """A superuser, and the lists of that superuser and their role."""

    caller: Caller
    role_id: str

    def path(self, route: Route) -> str:
        return route.at({**NOWHERE, "user_id": self.caller.id, "role_id": self.role_id})


@pytest.fixture(scope="module")
async def reader(lasting_superuser: Caller) -> Reader:
    (role,) = (await lasting_superuser.get("/roles", q="superuser")).json()["items"]
    return Reader(lasting_superuser, role["id"])


@pytest.mark.parametrize("route", LISTS, ids=str)
class TestListParameters:
    async def test_a_bad_one_is_named(self, reader: Reader, route: Route) -> None:
        wrong: list[tuple[str, str, str]] = []
        for parameter, value in BAD_PARAMETERS:
            answer = await reader.caller.get(reader.path(route), **{parameter: value})
            if answer.status_code != 400 or error_of(answer, 400) != {"code": "invalid", "field": parameter}:
                wrong.append((parameter, value[:40], answer.text))
        assert wrong == []

    async def test_one_that_comes_twice_is_named(self, reader: Reader, route: Route) -> None:
        path = reader.path(route)
        answer = await reader.caller.call("GET", f"{path}?limit=1&limit=200")
        assert error_of(answer, 400)["field"] == "limit"

    async def test_raw_bytes_are_refused(self, reader: Reader, route: Route, site: Site) -> None:
        path = reader.path(route)
        assert await status_of_raw_query(site, reader.caller, path, b"q=\xff") == 400
        assert (await reader.caller.call("GET", f"{path}?q=%ff%fe")).status_code == 200

    async def test_odd_searches_find_nothing_and_break_nothing(self, reader: Reader, route: Route) -> None:
        path = reader.path(route)
        for q in ("%", "_", "\\", "'", '"', "%%%%%%%%", "\ufffd", "\u202e", "{{7*7}}", "<script>", " " * 200):
            answer = await reader.caller.get(path, q=q)
            assert answer.status_code == 200, q


async def test_a_parameter_that_comes_twice_is_named_also_where_there_is_no_list(superuser: Caller) -> None:
    everybody = {"action": "suspend", "matching": {}}
    for query, name in (("offset=0&offset=50", "offset"), ("%6fffset=0&offset=", "offset"), ("x=1&x=1", "x")):
        answer = await superuser.call("POST", f"/users/bulk/preview?{query}", json=everybody)
        assert error_of(answer, 400) == {"code": "invalid", "field": name}


async def status_of_raw_query(site: Site, caller: Caller, path: str, query: bytes) -> int:
    """Ask with a query that no careful client sends."""
    cookie = "; ".join(f"{name}={value}" for name, value in caller.client.cookies.items())
    statuses: list[int] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
        "path": f"/admin/api{path}", "raw_path": f"/admin/api{path}".encode(), "query_string": query, "root_path": "",
        "headers": [(b"host", b"shop.example"), (b"cookie", cookie.encode())],
        "client": ("203.0.113.9", 4711), "server": ("shop.example", 443), "extensions": {}, "state": {},
    }  # fmt: skip
    await site.app(scope, receive, send)
    return statuses[0]
