"""The ``admin`` commands, each as a process of its own."""

import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from litestar_admin_auth.cli import people
from litestar_admin_auth.services.migrations import head
from litestar_admin_auth.services.passwords import check_password
from tests.cli.conftest import APP, PASSWORD, MakeSite, Site


def test_an_empty_database_becomes_one_with_a_superuser_and_a_user(site: Site) -> None:
    check = site.admin("check")
    assert check.status == 1
    assert "error AA020" in check.output
    migrated = site.admin("migrate")
    assert (migrated.status, migrated.output) == (0, f"The tables are at revision {head()}.\n")
    assert "error AA021" in site.admin("check").output

    created = site.admin("create-superuser", "--email", "Root@Example.com", "--no-input", ADMIN_AUTH_PASSWORD=PASSWORD)
    assert created.status == 0, created.errors
    assert site.admin("check").status == 0

    created = site.admin(
        "create-user",
        "--email",
        "ann@example.com",
        "--role",
        "superuser",
        "--no-input",
        "--password-stdin",
        stdin=PASSWORD + "\n",
    )
    assert created.status == 0, created.errors
    users = {user["email"]: user for user in site.admin("users", "--json").json}
    assert users.keys() == {"Root@Example.com", "ann@example.com"}
    assert all(user["status"] == "active" and user["roles"] == ["superuser"] for user in users.values())

    assert site.admin("revoke", "ann@example.com", "superuser").status == 0
    refused = site.admin("revoke", "root@example.com", "superuser")
    assert refused.status == 1
    assert "last active superuser" in refused.errors


def test_a_process_that_imports_everything_anew_answers_the_same(settled: Site) -> None:
    # Elsewhere commands run in a process forked off one that has imported the package: see tests/warm_python.
    cold = replace(settled, python=[sys.executable])
    command = ["create-user", "--email", "ann@example.com", "--password-stdin"]
    forked = settled.admin(*command, stdin=PASSWORD + "\n")
    assert forked == cold.admin(*command, stdin=PASSWORD + "\n")
    assert (forked.status, forked.output) == (1, "")
    assert "Another user has this e-mail address" in forked.errors


def test_who_is_there_already_becomes_a_superuser_by_another_command(settled: Site) -> None:
    result = settled.admin("create-superuser", "--email", "ann@example.com", "--no-input", ADMIN_AUTH_PASSWORD=PASSWORD)
    assert result.status == 1
    assert "litestar admin grant ann@example.com superuser" in result.errors


class TestPasswords:
    def test_are_asked_of_nobody_where_there_is_no_terminal(self, settled: Site) -> None:
        result = settled.admin("create-user", "--email", "x@example.com")
        assert result.status == 1
        assert result.errors == "Error: Give the password in ADMIN_AUTH_PASSWORD or with --password-stdin.\n"

    @pytest.mark.parametrize("command", ["create-user", "create-superuser"])
    def test_are_never_an_argument(self, settled: Site, command: str) -> None:
        assert settled.admin(command, "--email", "x@example.com", "--password", PASSWORD).status == 2
        assert PASSWORD not in settled.admin(command, "--help").output

    def test_that_are_too_weak_leave_no_user_behind(self, settled: Site) -> None:
        result = settled.admin("create-user", "--email", "weak@example.com", "--no-input", ADMIN_AUTH_PASSWORD="short")
        assert result.status == 1
        assert result.errors.count("\n") == 1
        assert settled.admin("users", "-q", "weak", "--json").json == []

    def test_from_standard_input_are_taken_verbatim(self, settled: Site) -> None:
        spaced = "  two spaces before and after  "
        assert settled.admin("set-password", "ann@example.com", "--password-stdin", stdin=spaced + "\n").status == 0
        assert self.opens(settled, "ann@example.com", spaced)
        assert not self.opens(settled, "ann@example.com", spaced.strip())

    @staticmethod
    def opens(site: Site, email: str, password: str) -> bool:
        import asyncio

        from litestar_admin_auth.core.database import Database, create_engine
        from litestar_admin_auth.core.passwords import Passwords
        from litestar_admin_auth.services.logins import verify_credentials

        async def verify() -> bool:
            database = Database(create_engine(site.environment["ADMIN_AUTH_DATABASE_URL"]))
            user = await verify_credentials(database, Passwords(), email, password)
            await database.close()
            return user is not None

        return asyncio.run(verify())


