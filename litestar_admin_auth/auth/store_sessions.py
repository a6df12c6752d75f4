"""Sessions of a host's own users, in one of the host's stores: memory by default, Redis or Valkey for many workers.

The rules are those of ``services/sessions.py``. A store has no transactions: two workers that refresh at the same
moment both write the same generation, which is what the grace allows anyway.
"""

import asyncio
import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from litestar.stores.base import Store

from litestar_admin_auth.auth.registry import LiveSession
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.exceptions import InvalidSession, RefreshReused
from litestar_admin_auth.services.sessions import Client, SessionPolicy

logger = logging.getLogger(__name__)

#: The name under which the host registers another store: ``Litestar(stores={"admin_auth": RedisStore(...)})``.
STORE_NAME = "admin_auth"


@dataclass
class _Record:
    user_id: int | str
    generation: int
    rotated_at: str
    idle_expires_at: str
    expires_at: str


class StoreSessions:
    """Keeps sessions in a Litestar store.

    Args:
        store: Where; one that all workers share, if there are several.
        policy: How long they live.
    """

    def __init__(self, store: Store, policy: SessionPolicy) -> None:
        self.store, self.policy = store, policy
        self._writing = asyncio.Lock()

    async def start(self, user: Any, client: Client) -> LiveSession:
        moment, given = now(), user.id
        record = _Record(
            given if isinstance(given, int) else str(given),
            0,
            moment.isoformat(),
            min(moment + self.policy.idle, moment + self.policy.absolute).isoformat(),
            (moment + self.policy.absolute).isoformat(),
        )
        session_id = str(uuid4())
        await self._write(session_id, record)
        return _live(session_id, record)

    async def find(self, session_id: str, subject: str) -> LiveSession:
        return _live(session_id, await self._read(session_id, subject))

    async def rotate(self, session_id: str, subject: str, generation: int, client: Client) -> LiveSession:
        async with self._writing:
            moment, record = now(), await self._read(session_id, subject)
            since = moment - datetime.fromisoformat(record.rotated_at)
            if record.generation == generation:
                ends = datetime.fromisoformat(record.expires_at)
                record.generation, record.rotated_at = generation + 1, moment.isoformat()
                record.idle_expires_at = min(moment + self.policy.idle, ends).isoformat()
                await self._write(session_id, record)
            elif record.generation != generation + 1 or since > self.policy.grace:
                # Reuse means theft: end the whole family.
                await self.store.delete(session_id)
                logger.warning("an old refresh token came from %s; session %s has been ended", client.ip, session_id)
                raise RefreshReused(UUID(session_id))
        return _live(session_id, record)

    async def end(self, session_id: str, subject: str, client: Client) -> None:
        # Not between another's reading and writing: the session would come back to life.
        async with self._writing:
            await self.store.delete(session_id)

    async def _read(self, session_id: str, subject: str) -> _Record:
        stored = await self.store.get(session_id)
        if stored is None:
            raise InvalidSession
        record = _Record(**json.loads(stored))
        if str(record.user_id) != subject or now() >= datetime.fromisoformat(record.idle_expires_at):
            raise InvalidSession
        return record

    async def _write(self, session_id: str, record: _Record) -> None:
        left = datetime.fromisoformat(record.idle_expires_at) - now()
        await self.store.set(session_id, json.dumps(vars(record)), expires_in=max(1, int(left.total_seconds()) + 1))


def _live(session_id: str, record: _Record) -> LiveSession:
    return LiveSession(
        session_id,
        str(record.user_id),
        record.generation,
        datetime.fromisoformat(record.rotated_at),
        datetime.fromisoformat(record.idle_expires_at),
        user_id=record.user_id,
    )
