"""One example of each error, for the API's description; a test compares them with what the API really answers."""

from typing import Any


def _error(status: int, detail: str, code: str, **extra: Any) -> dict[str, Any]:
    return {"status_code": status, "detail": detail, "extra": {"code": code, **extra}}


#: One error of each kind.
ERRORS: dict[str, dict[str, Any]] = {
    "400": _error(400, "This field is required.", "invalid", field="password"),
    "401": _error(401, "Sign in to continue.", "not_authenticated"),
    "403": _error(403, "You need the permission users:write for this.", "not_allowed", permission="users:write"),
    "404": _error(404, "There is no such user.", "not_found"),
    "409": _error(409, "Another user has this e-mail address.", "email_taken", field="email"),
    "413": _error(413, "The request is too large.", "body_too_large"),
    "415": _error(415, "Send JSON, with the Content-Type application/json.", "unsupported_media_type"),
    "429": _error(429, "Too many tries. Wait 30 seconds and try again.", "too_many_tries"),
}

_CROSS_ORIGIN = _error(
    403,
    "The request comes from https://evil.example, not from shop.example. "
    "If you trust that origin, add it to AdminConfig.trusted_origins.",
    "cross_origin",
)

#: What the operations below ``/auth`` refuse with, where that is not what everything else refuses with.
REFUSALS: dict[str, dict[str, dict[str, Any]]] = {
    "login": {
        "401": _error(401, "E-mail or password is not right.", "invalid_credentials"),
        "403": _CROSS_ORIGIN,
    },
    "logout": {"403": _CROSS_ORIGIN},
    "refresh": {
        "400": _error(400, "Expected `str`, got `int`", "invalid", field="refresh_token"),
        "401": _error(401, "Your session has ended. Sign in again.", "refresh_reused"),
        "403": _CROSS_ORIGIN,
    },
    "change-password": {
        "400": _error(400, "This is not your current password.", "invalid", field="current_password"),
        "403": _CROSS_ORIGIN,
    },
}
