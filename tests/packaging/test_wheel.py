"""The distributions, built as for a release, installed elsewhere and used as the README says."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers import free_port

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).resolve().parents[2]
UV = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"


def build(*options: str, source: Path, into: Path) -> Path:
    """Build a distribution with the tools that are installed; returns it."""
    # Our own backend is at hand: an isolated build would fetch it again.
    command = [sys.executable, "-m", "build", "--no-isolation", *options, "--outdir", str(into), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = into.iterdir()
    return made


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git knows of, with the changes of the moment: a developer's own files must not get in."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("--wheel", source=checkout, into=tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("--sdist", source=checkout, into=tmp_path_factory.mktemp("sdist"))


def contents(wheel: Path) -> dict[str, str]:
    """Each file of a wheel with the digest of what is in it."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def quickstart(part: str) -> str:
    """The block of the README that stands below ``<!-- test: quickstart PART -->``."""
    readme = (ROOT / "README.md").read_text()
    found = re.search(rf"<!-- test: quickstart {part} -->\n```\w+\n(.*?)```", readme, re.DOTALL)
    assert found, f"the README has no quickstart {part}"
    return found[1]


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    again = build("--wheel", source=source, into=tmp_path / "again")
    assert contents(again) == contents(wheel)


@pytest.mark.parametrize("folder", ["templates", "static", "alembic"])
def test_the_wheel_holds_every_file_of(folder: str, checkout: Path, wheel: Path) -> None:
    files = [path for path in (checkout / folder).rglob("*") if path.is_file()]
    held = contents(wheel)
    assert files
    assert [path for path in files if f"litestar_admin_auth/{path.relative_to(checkout)}" not in held] == []


def test_the_wheel_is_typed_and_licensed_and_holds_nothing_else(wheel: Path) -> None:
    held = contents(wheel)
    assert "litestar_admin_auth/py.typed" in held
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in held)
    assert {name.split("/")[0].partition("-")[0] for name in held} == {"litestar_admin_auth"}


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder away from the checkout with an environment that holds the wheel and its requirements alone."""
    folder = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], check=True)
    constraints = str(ROOT / "constraints" / "dev.txt")
    subprocess.run(
        [UV, "pip", "install", "--quiet", "--python", str(folder / "venv/bin/python"), "-c", constraints, str(wheel)],
        check=True, cwd=folder,
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def origin(elsewhere: Path) -> Iterator[str]:
    """The quickstart, typed in line by line; the last line keeps serving."""
    (elsewhere / "app.py").write_text(quickstart("app"))
    port = free_port()
    lines: list[str] = []
    for line in quickstart("commands").splitlines():
        # What differs from a reader at a terminal: nobody answers questions, and the port must be free.
        if line.endswith("admin create-superuser"):
            lines.append(f"{line} --email {EMAIL} --no-input")
        elif line.endswith("app:app run"):
            lines.append(f"exec {line} --port {port}")
        else:
            lines.append(line)
    environment = {
        "PATH": f"{elsewhere / 'venv/bin'}{os.pathsep}/usr/bin:/bin",
        "HOME": str(elsewhere),
        "ADMIN_AUTH_PASSWORD": PASSWORD,
        # A browser keeps Secure cookies of http://localhost; httpx does not.
        "ADMIN_AUTH_COOKIE_SECURE": "0",
        "LITESTAR_DEBUG": "1",
    }
    log = (elsewhere / "log").open("w+")
    server = subprocess.Popen(
        ["bash", "-euc", "\n".join(lines)],
        cwd=elsewhere, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{url}/admin/login", timeout=5)
                break
            except httpx.TransportError:
                if server.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    pytest.fail(f"the quickstart did not serve:\n{log.read()}")
                time.sleep(0.1)
        yield url
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(10)
        log.close()


def test_the_package_that_runs_is_the_installed_one(elsewhere: Path) -> None:
    where = subprocess.run(
        [elsewhere / "venv/bin/python", "-I", "-c", "import litestar_admin_auth as it; print(it.__file__)"],
        cwd=elsewhere, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert Path(where).is_relative_to(elsewhere)


def test_the_quickstart_leads_to_the_overview(origin: str) -> None:
    with httpx.Client(base_url=origin, follow_redirects=True) as browser:
        login = browser.get("/admin")
        assert login.url.path == "/admin/login"
        token = re.search(r'name="csrf_token" value="([^"]+)"', login.text)
        assert token
        form = {"csrf_token": token[1], "email": EMAIL, "password": PASSWORD}
        overview = browser.post("/admin/login", data=form, headers={"Origin": origin})
        assert overview.status_code == 200
        assert overview.url.path.rstrip("/") == "/admin"
        assert "<h1>Overview</h1>" in re.sub(r"<h1[^>]*>\s*", "<h1>", overview.text)
        assert EMAIL in overview.text
        style = re.search(r'href="(/admin/static/[^"]+\.css)"', overview.text)
        assert style
        assert browser.get(style[1]).status_code == 200


def test_the_quickstart_lets_nobody_else_in(origin: str) -> None:
    with httpx.Client(base_url=origin) as browser:
        token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/admin/login").text)
        assert token
        form = {"csrf_token": token[1], "email": EMAIL, "password": PASSWORD + "!"}
        refused = browser.post("/admin/login", data=form, headers={"Origin": origin})
        assert refused.status_code in {400, 401}
        assert browser.get("/admin").status_code in {302, 303}
