"""The API's own description, as OpenAPI 3.1 at ``{path}/api/schema``. JSON only: a viewer would come from a CDN."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from litestar import MediaType, Request, Response, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components
from litestar.serialization import encode_json

from litestar_admin_auth.api.error_examples import ERRORS, REFUSALS
from litestar_admin_auth.api.examples import EXAMPLES
from litestar_admin_auth.api.openapi_auth import describe_operation, security_schemes
from litestar_admin_auth.api.schemas import RefreshToken
from litestar_admin_auth.auth.disclosure import conceals
from litestar_admin_auth.auth.jws import MAX_TOKEN_LENGTH
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.core.exceptions import NotFound

_MEANINGS = {
    "400": "A value breaks a rule; `extra.field` names it.",
    "401": "Not signed in, or no longer.",
    "403": "Signed in, but not allowed; `extra.permission` names what is missing.",
    "404": "Not there, or not yours to see.",
    "409": "A conflict: a taken e-mail or name, a stale edit, the last superuser, a user in use.",
    "413": "The body is too large.",
    "415": "The body is not `application/json`.",
    "429": "Too many tries; `Retry-After` says how many seconds to wait.",
}

_ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["status_code", "detail", "extra"],
    "properties": {
        "status_code": {"type": "integer"},
        "detail": {"type": "string", "description": "For people, in their language."},
        "extra": {
            "type": "object",
            "required": ["code"],
            "properties": {
                "code": {"type": "string", "description": "For programs; it never changes."},
                "field": {"type": "string", "description": "The field or parameter at fault."},
                "permission": {"type": "string", "description": "The permission that is missing."},
                "version": {"type": "integer", "description": "The version that is stored now."},
            },
        },
    },
    "examples": [ERRORS["409"]],
}

_REFRESH_TOKEN_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"refresh_token": {"type": "string", "maxLength": MAX_TOKEN_LENGTH}},
    "examples": [EXAMPLES[RefreshToken]],
}

_PUBLIC_KEYS = "/auth/jwks.json"
_PUBLIC_TAILS = (
    "/auth/login",
    "/auth/logout",
    "/auth/refresh",
    "/invitation/{token}",
    "/api/password-reset",
    "/password-reset/{token}",
    _PUBLIC_KEYS,
)


def openapi_config(runtime: Runtime) -> OpenAPIConfig | None:
    """Return the configuration of the inner application, or None when ``AdminConfig.openapi`` is off."""
    if not runtime.config.openapi:
        return None
    schemes = security_schemes(runtime)
    return OpenAPIConfig(
        title=runtime.config.title,
        version=_version(),
        description="Users, roles, permissions, sessions and the audit log. Lists are paged by cursors.",
        components=Components(security_schemes=dict(schemes)),
        security=[{next(iter(schemes)): []}],
        use_handler_docstrings=True,
        openapi_router=Router("/api/schema", route_handlers=[], after_request=_only_json),
        render_plugins=[_Document(runtime)],
    )


class _Document(JsonRenderPlugin):
    """Adds to Litestar's document what holds of all operations: which errors they answer, and examples."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(path=["/", "/openapi.json"], media_type=MediaType.JSON)
        self.runtime = runtime

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        schemas = openapi_schema["components"].setdefault("schemas", {})
        schemas |= {"Error": _ERROR_SCHEMA, "RefreshToken": _REFRESH_TOKEN_SCHEMA}
        for struct, example in EXAMPLES.items():
            if struct.__name__ in schemas:
                schemas[struct.__name__]["examples"] = [example]
        openapi_schema["paths"] = paths = self._of_the_api(openapi_schema["paths"])
        for path, item in paths.items():
            for method, operation in item.items():
                if isinstance(operation, dict) and "responses" in operation:
                    self._complete(path, method, cast("dict[str, Any]", operation))
        return encode_json(openapi_schema)

    def _of_the_api(self, paths: dict[str, Any]) -> dict[str, Any]:
        # The inner application also has the pages, the static files and this document.
        api = self.runtime.config.path + "/api/"
        return {path: item for path, item in paths.items() if path.startswith(api) and "/schema" not in path}

    def _complete(self, path: str, method: str, operation: dict[str, Any]) -> None:
        public = path.endswith(_PUBLIC_TAILS)
        if public:
            operation["security"] = []
        if path.endswith(_PUBLIC_KEYS):
            return
        if "/api/auth/" in path:
            describe_operation(self.runtime, path.rpartition("/")[2], operation)
        for code in sorted(_codes(path, method, operation, public=public)):
            example = REFUSALS.get(path.rpartition("/")[2], {}).get(code, ERRORS[code])
            schema = {"schema": {"$ref": "#/components/schemas/Error"}, "example": example}
            operation["responses"][code] = {"description": _MEANINGS[code], "content": {"application/json": schema}}
        if conceals(self.runtime.backend) and not path.endswith("/auth/login"):
            # The host's own answer to an address that it does not know, in the host's own shape.
            if not path.endswith("/auth/refresh"):
                operation["responses"].pop("401", None)
            operation["responses"]["404"] = {"description": "Not signed in: then there is no such address."}


def _codes(path: str, method: str, operation: dict[str, Any], *, public: bool) -> set[str]:
    codes: set[str] = set()
    if method != "get":
        codes |= {"415"}
    if "requestBody" in operation:
        codes |= {"400", "413"}
    if operation.get("parameters"):
        codes |= {"400"}
    if not public or "/auth/" in path:
        codes |= {"401"}
    if method != "get" or not path.endswith(("/me", "/account", "/account/sessions")):
        codes |= {"403"}
    if "{" in path:
        codes |= {"404"}
    if (method != "get" or "preview" in path) and path.partition("/api/")[2].split("/")[0] in ("users", "roles"):
        codes |= {"409"}
    if path.endswith("/api/password-reset"):
        codes |= {"409", "429"}
    if path.endswith(("/export", "/login", "password", "/invitation/{token}", "/password-reset/{token}")):
        codes |= {"429"}
    return codes


async def _only_json(response: Response[Any]) -> Response[Any]:
    # Litestar answers unknown addresses beside a document with an HTML page of its own.
    if response.status_code == 404:
        raise NotFound
    return response


def _version() -> str:
    try:
        return version("litestar-admin-auth")
    except PackageNotFoundError:
        return "0"
