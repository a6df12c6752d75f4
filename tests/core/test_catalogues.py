"""The catalogues are complete: who reads German or Arabic reads no English, and no translation breaks a placeholder."""

import re
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from litestar_admin_auth.core.i18n import DEFAULT_LANGUAGE, LANGUAGES
from scripts.messages import catalogue_path, collect, untranslated, updated

COMPLETE = sorted(LANGUAGES.keys() - {DEFAULT_LANGUAGE})

PLACEHOLDER = re.compile(r"%(?:\([a-z_]+\))?[^ ]?")
TAG = re.compile(r"<[^>]*>")


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    """What code and templates say."""
    return collect()


@pytest.fixture(scope="module", params=COMPLETE)
def language(request: pytest.FixtureRequest) -> str:
    return request.param


def read(language: str) -> Catalog:
    with catalogue_path(language).open("rb") as source:
        return read_po(source, locale=language)


def forms(text: Any) -> tuple[str, ...]:
    """The singular and the plurals of a message, or its only form."""
    return text if isinstance(text, tuple) else (text,)


def messages(language: str) -> list[Message]:
    return [message for message in read(language) if message.id]


def test_the_code_has_messages_of_each_kind(wanted: Catalog) -> None:
    """What the tests below rely on: an empty list of messages would pass them all."""
    assert "Sign in" in wanted  # a template's
    assert "E-mail or password is not right." in wanted  # code's
    assert "Read the audit log" in wanted  # a permission's
    assert ("%(num)s user", "%(num)s users") in [message.id for message in wanted]


def test_a_catalogue_is_what_the_script_would_write(language: str, wanted: Catalog) -> None:
    """``python -m scripts.messages`` has been run since the last text was written, changed or dropped."""
    assert catalogue_path(language).read_bytes() == updated(language, wanted)[1]


def test_every_message_is_translated_in_each_of_its_forms(language: str, wanted: Catalog) -> None:
    assert untranslated(updated(language, wanted)[0]) == []
    plurals = read(language).num_plurals
    for message in messages(language):
        assert len(forms(message.string)) == (plurals if isinstance(message.id, tuple) else 1), message.id


def test_no_translation_is_a_guess_or_left_over(language: str) -> None:
    catalogue = read(language)
    assert [message.id for message in catalogue if message.fuzzy] == []
    assert list(catalogue.obsolete) == []


def test_a_translation_keeps_placeholders_tags_and_surrounding_space(language: str) -> None:
    for message in messages(language):
        # The forms of an English message share their placeholders: any of them tells what there is to fill in.
        original = forms(message.id)[-1]
        for form in forms(message.string):
            assert sorted(PLACEHOLDER.findall(form)) == sorted(PLACEHOLDER.findall(original)), message.id
            assert sorted(TAG.findall(form)) == sorted(TAG.findall(original)), message.id
            assert form[: len(form) - len(form.lstrip())] == original[: len(original) - len(original.lstrip())], form
            assert form[len(form.rstrip()) :] == original[len(original.rstrip()) :], form


def test_a_translation_can_be_filled_in(language: str) -> None:
    """The same by doing it: a stray percent sign would be an error on the page that shows it."""
    for message in messages(language):
        values = dict.fromkeys(re.findall(r"%\(([a-z_]+)\)", forms(message.id)[-1]), "x")
        if values:
            for form in forms(message.string):
                assert form % values
