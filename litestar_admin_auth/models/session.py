"""One row a login."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from litestar_admin_auth.models.base import TABLE_PREFIX, Base, HasId

if TYPE_CHECKING:
    from litestar_admin_auth.models.user import User


class Session(HasId, Base):
    """A login and its family of refresh tokens. No token is stored: ``generation`` says which one is current."""

    __tablename__ = TABLE_PREFIX + "session"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("admin_auth_user.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    #: The end when nothing happens; moved forward by each refresh, never past ``expires_at``.
    idle_expires_at: Mapped[datetime]
    #: The end whatever happens.
    expires_at: Mapped[datetime]
    generation: Mapped[int] = mapped_column(default=0)
    rotated_at: Mapped[datetime]
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(400), default="")
    #: How the person proved who they are, such as ``password``.
    auth_method: Mapped[str] = mapped_column(String(40), default="password")
    #: The user's epoch at login; the session is dead once the user's has moved on.
    security_epoch: Mapped[int]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None] = mapped_column(String(100))

    user: Mapped["User"] = relationship(lazy="raise")

    __table_args__ = (
        Index(None, "user_id", "created_at", "id"),
        Index(None, "created_at", "id"),
        Index(None, "last_seen_at", "id"),
    )
