"""A host's store, and whether a session in it lives."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import SimpleNamespace

from litestar.stores.redis import RedisStore

from litestar_admin_auth.auth.store_sessions import StoreSessions
from litestar_admin_auth.core.exceptions import InvalidSession
from litestar_admin_auth.services.sessions import Client

ANN = SimpleNamespace(id=1)


CLIENT = Client("203.0.113.9")


@asynccontextmanager
async def redis_store(url: str) -> AsyncGenerator[RedisStore]:
    made = RedisStore.with_client(url=url)
    async with made:
        yield made


async def lives(sessions: StoreSessions, session: str, subject: str = "1") -> bool:
    try:
        return (await sessions.find(session, subject)).id == session
    except InvalidSession:
        return False
