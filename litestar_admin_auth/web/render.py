"""Answers: whole pages or one block of them, and where a browser is sent on."""

import json
import logging
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, quote, urlencode

from litestar import MediaType, Request, Response
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER
from markupsafe import Markup

from litestar_admin_auth.auth.disclosure import conceals
from litestar_admin_auth.auth.errors import Problem
from litestar_admin_auth.auth.navigation import MAX_NEXT_LENGTH, base_path
from litestar_admin_auth.auth.principal import CurrentUser, permissions_of
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import Runtime, runtime_of
from litestar_admin_auth.core import i18n
from litestar_admin_auth.core.exceptions import AdminAuthError, NotAllowed, TooManyTries
from litestar_admin_auth.web.flash import take_flashes
from litestar_admin_auth.web.forms import CSRF_FIELD, csrf_token_of
from litestar_admin_auth.web.lists import PAGE_SIZES
from litestar_admin_auth.web.site import Pages, Viewer, join_path

logger = logging.getLogger(__name__)

THEMES = ("auto", "light", "dark")
#: An answer may be a fragment or a page, depending on these.
VARY = "HX-Request, HX-Request-Type, HX-History-Restore-Request"

AnyRequest = Request[Any, Any, Any]


def install_pages(runtime: Runtime) -> None:
    """Give the runtime its templates, its static files and its error page."""
    runtime.pages = Pages(runtime.config, managed=runtime.database is not None)
    runtime.error_page = error_page


def viewer_of(request: AnyRequest) -> Viewer | None:
    """Who is signed in, as templates see them; a host's own user object has no name."""
    state = state_of(request.scope)
    user: Any = state.user if state is not None else None
    if user is None:
        return None
    return Viewer(
        str(user.id),
        user.email,
        getattr(user, "name", "") or "",
        tuple(permissions_of(user)),
        has_account=isinstance(user, CurrentUser),
    )


def viewer_who(request: AnyRequest, permission: str) -> Viewer:
    """Return the viewer, after checking that they hold a permission; the change itself asks the database.

    Raises:
        NotAllowed: Naming the permission.
    """
    viewer = viewer_of(request)
    if viewer is None or not viewer.can(permission):
        raise NotAllowed(permission)
    return viewer


def wants_fragment(request: AnyRequest) -> bool:
    """Whether htmx asks for a part of the page. A history restore and a request for the body want all of it."""
    headers = request.headers
    return (
        headers.get("hx-request") == "true"
        and headers.get("hx-request-type") == "partial"
        and headers.get("hx-history-restore-request") != "true"
    )


def render(
    request: AnyRequest,
    name: str,
    block: str | None = None,
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    shipped: bool = False,
    **context: Any,
) -> Response[str]:
    """Answer with a page.

    Args:
        request: The request that is answered.
        name: The template below ``admin_auth/``: ``"users/index.html"``.
        block: The block that htmx gets instead of the page when it asks for a part.
        status_code: Such as 400 for a form with errors.
        headers: More headers.
        shipped: Whether to leave the host's templates out.
        **context: What the template says it expects in its first comment.
    """
    fragment = block is not None and wants_fragment(request)
    pages = cast("Pages", runtime_of(request).pages)
    variables = page_context(request, pages, with_flashes=not fragment) | context
    html = pages.templates.html(name, variables, block if fragment else None, shipped=shipped)
    return Response(
        html, status_code=status_code, media_type=MediaType.HTML, headers={"Vary": VARY, **dict(headers or {})}
    )


