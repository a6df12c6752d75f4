"""Who is asking: what ``request.user`` and ``request.auth`` are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

from litestar_admin_auth.core.permissions import holds, is_pattern
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.sessions import Client, SignedIn


@dataclass(frozen=True)
class CurrentUser:
    """A user of our tables, as read for this request."""

    id: UUID
    email: str
    name: str
    roles: list[str]
    permissions: list[str]
    language: str | None = None
    time_zone: str | None = None

    @classmethod
    def of(cls, signed_in: SignedIn) -> "CurrentUser":
        user = signed_in.user
        return cls(
            user.id,
            user.email,
            user.name,
            signed_in.roles,
            signed_in.permissions,
            user.language,
            user.time_zone,
        )

    def can(self, permission: str) -> bool:
        """Tell whether the user holds a permission; for showing things. Services decide for themselves."""
        return holds(self.permissions, permission)


@dataclass(frozen=True)
class Authentication:
    """How the user was recognised."""

    session_id: str | None
    location: Literal["header", "cookie", "backend"]


def actor_of(user: Any, auth: Authentication | None, client: Client) -> Actor:
    """Return who does something, in the words of the services."""
    session_id = UUID(auth.session_id) if auth is not None and auth.session_id else None
    if isinstance(user, CurrentUser):
        return Actor(label=user.email, user_id=user.id, session_id=session_id, ip=client.ip)
    return Actor(label=user.email, session_id=session_id, ip=client.ip, vouched=frozenset(permissions_of(user)))


def lacks(user: object) -> list[str]:
    """Return what an object lacks to be a user (``AdminUserProtocol``).

    None, an empty text or a truth value is no id: all users that have it would be one, such as those never stored.
    """
    user_id: object = getattr(user, "id", None)
    without_id = user_id is None or user_id == "" or isinstance(user_id, bool)
    lacking = [name for name in ("email", "roles", "permissions") if not hasattr(user, name)]
    return ["id", *lacking] if without_id else lacking


def permissions_of(user: Any) -> list[str]:
    """Return what a user object holds, in the order in which it says so; what is no code or wildcard is left out."""
    stated: object = getattr(user, "permissions", None)
    # A text is a sequence too: of its letters.
    if isinstance(stated, str) or not isinstance(stated, Iterable):
        return []
    listed = cast("Iterable[object]", stated)
    return [code for code in listed if isinstance(code, str) and is_pattern(code)]
