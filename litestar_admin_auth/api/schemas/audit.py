"""The audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct


class AuditEvent(Struct, frozen=True):
    id: UUID
    at: datetime
    actor: str
    actor_id: UUID | None
    action: str
    target_type: str
    target_id: str
    target_label: str
    changes: dict[str, Any]
    ip: str
    session_id: UUID | None
