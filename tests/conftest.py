"""Databases and Redis for every test, and at the end of the run the tests that it went without."""

import gc
import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jinja2 import BaseLoader, Environment

from litestar_admin_auth.core.paths import templates_dir
from litestar_admin_auth.web import environment
from litestar_admin_auth.web.environment import ROOT, Templates
from tests import servers
from tests.shares import slow_ones_first
from tests.templates import Compiled, Expected
from tests.warm_python import warm_python

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[servers.PostgreSQL]:
    programs = servers.postgresql_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with servers.postgresql(programs) as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql_server: servers.PostgreSQL) -> str:
    """A new, empty PostgreSQL database; it goes with the server."""
    return postgresql_server.create_database()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An SQLite file that does not exist yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite3'}"


@pytest.fixture(params=["sqlite", POSTGRESQL])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database: the test runs once on SQLite and once on PostgreSQL."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(scope="session", params=["sqlite", POSTGRESQL])
def shared_database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes empty databases on one engine after the other, for fixtures that outlive a test."""
    if request.param == "sqlite":
        return lambda: f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('shared') / 'test.sqlite3'}"
    server: servers.PostgreSQL = request.getfixturevalue("postgresql_server")
    return server.create_database


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    program = servers.redis_program()
    if program is None:
        pytest.skip("Redis is not installed")
    with servers.redis(program) as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """A Redis server with nothing in it."""
    address, port = redis_server.removeprefix("redis://").removesuffix("/0").split(":")
    with socket.create_connection((address, int(port)), timeout=5) as connection:
        connection.sendall(b"FLUSHALL\r\n")
        assert connection.recv(64).startswith(b"+OK")
    return redis_server


@pytest.fixture(scope="session")
def python() -> Iterator[list[str]]:
    """Stands in for ``sys.executable`` where a process is to import the package: it has done so."""
    with warm_python(PYTHONWARNINGS="ignore") as command:
        yield command


@pytest.fixture(scope="session", autouse=True)
def _compile_each_template_once() -> Iterator[None]:
    """Hundreds of tests start an admin of their own, and reading its templates is half of what a first page costs."""
    compiled, build = Compiled(), environment.build_environment

    def build_with_memory(loader: BaseLoader) -> Environment:
        made = build(loader)
        made.bytecode_cache = compiled
        return made

    environment.build_environment = build_with_memory
    yield
    environment.build_environment = build


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Share the tests out among the processes of pytest-xdist."""
    workers = getattr(config, "workerinput", {"workercount": 1})["workercount"]
    items[:] = [items[number] for number in slow_ones_first([item.path for item in items], workers)]


def pytest_collection_finish() -> None:
    """Look for garbage less often: what is imported and collected stays, and was walked through hundreds of times.

    Measured: 40 % of the processor's time of tests that start an admin each, for 100 MB more at the end.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(30_000, 20, 5)


@pytest.fixture(scope="session", autouse=True)
def _give_each_page_what_its_template_expects() -> Iterator[None]:
    """Fail at every page that lacks a variable, also where this page's data lead around it."""
    html, shipped_ones = Templates.html, Expected(Templates().environment)

    def checked(
        self: Templates, name: str, context: Mapping[str, Any], block: str | None = None, *, shipped: bool = False
    ) -> str:
        if block is None and (templates_dir() / ROOT / name).exists():
            missing = shipped_ones.missing(name, context.keys())
            assert not missing, f"{name} expects {sorted(missing)}"
        return html(self, name, context, block, shipped=shipped)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Templates, "html", checked)
        yield


UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Call each test the same in every process: pytest-xdist refuses names with a random UUID."""
    return UUID.sub("uuid", val) if isinstance(val, str) and UUID.search(val) else None


def left_out(stats: dict[str, list[pytest.TestReport]]) -> list[tuple[str, str]]:
    """Each test that was skipped, with its reason."""
    return [
        (report.nodeid, report.longrepr[2].removeprefix("Skipped: "))
        for report in stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name each test that did not run: a green run must not hide what it never tried."""
    tests = left_out(terminalreporter.stats)
    if tests:
        terminalreporter.section(f"{len(tests)} tests did not run")
        for name, reason in tests:
            terminalreporter.write_line(f"{name}: {reason}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where the machine promises everything, a test that did not run is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    promised = os.environ.get("CI", "").lower() in {"1", "true"}
    if promised and reporter is not None and left_out(reporter.stats):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
