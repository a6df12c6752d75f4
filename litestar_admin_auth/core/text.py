"""Text that comes from outside, checked before anything else sees it."""

import re
import unicodedata

from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.core.i18n import gettext as _

MAX_EMAIL_LENGTH = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets
MAX_NAME_LENGTH = 200
MAX_ROLE_NAME_LENGTH = 100
MAX_DESCRIPTION_LENGTH = 500
MAX_REASON_LENGTH = 500

# They turn round everything behind them: a name with one reverses the sentence, mail or log line that it stands in.
# Words that are read from right to left need none; the marks that some writers use (U+200E, U+200F) stay.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# Letters and marks that nobody sees, and that Unicode does not count among its format characters (Cf): fillers, the
# empty Braille cell, variation selectors.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    for code in range(first, last + 1)
}

# Deliberately plain: one @, no spaces or controls, a dot inside the domain. Whether mail arrives only sending can tell.
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\".]{1,63}(?:\.[^\s@<>()\[\],;:\\\".]{1,63}){1,8}")


def check_storable(value: str, field: str) -> None:
    """Refuse what no database column takes: NUL (PostgreSQL rejects it) and lone surrogates (not UTF-8).

    Raises:
        InvalidInput: Naming the field.
    """
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidInput(_("This text contains characters that cannot be stored."), field=field)


def one_line(value: str, field: str, *, maximum: int, required: bool = False) -> str:
    """Return a single line of text, trimmed.

    Args:
        value: What was typed.
        field: The name to blame in the error.
        maximum: The most characters that are kept.
        required: Whether an empty text is refused.

    Raises:
        InvalidInput: When it is empty but required, too long, or holds control characters.
    """
    check_storable(value, field)
    text = value.strip()
    if len(text) > maximum:
        raise InvalidInput(_("At most %(maximum)s characters are allowed.", maximum=maximum), field=field)
    # Marks need a letter to stand on. What nobody can see would be a link that nobody can click.
    if all(_is_unseen(character) or unicodedata.category(character)[0] in "MZ" for character in text):
        text = ""
    if required and not text:
        raise InvalidInput(_("This field is required."), field=field)
    # Control characters forge log lines and mail headers; a name has no use for them.
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in text) or not _TURNING.isdisjoint(
        text
    ):
        raise InvalidInput(_("Line breaks and control characters are not allowed here."), field=field)
    return text


def email_address(value: str, field: str = "email") -> str:
    """Return an e-mail address as typed, trimmed, after checking its form.

    Raises:
        InvalidInput: When it cannot be an address.
    """
    address = one_line(value, field, maximum=MAX_EMAIL_LENGTH, required=True)
    # A full-width @ is one, too. And nothing unseen: two accounts would look like one.
    ambiguous = normalize_email(address).count("@") != 1 or any(_is_unseen(character) for character in address)
    if ambiguous or not _EMAIL.fullmatch(address):
        raise InvalidInput(_("This is not an e-mail address."), field=field)
    return address


def role_name(value: str) -> str:
    """Return a role's name, trimmed, after checking that it can stand in an address such as ``/users/1/roles/NAME``.

    Raises:
        InvalidInput: For ``name``, as :func:`one_line`, and for a name such as ``..``: clients resolve it, and
            ``DELETE /users/1/roles/..`` deletes the user.
    """
    name = one_line(value, "name", maximum=MAX_ROLE_NAME_LENGTH, required=True)
    if not {"", ".", ".."}.isdisjoint(name.split("/")):
        raise InvalidInput(_("A name, and each part of it between slashes, needs more than dots."), field="name")
    return name


def whole_number(text: str) -> int | None:
    """Return a number of at most nine decimal digits, as addresses and forms carry it; None for anything else.

    ``int()`` alone takes too much: signs, spaces, underscores, digits of other scripts, and a megabyte of them.
    """
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def normalize_email(address: str) -> str:
    """Return the form under which an address is unique: NFKC, case-folded.

    ``K@x.org`` written with a Kelvin sign must not become a second account that looks like ``k@x.org``.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", address.strip()).casefold())


def _is_unseen(character: str) -> bool:
    return character in _UNSEEN or unicodedata.category(character) == "Cf"
