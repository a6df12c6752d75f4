"""Roles: the list, the page with the permission matrix, and the question before one is deleted."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

import wtforms
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from wtforms.validators import InputRequired

from litestar_admin_auth.core.exceptions import AdminAuthError, EditConflict, InvalidInput, NotAllowed
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.i18n import ngettext
from litestar_admin_auth.core.permissions import missing
from litestar_admin_auth.core.text import MAX_DESCRIPTION_LENGTH, MAX_ROLE_NAME_LENGTH
from litestar_admin_auth.services import catalogue, roles
from litestar_admin_auth.services.access import require_covers
from litestar_admin_auth.services.lists import ListQuery, Page
from litestar_admin_auth.services.role_preview import preview_role
from litestar_admin_auth.services.roles import Member, RoleRow
from litestar_admin_auth.web.dependencies import list_query, tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import ConfirmForm, Form, read_form
from litestar_admin_auth.web.permission_matrix import Matrix, build_matrix
from litestar_admin_auth.web.render import Viewer, admin_url, render, see_other, viewer_of, wants_fragment

AnyRequest = Request[Any, Any, Any]

MEMBERS_A_PAGE = 10
#: So many members are named before a role is deleted; the rest are counted.
NAMED_MEMBERS = 10


class RoleForm(Form):
    """Name and description; the permissions are the ticked boxes of the matrix. The rules stand in the service."""

    name = wtforms.StringField(
        _l("Name"),
        [InputRequired(_l("This field is required."))],
        render_kw={"maxlength": MAX_ROLE_NAME_LENGTH},
    )
    description = wtforms.StringField(
        _l("Description"),
        description=_l("What people with this role do, in one line."),
        render_kw={"maxlength": MAX_DESCRIPTION_LENGTH},
    )
    version = wtforms.HiddenField()

    @property
    def opened_version(self) -> int:
        """The version that the page showed when it was opened.

        Raises:
            InvalidInput: When it is no number: without it, somebody else's change would be overwritten unseen.
        """
        text = self.version.data or ""
        if not (text.isdecimal() and len(text) < 10):
            raise InvalidInput(_("This form is damaged. Open the page again."), field="version")
        return int(text)


class RolePages(Controller):
    """Every rule stands in the service; what the viewer may not do is not shown here, and refused there."""

    path = "/roles"
    include_in_schema = False

    @get("/")
    async def index(self, request: AnyRequest) -> Response[Any]:
        database, actor = tables_and_actor(request)
        query = list_query(request, sort="name")
        page = await roles.list_roles(database, actor, query)
        return render(request, "roles/index.html", "results", page=page, query=query)

    @get("/new")
    async def new(self, request: AnyRequest) -> Response[Any]:
        return await _new_page(request, RoleForm(request), ())

    @post("/new")
    async def create(self, request: AnyRequest) -> Response[Any]:
        database, actor = tables_and_actor(request)
        posted = await read_form(request)
        form, permissions = RoleForm(request, posted), posted.getlist("permissions")
        if not form.validate():
            return await _new_page(request, form, permissions, status_code=400)
        try:
            role = await roles.create_role(
                database,
                actor,
                name=form.name.data or "",
                description=form.description.data or "",
                permissions=permissions,
            )
        except NotAllowed:
            raise
        except AdminAuthError as error:
            form.blame(error)
            return await _new_page(request, form, permissions, status_code=error.status_code)
        flash(
            request,
            "success",
            _("The role %(name)s is there. Give it to people on their Access tab.", name=role.name),
        )
        return see_other(request, admin_url(request, "roles", role.id))

    @get("/{role_id:uuid}")
    async def edit(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        database, actor = tables_and_actor(request)
        role = await roles.get_role(database, actor, role_id)
        return await _role_page(request, role, _form_of(request, role), role.permissions)

    @post("/{role_id:uuid}")
    async def save(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        database, actor = tables_and_actor(request)
        role = await roles.get_role(database, actor, role_id)
        posted = await read_form(request)
        form, permissions = RoleForm(request, posted), posted.getlist("permissions")
        if not form.validate():
            return await _role_page(request, role, form, permissions, status_code=400)
        try:
            role = await roles.update_role(
                database,
                actor,
                role_id,
                name=form.name.data or "",
                description=form.description.data or "",
                permissions=permissions,
                version=form.opened_version,
            )
        except NotAllowed:
            raise
        except EditConflict as error:
            return await _conflict_page(request, role_id, form, permissions, error)
        except AdminAuthError as error:
            form.blame(error)
            return await _role_page(request, role, form, permissions, status_code=error.status_code)
        flash(request, "success", _("The role %(name)s is saved and in force.", name=role.name))
        return see_other(request, admin_url(request, "roles", role_id))

    @get("/{role_id:uuid}/preview")
    async def leave_preview(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        """A preview is the answer to a form; whoever opens its address afterwards gets the role."""
        return see_other(request, admin_url(request, "roles", role_id))

    @post("/{role_id:uuid}/preview", status_code=200)
    async def preview(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        database, actor = tables_and_actor(request)
        role = await roles.get_role(database, actor, role_id)
        posted = await read_form(request)
        form, permissions = RoleForm(request, posted), posted.getlist("permissions")
        if not form.validate() and not wants_fragment(request):
            return await _role_page(request, role, form, permissions, status_code=400)
        preview = await preview_role(database, actor, role_id, permissions=permissions)
        if wants_fragment(request):
            return render(request, "roles/_preview.html", preview=preview)
        return await _role_page(request, role, form, permissions, preview=preview)

    @get("/{role_id:uuid}/deletion")
    async def ask_deletion(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        database, actor = tables_and_actor(request)
        role = await roles.get_role(database, actor, role_id)
        viewer = _viewer(request)
        if not viewer.can("roles:delete"):
            raise NotAllowed("roles:delete")
        require_covers(viewer.permissions, role.permissions)
        return await _deletion_page(request, role)

    @post("/{role_id:uuid}/deletion")
    async def delete(self, request: AnyRequest, role_id: FromPath[UUID]) -> Response[Any]:
        database, actor = tables_and_actor(request)
        role = await roles.get_role(database, actor, role_id)
        form = ConfirmForm(request, await read_form(request))
        if not form.validate():
            return await _deletion_page(
                request, role, status_code=400, error=_("This form has expired. Send it once more.")
            )
        try:
            await roles.delete_role(database, actor, role_id)
        except NotAllowed:
            raise
        except AdminAuthError as error:
            return await _deletion_page(request, role, status_code=error.status_code, error=error.message)
        flash(request, "success", _("The role %(name)s is deleted.", name=role.name))
        return see_other(request, admin_url(request, "roles"))


async def _new_page(
    request: AnyRequest, form: RoleForm, permissions: Collection[str], *, status_code: int = 200
) -> Response[Any]:
    if not _viewer(request).can("roles:write"):
        raise NotAllowed("roles:write")
    matrix = await _matrix(request, permissions)
    return render(request, "roles/new.html", status_code=status_code, form=form, matrix=matrix)


async def _role_page(
    request: AnyRequest,
    role: RoleRow,
    form: RoleForm,
    permissions: Collection[str],
    *,
    status_code: int = 200,
    **context: Any,
) -> Response[Any]:
    viewer = _viewer(request)
    # Whoever lacks part of what the role holds may not change it at all: the service refuses both ways. Their boxes are
    # disabled and there is nothing to send, so that no permission can fall away because a browser did not post it.
    changeable = not role.is_system and not missing(viewer.permissions, role.permissions)
    editable = changeable and viewer.can("roles:write")
    return render(
        request,
        "roles/edit.html",
        status_code=status_code,
        role=role,
        form=form,
        matrix=await _matrix(request, permissions, read_only=not editable),
        members=await _members(request, role, "preview" in context),
        editable=editable,
        deletable=viewer.can("roles:delete")
        and not role.is_system
        and not missing(viewer.permissions, role.permissions),
        preview_url=admin_url(request, "roles", role.id, "preview"),
        **context,
    )


async def _conflict_page(
    request: AnyRequest, role_id: UUID, form: RoleForm, permissions: Collection[str], error: EditConflict
) -> Response[Any]:
    """Show what is stored beside what was typed; saving once more then overwrites with open eyes."""
    database, actor = tables_and_actor(request)
    role = await roles.get_role(database, actor, role_id)
    typed = {
        "name": form.name.data or "",
        "description": form.description.data or "",
        "permissions": sorted(set(permissions)),
    }
    labels = {"name": _("Name"), "description": _("Description"), "permissions": _("Permissions")}
    stored = {"name": role.name, "description": role.description, "permissions": role.permissions}
    differences = [(labels[name], stored[name], typed[name]) for name in labels if stored[name] != typed[name]]
    form.version.data = str(role.version)
    form.form_errors.append(error.message)
    return await _role_page(request, role, form, permissions, status_code=error.status_code, conflict=differences)


async def _deletion_page(
    request: AnyRequest, role: RoleRow, *, status_code: int = 200, error: str | None = None
) -> Response[Any]:
    return render(
        request,
        "shared/confirm.html",
        "confirm",
        status_code=status_code,
        title=_("Delete the role %(name)s?", name=role.name),
        message=await _who_loses(request, role),
        action=admin_url(request, "roles", role.id, "deletion"),
        label=_("Delete role"),
        cancel=admin_url(request, "roles", role.id),
        error=error,
    )


async def _who_loses(request: AnyRequest, role: RoleRow) -> str:
    if not role.members:
        return _("Nobody holds it. This cannot be undone.")
    sentence = ngettext(
        "%(num)s person loses what it allows, at once. This cannot be undone.",
        "%(num)s people lose what it allows, at once. This cannot be undone.",
        role.members,
    )
    members = await _members(request, role, False, limit=NAMED_MEMBERS)
    if members is None:
        return sentence
    named = ", ".join(member.email for member in members.items)
    if role.members <= len(members.items):
        return f"{sentence} {named}"
    rest = ngettext("and %(num)s more", "and %(num)s more", role.members - len(members.items))
    return f"{sentence} {named} {rest}"


async def _members(
    request: AnyRequest, role: RoleRow, hidden: bool, *, limit: int = MEMBERS_A_PAGE
) -> Page[Member] | None:
    """Return a page of those who hold the role, or None for a viewer who may not see users."""
    if hidden or not _viewer(request).can("users:read"):
        return None
    database, actor = tables_and_actor(request)
    cursor = request.query_params.get("cursor") or None
    page = await roles.members_of(database, actor, role.id, ListQuery(sort="email", limit=limit, cursor=cursor))
    return replace(page, total=role.members)


async def _matrix(request: AnyRequest, permissions: Collection[str], *, read_only: bool = False) -> Matrix:
    database, actor = tables_and_actor(request)
    rows = await catalogue.all_permissions(database, actor)
    descriptions = {row.code: row.description for row in rows}
    return build_matrix(descriptions, set(permissions), _viewer(request).permissions, read_only=read_only)


def _form_of(request: AnyRequest, role: RoleRow) -> RoleForm:
    stored = {"name": role.name, "description": role.description, "version": str(role.version)}
    return RoleForm(request, data=stored)


def _viewer(request: AnyRequest) -> Viewer:
    viewer = viewer_of(request)
    if viewer is None:
        raise NotAllowed
    return viewer
