"""Bodies are read one way, and what cannot be read that way is refused with the field's name."""

import json
from typing import Any

import pytest

from litestar_admin_auth.api import schemas
from litestar_admin_auth.api.strict_json import parse, to_struct
from litestar_admin_auth.core.exceptions import InvalidInput


def refusal(body: bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        parse(body)
    return caught.value


class TestParse:
    def test_reads_what_the_standard_allows(self) -> None:
        text = '{"a": [1, 2.5, -3e2, true, false, null, "\\u00e9\\ud83d\\ude00"], "\u00e9": {"b": {}}}'
        assert parse(text.encode()) == json.loads(text)

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b"{", id="a broken object"),
            pytest.param(b"{'a': 1}", id="single quotes"),
            pytest.param(b'{"a": 1,}', id="a trailing comma"),
            pytest.param(b'{"a": 1} x', id="something after it"),
            pytest.param(b'\xef\xbb\xbf{"a": 1}', id="a byte order mark"),
            pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
            pytest.param('{"a": 1}'.encode("utf-16-le"), id="UTF-16 without a mark"),
            pytest.param(b'{"a": "\xff"}', id="a byte that is not UTF-8"),
            pytest.param(b'{"a": "\xc0\xaf"}', id="an overlong form"),
            pytest.param(b'{"a": "\xed\xa0\x80"}', id="an encoded surrogate"),
            pytest.param(b'{"a": NaN}', id="NaN"),
            pytest.param(b'{"a": Infinity}', id="Infinity"),
            pytest.param(b'{"a": -Infinity}', id="-Infinity"),
            pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="a number of 5000 digits"),
            pytest.param(b"[" * 100_000, id="deep arrays"),
            pytest.param(b'{"a":' * 100_000, id="deep objects"),
            pytest.param(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="deep and closed"),
            pytest.param(b'{"a": "line\nbreak"}', id="a raw control character"),
        ],
    )
    def test_refuses(self, body: bytes) -> None:
        assert refusal(body).field is None

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            (b'{"email": 1, "email": 2}', "email"),
            (b'{"a": {"b": 1, "b": 1}}', "b"),
            (b'{"name": "a\\u0000b"}', "name"),
            (b'{"name": "\\ud800"}', "name"),
            (b'{"name": ["x", {"y": "\\udc00"}]}', "name"),
            (b'{"name": {"k\\u0000": 1}}', "name"),
            (b'{"k\\u0000": 1}', "k\x00"),
            (b'{"k\\ud800": 1}', "k?"),
        ],
    )
    def test_names_the_field(self, body: bytes, field: str) -> None:
        assert refusal(body).field == field

    def test_a_pair_of_surrogates_is_a_character(self) -> None:
        assert parse(b'{"name": "\\ud83d\\ude00"}') == {"name": "\U0001f600"}

    def test_megabytes_are_read(self) -> None:
        """By what compared each text with every other, not before the limit of pyproject.toml."""
        sent = {f"orders:action{number}": [f"orders:action{number}"] for number in range(100_000)}
        assert parse(json.dumps(sent).encode()) == sent


class TestToStruct:
    @pytest.mark.parametrize(
        ("value", "field"),
        [
            ({"email": "a@example.com", "is_superuser": True}, "is_superuser"),
            ({"email": "a@example.com", "id": "1"}, "id"),
            ({"name": "a"}, "email"),
            ({"email": 5}, "email"),
            ({"email": None}, "email"),
            ({"email": "a" * 255}, "email"),
            ({"email": "a@example.com", "roles": "admin"}, "roles"),
            ({"email": "a@example.com", "roles": [1]}, "roles"),
            ({"email": "a@example.com", "roles": ["r"] * 501}, "roles"),
        ],
    )
    def test_names_the_field(self, value: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            to_struct(value, schemas.UserCreate)
        assert caught.value.field == field

    @pytest.mark.parametrize("value", [None, [], "x", 1, True])
    def test_refuses_what_is_no_object(self, value: object) -> None:
        with pytest.raises(InvalidInput):
            to_struct(value, schemas.UserCreate)

    @pytest.mark.parametrize("version", ["1", 1.0, True, 0, -1, 2**31, 10**30, None])
    def test_a_version_is_a_whole_number_that_a_column_takes(self, version: object) -> None:
        with pytest.raises(InvalidInput) as caught:
            to_struct({"version": version}, schemas.UserPatch)
        assert caught.value.field == "version"

    @pytest.mark.parametrize("moment", ["2030-01-01", "2030-01-01T00:00:00", "tomorrow", 1893456000, ""])
    def test_a_time_has_a_zone(self, moment: object) -> None:
        with pytest.raises(InvalidInput) as caught:
            to_struct({"role": "editor", "expires_at": moment}, schemas.GrantCreate)
        assert caught.value.field == "expires_at"

    def test_a_huge_unknown_field_is_not_repeated_whole(self) -> None:
        with pytest.raises(InvalidInput) as caught:
            to_struct({"x" * 100_000: 1}, schemas.Profile)
        assert len(str(caught.value.field)) <= 100
        assert len(caught.value.message) < 300
