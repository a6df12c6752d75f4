"""The other tabs of a role's page: who holds it, what happened to it, and the question before it is deleted."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from litestar_admin_auth.core.exceptions import AdminAuthError, Conflict, NotAllowed
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import whole_number
from litestar_admin_auth.services import audit, roles
from litestar_admin_auth.services.roles import RoleRow
from litestar_admin_auth.web.dependencies import list_query, tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import EXPIRED, ConfirmForm
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import admin_url, render, see_other, viewer_who
from litestar_admin_auth.web.role_form import read_offset
from litestar_admin_auth.web.role_page import tab_page

AnyRequest = Request[Any, Any, Any]


class RoleTabPages(Controller):
    """The tabs are addresses: each can be sent to a colleague."""

    path = "/roles/{role_id:uuid}"
    include_in_schema = False

    @get("/members")
    async def members(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        """Needs `roles:read` and `users:read`."""
        viewer_who(request, "users:read")
        database, actor = tables_and_actor(request)
        role = await roles.get_role(database, actor, role_id)
        query = list_query(request, sort="email", filters=("ends",))
        page = await roles.members_of(database, actor, role_id, query)
        if not query.q and not query.filters["ends"]:
            page = replace(page, total=role.members)
        return tab_page(request, "members", role, block="results", page=page, query=query)

    @get("/history")
    async def history(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        """Needs `roles:read` and `audit:read`."""
        viewer_who(request, "audit:read")
        database, actor = tables_and_actor(request)
        role = await roles.get_role(database, actor, role_id)
        concerning = {"target_type": "role", "target_id": str(role_id)}
        page = await audit.list_events(database, actor, replace(list_query(request, sort="-at"), filters=concerning))
        return tab_page(request, "history", role, page=page)

    @get("/deletion")
    async def ask_deletion(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        """Needs `roles:read` and `roles:delete`."""
        database, actor = tables_and_actor(request)
        role = await roles.get_role(database, actor, role_id)
        return await _deletion_page(request, role)

    @post("/deletion")
    async def delete(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        """Needs `roles:read` and `roles:delete`."""
        database, actor = tables_and_actor(request)
        role = await roles.get_role(database, actor, role_id)
        posted = await read_form(request)
        if not ConfirmForm(request, posted).validate():
            return await _deletion_page(request, role, status_code=400, error=EXPIRED)
        try:
            # Of a role that has changed since the question, it named the wrong losses.
            version = whole_number(posted.get("version", ""))
            await roles.delete_role(database, actor, role_id, version=version)
        except NotAllowed:
            raise
        except AdminAuthError as error:
            return await _deletion_page(request, role, status_code=error.status_code, error=error.message)
        flash(request, "success", _("The role %(name)s is deleted.", name=role.name))
        return see_other(request, admin_url(request, "roles"))


async def _deletion_page(
    request: AnyRequest, role: RoleRow, *, status_code: int = 200, error: str | None = None
) -> Response[Any]:
    viewer_who(request, "roles:delete")
    database, actor = tables_and_actor(request)
    preview, refusal, offset = None, "", read_offset(request.query_params.get("people", ""))
    try:
        preview = await roles.preview_role_deletion(database, actor, role.id, offset=offset)
    except Conflict as conflict:
        refusal = conflict.message
    return render(
        request,
        "roles/deletion.html",
        "confirm",
        status_code=status_code,
        role=role,
        preview=preview,
        refusal=refusal,
        # Said once: what refuses the deletion refuses the question about it as well.
        error=error if error != refusal else None,
    )
