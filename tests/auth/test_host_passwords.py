"""Changing one's own password where the users are the host's: there only where the host gave the parts for it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.stores.redis import RedisStore

from litestar_admin_auth.auth import JWTAuthBackend, JWTConfig
from litestar_admin_auth.core.exceptions import ConfigError, TooManyTries
from tests.auth.site import ORIGIN, SECRET, plugin

OLD, NEW = "correct horse battery staple", "a wholly different sentence"
CHANGE = "/admin/api/auth/change-password"


@dataclass
class Member:
    id: int
    email: str
    password_hash: str
    name: str = "Ann Archer"
    is_active: bool = True
    roles: list[str] = field(default_factory=list)
    permissions: list[str] = field(default_factory=list)


class Club:
    """A host that keeps its users and hashes itself."""

    def __init__(self) -> None:
        self.members = {1: Member(1, "ann@example.com", f"hash of {OLD}"), 2: Member(2, "bob@example.com", "hash of b")}
        self.fault: Exception | None = None

    async def load(self, identifier: int | str) -> Member | None:
        return next((one for one in self.members.values() if identifier in (one.id, one.email)), None)

    async def verify(self, stored: str, password: str) -> bool:
        return stored == f"hash of {password}"

    async def hash(self, password: str) -> str:
        return f"hash of {password}"

    async def update(self, member: Member, stored: str) -> None:
        if self.fault:
            raise self.fault
        # A new object, as from a database: nobody may count on seeing the change in the old one.
        self.members[member.id] = Member(member.id, member.email, stored)


@dataclass
class Client:
    club: Club
    app: Litestar
    http: httpx.AsyncClient

    async def login(self, password: str = OLD) -> httpx.Response:
        return await self.http.post("/admin/api/auth/login", json={"email": "ann@example.com", "password": password})

    async def token(self) -> dict[str, str]:
        tokens = (await self.login()).json()
        return {"authorization": f"Bearer {tokens['access_token']}"}

    async def change(self, headers: dict[str, str], current: str = OLD, new: str = NEW) -> httpx.Response:
        return await self.http.post(CHANGE, json={"current_password": current, "new_password": new}, headers=headers)

    async def me(self, headers: dict[str, str]) -> int:
        return (await self.http.get("/admin/api/auth/me", headers=headers)).status_code


@asynccontextmanager
async def client(*, able: bool = True, app: dict[str, Any] | None = None, **admin: Any) -> AsyncGenerator[Client]:
    club = Club()
    parts = {"password_hasher": club.hash, "password_updater": club.update} if able else {}
    backend = JWTAuthBackend(JWTConfig(secret_key=SECRET), club.load, club.verify, **parts)
    made = Litestar(
        [], plugins=[plugin(auth_backend=backend, secret_key="", **admin)], logging_config=None, **(app or {})
    )
    async with (
        made.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url=ORIGIN, headers={"origin": ORIGIN}) as http,
    ):
        yield Client(club, made, http)


async def test_it_is_not_there_without_the_parts() -> None:
    async with client(able=False) as c:
        answer = await c.change(await c.token())
        assert (answer.status_code, answer.json()["extra"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "parts", [("password_hasher",), ("password_updater",), ("password_hasher", "password_updater")]
)
def test_some_of_the_parts_are_a_mistake_that_stops_the_start(parts: tuple[str, ...]) -> None:
    club = Club()
    given: dict[str, Any] = {"password_hasher": club.hash, "password_updater": club.update}
    # The third case lacks the verifier: whose current password could be checked by nothing.
    verifier = None if len(parts) == 2 else club.verify
    with pytest.raises(ConfigError) as refusal:
        JWTAuthBackend(JWTConfig(secret_key=SECRET), club.load, verifier, **{part: given[part] for part in parts})
    assert refusal.value.check_id == "AA019"


async def test_the_new_one_counts_the_session_goes_on_and_all_others_end() -> None:
    async with client() as c:
        here, there = await c.token(), await c.token()
        answer = await c.change(here)
        assert (answer.status_code, answer.json()) == (200, {"message": "Password changed successfully"})
        assert [await c.me(headers) for headers in (here, there)] == [200, 401]
        assert (await c.login(OLD)).status_code == 401
        assert (await c.login(NEW)).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("wrong", NEW, "current_password"), (OLD[:-1], NEW, "current_password"), (NEW, NEW, "current_password"),
        (OLD, OLD, "new_password"), (OLD, "short", "new_password"), (OLD, "x" * 2000, "new_password"),
        (OLD, "ann@example.com", "new_password"), (OLD, "Ann Archer Ann Archer", "new_password"),
        (OLD, "passwordpassword", "new_password"), (OLD, "a\x00" * 10, "new_password"),
    ],
)  # fmt: skip
async def test_a_bad_one_changes_nothing_and_ends_nothing(current: str, new: str, field: str) -> None:
    async with client() as c:
        here, there = await c.token(), await c.token()
        answer = await c.change(here, current, new)
        assert (answer.status_code, answer.json()["extra"]["field"]) == (400, field)
        assert [await c.me(headers) for headers in (here, there)] == [200, 200]
        assert c.club.members[1].password_hash == f"hash of {OLD}"


async def test_a_stranger_changes_nothing() -> None:
    async with client() as c:
        assert (await c.change({})).status_code == 401


class CountingThrottle:
    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str]] = []

    async def check(self, door: str, account: str, ip: str) -> None:
        self.calls.append(("check", door, account))
        if sum(call[0] == "failed" for call in self.calls) >= 2:
            raise TooManyTries(42)

    async def failed(self, door: str, account: str, ip: str) -> None:
        self.calls.append(("failed", door, account))

    async def succeeded(self, door: str, account: str, ip: str) -> None:
        self.calls.append(("succeeded", door, account))


async def test_guesses_of_the_current_one_are_counted() -> None:
    async with client() as c:
        headers = await c.token()
        c.app.state.admin_auth.throttle = throttle = CountingThrottle()
        for _ in range(2):
            assert (await c.change(headers, "wrong")).status_code == 400
        answer = await c.change(headers)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "42")
        assert throttle.calls[:2] == [("check", "change_password", "1"), ("failed", "change_password", "1")]
        assert c.club.members[1].password_hash == f"hash of {OLD}"


async def test_an_updater_that_fails_is_a_fault_without_its_words() -> None:
    async with client() as c:
        headers = await c.token()
        c.club.fault = RuntimeError("the database is away: postgresql://admin:secret@db")
        answer = await c.change(headers)
        assert (answer.status_code, answer.json()["extra"]["code"]) == (500, "fault")
        assert "secret" not in answer.text
        c.club.fault = None
        assert (await c.login(OLD)).status_code == 200


@pytest.mark.parametrize("hashed", [None, "", b"bytes", "same"])
async def test_a_hasher_that_returns_no_hash_stores_nothing(hashed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with client() as c:
        headers = await c.token()

        async def no_hash(password: str) -> Any:
            return password if hashed == "same" else hashed

        monkeypatch.setattr(c.app.state.admin_auth.backend.users, "password_hasher", no_hash)
        assert (await c.change(headers)).status_code == 500
        assert c.club.members[1].password_hash == f"hash of {OLD}"


async def test_whoever_signs_in_with_the_old_one_while_it_changes_is_not_in(monkeypatch: pytest.MonkeyPatch) -> None:
    async with client() as c:
        backend = c.app.state.admin_auth.backend
        proven = await backend.authenticate(None, {"email": "ann@example.com", "password": OLD})
        headers = await c.token()
        assert (await c.change(headers)).status_code == 200

        async def proves(*_: object) -> Any:
            return proven

        # The proof is older than the change, the session would be younger.
        monkeypatch.setattr(backend, "authenticate", proves)
        answer = await c.login(OLD)
        assert (answer.status_code, answer.json()["extra"]["code"]) == (401, "invalid_credentials")


async def test_the_log_of_a_host_with_our_tables_has_it(sqlite_url: str) -> None:
    from sqlalchemy import select

    from litestar_admin_auth.core.database import Database, create_engine
    from litestar_admin_auth.models import AuditEvent
    from litestar_admin_auth.services.migrations import upgrade

    database = Database(create_engine(sqlite_url))
    await upgrade(database)
    async with client(database=sqlite_url) as c:
        here, _there = await c.token(), await c.token()
        assert (await c.change(here)).status_code == 200
    async with database.reading() as db:
        changed = select(AuditEvent).where(AuditEvent.action == "user.password_changed")
        (event,) = (await db.scalars(changed)).all()
    await database.close()
    assert (event.actor, event.target_id, event.changes) == ("ann@example.com", "1", {"sessions_ended": {"new": 1}})


async def test_several_workers_on_one_redis_see_the_others_end(redis_url: str) -> None:
    one, other = (RedisStore.with_client(url=redis_url) for _ in range(2))
    async with client(app={"stores": {"admin_auth": one}}) as c, client(app={"stores": {"admin_auth": other}}) as d:
        here, there = await c.token(), await d.token()
        assert (await c.change(here)).status_code == 200
        assert [await d.me(headers) for headers in (here, there)] == [200, 401]
