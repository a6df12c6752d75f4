"""What ``docs/authentication.md`` and ``docs/host-routes.md`` say is so: their code runs, their tables are complete."""

import json
import re
import sys
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from litestar_admin_auth import AdminConfig, AdminPlugin
from litestar_admin_auth.api import error_examples, examples, schemas
from litestar_admin_auth.api.auth import AuthController, PasswordController
from litestar_admin_auth.auth import errors, guards, live_sockets
from litestar_admin_auth.auth.guards import Guard
from litestar_admin_auth.core import exceptions
from litestar_admin_auth.core.exceptions import AdminAuthError
from litestar_admin_auth.mount import CLOSE_NOT_FOUND
from litestar_admin_auth.services.migrations import upgrade
from tests.auth.site import ORIGIN, SECRET, alive, form_token

DOCS = Path(__file__).parents[2] / "docs"
AUTHENTICATION = (DOCS / "authentication.md").read_text("utf-8")
HOST_ROUTES = (DOCS / "host-routes.md").read_text("utf-8")
BASE = "/admin/api/auth"
ANN = {"email": "ann@example.com", "password": "a long pass phrase"}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table after a heading."""
    table = re.search(r"(?:^\|.*\n)+", page[page.index(heading) :], re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[0].splitlines()[2:]]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> Iterator[None]:
    monkeypatch.setenv("ADMIN_AUTH_SECRET_KEY", SECRET)
    monkeypatch.setenv("ADMIN_AUTH_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("JWT_SECRET_KEY", SECRET)
    return iter([None])


def run(page: str) -> list[Litestar]:
    """Run a page's code from top to bottom, as a reader would; returns the applications that it makes."""
    module = ModuleType(f"guide_{uuid4().hex}")
    # Where Litestar looks annotations up.
    sys.modules[module.__name__] = module
    namespace = vars(module)
    apps: list[Litestar] = []
    for block in blocks(page, "python"):
        namespace.pop("app", None)
        exec(compile(block, "<guide>", "exec"), namespace)  # noqa: S102 - our own text
        apps.append(namespace["app"])
    return apps


async def visit(app: Litestar) -> AsyncGenerator[httpx.AsyncClient]:
    database = app.state.admin_auth.database
    if database is not None:
        await upgrade(database)
    async with alive(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}) as client:
            yield client


class TestAuthentication:
    async def test_the_code_runs(self) -> None:
        own, tokens, session, badges, front_end = run(AUTHENTICATION)
        async for client in visit(own):
            assert (await client.get("/admin/login")).status_code == 200
            assert (await client.get(f"{BASE}/me")).status_code == 401
        async for client in visit(tokens):
            answer = (await client.post(f"{BASE}/login", json=ANN)).json()
            headers = {"authorization": f"Bearer {answer['access_token']}"}
            me = (await client.get(f"{BASE}/me", headers=headers)).json()
            assert (me["id"], me["roles"]) == (1, ["editor"])
            assert (await client.post(f"{BASE}/change-password", headers=headers, json={})).status_code == 404
        async for client in visit(session):
            assert (await client.get("/admin/login")).status_code == 404
        async for client in visit(badges):
            body = {"email": ANN["email"], "password": "open sesame"}
            assert (await client.post(f"{BASE}/login", json=body)).json() == {"badge": ANN["email"]}
            answer = await client.post("/admin/login", data=body | {"csrf_token": await form_token(client)})
            assert answer.status_code == 303
            assert (await client.get(f"{BASE}/me")).json()["id"] == 1

        app_origin = {"origin": "https://app.shop.example"}
        async for client in visit(front_end):
            asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
            preflight = await client.options(f"{BASE}/login", headers=app_origin | asked)
            answer = await client.post(f"{BASE}/login", json=ANN, headers=app_origin)
            for allowed in (preflight, answer):
                assert allowed.headers["access-control-allow-origin"] == app_origin["origin"]
                assert allowed.headers["access-control-allow-credentials"] == "true"
            # Its origin was let in; only there is no such user.
            assert (answer.status_code, answer.json()["extra"]["code"]) == (401, "invalid_credentials")

    def test_the_bodies_are_those_of_the_api(self) -> None:
        headers, cookies, error = (json.loads(block) for block in blocks(AUTHENTICATION, "json"))
        assert headers == examples.TOKEN_PAIR
        assert cookies.items() <= headers.items()
        assert error == error_examples.ERRORS["400"]

    def test_the_endpoints_are_those_of_the_api(self) -> None:
        listed = {cells[0].strip("`") for cells in rows(AUTHENTICATION, "## The endpoints")}
        found = {"GET /jwks.json"}
        for controller in (AuthController, PasswordController):
            for handler in vars(controller).values():
                for path in getattr(handler, "paths", ()):
                    (method,) = (str(name) for name in handler.http_methods)
                    base = controller.path.removeprefix("/auth")
                    found.add(f"{method} {(base + path).rstrip('/')}")
        assert listed == found

    def test_each_error_is_in_the_table_and_nothing_else(self) -> None:
        listed = {(int(cells[0]), cells[1].strip("`")) for cells in rows(AUTHENTICATION, "## Errors")}
        classes = [kind for kind in vars(exceptions).values() if isinstance(kind, type)]
        ours = {(kind.status_code, kind.code) for kind in classes if issubclass(kind, AdminAuthError)}
        fault = errors.describe(RuntimeError())
        assert listed == ours | set(errors._CODES.items()) | {(fault.status_code, fault.code)}

    def test_the_fields_of_bodies_are_those_of_the_structs(self) -> None:
        cells = {row[0].strip("`"): row for row in rows(AUTHENTICATION, "## The endpoints")}
        for endpoint, column, struct in [
            ("POST /login", 1, schemas.Credentials),
            ("POST /change-password", 1, schemas.PasswordChange),
            ("GET /me", 2, schemas.Me),
            ("POST /logout", 2, schemas.Message),
        ]:
            assert re.findall(r'"(\w+)"', cells[endpoint][column]) == list(struct.__struct_fields__), endpoint