class TestGrants:
    def test_are_given_explained_and_taken(self, settled: Site) -> None:
        explain = ["explain", "ann@example.com", "books:read"]
        results = settled.admin_each(
            [*explain, "--json"],
            ["grant", "ANN@example.com", "superuser", "--reason", "Holiday", "--until", "2999-01-31"],
            [*explain, "--json"],
            explain,
            ["revoke", "ann@example.com", "superuser"],
            [*explain, "--json"],
        )
        assert [result.status for result in results] == [0] * 6
        no, yes, said, after = results[0].json, results[2].json, results[3].output, results[5].json
        assert no["allowed"] is False
        assert no["would_allow"] == ["superuser"]
        assert yes["allowed"] is True
        [path] = yes["paths"]
        assert (path["role"], path["permission"], path["granted_by"], path["reason"]) == (
            "superuser",
            "*",
            "cli",
            "Holiday",
        )
        assert path["expires_at"].startswith("2999-01-31T23:59:59"), "all of that day, as on the page"
        assert said.startswith("yes: ann@example.com has books:read\n")
        assert "until 2999-01-31" in said
        assert after["allowed"] is False

    def test_a_mistake_ends_with_status_one_and_one_line(self, settled: Site) -> None:
        mistakes = [
            ["grant", "nobody@example.com", "superuser"],
            ["grant", "ann@example.com", "no such role"],
            ["grant", "ann@example.com", "superuser", "--until", "tomorrow"],
            ["revoke", "ann@example.com", "superuser"],
            ["explain", "ann@example.com", "no code"],
            ["sign-in-status", "nobody@example.com"],
            ["set-password", "nobody@example.com", "--no-input"],
            ["revoke-sessions", "nobody@example.com"],
            ["users", "--status", "bogus"],
            ["create-user", "--no-input"],
            ["create-user", "--email", "not an address", "--no-input"],
            ["create-user", "--email", "ANN@example.com", "--no-input"],
        ]
        results = settled.admin_each(*mistakes, ADMIN_AUTH_PASSWORD=PASSWORD)
        for mistake, result in zip(mistakes, results, strict=True):
            assert result.status == 1, mistake
            assert result.errors.startswith("Error: "), mistake
            assert result.errors.count("\n") == 1, mistake
            assert result.output == "", mistake


class TestSignInStatus:
    def test_names_each_obstacle_for_people_and_for_programs(self, settled: Site) -> None:
        said, ann, root = settled.admin_each(
            ["sign-in-status", "ann@example.com"],
            ["sign-in-status", "ann@example.com", "--json"],
            ["sign-in-status", "root@example.com", "--json"],
        )
        assert said.output.startswith("ann@example.com can sign in\n  no_roles: No role is held")
        assert [obstacle["remedy"] for obstacle in ann.json["obstacles"]] == ["give_role"]
        assert (root.json["can_sign_in"], root.json["obstacles"]) == (True, [])


class TestLists:
    def test_are_columns_for_people_and_json_for_programs(self, settled: Site) -> None:
        table, users, roles, synced, ended = settled.admin_each(
            ["users"],
            ["users", "-q", "ann", "--json"],
            ["roles", "--json"],
            ["sync-permissions", "--json"],
            ["revoke-sessions", "ann@example.com"],
        )
        lines = table.output.splitlines()
        assert lines[0].split() == ["email", "name", "status", "roles", "last_login_at"]
        assert any(line.startswith("ann@example.com ") for line in lines)
        [user] = users.json
        assert (user["email"], user["name"]) == ("ann@example.com", "Ann")
        assert "password" not in users.output
        assert [(role["name"], role["permissions"]) for role in roles.json] == [("superuser", ["*"])]
        # The migration has synchronized already.
        assert synced.json == {"added": [], "changed": [], "removed": []}
        assert ended.output == "0 sessions of ann@example.com have ended.\n"


