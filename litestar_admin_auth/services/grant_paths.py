"""The ways in which a permission reaches a user: which grant of which role, and what that role holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.permissions import patterns_giving
from litestar_admin_auth.models import User, UserRole
from litestar_admin_auth.services.access import has_ended


@dataclass(frozen=True)
class GrantPath:
    """One way in which a permission reaches a user; ``permission`` is what the role holds, possibly a wildcard."""

    role: str
    permission: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime | None
    reason: str
    role_id: UUID

    @classmethod
    def of(cls, grant: UserRole, pattern: str) -> "GrantPath":
        """Return the way through a loaded grant to one of the patterns that its role holds."""
        return cls(
            grant.role.name,
            pattern,
            grant.granted_by,
            grant.granted_at,
            grant.expires_at,
            grant.reason,
            grant.role_id,
        )


def paths_by_pattern(user: User, *, ended: bool = False) -> dict[str, list[GrantPath]]:
    """Return a loaded user's ways to each pattern held; with ``ended``, those that are over."""
    moment = now()
    paths: dict[str, list[GrantPath]] = {}
    for grant in user.grants:
        if user.is_active and has_ended(grant, moment) == ended:
            for pattern in grant.role.codes:
                paths.setdefault(pattern, []).append(GrantPath.of(grant, pattern))
    return paths


def paths_to(code: str, paths: Mapping[str, list[GrantPath]]) -> list[GrantPath]:
    """Return the ways to a code among those of :func:`paths_by_pattern`, by role."""
    found = [path for pattern in patterns_giving(code) for path in paths.get(pattern, ())]
    return sorted(found, key=lambda path: (path.role, path.permission))
