"""What the API's description says of signing in and out: it depends on the backend that the host has chosen."""

from typing import Any

from litestar.openapi.spec import SecurityScheme

from litestar_admin_auth.api.examples import TOKEN_PAIR
from litestar_admin_auth.auth.jwt import JWTAuthBackend
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.auth.session import SessionAuthBackend
from litestar_admin_auth.auth.token_transport import COOKIE

_TEXT: dict[str, Any] = {"type": "string"}
_REFRESH_HEADER = "refreshHeader"
_REFRESH_COOKIE = "refreshCookie"

_REFRESH_BODY: dict[str, Any] = {
    "required": False,
    "description": "The refresh token, where it travels neither in the header nor in the cookie.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RefreshToken"}}},
}


def security_schemes(runtime: Runtime) -> dict[str, SecurityScheme]:
    """Return how requests prove who they are; the first is the one that all of the API takes."""
    backend = runtime.backend
    if not isinstance(backend, JWTAuthBackend):
        description = "However the host signs people in."
        return {
            "host": SecurityScheme(type="apiKey", name="Cookie", security_scheme_in="header", description=description)
        }
    by_header = SecurityScheme(
        type="apiKey",
        name="X-Refresh-Token",
        security_scheme_in="header",
        description="The refresh token, at POST auth/refresh and auth/logout alone.",
    )
    if backend.config.token_location == COOKIE:
        cookie = SecurityScheme(
            type="apiKey",
            name=runtime.cookies.access,
            security_scheme_in="cookie",
            description="Set by POST auth/login. Changes must come from the same origin.",
        )
        refresh = SecurityScheme(
            type="apiKey",
            name=runtime.cookies.refresh,
            security_scheme_in="cookie",
            description="Set by POST auth/login, renewed by POST auth/refresh.",
        )
        return {"cookie": cookie, _REFRESH_COOKIE: refresh, _REFRESH_HEADER: by_header}
    header, prefix = backend.config.token_header, backend.config.token_prefix
    if (header.lower(), prefix.lower()) == ("authorization", "bearer"):
        return {
            "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
            _REFRESH_HEADER: by_header,
        }
    description = f"The access token after the word {prefix!r}." if prefix else "The access token."
    token = SecurityScheme(type="apiKey", name=header, security_scheme_in="header", description=description)
    return {"token": token, _REFRESH_HEADER: by_header}


def describe_operation(runtime: Runtime, tail: str, operation: dict[str, Any]) -> None:
    """Complete one of the operations below ``/auth``.

    Args:
        runtime: The running admin.
        tail: The last part of its path.
        operation: As Litestar has described it.
    """
    if tail in ("login", "refresh"):
        operation["responses"]["200"]["content"] = {"application/json": {"schema": _tokens(runtime)}}
    if tail in ("refresh", "logout"):
        mine, *refreshes = security_schemes(runtime)
        # The empty one stands for the token in the body.
        ways = [*([mine] if tail == "logout" else []), *refreshes]
        operation["security"] = [{way: []} for way in ways] + ([{}] if refreshes else [])
        if refreshes:
            operation["requestBody"] = _REFRESH_BODY


def _tokens(runtime: Runtime) -> dict[str, Any]:
    backend = runtime.backend
    if isinstance(backend, JWTAuthBackend):
        names = ["token_type", "expires_in"]
        if backend.config.token_location != COOKIE:
            names = ["access_token", "refresh_token", *names]
        return {
            "type": "object",
            "required": names,
            "additionalProperties": False,
            "properties": dict.fromkeys(names, _TEXT),
            "examples": [{name: TOKEN_PAIR[name] for name in names}],
        }
    if isinstance(backend, SessionAuthBackend):
        return {"type": "object", "additionalProperties": False, "description": "The host's session is what counts."}
    return {"type": "object", "description": "Whatever the host's backend answers with."}
