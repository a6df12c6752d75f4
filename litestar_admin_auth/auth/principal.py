"""Who is asking: what ``request.user`` and ``request.auth`` are."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from litestar_admin_auth.core.permissions import holds
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
    user_id = user.id if isinstance(user, CurrentUser) else None
    return Actor(label=user.email, user_id=user_id, session_id=session_id, ip=client.ip)
