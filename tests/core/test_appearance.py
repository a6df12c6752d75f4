"""What a host adds to the looks, and the mistakes that stop the start."""

from pathlib import Path
from typing import Any

import pytest

from litestar_admin_auth import AdminConfig, NavEntry, OverviewCard
from litestar_admin_auth.core.exceptions import ConfigError

SECRET = "a secret of the tests, long enough"


def refusal(**settings: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        AdminConfig(secret_key=SECRET, **settings)
    assert caught.value.check_id == "AA050"
    return str(caught.value)


class TestAddresses:
    @pytest.mark.parametrize(
        "url", ["https://cdn.example/x.css", "//cdn.example/x", "/\\cdn.example", "x.css", "", "/a b", "/a\nb"]
    )
    @pytest.mark.parametrize("setting", ["logo", "style_sheet"])
    def test_stay_on_this_origin(self, setting: str, url: str) -> None:
        assert setting in refusal(**{setting: url})

    @pytest.mark.parametrize("setting", ["logo", "style_sheet"])
    def test_are_taken_as_they_are(self, setting: str) -> None:
        assert getattr(AdminConfig(secret_key=SECRET, **{setting: "/static/x"}), setting) == "/static/x"


class TestFiles:
    @pytest.mark.parametrize(("setting", "name"), [("logo", "logo.svg"), ("style_sheet", "x.css")])
    def test_must_be_there_and_be_small(self, tmp_path: Path, setting: str, name: str) -> None:
        file = tmp_path / name
        assert setting in refusal(**{setting: file})
        file.write_bytes(b"x" * 65_537)
        assert "65537" in refusal(**{setting: file})
        file.write_bytes(b"x" * 65_536)
        AdminConfig(secret_key=SECRET, **{setting: file})

    def test_of_a_logo_are_pictures(self, tmp_path: Path) -> None:
        file = tmp_path / "logo.html"
        file.write_text("<script>", encoding="utf-8")
        assert "logo.html" in refusal(logo=file)


class TestAccent:
    @pytest.mark.parametrize("accent", ["red", "#12345", "red;}*{display:none", 7])
    def test_is_a_colour(self, accent: Any) -> None:
        assert "accent" in refusal(accent=accent)


class TestNavEntry:
    @pytest.mark.parametrize(
        "url", ["javascript:alert(1)", "//evil.example", "orders", "https://", "http://[", "/a b", ""]
    )
    def test_leads_to_a_path_or_an_address(self, url: str) -> None:
        with pytest.raises(ConfigError, match=r"NavEntry\.url"):
            NavEntry("Orders", url)

    def test_has_a_label_and_a_code(self) -> None:
        with pytest.raises(ConfigError, match="label"):
            NavEntry(" ", "/orders")
        with pytest.raises(ConfigError, match="permission"):
            NavEntry("Orders", "/orders", permission="orders:*")


class TestLists:
    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("navigation", NavEntry("Orders", "/orders")),
            ("navigation", [("Orders", "/orders")]),
            ("overview_cards", OverviewCard("Orders", "cards/orders.html")),
            ("overview_cards", "cards"),
        ],
    )
    def test_hold_what_they_are_named_for(self, setting: str, value: Any) -> None:
        assert setting in refusal(**{setting: value})

    def test_of_folders_name_those_that_are_there(self, tmp_path: Path) -> None:
        assert "template_dirs" in refusal(template_dirs=[tmp_path / "nowhere"])
