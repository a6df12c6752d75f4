"""Each mistake in the settings stops the start, with an id, naming the field."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from litestar_admin_auth import AdminConfig, AdminPlugin
from litestar_admin_auth.auth.client import proxy_networks
from litestar_admin_auth.core.exceptions import ConfigError

SECRET = "a secret of the tests, long enough for HS256"


class TestSecret:
    @pytest.mark.parametrize(
        ("secret", "check_id"),
        [
            ("", "AA001"),
            (None, "AA001"),
            ("hunter2", "AA002"),
            ("x" * 31, "AA002"),
            (b"bytes that are long enough for the rule", "AA002"),
            ("change-me-change-me-change-me-change-me", "AA002"),
        ],
    )
    def test_a_bad_secret_stops_the_start_and_says_how_to_make_one(self, secret: Any, check_id: str) -> None:
        with pytest.raises(ConfigError, match="ADMIN_AUTH_SECRET_KEY") as refused:
            Litestar(plugins=[AdminPlugin(AdminConfig(secret_key=secret))])
        assert refused.value.check_id == check_id
        assert "token_urlsafe" in refused.value.hint
        assert not secret or str(secret) not in str(refused.value)


class TestAdminConfig:
    def test_the_secret_comes_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ADMIN_AUTH_SECRET_KEY", SECRET)
        assert AdminConfig().secret_key == SECRET
        assert AdminConfig(secret_key="other").secret_key == "other"

    @pytest.mark.parametrize("path", ["/admin", "/back/office", "/a-b_c", "/A1"])
    def test_paths_that_work(self, path: str) -> None:
        assert AdminConfig(path=path).path == path

    @pytest.mark.parametrize(
        ("field", "value", "check_id"),
        [
            ("path", "", "AA004"),
            ("path", "/", "AA004"),
            ("path", "admin", "AA004"),
            ("path", "/admin/", "AA004"),
            ("path", "/ad//min", "AA004"),
            ("path", "/{tenant}", "AA004"),
            ("path", "/ad min", "AA004"),
            ("path", "/.*", "AA004"),
            ("path", "/ädmin", "AA004"),
            ("path", "/admin\n", "AA004"),
            ("path", None, "AA004"),
            ("permissions", {"orders": "no action"}, "AA005"),
            ("permissions", {"orders:*": "a wildcard"}, "AA005"),
            ("permissions", {7: "a number"}, "AA005"),
            ("permissions", ["articles:publish"], "AA005"),
            ("permissions", {"articles:publish": None}, "AA005"),
            ("title", None, "AA050"),
            ("title", " ", "AA050"),
            ("template_dirs", "templates", "AA050"),
            ("template_dirs", Path("templates"), "AA050"),
            ("trusted_origins", "https://app.example", "AA006"),
            ("trusted_origins", None, "AA006"),
            ("trusted_origins", ["app.example"], "AA006"),
            ("trusted_origins", ["https://app.example/"], "AA006"),
            ("trusted_origins", ["https://app.example:443"], "AA006"),
            ("trusted_origins", ["https://app.example/path"], "AA006"),
            ("trusted_origins", ["https://App.example"], "AA006"),
            ("trusted_origins", ["https://user@app.example"], "AA006"),
            ("trusted_origins", ["*"], "AA006"),
            ("trusted_origins", ["null"], "AA006"),
            ("trusted_origins", [7], "AA006"),
            ("trusted_proxies", "10.0.0.1", "AA006"),
            ("public_origin", "shop.example", "AA006"),
            ("public_origin", "", "AA006"),
            ("public_origin", "https://shop.example/", "AA006"),
            ("public_origin", "javascript://shop.example", "AA006"),
            ("session_lifetime", timedelta(0), "AA014"),
            ("session_lifetime", 3600, "AA014"),
            ("refresh_grace", timedelta(seconds=-1), "AA014"),
            ("refresh_grace", timedelta(hours=1), "AA014"),
            ("refresh_grace", 10, "AA014"),
        ],
    )
    def test_each_mistake_names_its_field(self, field: str, value: Any, check_id: str) -> None:
        with pytest.raises(ConfigError, match=rf"AdminConfig\.{field} ") as refused:
            AdminConfig(**{field: value})
        assert refused.value.check_id == check_id
        assert refused.value.hint

    @pytest.mark.parametrize("proxies", [["10.0.0"], ["proxy.example"], ["10.0.0.1/8"], [""]])
    def test_a_proxy_that_is_no_address_names_the_setting(self, proxies: list[str]) -> None:
        with pytest.raises(ConfigError, match="trusted_proxies") as refused:
            proxy_networks(proxies)
        assert refused.value.check_id == "AA015"
