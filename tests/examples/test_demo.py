"""The demo as ``make demo`` runs it: data once, a login that is printed, and a shop that asks for permissions."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.demo.__main__ import require_free
from examples.demo.people import people
from examples.demo.shop import PERMISSIONS, ROLES
from litestar_admin_auth.core.permissions import grants, is_code

ROOT = Path(__file__).resolve().parents[2]
ADMIN = ["-m", "litestar", "--app", "examples.demo.app:app", "admin"]


@dataclass(frozen=True)
class Demo:
    """A demo in a folder of its own."""

    folder: Path
    python: list[str]

    def environment(self, **variables: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ADMIN_AUTH_")}
        return kept | {"ADMIN_AUTH_DEMO_DIR": str(self.folder), "PYTHONWARNINGS": "ignore"} | variables

    def make(self, *arguments: str, **variables: str) -> str:
        """Run it without serving and return what it says."""
        return self.run("-m", "examples.demo", "--no-serve", *arguments, **variables)

    def admin(self, *arguments: str) -> Any:
        return json.loads(self.run(*ADMIN, *arguments, "--json"))

    def run(self, *arguments: str, **variables: str) -> str:
        ended = subprocess.run(
            [*self.python, *arguments],
            cwd=ROOT,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=180,
            check=True,
        )
        return ended.stdout


def password_in(output: str) -> str:
    found = re.search(r"^password: (.+)$", output, re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def demo(python: list[str], tmp_path_factory: pytest.TempPathFactory) -> Demo:
    demo = Demo(tmp_path_factory.mktemp("demo"), python)
    output = demo.make(ADMIN_AUTH_DEMO_PASSWORD="shared by all of them")
    assert "\nemail: admin@example.com\n" in output
    assert "\npassword: shared by all of them\n" in output
    assert str(demo.folder / "mail") in output
    return demo


class TestData:
    def test_is_as_large_as_promised(self, demo: Demo) -> None:
        users = demo.admin("users")
        assert len(users) == 200
        assert {user["status"] for user in users} == {"active", "suspended", "invited"}
        roles = {role["name"]: role for role in demo.admin("roles")}
        assert roles.keys() == {"superuser", *(name for name, *_ in ROLES)}
        assert all(role["members"] for role in roles.values())
        assert len(ROLES) == 6
        assert len(PERMISSIONS) == 40

    def test_has_no_finding(self, demo: Demo) -> None:
        assert demo.admin("check") == []

    def test_stays_on_the_second_run_and_starts_over_on_demand(self, demo: Demo, tmp_path: Path) -> None:
        demo = Demo(shutil.copytree(demo.folder, tmp_path / "demo"), demo.python)
        new = ["create-user", "--email", "new@example.com", "--no-input"]
        demo.run(*ADMIN, *new, ADMIN_AUTH_PASSWORD="correct horse battery staple")
        assert password_in(demo.make()) == "shared by all of them"
        assert len(demo.admin("users", "-q", "new@example.com")) == 1
        # With nothing to go by, it makes a password up.
        assert re.fullmatch(r"\S{16,}", password_in(demo.make("--reset")))
        assert demo.admin("users", "-q", "new@example.com") == []


class TestShop:
    def test_roles_hold_only_what_is_declared(self) -> None:
        from litestar_admin_auth.core.permissions import OWN_PERMISSIONS

        declared = {**PERMISSIONS, **OWN_PERMISSIONS}
        assert all(is_code(code) for code in PERMISSIONS)
        for name, _, held, _ in ROLES:
            assert all(any(grants(pattern, code) for code in declared) for pattern in held), name

    def test_people_are_the_same_every_time_and_nobody_twice(self) -> None:
        assert people(199) == people(199)
        assert len({person.email for person in people(199)}) == 199
        assert len({person.name for person in people(199)}) == 199
        assert all(re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+@example\.(com|org|net)", p.email) for p in people(199))


@pytest.fixture(scope="module")
def address(demo: Demo) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*demo.python, "-m", "examples.demo"],
        cwd=ROOT,
        env=demo.environment(PORT=str(port)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                httpx.get(address)
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


@contextmanager
def signed_in(address: str, email: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, headers={"Origin": address}) as client:
        answer = client.post("/admin/api/auth/login", json={"email": email, "password": "shared by all of them"})
        assert answer.status_code == 200, answer.text
        yield client


class TestServing:
    def test_the_shelves_are_open_and_the_rest_is_not(self, address: str) -> None:
        with httpx.Client(base_url=address) as stranger:
            assert "The Cartographer&#39;s Apology" in stranger.get("/").text
            assert len(stranger.get("/api/books").json()) == 6
            assert stranger.get("/api/orders").status_code == 401
            assert stranger.post("/api/orders/1041/refund").status_code == 401
            page = stranger.get("/orders", headers={"Accept": "text/html"})
            assert page.status_code in (303, 401)

    def test_a_role_opens_what_it_holds_and_no_more(self, demo: Demo, address: str) -> None:
        [seller, *_] = [
            user
            for user in demo.admin("users", "--role", "bookseller", "--status", "active")
            if user["roles"] == ["bookseller"]
        ]
        with signed_in(address, seller["email"]) as client:
            assert client.get("/orders").status_code == 200
            assert client.get("/api/orders").status_code == 200
            assert client.post("/api/orders/1041/refund").status_code == 403
            assert client.get("/api/turnover").status_code == 403
            assert client.get("/api/me").json()["roles"] == ["bookseller"]

    def test_the_superuser_may_do_all_of_it(self, address: str) -> None:
        with signed_in(address, "admin@example.com") as client:
            assert client.post("/api/orders/1041/refund").json()["status"] == "refunded"
            assert client.post("/orders/1042/refund").status_code == 303
            assert client.post("/api/books/3/price", json={"price": 1550}).json()["price"] == 1550
            assert client.get("/api/safe").status_code == 200
            assert client.get("/admin", follow_redirects=True).status_code == 200
            # A guard that asks for a role by its name asks for that role, even of a superuser.
            assert client.get("/api/stock").status_code == 403

    def test_mails_end_in_the_folder_that_is_named(self, demo: Demo, address: str) -> None:
        with httpx.Client(base_url=address, headers={"Origin": address}) as stranger:
            asked = stranger.post("/admin/api/password-reset", json={"email": "admin@example.com"})
            assert asked.status_code == 200
            assert ".demo/mail" in stranger.get("/admin/password-reset/sent").text
        for _ in range(100):
            if files := list((demo.folder / "mail").glob("*.eml")):
                break
            time.sleep(0.1)
        [mail] = [file.read_text("utf-8") for file in files]
        assert "To: admin@example.com" in mail
        assert f"{address}/admin/password-reset/" in mail


def test_a_port_that_is_taken_is_told_with_the_command_for_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"PORT={port + 1} make demo"):
            require_free(port)
    require_free(port)
