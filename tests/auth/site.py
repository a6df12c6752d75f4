"""A host with the admin in it, people in its tables, and browsers that visit it: for the tests of the edge."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
from litestar import Litestar
from sqlalchemy import event, select

from litestar_admin_auth import AdminConfig, AdminPlugin
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.passwords import Passwords, PrehashedBcryptHasher
from litestar_admin_auth.models import AuditEvent, Role, Session, User, UserRole

ORIGIN = "https://shop.example"
SECRET = "a secret of the tests, long enough for HS256"
PASSWORD = "correct horse battery staple"
ACCESS, REFRESH = "__Host-admin_auth", "__Host-admin_auth_refresh"
FAST = 4


class CountingHasher(PrehashedBcryptHasher):
    """Fast, and counts each run that would cost time."""

    def __init__(self) -> None:
        super().__init__(FAST)
        self.runs = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.runs += 1
        return super().hash(password, salt=salt)

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002 - pwdlib's name
        self.runs += 1
        return super().verify(password, hash)


PASSWORD_HASH = PrehashedBcryptHasher(FAST).hash(PASSWORD)


@dataclass
class Site:
    """The running host."""

    app: Litestar
    hasher: CountingHasher = field(default_factory=CountingHasher)

    @property
    def runtime(self) -> Runtime:
        return self.app.state.admin_auth

    @property
    def database(self) -> Database:
        return self.runtime.tables

    def browser(self, *, origin: str | None = ORIGIN, **headers: str) -> httpx.AsyncClient:
        """A browser with a cookie jar of its own; it follows no redirects."""
        sent = {"origin": origin} if origin else {}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, client=("203.0.113.9", 4711)), base_url=ORIGIN,
            headers=sent | headers,
        )  # fmt: skip

    async def add_user(self, *roles: str, **columns: Any) -> User:
        """Add a user who can sign in with ``PASSWORD``, holding roles that exist."""
        email = columns.pop("email", f"user-{uuid4().hex}@example.com")
        moment = now()
        values = {"password_hash": PASSWORD_HASH, "is_active": True, "security_epoch": 0, "version": 1} | columns
        async with self.database.writing() as db:
            user = User(email=email, email_normalized=email.lower(), created_at=moment, updated_at=moment, **values)
            db.add(user)
            await db.flush()
            for name in roles:
                role = (await db.scalars(select(Role).where(Role.name == name))).one()
                db.add(UserRole(user_id=user.id, role_id=role.id, granted_at=moment, granted_by="test"))
        return user

    async def sessions_of(self, user: User) -> list[Session]:
        async with self.database.reading() as db:
            found = await db.scalars(select(Session).where(Session.user_id == user.id).order_by(Session.created_at))
            return list(found)

    async def events_of(self, user: User) -> list[AuditEvent]:
        """What the log says the user did, or was done to the user."""
        async with self.database.reading() as db:
            mine = (AuditEvent.actor_id == user.id) | (AuditEvent.target_id == str(user.id))
            return list(await db.scalars(select(AuditEvent).where(mine).order_by(AuditEvent.at, AuditEvent.id)))

    async def change(self, user: User, **columns: Any) -> None:
        async with self.database.writing() as db:
            stored = await db.get(User, user.id)
            assert stored is not None
            for name, value in columns.items():
                setattr(stored, name, value)

    @asynccontextmanager
    async def statements(self) -> AsyncGenerator[list[str]]:
        """Collect what is sent to the database meanwhile."""
        seen: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(" ".join(statement.split()))

        engine = self.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)


class Clock:
    """The admin's clock, which a test moves."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def forward(self, **by: float) -> None:
        self.offset += timedelta(**by)


def use_fast_hashes(app: Litestar) -> Site:
    """Replace the hasher of a running admin: the policy's cost of 12 would make the tests a matter of minutes."""
    site = Site(app)
    passwords = Passwords((site.hasher, *_others()))
    # The stand-in for nobody is made at the first stranger: then each login costs exactly one run.
    site.runtime.passwords = passwords
    site.runtime.backend._passwords = passwords  # type: ignore[attr-defined]
    return site


def _others() -> tuple[Any, ...]:
    from pwdlib.hashers.bcrypt import BcryptHasher

    return (BcryptHasher(FAST),)


@asynccontextmanager
async def alive(app: Litestar) -> AsyncGenerator[None]:
    """Start an application and stop it, both in one task: a fixture is set up and torn down in two."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await stop.wait()

    life = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({life, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if life.done():
        life.result()
    try:
        yield
    finally:
        stop.set()
        await life


@asynccontextmanager
async def running(app: Litestar) -> AsyncGenerator[Site]:
    """Run an application whose hashes are fast."""
    async with alive(app):
        yield use_fast_hashes(app)


def config(**settings: Any) -> AdminConfig:
    return AdminConfig(**({"secret_key": SECRET} | settings))


def plugin(**settings: Any) -> AdminPlugin:
    return AdminPlugin(config(**settings))


async def form_token(browser: httpx.AsyncClient, page: str = "/admin/login") -> str:
    """The token in a page's first form."""
    html = (await browser.get(page)).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found, f"no form in {page}"
    return found[1]


async def sign_in(
    browser: httpx.AsyncClient, user: User | str, password: str = PASSWORD, *, path: str = "/admin", **fields: str
) -> httpx.Response:
    """Post the real form of the login page."""
    email = user if isinstance(user, str) else user.email
    data = {"csrf_token": await form_token(browser, f"{path}/login"), "email": email, "password": password, **fields}
    return await browser.post(f"{path}/login", data=data)


def stated(token: str) -> dict[str, Any]:
    """The claims of a token, unverified."""
    return jwt.decode(token, options={"verify_signature": False})


def set_cookies(response: httpx.Response) -> dict[str, str]:
    """The cookies that an answer sets; a name that is set twice fails the test."""
    headers = response.headers.get_list("set-cookie")
    named = {header.partition("=")[0]: header for header in headers}
    assert len(named) == len(headers), headers
    return named


def session_id(browser: httpx.AsyncClient) -> UUID:
    return UUID(stated(browser.cookies[ACCESS])["sid"])
