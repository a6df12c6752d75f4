"""A small shop with the admin in it, served for real, and Chromium in front of it."""

import asyncio
import shutil
import socket
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
import uvicorn
from litestar import Litestar
from playwright.async_api import Browser, BrowserContext, Page, Request, ViewportSize, async_playwright, expect
from sqlalchemy import select

from litestar_admin_auth import AdminConfig, AdminPlugin
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.passwords import PrehashedBcryptHasher
from litestar_admin_auth.mail import FolderMail
from litestar_admin_auth.models import AuditEvent, Role, Session, User, UserRole
from litestar_admin_auth.services import roles
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.migrations import upgrade

SECRET = "a secret of the browser tests, long enough"
PASSWORD = "correct horse battery staple"
ADMIN = "admin@shop.example"
#: Somebody who holds no role.
NOBODY = "nobody@shop.example"
TESTS = Actor.system("tests")

PERMISSIONS = {
    f"{resource}:{action}": f"{action.capitalize()} {resource}"
    for resource in ("books", "orders", "customers", "stock", "newsletter", "a-resource-with-a-rather-long-name")
    for action in ("read", "write", "export")
} | {"orders:refund": "Give money back"}

#: Milliseconds to wait for what must come: long enough for a busy machine, since nothing waits for what is there.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh the Younger of Somewhere Far Away"


@dataclass
class Shop:
    """The served application and its database, for what a test must arrange behind the browser's back."""

    origin: str
    database: Database
    role_id: UUID
    user_id: UUID
    mails: Path = Path()

    async def mail_to(self, email: str, subject: str) -> EmailMessage:
        """Wait for the file of a mail, and take it away."""
        for _ in range(200):
            for file in sorted(self.mails.glob("*.eml")):
                message = cast("EmailMessage", message_from_bytes(file.read_bytes(), policy=SMTPUTF8))
                if message["To"] == email and subject in message["Subject"]:
                    file.unlink()
                    return message
            await asyncio.sleep(0.05)
        raise AssertionError(f"no mail {subject!r} to {email}")

    async def ids(self) -> dict[str, UUID]:
        """The ids of those people who cannot sign in."""
        async with self.database.reading() as db:
            wanted = User.email.in_(["suspended@shop.example", "invited@shop.example"])
            return {user.email.partition("@")[0]: user.id for user in await db.scalars(select(User).where(wanted))}

    def url(self, path: str) -> str:
        """An address below the admin."""
        return f"{self.origin}/admin{path}"

    async def end_sessions(self, email: str) -> None:
        """End every session of a user, as if they had expired."""
        async with self.database.writing() as db:
            owned = select(Session).join(User, User.id == Session.user_id).where(User.email == email)
            for session in await db.scalars(owned):
                session.revoked_at, session.revoked_reason = now(), "test"


async def fill(database: Database) -> tuple[UUID, UUID]:
    """Add people enough for two pages, some with every kind of thing that a page shows; returns a role and a user."""
    await sync_permissions(database, PERMISSIONS)
    moment = now()
    password_hash = PrehashedBcryptHasher(4).hash(PASSWORD)
    clerk = await roles.create_role(
        database, TESTS, name="clerk", description="Sells at the counter", permissions=["orders:*", "books:read"]
    )
    long = await roles.create_role(database, TESTS, name=("a role with a long name " * 4)[:90], permissions=["books:*"])
    async with database.writing() as db:
        superuser = (await db.scalars(select(Role.id).where(Role.is_system))).one()

        def add(number: int, email: str, name: str = "", *held: UUID, **columns: Any) -> User:
            created = moment - timedelta(days=number)
            user = User(
                email=email, email_normalized=email, name=name, created_at=created, updated_at=created,
                **({"password_hash": password_hash, "is_active": True, "security_epoch": 0, "version": 1} | columns),
            )  # fmt: skip
            user.grants = [
                UserRole(role_id=role_id, granted_at=created, granted_by=ADMIN, reason="Since the beginning")
                for role_id in held
            ]
            db.add(user)
            return user

        add(0, ADMIN, "Ada Admin", superuser)
        anna = add(1, "anna@shop.example", LONG_NAME, clerk.id, long.id)
        add(2, "suspended@shop.example", "Sid Suspended", clerk.id, is_active=False)
        add(3, "invited@shop.example", password_hash=None)
        for number in range(4, 70):
            add(number, f"person{number:02}@shop.example", f"Person Number {number}", clerk.id)
        add(70, NOBODY, "Nora Nobody")
        await db.flush()
        for number in range(60):
            db.add(
                AuditEvent(
                    at=moment - timedelta(hours=number), actor=ADMIN, action="user.updated", target_type="user",
                    target_id=str(anna.id), target_label=anna.email, ip="2001:db8::8a2e:370:7334",
                    changes={"name": {"old": "Anna", "new": LONG_NAME}},
                )
            )  # fmt: skip
        user_id = anna.id
    return clerk.id, user_id


