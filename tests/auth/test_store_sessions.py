"""Sessions in the host's store: the same rules as in our table, on each kind of store."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from litestar.stores.base import Store
from litestar.stores.file import FileStore
from litestar.stores.memory import MemoryStore
from litestar.stores.redis import RedisStore
from litestar.stores.valkey import ValkeyStore
from redis.asyncio import Redis

from litestar_admin_auth.auth import JWTAuthBackend, JWTConfig
from litestar_admin_auth.auth.registry import DatabaseSessions
from litestar_admin_auth.auth.store_sessions import MAX_SESSIONS, StoreSessions
from litestar_admin_auth.core.exceptions import AdminAuthError, ConfigError, InvalidSession, RefreshReused, Unavailable
from litestar_admin_auth.services.checks import run_checks
from litestar_admin_auth.services.session_policy import SessionPolicy
from tests.auth.refreshing import POLICY, refresh
from tests.auth.site import SECRET, Clock, Site, config, plugin
from tests.auth.stores import ANN, CLIENT, lives, redis_store


@pytest.fixture(params=["memory", "file", "redis", "valkey"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Store]:
    """One of Litestar's stores."""
    if request.param == "memory":
        yield MemoryStore()
    elif request.param == "file":
        yield FileStore(tmp_path)
    else:
        url: str = request.getfixturevalue("redis_url")
        # Valkey speaks Redis' language: its client talks to whichever server this machine has.
        made = RedisStore.with_client(url=url) if request.param == "redis" else ValkeyStore.with_client(
            url=url.replace("redis://", "valkey://")
        )  # fmt: skip
        async with made:
            yield made


@pytest.fixture
def sessions(store: Store) -> StoreSessions:
    return StoreSessions(store, POLICY)


class TestRotation:
    async def test_moves_to_the_next_generation_and_the_end_along(self, sessions: StoreSessions, later: Clock) -> None:
        started = await sessions.start(ANN, CLIENT)
        later.forward(hours=23)
        rotated = await sessions.rotate(started.id, "1", 0, CLIENT)
        assert rotated.generation == 1
        assert rotated.expires_at - started.expires_at >= timedelta(hours=22, minutes=59)
        assert await sessions.find(started.id, "1") == rotated

    async def test_twenty_at_once_are_one_step_and_one_answer(self, sessions: StoreSessions) -> None:
        session = (await sessions.start(ANN, CLIENT)).id
        given = await asyncio.gather(*(refresh(sessions, session, "1", 0) for _ in range(20)))
        assert given[0][0] == "1"
        assert all(one == given[0] for one in given)

    async def test_within_the_grace_the_old_token_gets_the_same_successor(
        self, sessions: StoreSessions, later: Clock
    ) -> None:
        session = (await sessions.start(ANN, CLIENT)).id
        first = await sessions.rotate(session, "1", 0, CLIENT)
        later.forward(seconds=9)
        assert await sessions.rotate(session, "1", 0, CLIENT) == first

    @pytest.mark.parametrize("seconds", [0, 11])
    async def test_an_older_one_ends_the_family(self, sessions: StoreSessions, later: Clock, seconds: int) -> None:
        session = (await sessions.start(ANN, CLIENT)).id
        for generation in range(1 if seconds else 2):
            await sessions.rotate(session, "1", generation, CLIENT)
        later.forward(seconds=seconds)
        with pytest.raises(RefreshReused) as refusal:
            await sessions.rotate(session, "1", 0, CLIENT)
        assert refusal.value.session_id == UUID(session)
        assert not await lives(sessions, session)
        with pytest.raises(InvalidSession):
            await sessions.rotate(session, "1", 1, CLIENT)

    async def test_the_family_alone_ends(self, sessions: StoreSessions, later: Clock) -> None:
        stolen, other = [(await sessions.start(ANN, CLIENT)).id for _ in range(2)]
        await sessions.rotate(stolen, "1", 0, CLIENT)
        later.forward(seconds=11)
        with pytest.raises(RefreshReused):
            await sessions.rotate(stolen, "1", 0, CLIENT)
        assert await lives(sessions, other)

    async def test_a_clock_that_was_set_back_ends_nobody(self, sessions: StoreSessions, later: Clock) -> None:
        session = (await sessions.start(ANN, CLIENT)).id
        first = await sessions.rotate(session, "1", 0, CLIENT)
        later.forward(minutes=-5)
        assert await sessions.rotate(session, "1", 0, CLIENT) == first

    async def test_nothing_rotates_past_the_absolute_end(self, store: Store, later: Clock) -> None:
        sessions = StoreSessions(store, SessionPolicy(idle=timedelta(hours=2), absolute=timedelta(hours=3)))
        started = await sessions.start(ANN, CLIENT)
        later.forward(hours=1, minutes=59)
        rotated = await sessions.rotate(started.id, "1", 0, CLIENT)
        assert rotated.expires_at - started.rotated_at == timedelta(hours=3)
        later.forward(hours=1, minutes=1)
        with pytest.raises(InvalidSession):
            await sessions.rotate(started.id, "1", 1, CLIENT)


