"""A PostgreSQL and a Redis server of the test run's own: real ones, on free ports, gone afterwards."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

PATIENCE = 30.0
"""Seconds a server may take to start."""


@dataclass(frozen=True)
class PostgreSQL:
    """A running server. Its role ``postgres`` needs no password; it listens on 127.0.0.1 alone."""

    programs: Path
    port: int
    numbers: Iterator[int]

    def create_database(self) -> str:
        """Make an empty database; returns its URL."""
        name = f"test_{next(self.numbers)}"
        self.run("createdb", "--template=template0", name)
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{name}"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's own programs against this server."""
        where = ["--host=127.0.0.1", f"--port={self.port}", "--username=postgres"]
        subprocess.run([str(self.programs / program), *where, *arguments], check=True, capture_output=True)


def postgresql_programs() -> Path | None:
    """The folder with ``initdb`` and its friends, of the newest PostgreSQL on this machine; None without one."""
    folders = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(folders, key=lambda found: float(found.parts[-3]))
    if newest:
        return newest[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def redis_program() -> str | None:
    """The Redis or Valkey server of this machine; None without one."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


@contextmanager
def postgresql(programs: Path) -> Iterator[PostgreSQL]:
    """Run a new server until the block ends."""
    # Not pytest's folder: that one is closed to other users, and PostgreSQL refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="admin-auth-postgresql-"))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    try:
        subprocess.run(
            [str(programs / "initdb"), "--pgdata=data", "--username=postgres", "--auth=trust",
             "--encoding=UTF8", "--locale=C", "--no-sync"],
            cwd=folder, check=True, capture_output=True, **as_user,
        )  # fmt: skip
        port = free_port()
        # Durability is not what these tests are about.
        settings = [
            f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "fsync=off",
            "synchronous_commit=off", "full_page_writes=off", "max_connections=200",
        ]  # fmt: skip
        options = [part for setting in settings for part in ("-c", setting)]
        with serving([str(programs / "postgres"), "-D", "data", *options], folder, **as_user):
            server = PostgreSQL(programs, port, count(1))
            deadline = time.monotonic() + PATIENCE
            while True:
                try:
                    server.run("pg_isready")
                    break
                except subprocess.CalledProcessError:
                    give_up_after(deadline, folder)
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis(program: str) -> Iterator[str]:
    """Run a new server until the block ends; yields its URL."""
    folder = Path(tempfile.mkdtemp(prefix="admin-auth-redis-"))
    port = free_port()
    try:
        with serving([program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)], folder):
            deadline = time.monotonic() + PATIENCE
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    give_up_after(deadline, folder)
            yield f"redis://127.0.0.1:{port}/0"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(command: list[str], folder: Path, **as_user: Any) -> Iterator[None]:
    """Run a server with its output in ``folder/log``."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, **as_user)
    try:
        yield
    finally:
        # To PostgreSQL this says: do not wait for clients that are still connected.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def give_up_after(deadline: float, folder: Path) -> None:
    """Wait a moment, or raise with what the server said."""
    if time.monotonic() > deadline:
        raise TimeoutError((folder / "log").read_text(errors="replace"))
    time.sleep(0.05)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
