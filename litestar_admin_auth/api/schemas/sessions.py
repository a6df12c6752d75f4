"""Sessions."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Session(Struct, frozen=True):
    id: UUID
    user_id: UUID
    user_email: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip: str
    user_agent: str
    current: bool
