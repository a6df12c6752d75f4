"""A message that survives one redirect, in a signed cookie that lives for a minute."""

import base64
import hashlib
import hmac
import json
from typing import Any, Literal, cast

from litestar import Request

from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of

Kind = Literal["success", "warning", "error"]
KINDS = ("success", "warning", "error")

VALID_SECONDS = 60
MAX_TEXT = 500

AnyRequest = Request[Any, Any, Any]


def flash(request: AnyRequest, kind: Kind, text: str) -> None:
    """Show ``text`` on the next page; call it only after the change has been committed."""
    runtime, state = runtime_of(request), state_of(request.scope)
    if state is None:
        return
    payload = base64.urlsafe_b64encode(json.dumps([kind, text[:MAX_TEXT]]).encode()).decode()
    value = f"{payload}.{_sign(runtime.key('flash'), payload)}"
    state.set_cookies.append(runtime.cookies.set(runtime.cookies.flash, value, max_age=VALID_SECONDS, httponly=True))


def take_flashes(request: AnyRequest) -> list[tuple[str, str]]:
    """The messages for this page, as (kind, text); they are gone afterwards.

    An unsigned cookie is ignored: planted from a sibling domain, it would speak with our voice.
    """
    runtime, state = runtime_of(request), state_of(request.scope)
    value = request.cookies.get(runtime.cookies.flash)
    if not value or state is None:
        return []
    state.set_cookies.append(runtime.cookies.delete(runtime.cookies.flash))
    payload, _, signature = value.partition(".")
    if not hmac.compare_digest(signature.encode(), _sign(runtime.key("flash"), payload).encode()):
        return []
    kind, text = cast("list[str]", json.loads(base64.urlsafe_b64decode(payload)))
    return [(kind, text)] if kind in KINDS else []


def _sign(key: bytes, payload: str) -> str:
    return hmac.digest(key, payload.encode(), hashlib.sha256).hex()
