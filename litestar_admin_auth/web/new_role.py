"""The page on which a role is made, from nothing or from another one."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from litestar_admin_auth.core.exceptions import AdminAuthError, NotAllowed
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.permissions import missing
from litestar_admin_auth.core.text import MAX_ROLE_NAME_LENGTH
from litestar_admin_auth.services import roles
from litestar_admin_auth.services.roles import RoleRow
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import admin_url, render, see_other, viewer_who, wants_fragment
from litestar_admin_auth.web.role_form import Draft, RoleForm

AnyRequest = Request[Any, Any, Any]


class NewRolePages(Controller):
    """The form of :class:`~litestar_admin_auth.web.roles.RolePages`, for a role that is not there yet."""

    path = "/roles/new"
    include_in_schema = False

    @get("/")
    async def new(self, request: AnyRequest) -> Response[Any]:
        """Needs `roles:write`."""
        source = request.query_params.get("from", "")
        if source:
            return await _copy_page(request, source)
        return await _new_page(request, Draft(RoleForm(request)))

    @post("/")
    async def create(self, request: AnyRequest) -> Response[Any]:
        """Needs `roles:write`."""
        database, actor = tables_and_actor(request)
        draft = Draft.posted(request, await read_form(request))
        if draft.is_looking:
            return await _new_page(request, draft)
        if not draft.form.validate():
            return await _new_page(request, draft, status_code=400)
        try:
            role = await roles.create_role(
                database,
                actor,
                name=draft.form.name.data or "",
                description=draft.form.description.data or "",
                permissions=draft.permissions,
            )
        except NotAllowed:
            raise
        except AdminAuthError as error:
            draft.form.blame(error)
            return await _new_page(request, draft, status_code=error.status_code)
        flash(
            request,
            "success",
            _("The role %(name)s is there. Give it to people on their Access tab.", name=role.name),
        )
        return see_other(request, admin_url(request, "roles", role.id))

    @get("/preview")
    async def leave_new_preview(self, request: AnyRequest) -> Response[Any]:
        """A preview is the answer to a form; whoever opens its address afterwards gets an empty one."""
        return see_other(request, admin_url(request, "roles", "new"))

    @post("/preview", status_code=200)
    async def preview_new(self, request: AnyRequest) -> Response[Any]:
        """Needs `roles:write`."""
        database, actor = tables_and_actor(request)
        draft = Draft.posted(request, await read_form(request))
        fragment = wants_fragment(request)
        if not fragment and not draft.form.validate():
            return await _new_page(request, draft, status_code=400)
        try:
            preview = await roles.preview_new_role(
                database,
                actor,
                # While a name is being typed, it may be none yet: the answer is about the rest.
                name=draft.form.name.data or (None if fragment else ""),
                description=draft.form.description.data or "",
                permissions=draft.permissions,
            )
        except NotAllowed:
            raise
        except AdminAuthError as error:
            if fragment:
                return render(request, "roles/_new_preview.html", problem=error.message)
            draft.form.blame(error)
            return await _new_page(request, draft, status_code=error.status_code)
        if fragment:
            return render(request, "roles/_new_preview.html", preview=preview)
        return await _new_page(request, draft, preview=preview, reviewed=True)


async def _new_page(
    request: AnyRequest,
    draft: Draft,
    *,
    status_code: int = 200,
    source: RoleRow | None = None,
    left_out: Any = (),
    **context: Any,
) -> Response[Any]:
    viewer = viewer_who(request, "roles:write")
    matrix = await draft.matrix(request, viewer.permissions)
    return render(
        request,
        "roles/new.html",
        status_code=status_code,
        form=draft.form,
        matrix=matrix,
        source=source,
        left_out=left_out,
        **context,
    )


async def _copy_page(request: AnyRequest, source: str) -> Response[Any]:
    """The form of a new role with another one's permissions, but those that the viewer may not grant."""
    viewer = viewer_who(request, "roles:write")
    database, actor = tables_and_actor(request)
    role = await roles.find_role(database, actor, source)
    left_out = missing(viewer.permissions, role.permissions)
    name = _("Copy of %(name)s", name=role.name)[:MAX_ROLE_NAME_LENGTH]
    form = RoleForm(request, data={"name": name, "description": role.description})
    permissions = [code for code in role.permissions if code not in left_out]
    return await _new_page(request, Draft(form, permissions), source=role, left_out=left_out)
