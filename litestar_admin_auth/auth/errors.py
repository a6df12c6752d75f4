"""Errors become answers here and nowhere else: JSON for the API, a page for everybody else."""

import dataclasses
import logging
from dataclasses import dataclass
from typing import Any, cast

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER, HTTP_500_INTERNAL_SERVER_ERROR

from litestar_admin_auth.auth.authentication import note_trouble
from litestar_admin_auth.auth.navigation import base_path, login_url, page_before, page_in_view
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.exceptions import (
    AdminAuthError,
    EditConflict,
    NotAllowed,
    NotAuthenticated,
    TooManyTries,
    Unavailable,
)
from litestar_admin_auth.core.i18n import gettext as _

logger = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True)
class Problem:
    """An error in the words of an answer."""

    status_code: int
    code: str
    message: str
    field: str | None = None
    #: More for the client, such as the version that is stored now.
    extra: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    headers: dict[str, str] = dataclasses.field(default_factory=dict[str, str])


_CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "too_many_tries",
}


def _messages() -> dict[int, str]:
    return {
        404: _("There is no such page."),
        405: _("This address does not take that kind of request."),
        413: _("The request is too large."),
    }


def describe(error: Exception) -> Problem:
    """Return what an answer says of an error. Of a fault it says nothing but that there was one (ASVS 13.4)."""
    if isinstance(error, AdminAuthError):
        extra: dict[str, Any] = {}
        headers: dict[str, str] = {}
        if isinstance(error, EditConflict):
            extra["version"] = error.current_version
        if isinstance(error, NotAllowed) and error.permission:
            extra["permission"] = error.permission
        if isinstance(error, TooManyTries):
            headers["Retry-After"] = str(error.retry_after)
        if isinstance(error, NotAuthenticated):
            headers["WWW-Authenticate"] = "Bearer"  # RFC 9110 section 15.5.2 asks for it; browsers ask nobody
        return Problem(error.status_code, error.code, error.message, error.field, extra, headers)
    if isinstance(error, HTTPException) and error.status_code < HTTP_500_INTERNAL_SERVER_ERROR:
        status = 400 if error.status_code == 422 else error.status_code
        first = _first_error(error)
        return Problem(
            status,
            _CODES.get(status, "error"),
            first.get("message") or _messages().get(status) or error.detail,
            first.get("key"),
            headers={name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"},
        )
    return Problem(500, "fault", _("Something went wrong on our side. It has been written down; try again later."))


def _first_error(error: HTTPException) -> dict[str, str]:
    listed = cast("Any", error.extra)
    if isinstance(listed, list) and listed and isinstance(listed[0], dict):
        return {str(key): str(value) for key, value in cast("dict[Any, Any]", listed[0]).items()}
    return {}


def handle(request: AnyRequest, error: Exception) -> Response[Any]:
    """Answer any error below the admin path."""
    runtime = runtime_of(request)
    # No trace for each request: nothing in our code is at fault.
    if note_trouble(runtime, error):
        error = Unavailable()
    problem = describe(error)
    # What does not answer has been written down where it was asked, without a trace for each request.
    if problem.status_code >= HTTP_500_INTERNAL_SERVER_ERROR and not isinstance(error, AdminAuthError):
        logger.error("%s %s failed", request.method, request.scope["path"].encode(), exc_info=error)
    state = state_of(request.scope)
    if state is not None and runtime.is_api(state.path):
        return _as_json(problem)
    if isinstance(error, NotAuthenticated):
        return _to_login(request)
    if runtime.error_page is None:
        return _as_json(problem)
    response = runtime.error_page(request, problem)
    response.headers.update(problem.headers)
    return response


def _as_json(problem: Problem) -> Response[Any]:
    extra = {"code": problem.code, **problem.extra}
    if problem.field:
        extra["field"] = problem.field
    return Response(
        {"status_code": problem.status_code, "detail": problem.message, "extra": extra},
        status_code=problem.status_code,
        headers=problem.headers,
        media_type=MediaType.JSON,
    )


def _to_login(request: AnyRequest) -> Response[Any]:
    reading = request.method in ("GET", "HEAD")
    if "hx-request" in request.headers:
        url = login_url(request, target=page_in_view(request), lost=not reading)
        return Response(b"", headers={"HX-Redirect": url})
    # A form whose sender has been signed out meanwhile is lost, since a redirect has no body: back to it, and say so.
    target = None if reading else page_before(request, default=base_path(request))
    return Redirect(login_url(request, target=target, lost=not reading), status_code=HTTP_303_SEE_OTHER)
