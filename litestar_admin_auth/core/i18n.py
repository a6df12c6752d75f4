"""Every text that a person reads goes through :func:`gettext`.

The active language is a context variable, so that services and forms can speak without knowing a request. Messages use
named placeholders: ``gettext("Role %(name)s exists", name=...)``.
"""

from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations, find
from typing import Any

from litestar_admin_auth.core.paths import PACKAGE

#: The languages that ship complete. Anything else is answered in the first one.
LANGUAGES = ("en",)

_locale: ContextVar[str] = ContextVar("admin_auth_locale", default=LANGUAGES[0])


@cache
def _translations(locale: str) -> NullTranslations:
    path = find("admin_auth", str(PACKAGE / "locale"), languages=[locale])
    if path is None:
        return NullTranslations()
    with open(path, "rb") as catalogue:
        return GNUTranslations(catalogue)


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
    return max(wanted, default=(0.0, LANGUAGES[0]), key=lambda pair: pair[0])[1]


def activate(locale: str) -> None:
    """Make a shipped language the current one for this task; anything unknown means the default."""
    _locale.set(locale if locale in LANGUAGES else LANGUAGES[0])


def active_locale() -> str:
    """Return the language tag for ``<html lang>``."""
    return _locale.get()


def gettext(message: str, /, **values: object) -> str:
    """Translate a message and fill its named placeholders."""
    translated = _translations(_locale.get()).gettext(message)
    return translated % values if values else translated


def ngettext(singular: str, plural: str, count: int, /, **values: object) -> str:
    """Translate a message that depends on a count; ``%(num)s`` is the count."""
    translated = _translations(_locale.get()).ngettext(singular, plural, count)
    return translated % {"num": count, **values}


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
