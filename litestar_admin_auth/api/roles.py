"""``/api/roles``: roles, their members, and what a change of one would do."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from litestar_admin_auth.api.dependencies import AnyRequest, Offset, body, given, listing
from litestar_admin_auth.api.schemas import Listing, Member, NewRolePreview, Role, RoleCreate, RolePatch, RolePreview
from litestar_admin_auth.auth.exports import take_along
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.services import roles
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.export import ROLES
from litestar_admin_auth.services.lists import ListQuery

PermissionFilter = Annotated[str, QueryParameter(description="A code or wildcard that they hold as it is.")]


class RoleController(Controller):
    path = "/roles"
    tags = ["roles"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @get(summary="List roles")
    async def list_roles(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        permission: PermissionFilter = "",
    ) -> Listing[Role]:
        """Return roles, newest first. Needs `roles:read`.

        Sorts: `created_at`, `name`, `updated_at`, `members`.
        """
        query = replace(page, filters={"permission": permission})
        return listing(await roles.list_roles(database, actor, query), Role)

    @post("/export", status_code=200, media_type="text/csv", summary="Export roles")
    async def export(
        self,
        request: AnyRequest,
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        permission: PermissionFilter = "",
    ) -> Stream:
        """Return all roles that match as CSV, in the list's order; `limit`, `cursor` and `count` say nothing here.

        The audit log notes who took them. Needs `roles:read`.
        """
        return await take_along(request, actor, ROLES, replace(page, filters={"permission": permission}))

    @post(summary="Create a role")
    async def create(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], data: JSONBody[RoleCreate]
    ) -> Role:
        """Create a role. Needs `roles:write` and everything that the role holds."""
        row = await roles.create_role(
            database, actor, name=data.name, description=data.description, permissions=data.permissions
        )
        return body(row, Role)

    @post("/preview", status_code=200, summary="Preview a new role")
    async def preview_new(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], data: JSONBody[RoleCreate]
    ) -> NewRolePreview:
        """Tell what a role with this body would allow; nothing is saved. Needs `roles:write`.

        It is refused as creating the role would be. Nobody gains anything until the role is given to somebody.
        """
        preview = await roles.preview_new_role(
            database, actor, name=data.name, description=data.description, permissions=data.permissions
        )
        return body(preview, NewRolePreview)

    @get("/{role_id:uuid}", summary="Read a role")
    async def read(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], role_id: FromPath[UUID]
    ) -> Role:
        """Return one role. Needs `roles:read`."""
        return body(await roles.get_role(database, actor, role_id), Role)

    @patch("/{role_id:uuid}", summary="Change a role")
    async def change(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        role_id: FromPath[UUID],
        data: JSONBody[RolePatch],
    ) -> Role:
        """Change what the body has and leave the rest; `permissions` replaces all. Needs `roles:write`.

        With `version`, the change is refused (409) when somebody else saved meanwhile.
        """
        row = await roles.update_role(
            database,
            actor,
            role_id,
            name=given(data.name),
            description=given(data.description),
            permissions=given(data.permissions),
            version=given(data.version),
        )
        return body(row, Role)

    @delete("/{role_id:uuid}", summary="Delete a role")
    async def remove(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], role_id: FromPath[UUID]
    ) -> None:
        """Delete a role and take it away from everybody. Needs `roles:delete` and everything that the role holds."""
        await roles.delete_role(database, actor, role_id)

    @get("/{role_id:uuid}/members", summary="List a role's members")
    async def members(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        role_id: FromPath[UUID],
        ends: Annotated[str, QueryParameter(description="Ends within `7` or `30` days, or has `ended`.")] = "",
    ) -> Listing[Member]:
        """Return the users who hold a role, and by which grant. Needs `roles:read` and `users:read`.

        Sorts: as for users, `granted_at` and `expires_at`.
        """
        query = replace(page, filters={"ends": ends})
        return listing(await roles.members_of(database, actor, role_id, query), Member)

    @post("/{role_id:uuid}/preview", status_code=200, summary="Preview a role's change")
    async def preview(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        role_id: FromPath[UUID],
        data: JSONBody[RolePatch],
        offset: Offset = 0,
    ) -> RolePreview:
        """Tell what a PATCH with this body would change, and for whom; nothing is saved. Needs `roles:write`.

        It is refused as the PATCH would be. Without `users:read` the users are counted but not named; with it, fifty
        of them are, from `offset` on.
        """
        preview = await roles.preview_role(
            database,
            actor,
            role_id,
            name=given(data.name),
            description=given(data.description),
            permissions=given(data.permissions),
            version=given(data.version),
            offset=offset,
        )
        return body(preview, RolePreview)

    @get("/{role_id:uuid}/deletion-preview", summary="Preview a role's deletion")
    async def deletion_preview(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        role_id: FromPath[UUID],
        offset: Offset = 0,
    ) -> RolePreview:
        """Tell what deleting a role would take from whom; nothing is deleted. Needs `roles:delete`.

        It is refused as the DELETE would be. Fifty users are named, from `offset` on.
        """
        return body(await roles.preview_role_deletion(database, actor, role_id, offset=offset), RolePreview)
