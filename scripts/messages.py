"""Bring the catalogues in ``litestar_admin_auth/locale`` up to date with the texts in code and templates.

``python -m scripts.messages`` adds new messages, empty, and drops those that are gone; the translator fills in the
rest, and a test says what is missing. No message is guessed from a similar one: a fuzzy translation is a wrong one.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from jinja2 import FileSystemLoader

from litestar_admin_auth.core.i18n import DEFAULT_LANGUAGE, LANGUAGES
from litestar_admin_auth.core.paths import PACKAGE, templates_dir
from litestar_admin_auth.core.permissions import OWN_PERMISSIONS
from litestar_admin_auth.web.environment import build_environment

KEYWORDS = ("_", "_l", "gettext", "lazy_gettext", "ngettext")

HEADER = r"""msgid ""
msgstr ""
"Language: {language}\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: {plural_forms}\n"

"""

Message = str | tuple[str, ...]


def messages_of_code() -> Iterator[Message]:
    """Every message of the package's modules."""
    for path in sorted(PACKAGE.rglob("*.py")):
        extracted = extract_python(BytesIO(path.read_bytes()), KEYWORDS, (), {})
        yield from _found(extracted)
    # What the package's own permissions allow is stored in English and shown in the reader's language.
    yield from OWN_PERMISSIONS.values()


def messages_of_templates() -> Iterator[Message]:
    """Every message of the templates, read as the pages read them."""
    environment = build_environment(FileSystemLoader(templates_dir()))
    for path in sorted(templates_dir().rglob("*")):
        if path.is_file():
            yield from _found(cast("Any", environment).extract_translations(path.read_text(encoding="utf-8")))


def _found(extracted: Any) -> Iterator[Message]:
    for entry in extracted:
        function, texts = entry[1], entry[2]
        first = texts[0] if isinstance(texts, tuple) else texts
        # A call with a variable translates what was marked elsewhere.
        if first:
            yield (first, texts[1]) if function == "ngettext" else first


def collect() -> Catalog:
    """All messages, as a catalogue without translations."""
    catalogue = Catalog()
    for message in (*messages_of_code(), *messages_of_templates()):
        catalogue.add(message)
    return catalogue


def catalogue_path(language: str) -> Path:
    """Where a language's catalogue is."""
    return PACKAGE / "locale" / language / "LC_MESSAGES" / "admin_auth.po"


def updated(language: str, wanted: Catalog) -> tuple[Catalog, bytes]:
    """Return what a language's catalogue becomes: every wanted message, each with the words that it has already.

    The second is the file as it is written.
    """
    path = catalogue_path(language)
    known = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as source:
            known = read_po(source, locale=language)
    fresh = Catalog(locale=language)
    for message in wanted:
        if message.id:
            old = known.get(message.id if isinstance(message.id, str) else message.id[0])
            translation: Any = old.string if old is not None else ""
            # A message that has become plural since needs new words.
            if old is not None and isinstance(old.id, tuple) != isinstance(message.id, tuple):
                translation = ""
            fresh.add(message.id, translation)
    written = BytesIO()
    # A header of our own: one with dates would make two branches disagree about nothing.
    written.write(HEADER.format(language=language, plural_forms=fresh.plural_forms).encode())
    write_po(written, fresh, width=110, sort_output=True, no_location=True, omit_header=True)
    return fresh, written.getvalue()


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the messages without words, or without some of their plural forms."""
    return [str(message.id) for message in catalogue if message.id and not is_translated(message.string)]


def is_translated(translation: Any) -> bool:
    """Tell whether every form of a message has words."""
    return bool(translation) and (isinstance(translation, str) or all(translation))


def main() -> None:
    """Update every catalogue, and say what is left to translate."""
    wanted = collect()
    left = 0
    for language in LANGUAGES:
        if language != DEFAULT_LANGUAGE:
            catalogue, written = updated(language, wanted)
            path = catalogue_path(language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written)
            missing = untranslated(catalogue)
            left += len(missing)
            print(f"{language}: {len(catalogue)} messages, {len(missing)} untranslated")
    sys.exit(1 if left else 0)


if __name__ == "__main__":
    main()
