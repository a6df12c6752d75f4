"""A link that may be used once: an invitation or a password reset."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from litestar_admin_auth.models.base import TABLE_PREFIX, Base, HasId


class OneTimeToken(HasId, Base):
    """Only the digest is stored, bound to a purpose, a user and the address that it was made for."""

    __tablename__ = TABLE_PREFIX + "one_time_token"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("admin_auth_user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    email_normalized: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    #: Whoever saw the link, where it was not mailed: no foreign key, since a link must not outlive its maker's rights.
    shown_to: Mapped[UUID | None]