@pytest.fixture(scope="session")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Shop]:
    """The shop, served by uvicorn in a thread of its own."""
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('browser') / 'shop.sqlite3'}"
    database = Database(create_engine(url))
    await upgrade(database)
    role_id, user_id = await fill(database)
    mails = tmp_path_factory.mktemp("mails")
    async with serving(url, PERMISSIONS, mails) as origin:
        yield Shop(origin, database, role_id, user_id, mails)
    await database.close()


@asynccontextmanager
async def serving(url: str, permissions: dict[str, str], mails: Path | None = None) -> AsyncIterator[str]:
    """Serve an application with the admin on a database, by uvicorn in a thread of its own; gives its origin.

    Args:
        url: The database.
        permissions: What the application declares.
        mails: The folder that its mails are written to; None sends none.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = AdminConfig(
        title="Shop", secret_key=SECRET, database=url, permissions=permissions, cookie_secure=False,
        public_origin=origin,
        mail=FolderMail(sender="Shop <no-reply@shop.example>", folder=mails) if mails is not None else None,
    )  # fmt: skip
    async with served(Litestar(plugins=[AdminPlugin(config)], logging_config=None), listener):
        yield origin


@asynccontextmanager
async def served(app: Litestar, listener: socket.socket) -> AsyncIterator[None]:
    """Serve an application by uvicorn in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the shop did not start"
        await asyncio.sleep(0.02)
    yield
    server.should_exit = True
    await asyncio.to_thread(thread.join, 10)


#: Chromium, where it can be had without the part that draws windows: the same engine in half the time.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
async def chromium() -> AsyncGenerator[Browser]:
    """The browser that is installed on the machine."""
    found = [program for program in PROGRAMS if shutil.which(program)]
    if not found:
        pytest.skip("no Chromium")
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which(found[0]), args=["--no-sandbox", "--disable-gpu", *quiet]
        )
        yield browser
        await browser.close()


VIEWPORT: ViewportSize = {"width": 1280, "height": 720}