class TestReadme:
    async def test_the_code_runs(self) -> None:
        module = ModuleType(f"readme_{uuid4().hex}")
        sys.modules[module.__name__] = module
        for block in blocks((DOCS.parent / "README.md").read_text("utf-8"), "python"):
            # What stands alone in a line is what the reader puts into their own "plugins".
            code = re.sub("^AdminPlugin", "plugin = AdminPlugin", block, flags=re.MULTILINE)
            exec(compile(code, "README", "exec"), vars(module))  # noqa: S102 - our own text
        names = vars(module)
        strangers = Litestar([names["orders"]], plugins=[names["plugin"]])
        async for client in visit(strangers):
            assert (await client.get("/admin/login")).status_code == 404
        declared = AdminConfig(permissions={"orders:read": "See orders"})
        async for client in visit(Litestar([names["orders"]], plugins=[AdminPlugin(declared)])):
            assert (await client.get("/orders")).status_code == 401


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_each_block_of_code_can_be_compiled(page: Path) -> None:
    for block in blocks(page.read_text("utf-8"), "python"):
        compile(block, page.name, "exec", flags=PyCF_ALLOW_TOP_LEVEL_AWAIT)


async def test_the_other_wording_of_the_page_of_languages_is_shown(tmp_path: Path) -> None:
    (template,) = blocks((DOCS / "languages.md").read_text("utf-8"), "html")
    extended = re.search(r'extends "!default/(.*?)"', template)
    assert extended is not None
    place = tmp_path / extended[1]
    place.parent.mkdir(parents=True)
    place.write_text(template, "utf-8")
    async for client in visit(Litestar(plugins=[AdminPlugin(AdminConfig(template_dirs=[tmp_path]))])):
        for language, words in (("de", "Durchwahl 12"), ("en", "extension 12")):
            page = await client.get("/admin/password-reset", headers={"accept-language": language})
            assert words in page.text
            assert "Durchwahl" not in page.text or language == "de"


class TestHostRoutes:
    async def test_the_code_runs(self) -> None:
        home, dependency, guarded, socket, mapped = run(HOST_ROUTES)
        async for client in visit(home):
            assert (await client.get("/")).text == "Hello"
        async for client in visit(dependency):
            assert (await client.get("/account")).status_code == 401
            assert (await client.get("/greeting")).text == "Hello"
        async for client in visit(guarded):
            for path in ("/articles", "/articles/drafts", "/desk", "/engine-room"):
                assert (await client.get(path)).status_code == 401, path
            assert (await client.post("/articles/publication")).status_code == 401
        for app in (socket, mapped):
            async for client in visit(app):
                assert (await client.get("/admin/login")).status_code == 200

    def test_each_guard_is_in_the_table(self) -> None:
        listed = {re.split(r"\W", cells[0].strip("`"))[0] for cells in rows(HOST_ROUTES, "## Guards")}
        public = {name for name in vars(guards) if name.startswith("requires_")}
        assert listed == public
        assert isinstance(guards.requires_superuser, Guard)

    def test_each_close_code_is_in_the_table(self) -> None:
        listed = {int(cells[0]) for cells in rows(HOST_ROUTES, "guards no longer allow")}
        ours = {value for name, value in vars(live_sockets).items() if name.startswith("CLOSE_")}
        assert listed == ours | {CLOSE_NOT_FOUND}
