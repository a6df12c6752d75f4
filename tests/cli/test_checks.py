"""What ``admin check`` and the start find, and that every id is explained."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.config import AdminConfig, JWTConfig
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.mail import ConsoleMail, MemoryMail, SMTPMail
from litestar_admin_auth.models import Role, User, UserRole
from litestar_admin_auth.services.catalogue import sync_permissions
from litestar_admin_auth.services.checks import run_checks
from litestar_admin_auth.services.migrations import upgrade

ROOT = Path(__file__).resolve().parents[2]
SECRET = "0123456789abcdefghijklmnopqrstuvwxyz"


def config(**settings: Any) -> AdminConfig:
    return AdminConfig(**{"secret_key": SECRET, "cookie_secure": True, **settings})


async def ids(settings: AdminConfig, database: Database | None = None, **options: bool) -> dict[str, str]:
    return {finding.id: finding.level for finding in await run_checks(settings, database, **options)}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(create_engine(database_url))
    yield database
    await database.close()


async def add_superuser(database: Database, **values: Any) -> None:
    async with database.writing() as db:
        role = (await db.scalars(select(Role))).one()
        times = {"created_at": now(), "updated_at": now()}
        user = User(
            email="a@example.com", email_normalized="a@example.com", **times, **{"password_hash": "x", **values}
        )
        db.add(user)
        await db.flush()
        db.add(UserRole(user_id=user.id, role_id=role.id, granted_at=now(), granted_by="cli"))


class TestSecret:
    async def test_none_is_an_error(self) -> None:
        assert await ids(config(secret_key="")) == {"AA001": "error"}

    @pytest.mark.parametrize("secret", ["short", "your-super-secret-key-change-in-production"])
    async def test_one_that_is_short_or_published_is_an_error(self, secret: str) -> None:
        assert await ids(config(secret_key=secret)) == {"AA002": "error"}

    async def test_a_host_with_its_own_backend_needs_none(self) -> None:
        assert await ids(config(secret_key="", auth_backend=object())) == {}

    async def test_its_value_is_not_repeated(self) -> None:
        found = await run_checks(config(secret_key="hunter2"), None)
        assert "hunter2" not in repr(found)


class TestCookies:
    async def test_an_insecure_one_is_an_error(self) -> None:
        assert await ids(config(cookie_secure=False)) == {"AA007": "error"}

    async def test_debug_mode_excuses_it(self) -> None:
        assert await ids(config(cookie_secure=False), debug=True) == {}

    @pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
    async def test_a_loopback_origin_excuses_it(self, origin: str) -> None:
        assert await ids(config(cookie_secure=False, public_origin=origin)) == {}

    async def test_an_origin_that_only_looks_like_one_does_not(self) -> None:
        found = await ids(config(cookie_secure=False, public_origin="http://localhost.example"))
        assert found == {"AA007": "error"}

    async def test_nothing_excuses_it_in_production(self) -> None:
        settings = config(cookie_secure=False, public_origin="http://localhost:8000")
        assert "AA007" in await ids(settings, deploy=True, debug=True)

    @pytest.mark.parametrize("name", ["cookie_secure", "cookie_httponly"])
    async def test_those_of_the_hosts_own_jwt_backend_count_too(self, name: str) -> None:
        class Backend:
            config = JWTConfig(secret_key=SECRET, **{name: False})

        found = await run_checks(config(auth_backend=Backend()), None)
        assert [finding.id for finding in found] == ["AA007"]
        assert f"JWTConfig.{name}" in found[0].message


class TestTables:
    async def test_missing_ones_are_told_at_the_start_and_an_error_for_the_command(self, database: Database) -> None:
        assert await ids(config(), database) == {"AA020": "warning"}
        assert await ids(config(), database, strict=True) == {"AA020": "error"}

    async def test_a_missing_superuser_likewise(self, database: Database) -> None:
        await upgrade(database)
        await sync_permissions(database, {})
        assert await ids(config(), database) == {"AA021": "warning"}
        assert await ids(config(), database, strict=True) == {"AA021": "error"}

    async def test_a_superuser_who_cannot_sign_in_is_none(self, database: Database) -> None:
        await upgrade(database)
        await add_superuser(database, is_active=False)
        assert "AA021" in await ids(config(), database)

    async def test_one_superuser_is_enough(self, database: Database) -> None:
        await upgrade(database)
        await sync_permissions(database, {})
        await add_superuser(database)
        assert await ids(config(), database, strict=True) == {}

    async def test_a_declared_permission_that_is_not_stored_is_told(self, database: Database) -> None:
        await upgrade(database)
        await add_superuser(database)
        await sync_permissions(database, {"books:read": "See books"})
        assert await ids(config(permissions={"books:read": "See books"}), database, strict=True) == {}
        declared = {"books:read": "See books", "books:sell": "Sell books"}
        assert await ids(config(permissions=declared), database, strict=True) == {"AA022": "warning"}
        assert await ids(config(permissions=declared), database) == {}  # the start does it by itself


SMTP = SMTPMail(sender="Shop <no-reply@shop.example>", host="smtp.shop.example")
GOOD = {"public_origin": "https://shop.example"}


class TestProduction:
    async def test_a_good_set_up_has_no_findings(self) -> None:
        assert await ids(config(**GOOD), deploy=True) == {}

    @pytest.mark.parametrize(
        ("settings", "debug", "found"),
        [
            ({}, False, {"AA031": "error"}),
            ({"public_origin": "http://shop.example"}, False, {"AA032": "error"}),
            (GOOD | {"trusted_origins": ["http://app.example"]}, False, {"AA032": "error"}),
            (GOOD, True, {"AA030": "error"}),
        ],
    )
    async def test_what_only_production_needs(
        self, settings: dict[str, Any], debug: bool, found: dict[str, str]
    ) -> None:
        assert await ids(config(**settings), deploy=True, debug=debug) == found
        assert await ids(config(**settings), debug=debug) == {}

    async def test_an_sqlite_file_is_a_warning_and_postgresql_is_none(self, database: Database) -> None:
        await upgrade(database)
        await add_superuser(database)
        await sync_permissions(database, {})
        expected = {} if database.is_postgresql else {"AA033": "warning"}
        assert await ids(config(**GOOD, mail=SMTP), database, deploy=True) == expected

    @pytest.mark.parametrize(
        ("settings", "found", "found_at_the_start"),
        [
            ({"mail": None}, {"AA073": "warning"}, {}),
            ({"mail": MemoryMail(sender="a@shop.example")}, {"AA072": "error"}, {}),
            ({"mail": ConsoleMail(sender="a@shop.example")}, {"AA072": "error"}, {}),
            (
                {"mail": SMTP, "public_origin": None},
                {"AA031": "error", "AA071": "warning"},
                {"AA071": "warning"},
            ),
        ],
    )
    async def test_mail_that_goes_nowhere_is_told(
        self,
        database: Database,
        settings: dict[str, Any],
        found: dict[str, str],
        found_at_the_start: dict[str, str],
    ) -> None:
        await upgrade(database)
        await add_superuser(database)
        await sync_permissions(database, {})
        made = config(**(GOOD | settings))
        sqlite = {} if database.is_postgresql else {"AA033": "warning"}
        assert await ids(made, database, deploy=True) == found | sqlite
        assert await ids(made, database) == found_at_the_start


def test_every_id_in_the_code_is_explained_in_the_documentation_and_no_other() -> None:
    in_code = {
        check_id
        for file in (ROOT / "litestar_admin_auth").rglob("*.py")
        for check_id in re.findall(r'"(AA\d{3})[":]', file.read_text())
    }
    explained = re.findall(r"^\| (AA\d{3}) \|", (ROOT / "docs" / "checks.md").read_text(), re.MULTILINE)
    assert explained == sorted(in_code)
