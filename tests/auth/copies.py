"""What a copy of somebody's cookies is worth, and what the log says of their session."""

from typing import Any

import httpx
from sqlalchemy import select

from litestar_admin_auth.models import AuditEvent, Session
from tests.auth.site import Site, set_cookies


async def events(site: Site, action: str, session: Session) -> list[AuditEvent]:
    async with site.database.reading() as db:
        found = await db.scalars(
            select(AuditEvent).where(AuditEvent.session_id == session.id, AuditEvent.action == action)
        )
        return list(found)


def again(site: Site, cookies: dict[str, str]) -> httpx.AsyncClient:
    """Another browser with a copy of the cookies."""
    browser = site.browser()
    for name, value in cookies.items():
        browser.cookies.set(name, value, domain="shop.example")
    return browser


async def answers_to(site: Site, cookies: dict[str, str]) -> tuple[int, int, int]:
    """What a copy of the cookies gets from a host's route, the API and a page."""
    async with again(site, cookies) as browser:
        return (
            (await browser.get("/private")).status_code,
            (await browser.get("/admin/api/auth/me")).status_code,
            (await browser.get("/admin")).status_code,
        )


def taken_back(answer: httpx.Response) -> set[str]:
    """The cookies that an answer removes, and no other does it set."""
    cookies = set_cookies(answer)
    assert all("Max-Age=0" in header for header in cookies.values())
    return set(cookies)


async def open_socket(site: Site, cookies: dict[str, str], **headers: str) -> int | str:
    """Open the host's WebSocket; return the first text, or the code with which it is closed."""
    sent: list[dict[str, Any]] = []
    incoming = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}])

    async def receive() -> Any:
        return next(incoming)

    async def send(message: Any) -> None:
        sent.append(message)

    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    given = {"host": "shop.example", "cookie": cookie, "origin": "https://shop.example"} | headers
    scope: Any = {
        "type": "websocket", "path": "/socket", "raw_path": b"/socket", "root_path": "", "scheme": "wss",
        "query_string": b"", "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("203.0.113.9", 4711), "server": ("shop.example", 443), "subprotocols": [], "extensions": {},
        "asgi": {"version": "3.0"}, "http_version": "1.1",
    }  # fmt: skip
    await site.app(scope, receive, send)
    for message in sent:
        if message["type"] == "websocket.send":
            return str(message["text"])
        if message["type"] == "websocket.close":
            return int(message["code"])
    raise AssertionError(sent)
