"""One superuser stays: no change may leave nobody who can administer everything, now and later.

Only an active user counts, who can sign in (not one merely invited), and only a grant without an end.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.exceptions import LastSuperuser
from litestar_admin_auth.core.permissions import WILDCARD
from litestar_admin_auth.models import RolePermission, User, UserRole


@asynccontextmanager
async def keeping_a_superuser(db: AsyncSession) -> AsyncGenerator[None]:
    """Refuse the enclosed change when there was a superuser before it and there is none after it.

    Raises:
        LastSuperuser: On leaving; the caller's transaction rolls back with it.
    """
    had_one = await _a_superuser_exists(db)
    yield
    await db.flush()
    if had_one:
        await require_a_superuser_remains(db)


async def foresee_a_superuser(db: AsyncSession, *, without: ColumnElement[bool]) -> None:
    """Refuse a change that is only asked about, just as :func:`keeping_a_superuser` would refuse it.

    Args:
        db: The caller's transaction, which need not write.
        without: What the change would take away: a condition on ``User``, ``UserRole`` or ``RolePermission``.

    Raises:
        LastSuperuser: When nobody could administer everything after it.
    """
    if await _a_superuser_exists(db) and not await _a_superuser_exists(db, without=without):
        raise LastSuperuser


async def require_a_superuser_remains(db: AsyncSession) -> None:
    """Check that somebody can still administer everything, now and later.

    Raises:
        LastSuperuser: When there is nobody.
    """
    if not await _a_superuser_exists(db):
        raise LastSuperuser


async def lasting_superusers(db: AsyncSession) -> set[UUID]:
    """Return the ids of all who can administer everything, now and later; see :func:`is_lasting_superuser`."""
    return set(await db.scalars(_lasting_superusers()))


def is_lasting_superuser(user: User, *, without: UserRole | None = None) -> bool:
    """Tell whether a loaded user counts as a superuser who stays, were it not for one of the grants."""
    return user.status == "active" and any(
        grant is not without and grant.expires_at is None and WILDCARD in grant.role.codes for grant in user.grants
    )


async def _a_superuser_exists(db: AsyncSession, *, without: ColumnElement[bool] | None = None) -> bool:
    superusers = _lasting_superusers()
    if without is not None:
        superusers = superusers.where(~without)
    return await db.scalar(superusers.limit(1)) is not None


def _lasting_superusers() -> Select[UUID]:
    return (
        select(User.id)
        .join(UserRole, UserRole.user_id == User.id)
        .join(RolePermission, RolePermission.role_id == UserRole.role_id)
        .where(User.status == "active", UserRole.expires_at.is_(None), RolePermission.code == WILDCARD)
    )
