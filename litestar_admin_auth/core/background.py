"""Work that no answer waits for: started on the running loop, kept, and finished before the application stops."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

logger = logging.getLogger(__name__)

#: More than this waiting at once is somebody's flood: what comes on top is dropped and said so in the log.
MAX_WAITING = 1_000


class Background:
    """A group of tasks of one application.

    Args:
        limit: How many may wait or run at once.
    """

    def __init__(self, limit: int = MAX_WAITING) -> None:
        self._limit = limit
        # asyncio keeps weak references only: a task that nobody holds may vanish half-way.
        self._tasks: set[asyncio.Task[None]] = set()
        self._pauses: set[asyncio.Future[None]] = set()
        self._draining = False

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> bool:
        """Run a coroutine without waiting for it.

        Args:
            work: What to do. An exception that leaves it is logged.
            name: What the log calls it; never a secret.

        Returns:
            Whether it was taken; False when too much waits already.
        """
        if len(self._tasks) >= self._limit:
            work.close()
            logger.error("%s dropped: %d tasks are waiting", name, len(self._tasks))
            return False
        task = asyncio.get_running_loop().create_task(self._run(work, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def pause(self, seconds: float) -> None:
        """Wait inside a task before the next try; not at all once the application is stopping."""
        if self._draining:
            return
        pause: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pauses.add(pause)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(pause, seconds)
        finally:
            self._pauses.discard(pause)

    async def drain(self, patience: float = 30.0) -> None:
        """Finish what was started, with what it starts in turn.

        Args:
            patience: Seconds after which the rest is given up and logged.
        """
        self._draining = True
        for pause in [pause for pause in self._pauses if not pause.done()]:
            pause.set_result(None)
        try:
            async with asyncio.timeout(patience):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        except TimeoutError:
            logger.error("given up at the end: %s", ", ".join(sorted(task.get_name() for task in self._tasks)))
            for task in self._tasks:
                task.cancel()
        finally:
            self._draining = False

    @staticmethod
    async def _run(work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except Exception:
            # The one place that sees it: nobody awaits the task.
            logger.exception("%s failed", name)
