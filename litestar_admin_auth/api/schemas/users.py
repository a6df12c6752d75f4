"""Users, their grants, their links, and why they cannot sign in."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, field

from litestar_admin_auth.api.schemas.fields import Email, Input, Moment, Name, Reason, RoleName, RoleNames, Version


class UserCreate(Input, frozen=True):
    email: Email
    name: Name = ""
    roles: RoleNames = field(default_factory=list[str])


class UserPatch(Input, frozen=True):
    email: Email | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    roles: RoleNames | UnsetType = UNSET
    version: Version | UnsetType = UNSET


class GrantCreate(Input, frozen=True):
    role: RoleName
    reason: Reason = ""
    expires_at: Moment | None = None


class User(Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    name: str
    status: str
    roles: list[str]
    last_login_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


class InvitedUser(User, frozen=True, kw_only=True):
    """A user just created. Without mail the link comes back here, once; with mail it is null."""

    invitation_url: str | None
    invitation_expires_at: datetime


class Invitation(Struct, frozen=True):
    invitation_url: str | None
    invitation_expires_at: datetime


class ResetLink(Struct, frozen=True):
    """Without mail the link comes back here, once; with mail it is null."""

    reset_url: str | None
    reset_expires_at: datetime


class Obstacle(Struct, frozen=True):
    """`code` is `suspended`, `locked`, `invited`, `no_password`, `no_roles` or `mail_failed`; only those with `blocks`
    keep the user out. `remedy` is `reactivate`, `wait`, `invite`, `reset` or `give_role`.
    """

    code: str
    message: str
    blocks: bool
    remedy: str
    since: datetime | None
    by: str
    until: datetime | None


class FailedLogin(Struct, frozen=True):
    at: datetime
    ip: str


class SignInStatus(Struct, frozen=True):
    can_sign_in: bool
    obstacles: list[Obstacle]
    failed_logins: list[FailedLogin]
    last_login_at: datetime | None


class Grant(Struct, frozen=True):
    role_id: UUID
    role: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime | None
    reason: str
    expired: bool
