"""A worker of its own that refreshes sessions many times at once: run by the tests, two at a time.

Its arguments are ``redis`` or ``database``, the URL, the sessions, their subject and how often. It says ``ready``, then
waits for a generation on each line and prints what it got for that as JSON.
"""

import asyncio
import json
import sys
from datetime import timedelta

from litestar.stores.redis import RedisStore

from litestar_admin_auth.auth.registry import DatabaseSessions, SessionRegistry
from litestar_admin_auth.auth.store_sessions import StoreSessions
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.exceptions import AdminAuthError
from litestar_admin_auth.services.session_policy import SessionPolicy
from litestar_admin_auth.services.sessions import Client

POLICY = SessionPolicy(idle=timedelta(days=1))


async def refresh(registry: SessionRegistry, session: str, subject: str, generation: int) -> list[str]:
    try:
        found = await registry.rotate(session, subject, generation, Client("203.0.113.9"))
    except AdminAuthError as error:
        return [error.code]
    return [str(found.generation), found.rotated_at.isoformat(), found.expires_at.isoformat()]


async def main(kind: str, url: str, sessions: str, subject: str, times: str) -> None:
    registry: SessionRegistry
    if kind == "redis":
        store = RedisStore.with_client(url=url)
        registry = StoreSessions(store, POLICY)
        await store.get("warm up")
    else:
        database = Database(create_engine(url))
        registry = DatabaseSessions(database, POLICY)
        async with database.reading():
            pass
    asked = [session for _ in range(int(times)) for session in sessions.split(",")]
    say("ready")
    while generation := await asyncio.to_thread(sys.stdin.readline):
        answers = await asyncio.gather(*(refresh(registry, session, subject, int(generation)) for session in asked))
        say(json.dumps(list(zip(asked, answers, strict=True))))


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
