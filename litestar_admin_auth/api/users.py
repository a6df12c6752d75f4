"""``/api/users`` and the nouns below it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from litestar_admin_auth.api import schemas
from litestar_admin_auth.api.dependencies import AnyRequest, bodies, body, given, listing
from litestar_admin_auth.api.invitations import invite
from litestar_admin_auth.api.schemas import Listing, User
from litestar_admin_auth.auth.exports import take_along
from litestar_admin_auth.auth.one_time_links import make_link
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.auth.sign_in_status import sign_in_status
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.services import explanations, open_sessions, users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.export import USERS
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.one_time_links import RESET

StatusFilter = Annotated[str, QueryParameter(description="`active`, `suspended`, `invited` or `locked`.")]
RoleFilter = Annotated[str, QueryParameter(description="The name of a role that they hold.")]
EndsFilter = Annotated[str, QueryParameter(description="Ends of roles: within `7` or `30` days, or `ended`.")]
LastLoginFilter = Annotated[
    str, QueryParameter(description="`never`, or so many days ago and longer: `90`.", max_length=5)
]


class UserController(Controller):
    path = "/users"
    tags = ["users"]  # noqa: RUF012 - Litestar's own declaration is an instance variable

    @get(summary="List users")
    async def list_users(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        status: StatusFilter = "",
        role: RoleFilter = "",
        ends: EndsFilter = "",
        last_login: LastLoginFilter = "",
    ) -> Listing[User]:
        """Return users, newest first; sorts: `created_at`, `email`, `name`, `last_login_at`. Needs `users:read`."""
        query = replace(page, filters={"status": status, "role": role, "ends": ends, "last_login": last_login})
        return listing(await users.list_users(database, actor, query), User)

    @post("/export", status_code=200, media_type="text/csv", summary="Export users")
    async def export(
        self,
        request: AnyRequest,
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        status: StatusFilter = "",
        role: RoleFilter = "",
        ends: EndsFilter = "",
        last_login: LastLoginFilter = "",
    ) -> Stream:
        """Return all users that match as CSV, in the list's order; `limit`, `cursor` and `count` say nothing here.

        The audit log notes who took them. Needs `users:read`.
        """
        query = replace(page, filters={"status": status, "role": role, "ends": ends, "last_login": last_login})
        return await take_along(request, actor, USERS, query)

    @post(summary="Create a user")
    async def create(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        data: JSONBody[schemas.UserCreate],
    ) -> schemas.InvitedUser:
        """Create a user without a password, who sets one through the invitation's link. Needs `users:write`."""
        row = await users.create_user(database, actor, email=data.email, name=data.name, roles=data.roles)
        link = await invite(request, actor, row.id)
        return schemas.InvitedUser(
            **{name: getattr(row, name) for name in User.__struct_fields__},
            invitation_url=link.invitation_url,
            invitation_expires_at=link.invitation_expires_at,
        )

    @get("/{user_id:uuid}", summary="Read a user")
    async def read(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], user_id: FromPath[UUID]
    ) -> User:
        """Return one user. Needs `users:read`, or being that user."""
        return body(await users.get_user(database, actor, user_id), User)

    @patch("/{user_id:uuid}", summary="Change a user")
    async def change(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        user_id: FromPath[UUID],
        data: JSONBody[schemas.UserPatch],
    ) -> User:
        """Change what the body has and leave the rest; `roles` replaces all. Needs `users:write`.

        With `version`, the change is refused (409) when somebody else saved meanwhile.
        """
        row = await users.update_user(
            database,
            actor,
            user_id,
            email=given(data.email),
            name=given(data.name),
            roles=given(data.roles),
            version=given(data.version),
        )
        return body(row, User)

    @delete("/{user_id:uuid}", summary="Delete a user")
    async def remove(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], user_id: FromPath[UUID]
    ) -> None:
        """Delete a user; the audit events stay. Needs `users:delete`."""
        await users.delete_user(database, actor, user_id)


