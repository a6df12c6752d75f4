"""Roles, what they hold, and who holds them."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from litestar_admin_auth.models.base import TABLE_PREFIX, Base, HasId

if TYPE_CHECKING:
    from litestar_admin_auth.models.user import User


class Role(HasId, Base):
    """A named set of permissions; the only way in which permissions reach users."""

    __tablename__ = TABLE_PREFIX + "role"

    name: Mapped[str] = mapped_column(String(100), unique=True)
    description: Mapped[str] = mapped_column(String(500), default="")
    is_system: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    permissions: Mapped[list["RolePermission"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", passive_deletes=True, order_by="RolePermission.code"
    )

    @property
    def codes(self) -> list[str]:
        """The codes and wildcards that the role holds, sorted."""
        return sorted(permission.code for permission in self.permissions)


class Permission(HasId, Base):
    """An entry of the catalogue: something that can be done. It holds no wildcards."""

    __tablename__ = TABLE_PREFIX + "permission"

    code: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(String(500), default="")
    #: Who declared it: ``package``, or ``host`` for ``AdminConfig.permissions``.
    source: Mapped[str] = mapped_column(String(20), default="host")


class RolePermission(Base):
    """A role holds a code or a wildcard. No foreign key to the catalogue: wildcards are not in it."""

    __tablename__ = TABLE_PREFIX + "role_permission"

    role_id: Mapped[UUID] = mapped_column(ForeignKey(Role.id, ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(120), primary_key=True)
    granted_at: Mapped[datetime]
    #: The actor's label (an e-mail, or ``cli``): it outlives the actor.
    granted_by: Mapped[str] = mapped_column(String(320))

    __table_args__ = (Index(None, "code"),)


class UserRole(HasId, Base):
    """A user holds a role: who gave it, when, why and until when."""

    __tablename__ = TABLE_PREFIX + "user_role"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("admin_auth_user.id", ondelete="CASCADE"))
    role_id: Mapped[UUID] = mapped_column(ForeignKey(Role.id, ondelete="CASCADE"), index=True)
    granted_at: Mapped[datetime]
    granted_by: Mapped[str] = mapped_column(String(320))
    reason: Mapped[str] = mapped_column(String(500), default="")
    expires_at: Mapped[datetime | None]

    user: Mapped["User"] = relationship(back_populates="grants", lazy="raise")
    role: Mapped[Role] = relationship(lazy="raise")

    # For who holds something that ends soon, read from the index alone.
    __table_args__ = (UniqueConstraint("user_id", "role_id"), Index(None, "expires_at", "user_id"))
