"""What the documentation claims is there."""

import re
from pathlib import Path

import pytest

from litestar_admin_auth.cli import admin

ROOT = Path(__file__).parent.parent
REFERENCES = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "security.md").read_text("utf-8"))
PAGES = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]


@pytest.mark.parametrize(("file", "name"), REFERENCES)
def test_each_test_that_the_security_table_names_exists(file: str, name: str) -> None:
    source = (ROOT / file).read_text("utf-8")
    assert not name or re.search(rf"def {name}\(", source)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_to_a_file_leads_to_one(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


def test_the_order_in_which_to_read_the_edge_names_each_of_its_files() -> None:
    edge = ROOT / "litestar_admin_auth" / "auth"
    overview = (edge / "__init__.py").read_text("utf-8").split('"""')[1]
    assert {path.stem for path in edge.glob("*.py")} - {"__init__"} == set(re.findall(r"``(\w+)``", overview))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_that_is_named_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = re.findall(r"(?:^|`)(?:[A-Z]+=\S+ )*make ([a-z-]+)", text, re.MULTILINE)
    assert set(named) <= targets
    commands = re.findall(r"litestar (?:--app \S+ )?admin ([a-z][a-z-]+)", text)
    assert set(commands) <= set(admin.commands)
