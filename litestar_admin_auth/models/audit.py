"""What happened."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from litestar_admin_auth.models.base import TABLE_PREFIX, Base, HasId


class AuditEvent(HasId, Base):
    """An event. It has no foreign keys: it outlives everybody and everything it tells of."""

    __tablename__ = TABLE_PREFIX + "audit_event"

    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    #: The actor's e-mail then, or ``cli``, ``system``, or the address that somebody tried.
    actor: Mapped[str] = mapped_column(String(320), default="")
    #: A noun and a past verb: ``user.created``, ``role.permissions_changed``.
    action: Mapped[str] = mapped_column(String(80))
    target_type: Mapped[str] = mapped_column(String(40), default="")
    target_id: Mapped[str] = mapped_column(String(64), default="")
    target_label: Mapped[str] = mapped_column(String(320), default="")
    #: ``{"field": {"old": ..., "new": ...}}``; never a secret.
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    ip: Mapped[str] = mapped_column(String(45), default="")
    session_id: Mapped[UUID | None]

    __table_args__ = (
        Index(None, "at", "id"),
        # With the id at the end, each serves a filter and the order of the list at once.
        Index(None, "action", "at", "id"),
        Index(None, "actor", "at", "id"),
        Index(None, "actor_id", "at", "id"),
        Index(None, "target_type", "target_id", "at", "id"),
    )