class TestEnding:
    async def test_one_leaves_the_others(self, sessions: StoreSessions) -> None:
        first, second = [(await sessions.start(ANN, CLIENT)).id for _ in range(2)]
        for _ in range(2):
            await sessions.end(first, "1", CLIENT)
        assert [await lives(sessions, session) for session in (first, second)] == [False, True]

    async def test_all_but_one_says_how_many(self, sessions: StoreSessions) -> None:
        bob = (await sessions.start(SimpleNamespace(id=2), CLIENT)).id
        kept, *ended = [(await sessions.start(ANN, CLIENT)).id for _ in range(3)]
        assert await sessions.end_all_of("1", CLIENT, keep=kept) == 2
        assert [await lives(sessions, session) for session in (kept, *ended)] == [True, False, False]
        assert await lives(sessions, bob, "2")
        assert await sessions.end_all_of("1", CLIENT) == 1
        assert await sessions.end_all_of("1", CLIENT) == 0

    async def test_somebody_elses_ends_nothing(self, sessions: StoreSessions) -> None:
        session = (await sessions.start(ANN, CLIENT)).id
        await sessions.end(session, "2", CLIENT)
        assert await lives(sessions, session)

    async def test_of_more_than_anybody_has_the_longest_unused_ends(
        self, sessions: StoreSessions, later: Clock
    ) -> None:
        first, second = [(await sessions.start(ANN, CLIENT)).id for _ in range(2)]
        later.forward(minutes=1)
        await sessions.rotate(first, "1", 0, CLIENT)
        for _ in range(MAX_SESSIONS - 1):
            later.forward(seconds=1)
            await sessions.start(ANN, CLIENT)
        assert [await lives(sessions, session) for session in (first, second)] == [True, False]


