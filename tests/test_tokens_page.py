"""docs/tokens.md: what it says of tokens and settings is so, and its examples run."""

import dataclasses
import re
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from litestar import Litestar

from litestar_admin_auth.api.keys import FRESH_FOR
from litestar_admin_auth.auth import JWTConfig
from litestar_admin_auth.auth.jws import MAX_TOKEN_LENGTH
from litestar_admin_auth.auth.tokens import CLOCK_SKEW_SECONDS, sign_access, sign_refresh
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.jwt_config import ALGORITHMS, MAX_LEEWAY
from litestar_admin_auth.core.signing_keys import MAX_RSA_BITS, MIN_RSA_BITS
from litestar_admin_auth.services.migrations import upgrade
from tests.auth.site import PASSWORD, Site, plugin, running
from tests.keys import SECRET, private_pem, public_pem

PAGE = (Path(__file__).parent.parent / "docs" / "tokens.md").read_text("utf-8")
SETTINGS, ALGORITHM_TABLE = PAGE.partition("## Settings")[2].split("## Algorithms and keys")[0:2]
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def run(example: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(example, "docs/tokens.md", "exec"), names)  # noqa: S102 - our own page
    return names


@pytest.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Site]:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('tokens') / 'test.sqlite3'}"
    database = Database(create_engine(url))
    await upgrade(database)
    await database.close()
    config = JWTConfig(
        secret_key=private_pem("ES256"),
        algorithm="ES256",
        issuer="https://shop.example",
        audience="shop",
        jwks_endpoint=True,
    )
    async with running(Litestar(plugins=[plugin(database=url, jwt=config)])) as site:
        yield site


class TestSettings:
    def test_the_table_names_every_field_in_the_order_of_the_class(self) -> None:
        assert re.findall(r"^\| `(\w+)` \|", SETTINGS, re.MULTILINE) == [
            field.name for field in dataclasses.fields(JWTConfig)
        ]

    @pytest.mark.parametrize("field", dataclasses.fields(JWTConfig), ids=lambda field: field.name)
    def test_its_defaults_are_those_of_the_class(self, field: dataclasses.Field[Any]) -> None:
        default = "required" if field.default is dataclasses.MISSING else f"`{field.default!r}`".replace("'", '"')
        assert f"\n| `{field.name}` | {default} |" in SETTINGS

    def test_every_algorithm_is_listed(self) -> None:
        rows = "\n".join(line.split("|")[1] for line in ALGORITHM_TABLE.splitlines() if line.startswith("| `"))
        assert set(re.findall(r"`(\w+)`", rows)) == set(ALGORITHMS)

    def test_its_numbers_are_those_of_the_code(self) -> None:
        for number in (
            f"at most {MAX_LEEWAY}, by which clocks",
            f"by {CLOCK_SKEW_SECONDS} seconds in any case",
            f"{MIN_RSA_BITS} to {MAX_RSA_BITS} bits",
            f"more than {MAX_TOKEN_LENGTH} characters",
            f"keep it for {int(FRESH_FOR.total_seconds()) // 60} minutes",
        ):
            assert number in PAGE, number


class TestExamples:
    @pytest.mark.parametrize("example", EXAMPLES)
    def test_each_runs(self, example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "key.pem").write_text(private_pem("ES256"))
        (tmp_path / "old-public.pem").write_text(public_pem(private_pem("ES256", 1)))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("JWT_SECRET_KEY", SECRET)
        monkeypatch.setenv("ADMIN_AUTH_SECRET_KEY", SECRET)
        assert run(example)

    async def test_another_service_takes_an_access_token_and_nothing_else(self, shop: Site) -> None:
        (example,) = [example for example in EXAMPLES if "def user_id_of" in example]
        user_id_of = run(example)["user_id_of"]
        user = await shop.add_user()
        async with shop.browser(origin=None) as script:
            key_set = (await script.get("/admin/api/auth/jwks.json")).json()
            login = await script.post("/admin/api/auth/login", json={"email": user.email, "password": PASSWORD})
        tokens = login.json()
        access = tokens["access_token"]
        assert user_id_of(access, key_set) == str(user.id)

        claims = jwt.decode(access, options={"verify_signature": False})
        header = {"typ": "admin-access+jwt", "kid": key_set["keys"][0]["kid"]}
        stranger, own = private_pem("ES256", 1), private_pem("ES256")
        for refused in (
            tokens["refresh_token"],
            access[:-4],
            jwt.encode(claims, stranger, "ES256", header),
            jwt.encode(claims, stranger, "ES256", header | {"kid": "another"}),
            jwt.encode(claims, SECRET, "HS256", header),
            jwt.encode(claims, None, "none", header),
            jwt.encode(claims | {"purpose": "refresh"}, own, "ES256", header),
            jwt.encode(claims | {"aud": "them"}, own, "ES256", header),
            jwt.encode(claims | {"exp": 1}, own, "ES256", header),
        ):
            with pytest.raises(jwt.InvalidTokenError):
                user_id_of(refused, key_set)


class TestTokens:
    async def test_they_hold_what_the_page_says_and_nothing_else(self) -> None:
        config = JWTConfig(secret_key=private_pem("ES256"), algorithm="ES256", issuer="us", audience="us")
        moment = now()
        made = {"generation": 1, "rotated_at": moment, "expires_at": moment + timedelta(days=1)}
        tokens = (sign_access(config, "7", "s"), sign_refresh(config, "7", "s", **made))
        table = PAGE.partition("## What is in a token")[2].partition("## Where")[0]
        rows = [line.split("|")[1:4] for line in table.splitlines() if line.startswith("| ") and "`" in line]
        for column, token in enumerate(tokens, start=1):
            listed = {
                name for row in rows if row[column].strip() != "absent" for name in re.findall(r"`(\w+)`", row[0])
            }
            header = jwt.get_unverified_header(token)
            assert listed == set(header) | set(jwt.decode(token, options={"verify_signature": False}))
            assert f"`{header['typ']}`" in table
