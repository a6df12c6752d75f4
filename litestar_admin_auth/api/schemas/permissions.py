"""Permissions, who has them and why."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from litestar_admin_auth.api.schemas.users import User


class Permission(Struct, frozen=True):
    code: str
    description: str
    source: str
    roles: list[str]


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
    """``declared`` is false for what nobody declares any more, while a role still holds it."""

    code: str
    description: str
    paths: list[GrantPath]
    declared: bool


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