class TestDocument:
    async def test_lives_as_long_as_its_last_session(self, store: Store, sessions: StoreSessions) -> None:
        await sessions.start(ANN, CLIENT)
        key = await _only_key(store)
        left = await store.expires_in(key)
        assert left is not None
        assert 86395 <= left <= 86401

    async def test_a_refresh_prolongs_its_life(self, store: Store, sessions: StoreSessions, later: Clock) -> None:
        session = (await sessions.start(ANN, CLIENT)).id
        later.forward(hours=12)
        await sessions.rotate(session, "1", 0, CLIENT)
        left = await store.expires_in(await _only_key(store))
        assert left is not None
        assert 86395 <= left <= 86401

    async def test_goes_with_the_last_session(self, store: Store, sessions: StoreSessions) -> None:
        session = (await sessions.start(ANN, CLIENT)).id
        key = await _only_key(store)
        await sessions.end(session, "1", CLIENT)
        assert not await store.exists(key)

    async def test_its_key_tells_nobody_whose_it_is(self, store: Store, sessions: StoreSessions) -> None:
        await sessions.start(SimpleNamespace(id="ann@example.com"), CLIENT)
        assert "ann" not in await _only_key(store, "ann@example.com")

    @pytest.mark.parametrize(
        "value",
        [
            b"", b"{", b"[]", b"null", b"\xff\xfe", b'"x"', b"{}", b"[" * 10000, b'{"subject":"1","sessions":[]}',
            b'{"subject":"1","kind":"float","sessions":{}}', b'{"subject":"x","kind":"int","sessions":{}}',
            b'{"subject":"1","sessions":{"%s":{"generation":"0"}}}',
            b'{"subject":"1","sessions":{"%s":{"generation":0,"rotated_at":"2020-01-01T00:00:00",'
            b'"idle_expires_at":"2999-01-01T00:00:00","expires_at":"2999-01-01T00:00:00"}}}',
            b'{"subject":"1","sessions":{"%s":{"generation":1e400,"rotated_at":0,"idle_expires_at":0,"expires_at":0}}}',
        ],
    )  # fmt: skip
    async def test_that_makes_no_sense_signs_nobody_in_and_is_no_fault(
        self, store: Store, sessions: StoreSessions, value: bytes
    ) -> None:
        session = (await sessions.start(ANN, CLIENT)).id
        await store.set(await _only_key(store), value.replace(b"%s", session.encode()), expires_in=60)
        assert not await lives(sessions, session)
        with pytest.raises(InvalidSession):
            await sessions.rotate(session, "1", 0, CLIENT)
        await sessions.end(session, "1", CLIENT)
        # Whoever signs in again is in again.
        assert await lives(sessions, (await sessions.start(ANN, CLIENT)).id)

    async def test_of_another_user_signs_nobody_in(self, store: Store, sessions: StoreSessions) -> None:
        session = (await sessions.start(ANN, CLIENT)).id
        stored = await store.get(await _only_key(store))
        assert stored is not None
        await sessions.start(SimpleNamespace(id=2), CLIENT)
        await store.set(await _only_key(store, "2"), stored)
        assert not await lives(sessions, session, "2")

    async def test_a_client_that_answers_in_texts_will_do(self, redis_url: str) -> None:
        async with Redis.from_url(redis_url, decode_responses=True) as client:
            sessions = StoreSessions(RedisStore(client), POLICY)
            session = (await sessions.start(ANN, CLIENT)).id
            assert (await sessions.rotate(session, "1", 0, CLIENT)).generation == 1

    async def test_stands_in_the_namespace_of_the_store(self, redis_url: str) -> None:
        async with Redis.from_url(redis_url) as client:
            for namespace, prefix in (("shop", b"shop:"), (None, b"user-sessions-")):
                await client.flushall()
                sessions = StoreSessions(RedisStore(client, namespace=namespace), POLICY)
                assert await lives(sessions, (await sessions.start(ANN, CLIENT)).id)
                keys = await client.keys()
                assert len(keys) == 1
                assert keys[0].startswith(prefix)


async def _only_key(store: Store, subject: str = "1") -> str:
    from litestar_admin_auth.auth.store_sessions import _key

    key = _key(subject)
    assert await store.exists(key)
    return key


class TestIds:
    @pytest.mark.parametrize(
        "user_id",
        [0, 1, -7, 2**63, 10**40, "7", "a b", "Zoë", "a/../b", "x" * 200, "\u202e", "'; --", "a:b*", uuid4(),
         UUID(int=0)],
    )  # fmt: skip
    async def test_come_back_as_they_were(self, sessions: StoreSessions, user_id: Any) -> None:
        session = (await sessions.start(SimpleNamespace(id=user_id), CLIENT)).id
        found = await sessions.find(session, str(user_id))
        assert (found.user_id, type(found.user_id)) == (user_id, type(user_id))

    @pytest.mark.parametrize("user_id", [None, "", True, "a\x00", "\ud800", "x" * 5000])
    async def test_that_no_token_can_carry_start_nothing(self, sessions: StoreSessions, user_id: Any) -> None:
        with pytest.raises(TypeError):
            await sessions.start(SimpleNamespace(id=user_id), CLIENT)


class TestTold:
    async def test_a_user_hears_of_a_reused_token_at_the_next_login_and_once(
        self, sessions: StoreSessions, later: Clock
    ) -> None:
        started = await sessions.start(ANN, CLIENT)
        assert started.refresh_reused_at is None
        rotated = await sessions.rotate(started.id, "1", 0, CLIENT)
        later.forward(seconds=11)
        with pytest.raises(RefreshReused):
            await sessions.rotate(started.id, "1", 0, CLIENT)
        # Although no session is left, and somebody else signs in first.
        assert (await sessions.start(SimpleNamespace(id=2), CLIENT)).refresh_reused_at is None
        later.forward(days=13)
        told = (await sessions.start(ANN, CLIENT)).refresh_reused_at
        assert told is not None
        assert told - rotated.rotated_at >= timedelta(seconds=11)
        assert (await sessions.start(ANN, CLIENT)).refresh_reused_at is None


