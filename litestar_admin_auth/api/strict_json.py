"""One way to read a request body (OWASP ASVS 5.0, 1.5.3): what two parsers could understand differently is refused."""

import json
import re
from collections import Counter
from typing import Any, cast
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Empty, Receive, Scope, Send

from litestar_admin_auth.core.exceptions import InvalidInput, NotFound, UnsupportedBody
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import check_storable

_WHERE = re.compile(r" - at `\$\.([^.\[`]{1,100})")
_WHICH = re.compile(r"(?:unknown|required) field `(.*)`", re.DOTALL)


def parse(body: bytes) -> Any:
    """Return the value of a JSON text (RFC 8259), read as strictly as the standard allows.

    Refused: anything but UTF-8 without a byte order mark, a key that comes twice, ``NaN`` and ``Infinity``, nesting
    that would exhaust the stack, and NUL or lone surrogates, which no database column takes.

    Raises:
        InvalidInput: Naming the top-level field where there is one to name.
    """
    try:
        value = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(_("The body is not JSON in UTF-8.")) from error
    _check_text(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        # Of two equal keys a proxy or a logger may see the first and we the last.
        if key in result:
            raise InvalidInput(_("This field stands in the body twice."), field=_shown(key))
        result[key] = value
    return result


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _check_text(value: Any) -> None:
    top = cast("dict[str, Any]", value).items() if isinstance(value, dict) else [("", value)]
    stack: list[tuple[str, Any]] = [(key, part) for key, part in top]
    stack += [(key, key) for key, _value in top]
    while stack:
        name, part = stack.pop()
        if isinstance(part, str):
            check_storable(part, _shown(name))
        elif isinstance(part, list):
            stack += [(name, item) for item in cast("list[Any]", part)]
        elif isinstance(part, dict):
            for key, item in cast("dict[str, Any]", part).items():
                stack += [(name, key), (name, item)]


def _shown(key: str) -> str:
    """Return a client's key in a form that can stand in an answer: short, and encodable."""
    return key[:100].encode(errors="replace").decode()


def to_struct(value: Any, annotation: Any) -> Any:
    """Return a parsed body as its struct, without coercion: ``"1"`` is no number and ``1`` is no text.

    Raises:
        InvalidInput: Naming the field.
    """
    try:
        return msgspec.convert(value, annotation, strict=True)
    except msgspec.ValidationError as error:
        text = str(error)
        found = _WHERE.search(text) or _WHICH.search(text)
        raise InvalidInput(_shown(text.partition(" - at `")[0]), field=_shown(found[1]) if found else None) from error


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body is read by :func:`parse` and checked against the handler's ``data``."""

    async def json(self) -> Any:
        if self._json is Empty:
            _require_json(self.headers)
            field = self.route_handler.parsed_data_field
            value = parse(await self.body())
            self._json = to_struct(value, field.annotation) if field is not None else value
        return self._json


class StrictDoor(ASGIMiddleware):
    """Refuses, before a handler runs, what Litestar and the drivers would stumble over.

    A body of another media type than JSON is refused also where nothing reads it: ``text/plain`` needs no preflight, so
    a foreign page may send it (ASVS 3.5.2).
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        # parse_qsl raises on raw bytes that should have been percent-encoded.
        if not scope["query_string"].isascii():
            raise InvalidInput(_("The query is not percent-encoded."))
        given = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
        for name, times in Counter(name for name, _value in given).items():
            if times > 1:
                raise InvalidInput(_("This parameter comes twice."), field=_shown(name))
        if "\x00" in scope["path"]:
            raise NotFound
        headers = Headers.from_scope(scope)
        if headers.get("content-length", "0").strip() != "0" or "transfer-encoding" in headers:
            _require_json(headers)
        elif cast("HTTPRouteHandler", scope["route_handler"]).parsed_data_field is not None:
            raise InvalidInput(_("Send a JSON object."))
        await next_app(scope, receive, send)


def _require_json(headers: Headers) -> None:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedBody(_("Send JSON, with the Content-Type application/json."))
