"""Versions: each saving of a user or a role counts one up, so that nobody overwrites what they have not seen."""

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.exceptions import EditConflict
from litestar_admin_auth.models import Role, User


def require_version(stored: User | Role, opened: int | None) -> None:
    """Refuse a change that was made from another version than the stored one; None is made from whatever is there.

    Raises:
        EditConflict: With the version that is stored.
    """
    if opened is not None and opened != stored.version:
        raise EditConflict(stored.version)


def count_up(changed: User | Role) -> None:
    """Note that a user or a role has changed, now."""
    changed.version += 1
    changed.updated_at = now()
