"""Roles, their members, and what a change of one would do."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, field

from litestar_admin_auth.api.schemas.fields import Codes, Description, Input, RoleName, Version
from litestar_admin_auth.api.schemas.users import User


class RoleCreate(Input, frozen=True):
    name: RoleName
    description: Description = ""
    permissions: Codes = field(default_factory=list[str])


class RolePatch(Input, frozen=True):
    name: RoleName | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    permissions: Codes | UnsetType = UNSET
    version: Version | UnsetType = UNSET


class Role(Struct, frozen=True):
    id: UUID
    name: str
    description: str
    permissions: list[str]
    members: int
    is_system: bool
    version: int
    updated_at: datetime


class NewRolePreview(Struct, frozen=True):
    """``allows`` spells the wildcards among ``added`` out: all that whoever is given the role would have."""

    added: list[str]
    allows: list[str]


class Member(User, frozen=True, kw_only=True):
    """A user and the grant by which they hold a role."""

    granted_by: str
    granted_at: datetime
    expires_at: datetime | None
    reason: str
    expired: bool


class UserChange(Struct, frozen=True):
    id: UUID
    email: str
    gains: list[str]
    loses: list[str]


class ChangeGroup(Struct, frozen=True):
    """So many users gain and lose the same."""

    gains: list[str]
    loses: list[str]
    users_total: int


class RolePreview(Struct, frozen=True):
    """``users`` names fifty, after ``offset`` others; ``groups`` has all by what changes for them, largest first."""

    added: list[str]
    removed: list[str]
    users: list[UserChange]
    users_total: int
    offset: int
    groups: list[ChangeGroup]
    changes: dict[str, dict[str, str]]
    members: int
