"""A host application in a folder of its own, driven from outside as an operator does."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

LITESTAR = Path(sys.executable).with_name("litestar")
PASSWORD = "correct horse battery staple"

APP = """
from litestar import Litestar, get, websocket
from litestar_admin_auth import AdminConfig, AdminPlugin
from litestar_admin_auth.guards import requires_authentication, requires_permission, requires_superuser

async def after_hours(connection, handler): ...

@get("/open")
async def open_route() -> str: return ""

@get("/books", guards=[requires_permission("books:read")])
async def books() -> str: return ""

@get("/vault", guards=[requires_superuser, after_hours])
async def vault() -> str: return ""

@websocket("/feed", guards=[requires_authentication])
async def feed(socket: "WebSocket") -> None: ...

from litestar import WebSocket
app = Litestar(
    [open_route, books, vault, feed],
    plugins=[AdminPlugin(AdminConfig(permissions={"books:read": "See books", "books:write": "Write books"}))],
)
"""


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    status: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)


@dataclass(frozen=True)
class Site:
    """A folder with ``app.py``, and the environment that its commands run in."""

    folder: Path
    environment: dict[str, str]
    python: list[str]

    def litestar(self, *arguments: str, stdin: str = "", **variables: str) -> Result:
        """Run ``litestar --app app:app`` with no terminal, as cron or a container would."""
        ended = subprocess.run(
            [*self.python, str(LITESTAR), "--app", "app:app", *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Result(ended.returncode, ended.stdout, ended.stderr)

    def admin(self, *arguments: str, stdin: str = "", **variables: str) -> Result:
        return self.litestar("admin", *arguments, stdin=stdin, **variables)

    def admin_each(self, *commands: list[str], **variables: str) -> list[Result]:
        """Run several commands, one after the other, in one process: loading the application takes longer than most."""
        ended = subprocess.run(
            [*self.python, "-c", EACH],
            cwd=self.folder,
            env=self.environment | variables,
            input=json.dumps(commands),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return [Result(*result) for result in json.loads(ended.stdout)]


EACH = """
import contextlib, io, json, sys
from litestar.cli.main import litestar_group
results = []
for command in json.load(sys.stdin):
    output, errors, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            litestar_group.main(["--app", "app:app", "admin", *command], prog_name="litestar")
        except SystemExit as end:
            status = end.code or 0
    results.append((status, output.getvalue(), errors.getvalue()))
print(json.dumps(results))
"""


MakeSite = Callable[..., Site]


@pytest.fixture(scope="session")
def make_site(python: list[str]) -> MakeSite:
    """Writes an application into a folder; nothing of the developer's own settings gets in."""

    def make(folder: Path, source: str, **variables: str) -> Site:
        (folder / "app.py").write_text(source)
        ours = ("ADMIN_AUTH_", "LITESTAR_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        secret = {"ADMIN_AUTH_SECRET_KEY": "a secret of more than thirty-two bytes for tests"}
        return Site(folder, inherited | secret | {"PYTHONWARNINGS": "ignore"} | variables, python)

    return make


@pytest.fixture
def site(make_site: MakeSite, tmp_path: Path, database_url: str) -> Site:
    """An application on SQLite, and on PostgreSQL."""
    return make_site(tmp_path, APP, ADMIN_AUTH_DATABASE_URL=database_url)


@pytest.fixture(scope="module")
def settled(make_site: MakeSite, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A migrated application on SQLite with a superuser, a user and a role; shared, so tests do not lean on counts."""
    folder = tmp_path_factory.mktemp("settled")
    site = make_site(folder, APP, ADMIN_AUTH_DATABASE_URL=f"sqlite+aiosqlite:///{folder}/site.sqlite3")
    for command in (
        ["migrate"],
        ["create-superuser", "--email", "root@example.com", "--no-input"],
        ["create-user", "--email", "ann@example.com", "--name", "Ann", "--no-input"],
    ):
        result = site.admin(*command, ADMIN_AUTH_PASSWORD=PASSWORD)
        assert result.status == 0, result.errors
    return site
