"""A request without a client around it, for the tests that send thousands: httpx would take most of their time."""

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

import httpx
from litestar import Litestar

Headers = Iterable[tuple[bytes, bytes]]


class Answer(NamedTuple):
    """What an application sent."""

    status_code: int
    headers: list[tuple[bytes, bytes]]
    content: bytes


async def send_bare(app: Litestar, method: str, url: str, headers: Headers = (), content: bytes = b"") -> Answer:
    """Send a request to an application in this process, with the headers of httpx before those that are given.

    Args:
        app: A running application; what it raises is raised here.
        method: Such as ``GET``.
        url: With scheme and host; written out and normalised as httpx does it.
        headers: Any bytes, as an HTTP server would hand them on. One that httpx sends too replaces that one.
        content: The body.
    """
    parts = _parts(url)
    given = [(name.lower(), value) for name, value in headers]
    names = {name for name, _ in given}
    usual = [(b"host", parts["server"][0].encode()), *_USUAL]
    if content:
        usual.append((b"content-length", b"%d" % len(content)))
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "root_path": "",
        "headers": [*(pair for pair in usual if pair[0] not in names), *given],
        "client": ("203.0.113.9", 4711), "extensions": {}, "state": {}, **parts,
    }  # fmt: skip
    messages: list[Any] = [{"type": "http.disconnect"}, {"type": "http.request", "body": content, "more_body": False}]
    status, answered, body = 0, list[tuple[bytes, bytes]](), b""

    async def receive() -> Any:
        return messages.pop() if len(messages) > 1 else messages[0]

    async def send(message: Any) -> None:
        nonlocal status, answered, body
        if message["type"] == "http.response.start":
            status, answered = message["status"], [(name.lower(), value) for name, value in message["headers"]]
        elif message["type"] == "http.response.body" and method != "HEAD":
            body += message.get("body", b"")

    await app(scope, receive, send)  # type: ignore[arg-type]
    return Answer(status, answered, body)


_USUAL = [(b"accept", b"*/*"), (b"accept-encoding", b"gzip, deflate"), (b"user-agent", b"python-httpx")]


@cache
def _parts(url: str) -> dict[str, Any]:
    parsed = httpx.URL(url)
    return {
        "scheme": parsed.scheme, "server": (parsed.host, 443), "path": parsed.path,
        "raw_path": parsed.raw_path.split(b"?")[0], "query_string": parsed.query,
    }  # fmt: skip
