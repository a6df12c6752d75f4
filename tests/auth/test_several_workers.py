"""Several workers on one store or database: one winner of each refresh, and what is ended stays ended."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis

from litestar_admin_auth.auth.registry import DatabaseSessions
from litestar_admin_auth.auth.store_sessions import StoreSessions
from litestar_admin_auth.core.database import Database, create_engine
from tests.auth.refreshing import POLICY, refresh
from tests.auth.stores import ANN, CLIENT, lives, redis_store


@pytest.fixture
async def two_workers(redis_url: str) -> AsyncGenerator[tuple[StoreSessions, StoreSessions]]:
    """What two workers have: each its own client of one Redis."""
    async with redis_store(redis_url) as one, redis_store(redis_url) as other:
        yield StoreSessions(one, POLICY), StoreSessions(other, POLICY)


class TestSeveralWorkers:
    async def test_ending_and_rotating_at_once_ends_it(self, two_workers: tuple[StoreSessions, StoreSessions]) -> None:
        one, other = two_workers
        for _ in range(25):
            session = (await one.start(ANN, CLIENT)).id
            await asyncio.gather(
                *(refresh(other, session, "1", 0) for _ in range(3)),
                one.end(session, "1", CLIENT),
                *(refresh(one, session, "1", 0) for _ in range(3)),
            )
            assert not await lives(one, session)
            assert await refresh(other, session, "1", 1) == ["invalid_session"]

    async def test_ending_all_and_rotating_at_once_ends_them(
        self, two_workers: tuple[StoreSessions, StoreSessions]
    ) -> None:
        one, other = two_workers
        for _ in range(10):
            kept, *ended = [(await one.start(ANN, CLIENT)).id for _ in range(4)]
            await asyncio.gather(
                *(refresh(other, session, "1", 0) for session in ended), one.end_all_of("1", CLIENT, keep=kept)
            )
            assert [await lives(other, session) for session in (kept, *ended)] == [True, False, False, False]

    async def test_no_login_is_lost(self, two_workers: tuple[StoreSessions, StoreSessions]) -> None:
        one, other = two_workers
        started = await asyncio.gather(*(worker.start(ANN, CLIENT) for worker in (one, other) for _ in range(10)))
        assert all([await lives(one, session.id) for session in started])

    async def test_a_server_that_forgot_the_script_is_told_again(
        self, two_workers: tuple[StoreSessions, StoreSessions], redis_url: str
    ) -> None:
        one, other = two_workers
        session = (await one.start(ANN, CLIENT)).id
        async with Redis.from_url(redis_url) as client:
            await client.script_flush()
        assert (await other.rotate(session, "1", 0, CLIENT)).generation == 1

    async def test_only_the_digest_travels_after_the_first_time(
        self, two_workers: tuple[StoreSessions, StoreSessions], redis_url: str
    ) -> None:
        one, _ = two_workers
        await one.start(ANN, CLIENT)
        async with Redis.from_url(redis_url) as client:
            await client.config_resetstat()
            for _ in range(5):
                await one.start(ANN, CLIENT)
            seen = await client.info("commandstats")
        assert seen["cmdstat_evalsha"]["calls"] == 5
        assert "cmdstat_eval" not in seen
        assert "cmdstat_script|load" not in seen

    @pytest.mark.parametrize(
        "kind", ["redis", pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.postgresql)]
    )
    async def test_twenty_refreshes_in_two_processes_have_one_winner(
        self, kind: str, python: list[str], request: pytest.FixtureRequest
    ) -> None:
        if kind == "redis":
            url: str = request.getfixturevalue("redis_url")
            async with redis_store(url) as store:
                registry = StoreSessions(store, POLICY)
                sessions, subject = [(await registry.start(ANN, CLIENT)).id for _ in range(10)], "1"
        else:
            url = request.getfixturevalue(f"{kind}_url")
            sessions, subject = await _signed_in(url)
        kind = "redis" if kind == "redis" else "database"
        async with two_processes(python, kind, url, sessions, subject) as refresh_all:
            for before, after in ((0, "1"), (1, "2")):
                answers = await refresh_all(before)
                assert set(answers) == set(sessions)
                for given in answers.values():
                    assert len(given) == 20
                    # The same generation since the same moment until the same end: they sign the same token.
                    assert all(one == given[0] for one in given)
                    assert given[0][0] == after


async def _signed_in(url: str) -> tuple[list[str], str]:
    from litestar_admin_auth.core.clock import now
    from litestar_admin_auth.models import User
    from litestar_admin_auth.services.migrations import upgrade

    database = Database(create_engine(url))
    try:
        await upgrade(database)
        async with database.writing() as db:
            user = User(
                email="ann@example.com", email_normalized="ann@example.com", created_at=now(), updated_at=now(),
                is_active=True, security_epoch=0, version=1,
            )  # fmt: skip
            db.add(user)
        registry = DatabaseSessions(database, POLICY)
        return [(await registry.start(user, CLIENT)).id for _ in range(2)], str(user.id)
    finally:
        await database.close()


@asynccontextmanager
async def two_processes(
    python: list[str], kind: str, url: str, sessions: list[str], subject: str
) -> AsyncGenerator[Callable[[int], Awaitable[dict[str, list[list[str]]]]]]:
    """Start two workers; the result lets both refresh each session ten times at once, from one generation."""
    command = [*python, "-m", "tests.auth.refreshing", kind, url, ",".join(sessions), subject, "10"]
    pipes: dict[str, Any] = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "limit": 2**20}
    workers = [await asyncio.create_subprocess_exec(*command, **pipes) for _ in range(2)]

    async def refresh_all(generation: int) -> dict[str, list[list[str]]]:
        for worker in workers:
            worker.stdin.write(f"{generation}\n".encode())
        answers: dict[str, list[list[str]]] = {}
        for line in await asyncio.gather(*(worker.stdout.readline() for worker in workers)):
            for session, answer in json.loads(line):
                answers.setdefault(session, []).append(answer)
        return answers

    try:
        assert await asyncio.gather(*(worker.stdout.readline() for worker in workers)) == [b"ready\n"] * 2
        yield refresh_all
    finally:
        await asyncio.gather(*(worker.communicate(b"") for worker in workers))