class UserStateController(Controller):
    path = "/users/{user_id:uuid}"
    tags = ["users"]  # noqa: RUF012

    @post("/suspension", summary="Suspend a user")
    async def suspend(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], user_id: FromPath[UUID]
    ) -> User:
        """Keep a user from signing in and end all sessions. Doing it twice changes nothing. Needs `users:write`."""
        return body(await users.suspend_user(database, actor, user_id), User)

    @delete("/suspension", summary="Reactivate a user")
    async def reactivate(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], user_id: FromPath[UUID]
    ) -> None:
        """Let a suspended user sign in again. Needs `users:write`."""
        await users.reactivate_user(database, actor, user_id)

    @post("/invitation", summary="Invite a user anew")
    async def invite(
        self, request: AnyRequest, actor: NamedDependency[Actor], user_id: FromPath[UUID]
    ) -> schemas.Invitation:
        """Mail a new link for choosing the first password; older ones stop working. Needs `users:write`.

        Somebody who has a password is not invited (409): a reset is for them. Without mail the link comes back here,
        once.
        """
        return await invite(request, actor, user_id)

    @post("/password-reset", summary="Send a user a link to reset the password")
    async def reset(
        self, request: AnyRequest, actor: NamedDependency[Actor], user_id: FromPath[UUID]
    ) -> schemas.ResetLink:
        """Mail a link for choosing a new password; older ones stop working. Needs `users:write`.

        Somebody without a password gets an invitation instead (409). Without mail the link comes back here, once. The
        old password works until a new one is chosen.
        """
        link, address = await make_link(request, actor, user_id, RESET)
        return schemas.ResetLink(address, link.expires_at)

    @get("/sign-in-status", summary="Find out why a user cannot sign in")
    async def read_sign_in_status(
        self, request: AnyRequest, actor: NamedDependency[Actor], user_id: FromPath[UUID]
    ) -> schemas.SignInStatus:
        """Return everything in the way, each with its remedy, and the failed logins since. Needs `users:read`."""
        return body(await sign_in_status(runtime_of(request), actor, user_id), schemas.SignInStatus)

    @get("/sessions", summary="List a user's sessions")
    async def list_sessions(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        page: NamedDependency[ListQuery],
        user_id: FromPath[UUID],
    ) -> Listing[schemas.Session]:
        """Return a user's live sessions. Needs `sessions:read`."""
        return listing(await open_sessions.list_sessions(database, actor, page, user_id=user_id), schemas.Session)

    @delete("/sessions", summary="End a user's sessions")
    async def end_sessions(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], user_id: FromPath[UUID]
    ) -> None:
        """End all sessions of a user. Needs `sessions:revoke`."""
        await open_sessions.revoke_user_sessions(database, actor, user_id)


class UserAccessController(Controller):
    path = "/users/{user_id:uuid}"
    tags = ["users"]  # noqa: RUF012

    @get("/roles", summary="List a user's roles")
    async def list_roles(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], user_id: FromPath[UUID]
    ) -> Listing[schemas.Grant]:
        """Return who gave a user which role, when, why and until when. Needs `users:read`."""
        return Listing(bodies(await users.grants_of(database, actor, user_id), schemas.Grant))

    @post("/roles", summary="Give a user a role")
    async def grant(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        user_id: FromPath[UUID],
        data: JSONBody[schemas.GrantCreate],
    ) -> schemas.Grant:
        """Give a role, or change reason and end of one already given. Needs `users:write` and what the role holds."""
        row = await users.grant_role(
            database, actor, user_id, data.role, reason=data.reason, expires_at=data.expires_at
        )
        return body(row, schemas.Grant)

    # A path, since a role's name may have a slash.
    @delete("/roles/{role:path}", summary="Take a role away")
    async def revoke(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        user_id: FromPath[UUID],
        role: FromPath[Path],
    ) -> None:
        """Take a role, given by its name, away from a user. Needs `users:write` and what the role holds."""
        await users.revoke_role(database, actor, user_id, role.as_posix().removeprefix("/"))

    @get("/permissions", summary="List what a user may do")
    async def list_permissions(
        self, database: NamedDependency[Database], actor: NamedDependency[Actor], user_id: FromPath[UUID]
    ) -> Listing[schemas.EffectivePermission]:
        """Return every permission that a user has, and by which roles. Needs `users:read`, or being that user."""
        rows = await explanations.effective_permissions(database, actor, user_id)
        return Listing(bodies(rows, schemas.EffectivePermission))

    @get("/permissions/{code:str}", summary="Explain a permission")
    async def explain(
        self,
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        user_id: FromPath[UUID],
        code: FromPath[str],
    ) -> schemas.Explanation:
        """Tell whether a user may do a thing, why, and which roles would allow it. Needs `users:read`."""
        return body(await explanations.explain(database, actor, user_id, code), schemas.Explanation)
