"""The example of docs/sessions.md, run as it stands there."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from litestar_admin_auth.auth import store_sessions
from litestar_admin_auth.core.config import AdminConfig, JWTConfig
from litestar_admin_auth.services.session_policy import SessionPolicy

PAGE = (Path(__file__).parents[2] / "docs" / "sessions.md").read_text("utf-8")
APPLICATION, ENDING = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
OLD, NEW = "correct horse battery staple", "a wholly different sentence"


async def test_the_example_signs_in_renews_changes_the_password_and_ends_sessions(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JWT_SECRET_KEY", "a secret of the tests, long enough for HS256")
    monkeypatch.setenv("REDIS_URL", redis_url)
    example: dict[str, Any] = {}
    exec(APPLICATION, example)  # noqa: S102 - our own documentation
    ann = example["Member"](1, "ann@example.com", await example["hash_password"](OLD))
    example["MEMBERS"].update({1: ann, "ann@example.com": ann})
    app = example["app"]
    transport = httpx.ASGITransport(app)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="https://shop.example") as client:

        async def post(path: str, token: str = "", **more: Any) -> httpx.Response:
            headers = {"authorization": f"Bearer {token}"} | more.pop("headers", {})
            return await client.post(f"/admin/api/auth/{path}", headers=headers, **more)

        async def me(token: str) -> int:
            return (await client.get("/admin/api/auth/me", headers={"authorization": f"Bearer {token}"})).status_code

        here, there = [(await post("login", json={"email": ann.email, "password": OLD})).json() for _ in range(2)]
        renewed = (await post("refresh", headers={"x-refresh-token": here["refresh_token"]})).json()["access_token"]
        assert [await me(renewed), await me(there["access_token"])] == [200, 200]
        change = {"current_password": OLD, "new_password": NEW}
        assert (await post("change-password", renewed, json=change)).status_code == 200
        assert [await me(renewed), await me(there["access_token"])] == [200, 401]
        assert await example["verify_password"](ann.password_hash, NEW)
        # "await" stands in the page without a function around it.
        exec(f"async def end(member):\n    return {ENDING.strip()}", example)  # noqa: S102
        assert await example["end"](ann) == 1
        assert await me(renewed) == 401


def test_the_defaults_are_those_of_the_code() -> None:
    policy, jwt, admin = SessionPolicy(), JWTConfig(secret_key="x" * 32), AdminConfig(secret_key="x" * 32)
    assert (jwt.token_expiry, jwt.refresh_token_expiry) == (3600, 86400)
    assert policy.idle.days == 1
    assert (admin.session_lifetime, policy.grace) == (None, admin.refresh_grace)
    assert (policy.absolute.days, admin.refresh_grace.seconds) == (14, 10)
    assert ("at most a hundred sessions" in PAGE, store_sessions.MAX_SESSIONS) == (True, 100)
