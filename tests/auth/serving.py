"""An application behind a real server, in the loop of the tests, and real WebSocket clients."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from litestar import Litestar
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE = 20.0


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # pytest's own


@asynccontextmanager
async def serving(app: Litestar) -> AsyncGenerator[str]:
    """Run uvicorn on a free port; yields ``127.0.0.1:port``."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="on")
    server = _Server(config)
    life = asyncio.create_task(server.serve())
    while not server.started:
        if life.done():
            life.result()
        await asyncio.sleep(0.01)
    (listening,) = server.servers[0].sockets
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await life


@asynccontextmanager
async def open_socket(address: str, path: str, **headers: str) -> AsyncGenerator[ClientConnection]:
    """A browser's WebSocket from a page of the same origin."""
    async with connect(f"ws://{address}{path}", origin=f"http://{address}", additional_headers=headers) as client:  # type: ignore[arg-type]
        yield client


async def closed(client: ClientConnection) -> int:
    """The code that a client is closed with, whatever it is sent before."""
    try:
        while True:
            await asyncio.wait_for(client.recv(), PATIENCE)
    except ConnectionClosed:
        assert client.close_code is not None
        return client.close_code


async def until(condition: Any) -> None:
    """Wait for something that happens by itself."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)
