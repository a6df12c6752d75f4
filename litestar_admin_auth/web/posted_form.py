"""The fields of a posted form, read strictly.

Litestar's own parser is not used: it keeps parsed bodies in an ``lru_cache``, and with them passwords.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from litestar import Request

from litestar_admin_auth.core.exceptions import BodyTooLarge, InvalidInput, UnsupportedBody
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import check_storable

FORM_TYPE = "application/x-www-form-urlencoded"

#: The largest form is the permission matrix: some thousand boxes of some fifty bytes.
MAX_FIELDS = 5_000
MAX_BYTES = 512 * 1024

AnyRequest = Request[Any, Any, Any]


class PostedForm(Mapping[str, str]):
    """The fields of a posted form. ``form["name"]`` is the first value; ``getlist`` gives all, as WTForms asks."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def getlist(self, name: str) -> list[str]:
        """All values of a field, in the order posted; empty when it was not."""
        return list(self._values.get(name, []))

    def __getitem__(self, name: str) -> str:
        return self._values[name][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        # Names only: the values hold passwords, and reprs end in tracebacks.
        return f"PostedForm({', '.join(self._values)})"


async def read_form(request: AnyRequest) -> PostedForm:
    """Read the body of a posted form.

    Raises:
        UnsupportedBody: For another media type; an empty body needs none.
        BodyTooLarge: Past ``MAX_BYTES``.
        InvalidInput: For what is not UTF-8, holds NUL or a lone surrogate, naming the field; for too many fields.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BYTES:
            raise BodyTooLarge(_("The form is too large."))
        chunks.append(chunk)
    body = b"".join(chunks)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and media_type != FORM_TYPE:
        raise UnsupportedBody(_("Send forms as %(type)s.", type=FORM_TYPE))
    return _parse(body)


def _parse(body: bytes) -> PostedForm:
    if not body:
        return PostedForm([])
    # Counted before anything is split: a megabyte of "&" must not become a million objects.
    if body.count(b"&") >= MAX_FIELDS:
        raise InvalidInput(_("The form has too many fields."))
    pairs: list[tuple[str, str]] = []
    for item in body.split(b"&"):
        if not item:
            continue
        raw_name, _equals, raw_value = item.partition(b"=")
        name = _decode(raw_name, field=None)
        pairs.append((name, _decode(raw_value, field=name)))
    return PostedForm(pairs)


def _decode(raw: bytes, *, field: str | None) -> str:
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(_("This text is not valid UTF-8."), field=field) from error
    check_storable(text, field or "")
    return text
