"""The one place that reads the clock, so that a test can move it."""

from collections.abc import Callable
from datetime import UTC, datetime


def _system_time() -> datetime:
    return datetime.now(UTC)


_read: Callable[[], datetime] = _system_time


def now() -> datetime:
    """Return the current time, timezone-aware, in UTC."""
    return _read()


def set_clock(read: Callable[[], datetime] | None) -> None:
    """Replace the clock for a test; ``None`` restores the system's."""
    global _read
    _read = read or _system_time
