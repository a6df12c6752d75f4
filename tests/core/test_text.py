"""Text from outside."""

import pytest

from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.core.text import check_storable, email_address, normalize_email, one_line


class TestEmail:
    @pytest.mark.parametrize(
        "value",
        ["a@example.com", "a.b+c@mail.example.com", "Ann@Example.COM", "o'neil@example.com", "jürgen@exämple.com"],
    )
    def test_addresses_are_kept_as_typed(self, value: str) -> None:
        assert email_address(f"  {value} ") == value

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "   ",
            "ann",
            "ann@",
            "@example.com",
            "ann@localhost",
            "ann@@example.com",
            "a@b@example.com",
            "ann@example..com",
            "ann@.example.com",
            "ann example@example.com",
            "ann@exa mple.com",
            "ann@example.com,bob@example.com",
            "Ann <ann@example.com>",
            "a@x.org\r\nBcc: everybody@example.com",
            "a@x\n.org",
            "ann\x00@example.com",
            "ann\ud800@example.com",
            "a" * 65 + "@example.com",
            "ann@" + "a" * 250 + ".com",
            "ann\uff20bob@example.com",  # an @ in full width
            "ann\u200b@example.com",
            "ann\u00ad@example.com",
            "ann\ufe0f@example.com",
            "\u3164@example.com",
        ],
    )
    def test_what_cannot_be_an_address_is_refused_with_the_field(self, value: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            email_address(value)
        assert refused.value.field == "email"

    @pytest.mark.parametrize("value", ["a" * 1_000_000, "@" * 1_000_000, "a@" + "b." * 500_000, "a@" + "b" * 1_000_000])
    def test_a_megabyte_is_answered(self, value: str) -> None:
        """By a pattern that tries each place again, not before the limit of pyproject.toml."""
        with pytest.raises(InvalidInput):
            email_address(value)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Ann@Example.com", "ann@example.com"),
            ("\u212aate@example.com", "kate@example.com"),  # the Kelvin sign
            ("\uff41nn@example.com", "ann@example.com"),  # full width
            ("o\ufb03ce@example.com", "office@example.com"),  # a ligature
            ("u\u0308@example.com", "\u00fc@example.com"),
            ("stra\u00dfe@example.com", "STRASSE@example.com"),
            (" ann@example.com ", "ann@example.com"),
        ],
    )
    def test_addresses_that_look_alike_are_one(self, one: str, other: str) -> None:
        assert normalize_email(one) == normalize_email(other)

    def test_normalising_twice_changes_nothing(self) -> None:
        for value in ("\u212a\u0345@x.org", "\u1e9e@x.org", "İ@x.org", "ǅ@x.org"):
            assert normalize_email(normalize_email(value)) == normalize_email(value)


class TestOneLine:
    def test_it_is_trimmed_and_kept(self) -> None:
        assert one_line("  Zoë <b>7*7</b> 👩‍🚀 ", "name", maximum=200) == "Zoë <b>7*7</b> 👩‍🚀"

    def test_the_longest_allowed_text_passes_and_one_more_does_not(self) -> None:
        assert one_line("x" * 200, "name", maximum=200)
        with pytest.raises(InvalidInput) as refused:
            one_line("x" * 201, "name", maximum=200)
        assert refused.value.field == "name"
        assert "200" in refused.value.message

    @pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\tb", "a\x1bb", "a\u2028b", "a\u2029b", "a\x85b", "a\x00b"])
    def test_controls_that_forge_lines_are_refused(self, value: str) -> None:
        with pytest.raises(InvalidInput):
            one_line(value, "name", maximum=200)

    @pytest.mark.parametrize("value", ["Ann\u202eexe.gpj", "\u2067Ann"])
    def test_what_turns_the_sentence_around_it_is_refused(self, value: str) -> None:
        with pytest.raises(InvalidInput):
            one_line(value, "name", maximum=200)
        assert one_line("\u200fمحمد", "name", maximum=200)

    def test_empty_is_refused_only_where_required(self) -> None:
        assert one_line("  ", "name", maximum=200) == ""
        with pytest.raises(InvalidInput):
            one_line("  ", "name", maximum=200, required=True)

    @pytest.mark.parametrize("value", ["\u200b", "\u0301", "\u2800 \u3164", "\u200f\ufe0f", "\U000e0041"])
    def test_what_nobody_sees_is_empty(self, value: str) -> None:
        assert one_line(value, "name", maximum=200) == ""
        with pytest.raises(InvalidInput):
            one_line(value, "name", maximum=200, required=True)

    @pytest.mark.parametrize("value", ["\x00", "a\ud800", "\udfff"])
    def test_what_no_column_takes_is_refused(self, value: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            check_storable(value, "reason")
        assert refused.value.field == "reason"
