"""The code of two pages of the documentation, run as it stands."""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from litestar import Litestar

from tests.auth.site import ORIGIN, form_token

DOCS = Path(__file__).parents[2] / "docs"
PASSWORD = "correct horse battery staple"

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.base_exceptions.LitestarDeprecationWarning")


def run(page: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that the blocks of a page define, run one after the other as one module."""
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    # Litestar looks annotations up in the module that a handler says it comes from.
    module = ModuleType("documented")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in blocks:
        exec(compile(block, page, "exec"), vars(module))  # noqa: S102 - our own documentation
    return vars(module)


def browser(app: Litestar) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN})


async def test_single_sign_on(monkeypatch: pytest.MonkeyPatch) -> None:
    names = run("single-sign-on.md", monkeypatch)
    async with names["app"].lifespan(), browser(names["app"]) as client:
        for user_id, status in ((2, 404), (1, 200)):
            await client.post("/sign-in", json={"user_id": user_id})
            assert (await client.get("/admin")).status_code == status
        assert (await client.get("/admin/api/auth/me")).json()["roles"] == ["editor"]
    # The second block replaces the backend: the same, with a form.
    app = Litestar(
        plugins=[names["AdminPlugin"](names["AdminConfig"](auth_backend=names["backend"]))],
        middleware=[names["ServerSideSessionConfig"]().middleware],
    )
    async with app.lifespan(), browser(app) as client:
        for email, status in (("bob@example.com", 401), ("ann@example.com", 303)):
            data = {"csrf_token": await form_token(client), "email": email, "password": PASSWORD}
            assert (await client.post("/admin/login", data=data)).status_code == status
        assert (await client.get("/admin")).status_code == 200


async def test_custom_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    names = run("custom-backends.md", monkeypatch)
    async with names["app"].lifespan(), browser(names["app"]) as client:
        for password, status in (("wrong", 401), (PASSWORD, 303)):
            data = {"csrf_token": await form_token(client), "email": "ann@example.com", "password": password}
            assert (await client.post("/admin/login", data=data)).status_code == status
        assert (await client.get("/admin")).status_code == 200
        assert (await client.get("/articles")).text == "Articles for ann@example.com"
    async with names["other_app"].lifespan(), browser(names["other_app"]) as client:
        answer = await client.post("/admin/api/auth/login", json={"email": "ann@example.com", "password": "x"})
        # No password_verifier was given, and so nobody is let in.
        assert answer.status_code == 401
