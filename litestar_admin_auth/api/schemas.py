"""The bodies of the JSON API: what comes in is bounded and closed, what goes out is an explicit list of fields.

Requests refuse unknown fields, so that ``is_superuser``, ``id`` or ``password_hash`` cannot ride along (OWASP ASVS 5.0,
15.3.3). Answers never carry a service's row as it is: a column added there does not appear here by itself.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from litestar_admin_auth.core.passwords import MAX_PASSWORD_LENGTH
from litestar_admin_auth.core.permissions import MAX_CODE_LENGTH
from litestar_admin_auth.core.text import (
    MAX_DESCRIPTION_LENGTH,
    MAX_EMAIL_LENGTH,
    MAX_NAME_LENGTH,
    MAX_REASON_LENGTH,
    MAX_ROLE_NAME_LENGTH,
)

#: The largest INTEGER of PostgreSQL: a greater one would be a fault of the driver.
MAX_VERSION = 2**31 - 1

T = TypeVar("T")

Email = Annotated[str, Meta(max_length=MAX_EMAIL_LENGTH)]
Name = Annotated[str, Meta(max_length=MAX_NAME_LENGTH)]
RoleName = Annotated[str, Meta(max_length=MAX_ROLE_NAME_LENGTH)]
Description = Annotated[str, Meta(max_length=MAX_DESCRIPTION_LENGTH)]
Reason = Annotated[str, Meta(max_length=MAX_REASON_LENGTH)]
Password = Annotated[str, Meta(max_length=MAX_PASSWORD_LENGTH)]
Code = Annotated[str, Meta(max_length=MAX_CODE_LENGTH)]
RoleNames = Annotated[list[RoleName], Meta(max_length=500)]
Codes = Annotated[list[Code], Meta(max_length=5000)]
Version = Annotated[int, Meta(ge=1, le=MAX_VERSION)]
#: A time with its zone, such as ``2030-01-31T12:00:00Z``.
Moment = Annotated[datetime, Meta(tz=True)]


class _Input(Struct, frozen=True, forbid_unknown_fields=True):
    """The root of what clients send."""


class Credentials(_Input, frozen=True):
    email: Email
    password: Password


class RefreshToken(_Input, frozen=True):
    """Where the refresh token travels neither in ``X-Refresh-Token`` nor in its cookie."""

    # Far longer than a token: what is too long for one shall get the answer that every bad token gets, a 401.
    refresh_token: Annotated[str, Meta(max_length=2**16)] = ""


class PasswordChange(_Input, frozen=True):
    current_password: Password
    new_password: Password


class NewPassword(_Input, frozen=True):
    new_password: Password


class ResetRequest(_Input, frozen=True):
    email: Email


class Profile(_Input, frozen=True):
    name: Name


class PreferencesChange(_Input, frozen=True):
    language: Annotated[str, Meta(max_length=20)] | UnsetType | None = UNSET
    time_zone: Annotated[str, Meta(max_length=64)] | UnsetType | None = UNSET


class Preferences(Struct, frozen=True):
    """Null leaves it to the browser."""

    language: str | None
    time_zone: str | None


class UserCreate(_Input, frozen=True):
    email: Email
    name: Name = ""
    roles: RoleNames = []


class UserPatch(_Input, frozen=True):
    email: Email | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    roles: RoleNames | UnsetType = UNSET
    version: Version | UnsetType = UNSET


class GrantCreate(_Input, frozen=True):
    role: RoleName
    reason: Reason = ""
    expires_at: Moment | None = None


class RoleCreate(_Input, frozen=True):
    name: RoleName
    description: Description = ""
    permissions: Codes = []


class RolePatch(_Input, frozen=True):
    name: RoleName | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    permissions: Codes | UnsetType = UNSET
    version: Version | UnsetType = UNSET


class Listing(Struct, Generic[T], frozen=True):
    """A page of a list; ``next`` and ``previous`` are cursors, ``total`` is there with ``count=true`` only."""

    items: list[T]
    next: str | None = None
    previous: str | None = None
    total: int | UnsetType = UNSET


class PublicKey(Struct, frozen=True):
    """A JWK; RSA has ``n`` and ``e``, elliptic curves have ``crv`` and ``x``, some of them ``y``."""

    kty: str
    kid: str
    use: str
    alg: str
    n: str | UnsetType = UNSET
    e: str | UnsetType = UNSET
    crv: str | UnsetType = UNSET
    x: str | UnsetType = UNSET
    y: str | UnsetType = UNSET


class KeySet(Struct, frozen=True):
    keys: list[PublicKey]


class Message(Struct, frozen=True):
    message: str


class Me(Struct, frozen=True):
    id: str | int
    email: str
    roles: list[str]
    permissions: list[str]


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


class Account(User, frozen=True, kw_only=True):
    """The own user."""

    #: When, between the login before this session's and this session's, an old refresh token came back and ended a
    #: session: somebody may have a copy. Null when nothing of the kind happened.
    refresh_reused_at: datetime | None = None


class Member(User, frozen=True, kw_only=True):
    """A user and the grant by which they hold a role."""

    granted_by: str
    granted_at: datetime
    expires_at: datetime | None
    reason: str
    expired: bool


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


class InvitedPerson(Struct, frozen=True):
    email: str
    name: str


class Grant(Struct, frozen=True):
    role_id: UUID
    role: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime | None
    reason: str
    expired: bool


class GrantPath(Struct, frozen=True):
    role: str
    permission: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime | None
    reason: str
    role_id: UUID


class Holder(Struct, frozen=True):
    """Somebody who has a permission, and every way in which they have it."""

    user: User
    paths: list[GrantPath]


class EffectivePermission(Struct, frozen=True):
    code: str
    description: str
    paths: list[GrantPath]


class Explanation(Struct, frozen=True):
    """``advice``: ``allowed``, ``suspended``, ``give_a_role``, ``no_role_holds_it`` or ``ask_an_administrator``.

    ``may_give`` are those of ``would_allow`` that the asker may give; ``ended`` are ways that gave it until they ended.
    """

    allowed: bool
    paths: list[GrantPath]
    would_allow: list[str]
    status: str
    advice: str
    may_give: list[str]
    ended: list[GrantPath]
    declared: bool


class Role(Struct, frozen=True):
    id: UUID
    name: str
    description: str
    permissions: list[str]
    members: int
    is_system: bool
    version: int
    updated_at: datetime


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
    """``users`` names the first fifty; ``groups`` has the same people by what changes for them, largest first."""

    added: list[str]
    removed: list[str]
    users: list[UserChange]
    users_total: int
    groups: list[ChangeGroup]
    changes: dict[str, dict[str, str]]
    members: int


class Permission(Struct, frozen=True):
    code: str
    description: str
    source: str
    roles: list[str]


class Session(Struct, frozen=True):
    id: UUID
    user_id: UUID
    user_email: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip: str
    user_agent: str
    current: bool


class AuditEvent(Struct, frozen=True):
    id: UUID
    at: datetime
    actor: str
    actor_id: UUID | None
    action: str
    target_type: str
    target_id: str
    target_label: str
    changes: dict[str, Any]
    ip: str
    session_id: UUID | None
