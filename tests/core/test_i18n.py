"""Languages: what a header asks for, and what a message becomes."""

import pytest

from litestar_admin_auth.core import i18n


@pytest.mark.parametrize(
    "header",
    ["", "en", "en-GB,en;q=0.9", "xx", "xx;q=1, en;q=0.1", "en;q=0", "en;q=nan", "en;q=1e999", "en;q=x", ";;;", ",,,",
     "*", "a" * 1_000_000, "en," * 300_000, "\x00", "\xff"],
)  # fmt: skip
def test_any_header_leads_to_a_language_that_ships(header: str) -> None:
    assert i18n.negotiate(header) in i18n.LANGUAGES


def test_the_heaviest_language_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "LANGUAGES", {"en": "English", "de": "Deutsch"})
    for header, expected in (
        ("de", "de"),
        ("de-AT", "de"),
        ("en;q=0.5,de;q=0.6", "de"),
        ("de;q=0,en;q=0.1", "en"),
        ("fr,de;q=0.1", "de"),
        ("de;q=2", "en"),
    ):
        assert i18n.negotiate(header) == expected, header


def test_placeholders_are_filled_by_name() -> None:
    assert i18n.gettext("At most %(maximum)s", maximum=7) == "At most 7"
    assert i18n.ngettext("%(num)s user of %(all)s", "%(num)s users of %(all)s", 2, all=9) == "2 users of 9"
    assert i18n.ngettext("%(num)s user", "%(num)s users", 1) == "1 user"


def test_a_percent_sign_in_a_value_or_a_plain_message_is_only_that() -> None:
    assert i18n.gettext("100%") == "100%"
    assert i18n.gettext("Role %(name)s", name="%s %(x)s 100%") == "Role %s %(x)s 100%"


def test_an_unknown_language_is_the_default() -> None:
    i18n.activate("../../etc")
    assert i18n.active_language() == "en"
