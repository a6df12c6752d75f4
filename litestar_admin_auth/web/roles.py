"""Roles: the list, and the page on which one is changed."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from litestar_admin_auth.core.exceptions import AdminAuthError, EditConflict, NotAllowed
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services import roles
from litestar_admin_auth.services.role_history import latest_changes
from litestar_admin_auth.services.roles import RoleRow
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.lists import ROLES, filter_text
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import admin_url, render, see_other, viewer_who, wants_fragment
from litestar_admin_auth.web.role_form import Draft
from litestar_admin_auth.web.role_page import is_changeable, tab_page

AnyRequest = Request[Any, Any, Any]


class RolePages(Controller):
    """Every rule stands in the service; what the viewer may not do is not shown here, and refused there.

    One address takes the form. A button that only looks (a search, the name of a row or column) answers with the form
    as it was typed; so does ``.../preview``, with what saving would change. Nothing that was typed is lost on the way.
    """

    path = "/roles"
    include_in_schema = False

    @get("/")
    async def index(self, request: AnyRequest) -> Response[Any]:
        """Needs `roles:read`."""
        database, actor = tables_and_actor(request)
        query = ROLES.of(request)
        page = await roles.list_roles(database, actor, query)
        return render(request, "roles/index.html", "results", page=page, query=query, filter_text=filter_text(query))

    @get("/{role_id:uuid}")
    async def edit(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        """Needs `roles:read`."""
        database, actor = tables_and_actor(request)
        role = await roles.get_role(database, actor, role_id)
        return await _role_page(request, role, Draft.of(request, role))

    @post("/{role_id:uuid}")
    async def save(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        """Needs `roles:read` and `roles:write`."""
        database, actor = tables_and_actor(request)
        role = await roles.get_role(database, actor, role_id)
        draft = Draft.posted(request, await read_form(request))
        if draft.is_looking:
            return await _role_page(request, role, draft)
        if not draft.form.validate():
            return await _role_page(request, role, draft, status_code=400)
        try:
            role = await roles.update_role(
                database,
                actor,
                role_id,
                name=draft.form.name.data or "",
                description=draft.form.description.data or "",
                permissions=draft.permissions,
                version=draft.form.opened_version,
            )
        except NotAllowed:
            raise
        except EditConflict as error:
            return await _conflict_page(request, role_id, draft, error)
        except AdminAuthError as error:
            draft.form.blame(error)
            return await _role_page(request, role, draft, status_code=error.status_code)
        flash(request, "success", _("The role %(name)s is saved and in force.", name=role.name))
        return see_other(request, admin_url(request, "roles", role_id))

    @get("/{role_id:uuid}/preview")
    async def leave_preview(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        """A preview is the answer to a form; whoever opens its address afterwards gets the role."""
        return see_other(request, admin_url(request, "roles", role_id))

    @post("/{role_id:uuid}/preview", status_code=200)
    async def preview(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        """Needs `roles:read` and `roles:write`."""
        database, actor = tables_and_actor(request)
        role = await roles.get_role(database, actor, role_id)
        draft = Draft.posted(request, await read_form(request))
        fragment = wants_fragment(request)
        if not fragment and not draft.form.validate():
            return await _role_page(request, role, draft, status_code=400)
        try:
            preview = await roles.preview_role(
                database,
                actor,
                role_id,
                # While a name is being typed, it may be none yet: the answer is about the rest.
                name=draft.form.name.data or (None if fragment else ""),
                description=draft.form.description.data or "",
                permissions=draft.permissions,
                version=draft.form.opened_version,
                offset=draft.people,
            )
        except NotAllowed:
            raise
        except AdminAuthError as error:
            if fragment:
                return render(request, "roles/_preview.html", preview=None, problem=error.message)
            if isinstance(error, EditConflict):
                return await _conflict_page(request, role_id, draft, error)
            draft.form.blame(error)
            return await _role_page(request, role, draft, status_code=error.status_code)
        if fragment:
            url = admin_url(request, "roles", role_id, "preview")
            return render(request, "roles/_preview.html", preview=preview, role=role, preview_url=url)
        return await _role_page(request, role, draft, preview=preview, reviewed=True)


async def _role_page(
    request: AnyRequest, role: RoleRow, draft: Draft, *, status_code: int = 200, **context: Any
) -> Response[Any]:
    viewer = viewer_who(request, "roles:read")
    # Whoever lacks part of what the role holds may not change it at all: the service refuses both ways. Their boxes are
    # disabled and there is nothing to send, so that no permission can fall away because a browser did not post it.
    editable = is_changeable(viewer, role) and viewer.can("roles:write")
    return tab_page(
        request,
        "edit",
        role,
        status_code=status_code,
        form=draft.form,
        matrix=await draft.matrix(request, viewer.permissions, read_only=not editable),
        editable=editable,
        preview_url=admin_url(request, "roles", role.id, "preview"),
        **context,
    )


async def _conflict_page(request: AnyRequest, role_id: UUID, draft: Draft, error: EditConflict) -> Response[Any]:
    """Show what is stored beside what was typed; saving once more then overwrites with open eyes."""
    database, actor = tables_and_actor(request)
    role = await roles.get_role(database, actor, role_id)
    form = draft.form
    fields = [
        (label, stored, typed)
        for label, stored, typed in (
            (_("Name"), role.name, form.name.data or ""),
            (_("Description"), role.description, form.description.data or ""),
        )
        if stored != typed
    ]
    stored, ticked = set(role.permissions), set(draft.permissions)
    opened = form.opened_version
    form.version.data = str(role.version)
    form.form_errors.append(error.message)
    preview = None
    try:
        preview = await roles.preview_role(
            database,
            actor,
            role_id,
            name=form.name.data,
            description=form.description.data,
            permissions=draft.permissions,
        )
    except AdminAuthError as refusal:
        # Saving will be refused once more, for another reason: said now, beside this one.
        form.blame(refusal)
    return await _role_page(
        request,
        role,
        draft,
        status_code=error.status_code,
        conflict={
            "fields": fields,
            "permissions": [(code, code in stored, code in ticked) for code in sorted(stored ^ ticked)],
            "changes": await latest_changes(database, actor, role_id, count=role.version - opened),
        },
        preview=preview,
        reviewed=True,
    )