@dataclass
class Visit:
    """A browser window, and everything that went wrong in it."""

    page: Page
    shop: Shop
    violations: list[str] = field(default_factory=list[str])
    errors: list[str] = field(default_factory=list[str])
    requests: list[Request] = field(default_factory=list[Request])
    awaited: set[Request] = field(default_factory=set[Request])

    async def open(self, path: str) -> None:
        await self.page.goto(self.shop.url(path))

    async def go(self, path: str, status: int) -> None:
        """Open a page that answers with a status, and wait until nothing more of it is under way."""
        response = await self.page.goto(self.shop.url(path))
        assert response is not None
        assert response.status == status
        await self.settle()

    async def settle(self) -> None:
        """Wait until every request has its answer: what "networkidle" is for, without its half second of silence."""
        for _ in range(PATIENCE // 10):
            if not self.awaited:
                return
            await asyncio.sleep(0.01)
        raise AssertionError([request.url for request in self.awaited])

    async def sign_in(self, email: str = ADMIN) -> None:
        """Type into the login form and send it."""
        await self.open("/login")
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.wait_for_url(self.shop.url(""))

    async def layout_shift(self) -> float:
        """How much has moved by itself since the page was opened; 0 is nothing."""
        # The observer is told after the frame that was painted: wait for two.
        await self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return await self.page.evaluate("window.layoutShift")

    async def moved_outside_the_list(self) -> list[str]:
        """What has moved, for whatever reason, and is no part of a list's results."""
        await self.layout_shift()
        return await self.page.evaluate("window.movedOutside")

    async def forget(self) -> None:
        """Empty the browser's cache and the lists of what happened, and undo what a test may ask of its window."""
        protocol = await self.page.context.new_cdp_session(self.page)
        await protocol.send("Network.clearBrowserCache")
        await protocol.detach()
        for noted in (self.violations, self.errors, self.requests):
            noted.clear()
        await self.page.set_extra_http_headers({})
        await self.page.emulate_media(color_scheme="light", reduced_motion="reduce")

    def assert_clean(self) -> None:
        """Nothing was blocked, and no script failed."""
        assert self.violations == []
        assert self.errors == []


# What moves by itself after it was shown (https://web.dev/articles/cls); what an input moves at once is not counted.
REPORT_SHIFTS = """
window.layoutShift = 0;
window.movedOutside = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) window.layoutShift += entry.value;
    for (const { node } of entry.sources) {
      const element = node?.nodeType === 1 ? node : node?.parentElement;
      if (element && !element.closest("#results")) window.movedOutside.push(element.outerHTML.slice(0, 120));
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""

# Reported in the page's own world: the console does not name every directive.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.warn(`CSP ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@asynccontextmanager
async def window(chromium: Browser, shop: Shop, **options: Any) -> AsyncIterator[Visit]:
    """Open a window with a profile of its own, and watch it.

    Args:
        chromium: The browser.
        shop: The application.
        **options: Of the browser's context: ``viewport``, ``color_scheme``, ``java_script_enabled``, ...
    """
    context: BrowserContext = await chromium.new_context(**({"reduced_motion": "reduce"} | options))
    context.set_default_timeout(PATIENCE)
    if options.get("java_script_enabled", True):
        await context.add_init_script(REPORT_VIOLATIONS)
        await context.add_init_script(REPORT_SHIFTS)
    visit = Visit(await context.new_page(), shop)

    def listen(message: Any) -> None:
        if "Content Security Policy" in message.text or message.text.startswith("CSP "):
            visit.violations.append(message.text)

    visit.page.on("console", listen)
    visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
    visit.page.on("request", lambda request: (visit.requests.append(request), visit.awaited.add(request)))
    for end in ("requestfinished", "requestfailed"):
        visit.page.on(end, lambda request: visit.awaited.discard(request))
    try:
        yield visit
    finally:
        await context.close()


class Windows:
    """Windows that stay open from test to test: to open one takes longer than the page that is looked at in it."""

    def __init__(self, chromium: Browser, shop: Shop, stack: AsyncExitStack) -> None:
        self._chromium, self._shop, self._stack = chromium, shop, stack
        self._free: dict[str, Visit] = {}

    @asynccontextmanager
    async def use(
        self, state: Any = None, *, viewport: ViewportSize = VIEWPORT, **options: Any
    ) -> AsyncIterator[Visit]:
        """Take a window in which nothing is cached and nothing has gone wrong, and give it back.

        One in which a test failed is not used again.

        Args:
            state: Whose cookies it starts with; a test that changes them, or what the browser remembers, needs a window
                of its own.
            viewport: Its size.
            **options: As for :func:`window`.
        """
        key = repr((state, sorted(options.items())))
        visit = self._free.pop(key, None)
        if visit is None:
            opened = window(self._chromium, self._shop, storage_state=state, **options)
            visit = await self._stack.enter_async_context(opened)
        else:
            await visit.forget()
        await visit.page.set_viewport_size(viewport)
        yield visit
        self._free[key] = visit


@pytest.fixture(scope="session")
async def windows(chromium: Browser, shop: Shop) -> AsyncGenerator[Windows]:
    """Windows for tests that only look."""
    async with AsyncExitStack() as stack:
        yield Windows(chromium, shop, stack)


@pytest.fixture(scope="session")
async def signed_in(chromium: Browser, shop: Shop) -> Any:
    """The cookies of the administrator, for windows that need not go through the login again."""
    async with window(chromium, shop) as visit:
        await visit.sign_in()
        return await visit.page.context.storage_state()


@pytest.fixture(scope="session")
async def signed_in_as_nobody(chromium: Browser, shop: Shop) -> Any:
    """The cookies of somebody who holds no role."""
    async with window(chromium, shop) as visit:
        await visit.sign_in(NOBODY)
        return await visit.page.context.storage_state()