def page_context(request: AnyRequest, pages: Pages, *, with_flashes: bool = True) -> dict[str, Any]:
    """What every template may use, besides the macros in ``ui``."""
    viewer = viewer_of(request)
    token = csrf_token_of(request)
    runtime, state = runtime_of(request), state_of(request.scope)
    base = base_path(request)
    # From the state, not from the scope: where no route was found, that still has the path of a proxy in front.
    below = state.path.removeprefix(runtime.config.path) if state is not None else ""
    path = base + quote(below, safe="/:@!$&'()*+,;=~") or "/"
    query = request.scope["query_string"].decode("latin-1")
    theme = request.cookies.get(runtime.cookies.theme, "auto")
    # Strangers who may see the login page alone find nothing at the address that remembers their language.
    concealed = viewer is None and conceals(runtime.backend)

    def here(**changes: object) -> str:
        """This page's address with other query parameters; None takes one away, and a new list starts at its top."""
        return change_query(path, query, {"cursor": None, **changes})

    site = pages.site(base, below.strip("/").partition("/")[0], viewer)
    return {
        "admin": site,
        "icon": site.icon,
        "static": site.static,
        "viewer": viewer,
        "csrf_token": lambda: Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token),
        "theme": theme if theme in THEMES else "auto",
        "path": path,
        # A way back that would be refused as too long is none.
        "full_path": f"{path}?{query}" if query and len(query) < MAX_NEXT_LENGTH - len(path) else path,
        "here": here,
        "page_sizes": PAGE_SIZES,
        "language": i18n.active_language(),
        "languages": {} if concealed else i18n.LANGUAGES,
        "direction": i18n.direction(),
        "zone_cookie": runtime.cookies.zone,
        "flashes": take_flashes(request) if with_flashes else [],
    }


def change_query(path: str, query: str, changes: Mapping[str, object]) -> str:
    """``path`` with ``query`` after the changes; None removes a parameter, and empty ones are left out."""
    kept = [(name, value) for name, value in parse_qsl(query) if name not in changes]
    added = [(name, str(value)) for name, value in changes.items() if value not in (None, "")]
    encoded = urlencode([*kept, *added])
    return f"{path}?{encoded}" if encoded else path


def admin_url(request: AnyRequest, *parts: object) -> str:
    """An address below the admin path, as the browser knows it: ``admin_url(request, "users", user.id)``."""
    return join_path(base_path(request), *parts)


def see_other(request: AnyRequest, url: str) -> Response[Any]:
    """Send the browser on after a change, with or without htmx."""
    if request.headers.get("hx-request") == "true":
        return Response(b"", headers={"HX-Redirect": url})
    return Redirect(url, status_code=HTTP_303_SEE_OTHER)


def retry_after(error: AdminAuthError) -> dict[str, str]:
    """Return the header that tells when another try makes sense."""
    return {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyTries) else {}


def toast(kind: str, text: str) -> dict[str, str]:
    """The header that makes ``admin.js`` show a message; JSON in ASCII, so that no text can end the header."""
    return {"HX-Trigger": json.dumps({"toast": {"kind": kind, "text": text}})}


def error_page(request: AnyRequest, problem: Problem) -> Response[Any]:
    """An error as a page in the shell, or for htmx as a message over the page that stays."""
    if request.headers.get("hx-request") == "true" and request.headers.get("hx-history-restore-request") != "true":
        headers = {"HX-Reswap": "none", "Vary": VARY, **toast("error", problem.message)}
        return Response("", status_code=problem.status_code, media_type=MediaType.HTML, headers=headers)
    context: dict[str, Any] = {
        "status_code": problem.status_code,
        "status": problem.status_code,
        "message": problem.message,
        "permission": problem.extra.get("permission"),
        "ways": state.ways if (state := state_of(request.scope)) is not None else None,
        # Of an address that somebody shortened or mistyped, what is before the question mark still leads somewhere.
        "damaged": problem.status_code == 400 and request.method == "GET" and bool(request.scope["query_string"]),
    }
    try:
        return render(request, "errors/error.html", **context)
    except Exception:
        # What broke the page, such as a template of the host's around every page, must not take its error page along.
        logger.exception("the error page of the host failed; the shipped one answers")
        return render(request, "errors/error.html", shipped=True, **context)
