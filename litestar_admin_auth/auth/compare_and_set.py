"""The one thing that Litestar's stores lack: replacing a value only if nobody else has replaced it meanwhile.

On Redis and Valkey a script does it, over however many workers. Every other store gets a lock, which holds within one
process and one event loop.
"""

import asyncio
import sys
from typing import Any, Protocol

from litestar.stores.base import Store

from litestar_admin_auth.core.exceptions import ConfigError

#: An empty text stands for "there is no value": ours are never empty. One key only, so that a cluster can run it.
REPLACE_IF_UNCHANGED = b"""
local current = redis.call('GET', KEYS[1]) or ''
if current ~= ARGV[1] then
    return 0
end
if ARGV[2] == '' then
    redis.call('DEL', KEYS[1])
else
    redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
end
return 1
"""

#: Litestar's stores that are servers, and where each keeps its client. There is no public way to the client.
_SERVERS = {"litestar.stores.redis": ("RedisStore", "_redis"), "litestar.stores.valkey": ("ValkeyStore", "_valkey")}


class CompareAndSet(Protocol):
    """Replaces values of one store."""

    async def __call__(self, key: str, before: bytes | None, after: bytes | None, expires_in: int) -> bool:
        """Replace a value if it still is what it was.

        Args:
            key: The key as the store knows it, without its namespace.
            before: The value that was read; None for none.
            after: The new value; None removes it.
            expires_in: The new value's life in seconds.

        Returns:
            Whether it was replaced.
        """
        ...


def compare_and_set_on(store: Store) -> CompareAndSet:
    """Return what replaces values in a store.

    Raises:
        ConfigError: ``AA018`` when this Litestar keeps a server's client elsewhere than we know.
    """
    for module, (name, attribute) in _SERVERS.items():
        # A host that passes such a store has imported it; asking here must not import a driver that is not installed.
        kind = getattr(sys.modules.get(module), name, None)
        if kind is None or not isinstance(store, kind):
            continue
        client = getattr(store, attribute, None)
        if client is None:
            raise ConfigError(
                "AA018",
                f"The client of {name} is not where this version of the package looks for it.",
                hint="Update litestar-admin-auth, or pass JWTAuthBackend(sessions=...) a registry of your own.",
            )
        return _Scripted(client, getattr(store, "namespace", None))
    return _Locked(store)


class _Scripted:
    def __init__(self, client: Any, namespace: str | None) -> None:
        # Called by its digest (EVALSHA); the client sends the text where a server does not know it yet.
        self._script = client.register_script(REPLACE_IF_UNCHANGED)
        self._prefix = f"{namespace}:" if namespace else ""

    async def __call__(self, key: str, before: bytes | None, after: bytes | None, expires_in: int) -> bool:
        done = await self._script(keys=[self._prefix + key], args=[before or b"", after or b"", expires_in])
        return int(done) == 1


class _Locked:
    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, asyncio.Lock()

    async def __call__(self, key: str, before: bytes | None, after: bytes | None, expires_in: int) -> bool:
        async with self._lock:
            if await self._store.get(key) != before:
                return False
            if after is None:
                await self._store.delete(key)
            else:
                await self._store.set(key, after, expires_in=expires_in)
        return True


def holds_in_one_process_only(compare_and_set: CompareAndSet) -> bool:
    """Tell whether two workers could both believe that they replaced a value."""
    return isinstance(compare_and_set, _Locked)
