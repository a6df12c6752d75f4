"""WebSockets end with the session that opened them.

An HTTP request is checked when it comes; a WebSocket stays, for hours if it likes. So each one that a user of ours has
opened is asked for again: every few seconds, and at once when something below the admin path has changed. What decides
is what decides for requests, the session's row, so that a revocation on another machine or from the command line counts
as well, and no way of ending a session can be forgotten here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from datetime import timedelta
from typing import Any

from litestar.exceptions import WebSocketDisconnect
from litestar.types import Message, Receive, Scope, Send

from litestar_admin_auth.auth.request_state import items_of

logger = logging.getLogger(__name__)

#: Close codes: as the HTTP statuses, in the range that RFC 6455 section 7.4.2 leaves to applications.
CLOSE_NOT_AUTHENTICATED = 4401
CLOSE_NOT_ALLOWED = 4403
#: RFC 6455 section 7.4.1: the user could not be looked up. Faults fail closed.
CLOSE_FAULT = 1011

#: Seconds between two checks that were asked for: a flood of requests must not become a flood of queries.
MIN_GAP = 1.0

#: Returns the user as they are now, or None when the session has ended.
Ask = Callable[[], Awaitable[Any]]


class LiveSocket:
    """One WebSocket of a user, between the server and the host's handler.

    Args:
        scope: The connection; its user is replaced by the one that each check returns.
        receive: The server's.
        send: The server's.
        key: What two sockets of one session have in common: they cost one look-up.
        ask: Looks the user up.
        allows: Whether a user still passes the guards of the handler.
    """

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, *, key: str, ask: Ask, allows: Callable[[Any], bool]
    ) -> None:
        self.key, self.ask, self.allows = key, ask, allows
        self._scope = items_of(scope)
        self._user: Any = self._scope.get("user")
        self._receive, self._send = receive, send
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._code = CLOSE_NOT_AUTHENTICATED

    def renew(self, user: Any) -> None:
        """Show the handler the user as they are now, unless the host has put somebody else in their place."""
        if self._scope.get("user") is self._user:
            self._scope["user"] = self._user = user

    @property
    def has_ended(self) -> bool:
        """Whether it has been closed by us."""
        return self._ended.done()

    async def receive(self) -> Any:
        """Receive for the handler: what comes after the end is a disconnect, whatever the client still sends."""
        if not self.has_ended:
            coming = asyncio.ensure_future(self._receive())
            try:
                await asyncio.wait({coming, self._ended}, return_when=asyncio.FIRST_COMPLETED)
                if not self.has_ended:
                    return coming.result()
            finally:
                # Also when the handler itself gives up waiting: nothing may stay behind.
                coming.cancel()
        return {"type": "websocket.disconnect", "code": self._code}

    async def send(self, message: Message) -> None:
        """Send for the handler: after the end it learns what it would learn of a client that has gone.

        Raises:
            WebSocketDisconnect: When the socket has been ended meanwhile.
        """
        if not self.has_ended:
            await self._send(message)
        elif message["type"] != "websocket.close":
            raise WebSocketDisconnect(detail="The session has ended.", code=self._code)

    async def end(self, code: int) -> None:
        """Close the socket; the handler hears of it at its next step."""
        if self.has_ended:
            return
        self._code = code
        self._ended.set_result(None)
        try:
            await self._send({"type": "websocket.close", "code": code, "reason": ""})
        except Exception:
            logger.debug("a WebSocket was closed before us", exc_info=True)


class LiveSockets:
    """The WebSockets of one process.

    Args:
        interval: How often each is checked.
    """

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval.total_seconds()
        self._open: set[LiveSocket] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._watcher: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, socket: LiveSocket) -> None:
        """Watch a socket until :meth:`discard`."""
        self._open.add(socket)
        if self._watcher is None or self._watcher.done():
            self._wake = asyncio.Event()
            # In a context of its own: the first visitor's language and transaction are not everybody's.
            self._watcher = asyncio.get_running_loop().create_task(self._watch(), context=Context())

    def discard(self, socket: LiveSocket) -> None:
        """Forget a socket whose handler has returned; with the last one goes the watcher."""
        self._open.discard(socket)
        if not self._open and self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    def check_soon(self) -> None:
        """Check now: something has changed. Costs nothing where no socket is open."""
        if self._open:
            self._wake.set()

    async def stop(self) -> None:
        """End the watching and wait for what is still being closed."""
        tasks = [*self._closing, *([self._watcher] if self._watcher is not None else [])]
        self._watcher = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        while self._open:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self.interval)
            self._wake.clear()
            await self.check()
            await asyncio.sleep(min(MIN_GAP, self.interval))

    async def check(self) -> None:
        """Look every session up once and end the sockets of those that are no more."""
        found: dict[str, Any] = {}
        for socket in list(self._open):
            if socket.key not in found:
                try:
                    found[socket.key] = await socket.ask()
                except Exception as fault:
                    logger.exception("the user of a WebSocket could not be looked up; it is closed")
                    found[socket.key] = fault
            user = found[socket.key]
            if isinstance(user, Exception):
                self._end(socket, CLOSE_FAULT)
            elif user is None:
                self._end(socket, CLOSE_NOT_AUTHENTICATED)
            elif not socket.allows(user):
                self._end(socket, CLOSE_NOT_ALLOWED)
            else:
                socket.renew(user)

    def _end(self, socket: LiveSocket, code: int) -> None:
        self._open.discard(socket)
        # Not awaited here: a client that does not answer the closing must not hold up the closing of others.
        task = asyncio.get_running_loop().create_task(socket.end(code))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