class TestRoutes:
    def test_map_the_hosts_and_the_admins_to_what_they_ask_for(self, settled: Site) -> None:
        routes = {
            (row["path"], method): row["needs"]
            for row in settled.admin("routes", "--json").json
            for method in row["methods"]
        }
        assert routes["/open", "GET"] == "open"
        assert routes["/books", "GET"] == "permission books:read"
        assert routes["/vault", "GET"] == "superuser and guard after_hours"
        assert routes["/feed", "WEBSOCKET"] == "signed in"
        assert routes["/admin/login", "POST"] == "open"
        assert routes["/admin/api/users", "GET"] == "permission users:read"
        assert routes["/admin/api/account", "PATCH"] == "signed in"


class TestWithoutTables:
    SOURCE = APP.replace(
        "AdminConfig(permissions=",
        "AdminConfig(auth_backend=Backend(), permissions=",
    ).replace(
        "app = Litestar(",
        "class Backend:\n"
        + "".join(
            f"    async def {name}(self, connection, *rest): return None\n"
            for name in ("authenticate", "get_current_user", "login", "logout", "refresh")
        )
        + "\napp = Litestar(",
    )

    def test_a_host_with_its_own_backend_is_told_so(self, make_site: MakeSite, tmp_path: Path) -> None:
        site = make_site(tmp_path, self.SOURCE)
        result = site.admin("users")
        assert result.status == 1
        assert "brings its own authentication backend" in result.errors
        assert site.admin("check").status == 0
        assert site.admin("routes").status == 0


def test_an_unreachable_database_is_one_line_and_no_trace(settled: Site) -> None:
    result = settled.admin("users", ADMIN_AUTH_DATABASE_URL="postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    assert result.status == 1
    assert result.errors.startswith("Error: AA023: The database postgresql+asyncpg://127.0.0.1:1/nothing ")
    assert "Traceback" not in result.errors


def test_tables_of_a_newer_release_are_one_line(settled: Site, tmp_path: Path) -> None:
    file = tmp_path / "newer.sqlite3"
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("CREATE TABLE admin_auth_alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
        newer.execute("INSERT INTO admin_auth_alembic_version VALUES ('9999')")
        newer.commit()
    result = settled.admin("migrate", ADMIN_AUTH_DATABASE_URL=f"sqlite+aiosqlite:///{file}")
    assert result.status == 1
    assert result.errors.splitlines()[-1].startswith("Error: The tables cannot be migrated: ")
    assert "Traceback" not in result.errors


def test_missing_tables_are_one_line_that_names_the_remedy(settled: Site) -> None:
    result = settled.admin("users", ADMIN_AUTH_DATABASE_URL=f"sqlite+aiosqlite:///{settled.folder}/empty.sqlite3")
    assert result.status == 1
    assert result.errors.count("\n") == 1
    assert "litestar admin migrate" in result.errors


def test_whoever_types_what_will_be_refused_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    typed = iter(["not an address", "ann@example.com", "short", PASSWORD, "a slip of the finger", PASSWORD, PASSWORD])
    for prompt in ("visible_prompt_func", "hidden_prompt_func"):
        monkeypatch.setattr(f"click.termui.{prompt}", lambda _text: next(typed))
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.delenv("ADMIN_AUTH_PASSWORD", raising=False)
    assert people.ask_email(no_input=False) == "ann@example.com"
    check = partial(check_password, email="ann@example.com", name="", site_title="Shop")
    assert people.read_password(password_stdin=False, no_input=False, check=check) == PASSWORD
    told = capsys.readouterr().out
    assert "not an e-mail address" in told
    assert "at least 15 characters" in told