class TestServer:
    @pytest.mark.parametrize(
        "act",
        [
            lambda sessions: sessions.start(ANN, CLIENT),
            lambda sessions: sessions.find("x", "1"),
            lambda sessions: sessions.rotate("x", "1", 0, CLIENT),
            lambda sessions: sessions.end("x", "1", CLIENT),
            lambda sessions: sessions.end_all_of("1", CLIENT),
        ],
        ids=["start", "find", "rotate", "end", "end all"],
    )
    async def test_that_is_away_is_one_clear_refusal(
        self, act: Callable[[StoreSessions], Awaitable[Any]], caplog: pytest.LogCaptureFixture
    ) -> None:
        async with redis_store("redis://user:secret@127.0.0.1:1/0") as store:
            with pytest.raises(Unavailable) as refusal:
                await act(StoreSessions(store, POLICY))
        assert refusal.value.status_code == 503
        assert "does not answer" in caplog.text
        assert "secret" not in caplog.text

    async def test_that_fails_between_reading_and_writing_has_changed_nothing(
        self, redis_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with redis_store(redis_url) as store:
            sessions = StoreSessions(store, POLICY)
            session = (await sessions.start(ANN, CLIENT)).id

            async def fails(*_: object) -> bool:
                raise ConnectionError

            with monkeypatch.context() as broken:
                broken.setattr(sessions, "_replace", fails)
                with pytest.raises(Unavailable):
                    await sessions.rotate(session, "1", 0, CLIENT)
            assert (await sessions.find(session, "1")).generation == 0

    def test_whose_client_is_hidden_stops_the_start(self) -> None:
        hidden = RedisStore.__new__(RedisStore)
        with pytest.raises(ConfigError) as refusal:
            StoreSessions(hidden, POLICY)
        assert refusal.value.check_id == "AA018"

    async def test_that_never_lets_one_win_is_given_up(
        self, sessions: StoreSessions, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def loses(*_: object) -> bool:
            return False

        monkeypatch.setattr(sessions, "_replace", loses)
        with pytest.raises(AdminAuthError) as refusal:
            await sessions.start(ANN, CLIENT)
        assert isinstance(refusal.value, Unavailable)

    async def test_redis_and_valkey_serve_many_processes_and_others_one(self, store: Store) -> None:
        assert StoreSessions(store, POLICY).one_process_only is not isinstance(store, RedisStore | ValkeyStore)


async def test_our_table_ends_all_sessions_of_a_user_as_a_store_does(site: Site) -> None:
    user = await site.add_user()
    registry = DatabaseSessions(site.database, POLICY)
    kept, *ended = [(await registry.start(user, CLIENT)).id for _ in range(3)]
    assert await registry.end_all_of(str(user.id), CLIENT, keep=kept) == 2
    assert (await registry.find(kept, str(user.id))).id == kept
    for session in ended:
        with pytest.raises(InvalidSession):
            await registry.find(session, str(user.id))


class TestCheck:
    """AA018: a store for one process is told at the start and is an error where production is checked."""

    @pytest.mark.parametrize(("deploy", "level"), [(False, "warning"), (True, "error")])
    async def test_a_store_for_one_process_is_found(self, store: Store, deploy: bool, level: str) -> None:
        backend = JWTAuthBackend(JWTConfig(secret_key=SECRET), _nobody)
        backend.use_store(store, POLICY)
        findings = await run_checks(config(auth_backend=backend), None, deploy=deploy)
        found = [finding.level for finding in findings if finding.id == "AA018"]
        assert found == ([] if isinstance(store, RedisStore | ValkeyStore) else [level])

    async def test_the_start_says_so_and_goes_on(self, caplog: pytest.LogCaptureFixture) -> None:
        backend = JWTAuthBackend(JWTConfig(secret_key=SECRET), _nobody)
        async with Litestar([], plugins=[plugin(auth_backend=backend)], logging_config=None).lifespan():
            pass
        assert "AA018" in caplog.text

    async def test_sessions_in_our_table_or_in_a_registry_of_the_hosts_are_not_meant(self, site: Site) -> None:
        registry = DatabaseSessions(site.database, POLICY)
        backend = JWTAuthBackend(JWTConfig(secret_key=SECRET), _nobody, sessions=registry)
        backend.use_store(MemoryStore(), POLICY)
        assert backend.sessions is registry
        findings = await run_checks(config(auth_backend=backend), None, deploy=True)
        assert "AA018" not in [finding.id for finding in findings]


async def _nobody(_identifier: object) -> None:
    return None
