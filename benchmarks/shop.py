"""A host, with the admin and without it, on a database of so many people."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar, get
from sqlalchemy import insert, select
from uuid_utils.compat import uuid7

from litestar_admin_auth import AdminConfig, AdminPlugin
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.passwords import PrehashedBcryptHasher
from litestar_admin_auth.guards import requires_permission
from litestar_admin_auth.models import Role, User, UserRole
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.migrations import upgrade

SECRET = "a secret of the benchmarks, long enough"
PASSWORD = "correct horse battery staple"
ADMIN = "admin@shop.example"
ORIGIN = "http://127.0.0.1"


@get("/bare")
async def bare() -> dict[str, bool]:
    """What a host does without any of this."""
    return {"ok": True}


@get("/guarded", guards=[requires_permission("orders:read")])
async def guarded() -> dict[str, bool]:
    """The same behind a guard."""
    return {"ok": True}


async def fill(url: str, people: int) -> None:
    """Migrate an empty database and add a superuser and people who hold one role."""
    database = Database(create_engine(url))
    await upgrade(database)
    await sync_permissions(database, {"orders:read": "See orders"})
    moment, hashed = now(), PrehashedBcryptHasher(12).hash(PASSWORD)
    async with database.writing() as db:
        superuser = (await db.scalars(select(Role.id).where(Role.is_system))).one()
        ids = [uuid7() for _ in range(people + 1)]
        rows: list[dict[str, Any]] = [
            {
                "id": ids[number],
                "email": f"person{number}@shop.example" if number else ADMIN,
                "email_normalized": f"person{number}@shop.example" if number else ADMIN,
                "name": f"Person {number}",
                "password_hash": hashed,
                "created_at": moment,
                "updated_at": moment,
            }
            for number in range(people + 1)
        ]
        await db.execute(insert(User), rows)
        given = {"role_id": superuser, "granted_at": moment, "granted_by": "benchmark"}
        await db.execute(insert(UserRole), [{"user_id": ids[0], **given}])
    await database.close()


def app_with_admin(url: str) -> Litestar:
    """The host with the plugin."""
    config = AdminConfig(
        secret_key=SECRET, database=url, cookie_secure=False, public_origin=ORIGIN, permissions={"orders:read": ""}
    )
    return Litestar([bare, guarded], plugins=[AdminPlugin(config)], logging_config=None)


@asynccontextmanager
async def running(app: Litestar) -> AsyncGenerator[httpx.AsyncClient]:
    """The application started, and a browser in front of it without a network between."""
    async with (
        app.lifespan(),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=ORIGIN, headers={"sec-fetch-site": "same-origin"}
        ) as browser,
    ):
        yield browser


async def sign_in(browser: httpx.AsyncClient) -> None:
    """Get the administrator's cookies."""
    answer = await browser.post("/admin/api/auth/login", json={"email": ADMIN, "password": PASSWORD})
    answer.raise_for_status()


Call = Callable[[], Awaitable[Any]]


async def seconds(call: Call, *, rounds: int, times: int) -> float:
    """The best round's mean time of a call: the machine's other work only ever adds to it."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(times):
            await call()
        best = min(best, (time.perf_counter() - start) / times)
    return best


async def longest_gap(work: Awaitable[Any]) -> float:
    """For how long the event loop answered nobody while something ran, in seconds."""
    worst, done = 0.0, False

    async def watch() -> None:
        nonlocal worst
        last = time.perf_counter()
        while not done:
            await asyncio.sleep(0)
            moment = time.perf_counter()
            worst, last = max(worst, moment - last), moment

    watcher = asyncio.create_task(watch())
    await work
    done = True
    await watcher
    return worst


def sqlite(folder: Path, name: str) -> str:
    return f"sqlite+aiosqlite:///{folder / name}.sqlite3"
