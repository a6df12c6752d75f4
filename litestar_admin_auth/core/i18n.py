"""Languages and time zones: gettext for everything that people read, in the language and the zone of whoever reads it.

The catalogues are the ``.po`` files of ``locale/``, read once; there is no compiled copy that could lag behind.
"""

import io
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from litestar_admin_auth.core.paths import PACKAGE

#: The languages that ship complete, each by its own name. Anything else is answered in the first one.
LANGUAGES = {"en": "English", "de": "Deutsch", "ar": "العربية"}
DEFAULT_LANGUAGE = "en"
DEFAULT_ZONE = "UTC"

_language: ContextVar[str] = ContextVar("admin_auth_language", default=DEFAULT_LANGUAGE)
_zone: ContextVar[str] = ContextVar("admin_auth_zone", default=DEFAULT_ZONE)


@cache
def _translations(language: str) -> NullTranslations:
    path = PACKAGE / "locale" / language / "LC_MESSAGES" / "admin_auth.po"
    # The language that the messages are written in needs no catalogue.
    if not path.is_file():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def load_catalogues() -> None:
    """Read every catalogue now: at the start, not while the first reader waits."""
    for language in LANGUAGES:
        _translations(language)


def negotiate(accept_language: str) -> str:
    """Return the best shipped language for an ``Accept-Language`` header (RFC 9110 section 12.5.4).

    Args:
        accept_language: The header's value, possibly empty or malformed; weights are honoured, unknown tags ignored.
    """
    wanted: list[tuple[float, str]] = []
    for part in accept_language[:1000].split(","):
        tag, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        language = tag.strip().lower().split("-")[0]
        if language in LANGUAGES and 0 < quality <= 1:
            wanted.append((quality, language))
    return max(wanted, default=(0.0, DEFAULT_LANGUAGE), key=lambda pair: pair[0])[1]


def activate(language: str) -> None:
    """Make a shipped language the current one for this task; anything unknown means the default."""
    _language.set(language if language in LANGUAGES else DEFAULT_LANGUAGE)


def active_language() -> str:
    """Return the language tag for ``<html lang>``."""
    return _language.get()


def direction() -> str:
    """Return the direction of the current script for ``<html dir>``: ``ltr`` or ``rtl``."""
    return _locale(active_language()).text_direction


def current_locale() -> Locale:
    """Return the current language with its customs for dates and numbers."""
    return _locale(active_language())


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


@cache
def zones() -> tuple[str, ...]:
    """Return the names of the time zones that people live in, such as ``Europe/Berlin``, sorted; ``UTC`` is first."""
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return (DEFAULT_ZONE, *places)


def is_zone(name: str) -> bool:
    """Tell whether a name is one of :func:`zones`. A name from outside is never handed to the file system."""
    return name in zones()


def activate_zone(name: str) -> None:
    """Make a time zone the current one for this task; anything unknown means UTC."""
    _zone.set(name if is_zone(name) else DEFAULT_ZONE)


def active_zone() -> ZoneInfo:
    """Return the current time zone."""
    return _zone_info(_zone.get())


@cache
def _zone_info(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def gettext(message: str, /, **values: object) -> str:
    """Translate a message and fill its named placeholders."""
    translated = _translations(_language.get()).gettext(message)
    return translated % values if values else translated


def ngettext(singular: str, plural: str, count: int, /, **values: object) -> str:
    """Translate a message that depends on a count; ``%(num)s`` is the count, with the language's separators."""
    translated = _translations(_language.get()).ngettext(singular, plural, count)
    return translated % {"num": number(count), **values}


def number(value: int) -> str:
    """Return a number with the language's separators: ``12,345``."""
    return format_decimal(value, locale=current_locale())


class LazyText:
    """A message that is translated when it is shown: for labels that stand in a class body."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __str__(self) -> str:
        return gettext(self.message)

    def __bool__(self) -> bool:
        return bool(self.message)


def lazy_gettext(message: str) -> Any:
    """Return a text that follows the language of whoever reads it; typed loosely, since libraries ask for ``str``."""
    return LazyText(message)
