"""Codes, wildcards, and what covers what."""

import pytest

from litestar_admin_auth.core.permissions import OWN_PERMISSIONS, grants, holds, is_code, is_pattern, missing

CODES = [
    ("users:read", True),
    ("a:b", True),
    ("shop.orders:refund-all", True),
    ("a" * 60 + ":" + "b" * 59, True),
    ("a" * 61 + ":b", False),
    ("a:" + "b" * 60, False),
    ("", False),
    ("users", False),
    ("users:", False),
    (":read", False),
    ("users:read:all", False),
    ("Users:read", False),
    ("users:Read", False),
    ("users:read ", False),
    ("users:read\n", False),
    ("1users:read", False),
    ("users:*", False),
    ("*", False),
    ("*:read", False),
    ("üser:read", False),
    ("users\x00:read", False),
]


class TestForms:
    @pytest.mark.parametrize(("value", "expected"), CODES)
    def test_a_code_is_resource_and_action(self, value: str, expected: bool) -> None:
        assert is_code(value) is expected

    @pytest.mark.parametrize(("value", "expected"), CODES[:15] + CODES[18:])
    def test_what_a_role_holds_is_a_code_or_a_wildcard(self, value: str, expected: bool) -> None:
        assert is_pattern(value) is (expected or value in ("*", "users:*"))

    @pytest.mark.parametrize("value", ["**", "*:*", "users:*:read", "users*", "users:re*", ":*"])
    def test_no_other_wildcards_exist(self, value: str) -> None:
        assert not is_pattern(value)

    def test_the_catalogue_of_the_package_holds_codes_only(self) -> None:
        assert all(is_code(code) for code in OWN_PERMISSIONS)

    @pytest.mark.parametrize("value", ["a" * 1_000_000, "a:" * 500_000, "a" * 500_000 + ":" + "b" * 500_000])
    def test_a_megabyte_is_answered(self, value: str) -> None:
        """By a pattern that tries each place again, not before the limit of pyproject.toml."""
        assert not is_code(value)
        assert not is_pattern(value)


GRANTS = [
    ("users:read", "users:read", True),
    ("users:*", "users:read", True),
    ("*", "users:read", True),
    ("*", "users:*", True),
    ("*", "*", True),
    ("users:*", "users:*", True),
    ("users:read", "users:write", False),
    ("users:read", "users:*", False),
    ("users:*", "*", False),
    ("users:*", "users2:read", False),
    ("user:*", "users:read", False),
    ("users:*", "users", False),
    ("users:read", "*", False),
    ("", "users:read", False),
    ("users:", "users:read", False),
]


class TestMatching:
    @pytest.mark.parametrize(("held", "wanted", "expected"), GRANTS)
    def test_what_grants_what(self, held: str, wanted: str, expected: bool) -> None:
        assert grants(held, wanted) is expected
        assert holds([held], wanted) is expected
        assert missing([held], [wanted]) == ([] if expected else [wanted])

    def test_nothing_grants_nothing(self) -> None:
        assert not holds([], "users:read")
        assert missing([], ["b:x", "a:x", "a:x"]) == ["a:x", "b:x"]

    def test_all_of_todays_codes_are_not_the_wildcard_of_tomorrow(self) -> None:
        held = [code for code in OWN_PERMISSIONS if code.startswith("users:")]
        assert missing(held, ["users:*"]) == ["users:*"]
        assert missing(list(OWN_PERMISSIONS), ["*"]) == ["*"]
