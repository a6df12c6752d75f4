"""Taking a list along as a file; by POST, see ``auth/exports.py``."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.status_codes import HTTP_200_OK

from litestar_admin_auth.auth.exports import take_along
from litestar_admin_auth.services import export
from litestar_admin_auth.services.export import Export
from litestar_admin_auth.web.bulk import Act, Asked, read_asked
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.forms import ConfirmForm, require_token
from litestar_admin_auth.web.lists import AUDIT, ROLES, SESSIONS, USERS, ListKind
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import admin_url, render, see_other

AnyRequest = Request[Any, Any, Any]

#: The section of the admin to its list, and what is taken along.
EXPORTS: Mapping[str, tuple[ListKind, Export[Any]]] = {
    "users": (USERS, export.USERS),
    "roles": (ROLES, export.ROLES),
    "sessions": (SESSIONS, export.SESSIONS),
    "audit": (AUDIT, export.EVENTS),
}


class ExportPages(Controller):
    """One door for all lists; each asks its service who may see it."""

    include_in_schema = False

    @get([f"/{section}/export" for section in EXPORTS])
    async def leave(self, request: AnyRequest) -> Response[Any]:
        """The answer to a button; whoever opens its address afterwards gets the list."""
        section = request.scope["path_template"].rstrip("/").split("/")[-2]
        return see_other(request, admin_url(request, section))

    @post("/users/export", status_code=HTTP_200_OK)
    async def users(self, request: AnyRequest) -> Response[Any]:
        """Needs `users:read`."""
        return await _download(request, "users")

    @post("/roles/export", status_code=HTTP_200_OK)
    async def roles(self, request: AnyRequest) -> Response[Any]:
        """Needs `roles:read`."""
        return await _download(request, "roles")

    @post("/sessions/export", status_code=HTTP_200_OK)
    async def sessions(self, request: AnyRequest) -> Response[Any]:
        """Needs `sessions:read`."""
        return await _download(request, "sessions")

    @post("/audit/export", status_code=HTTP_200_OK)
    async def audit(self, request: AnyRequest) -> Response[Any]:
        """Needs `audit:read`."""
        return await _download(request, "audit")


async def export_question(request: AnyRequest, asked: Asked, act: Act, section: str) -> Response[Any]:
    """Say how many rows the file would hold, and offer it."""
    database, actor = tables_and_actor(request)
    page = await EXPORTS[section][1].read(database, actor, replace(asked.narrowed, limit=1, count=True))
    count = page.total or 0
    return render(
        request,
        "bulk/question.html",
        "confirm",
        title=act.title(count),
        message=act.message,
        action=admin_url(request, section, "export"),
        cancel=asked.back(admin_url(request, section)),
        hidden=asked.hidden,
        form=ConfirmForm(request),
        ready=count > 0,
        download=True,
        button=act.button,
    )


async def _download(request: AnyRequest, section: str) -> Response[Any]:
    kind, what = EXPORTS[section]
    posted = await read_form(request)
    require_token(request, posted)
    _database, actor = tables_and_actor(request)
    asked = read_asked(posted, kind)
    # With nothing ticked, all that the list shows.
    query = asked.narrowed if asked.ids else asked.query
    return await take_along(request, actor, what, query)
