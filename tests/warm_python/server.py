"""Imports what most processes of the tests import, then forks one for each client that connects to its socket."""

import contextlib
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

IMPORTED = (
    "alembic.autogenerate",
    "asyncpg",
    "litestar.__main__",
    "litestar.stores.redis",
    "litestar_admin_auth.cli",
    "litestar_admin_auth.plugin",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "uvicorn",
)
"""None of these starts a thread, which a fork would lose."""

Program = Callable[[], object]


def serve(listener: socket.socket) -> Program | None:
    """Fork until standard input ends. Returns in each process that was forked, with what it is to run."""
    # The kernel forgets those who attend to a client.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            return attend(connection)
        connection.close()
    return None


def attend(connection: socket.socket) -> Program:
    """Fork the process of one client and tell the client how it ends. Returns in that process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    request = json.loads(connection.makefile().readline())
    running, held = os.pipe()
    if (process := os.fork()) == 0:
        os.close(running)
        connection.close()
        return become(request, streams)
    try:
        for inherited in (*streams, held):
            os.close(inherited)
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(b"%d\n" % process)
        if connection in select.select([connection, running], [], [])[0]:
            os.kill(process, signal.SIGKILL)  # the client was killed
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        connection.sendall(b"%d\n" % status)
    finally:
        os._exit(0)


def become(request: dict[str, Any], streams: list[int]) -> Program:
    """Turn into the process that the client asked for."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    environment: dict[str, str] = request["environment"]
    late = {name for name in environment if name.startswith("PYTHON") and environment[name] != os.environ.get(name)}
    if late:
        sys.exit(f"Python has started without {', '.join(sorted(late))}.")
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(request["folder"])
    match request["arguments"]:
        case ["-c", code, *arguments]:
            sys.path[0], sys.argv = "", ["-c", *arguments]
            return lambda: exec(code, {"__name__": "__main__"})  # noqa: S102 - as Python would
        case ["-m", module, *arguments]:
            sys.path[0], sys.argv = os.getcwd(), [module, *arguments]
            return lambda: runpy.run_module(module, run_name="__main__", alter_sys=True)
        case [script, *arguments]:
            sys.path[0], sys.argv = os.path.dirname(script), [script, *arguments]
            return lambda: runpy.run_path(script, run_name="__main__")
        case _:
            sys.exit("Nothing to run.")


def main(listener: int) -> None:
    for name in IMPORTED:
        import_module(name)
    # Or each process would copy the pages of all that was imported when it first collects garbage.
    gc.freeze()
    program = serve(socket.socket(fileno=listener))
    if program is not None:
        program()


if __name__ == "__main__":
    main(int(sys.argv[1]))
