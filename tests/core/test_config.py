"""Each mistake in the settings stops the start, with an id, naming the field."""

from datetime import timedelta
from typing import Any

import pytest

from litestar_admin_auth.auth.client import proxy_networks
from litestar_admin_auth.core.config import AdminConfig, JWTConfig
from litestar_admin_auth.core.exceptions import ConfigError

SECRET = "a secret of the tests, long enough for HS256"


class TestJWTConfig:
    def test_the_defaults_are_those_of_the_documentation(self) -> None:
        config = JWTConfig(secret_key=SECRET)
        assert (config.algorithm, config.token_expiry, config.refresh_token_expiry) == ("HS256", 3600, 86400)
        assert (config.token_location, config.token_header, config.token_prefix) == (
            "header",
            "Authorization",
            "Bearer",
        )
        assert (config.issuer, config.audience) == (None, None)
        assert (config.cookie_secure, config.cookie_httponly, config.cookie_samesite) == (True, True, "lax")

    @pytest.mark.parametrize(
        ("secret", "check_id"),
        [
            ("", "AA001"),
            (None, "AA001"),
            ("hunter2", "AA002"),
            ("x" * 31, "AA002"),
            (b"bytes that are long enough for the rule", "AA002"),
            ("your-super-secret-key-change-in-production", "AA002"),
        ],
    )
    def test_a_bad_secret_stops_the_start_and_says_how_to_make_one(self, secret: Any, check_id: str) -> None:
        with pytest.raises(ConfigError, match="secret_key") as refused:
            JWTConfig(secret_key=secret)
        assert refused.value.check_id == check_id
        assert "token_urlsafe" in refused.value.hint
        assert not secret or str(secret) not in refused.value.message

    def test_the_length_counts_in_bytes(self) -> None:
        assert JWTConfig(secret_key="ü" * 16)

    @pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
    def test_the_hmac_family_is_taken(self, algorithm: str) -> None:
        assert JWTConfig(secret_key=SECRET, algorithm=algorithm)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("algorithm", "none"),
            ("algorithm", "RS256"),
            ("algorithm", "hs256"),
            ("algorithm", None),
            ("token_expiry", 0),
            ("token_expiry", -1),
            ("token_expiry", True),
            ("token_expiry", 1.5),
            ("token_expiry", "3600"),
            ("token_expiry", 10**10),
            ("refresh_token_expiry", 0),
            ("token_location", "query"),
            ("token_header", ""),
            ("token_header", "X Token"),
            ("token_header", "X-Token\r\nX-Other"),
            ("token_header", None),
            ("token_prefix", "Bearer "),
            ("token_prefix", None),
            ("issuer", ""),
            ("audience", 7),
            ("cookie_name", "a;b"),
            ("cookie_name", "a=b"),
            ("cookie_name", ""),
            ("cookie_samesite", "none"),
        ],
    )
    def test_each_mistake_names_its_field(self, field: str, value: Any) -> None:
        with pytest.raises(ConfigError, match=rf"JWTConfig\.{field} ") as refused:
            JWTConfig(secret_key=SECRET, **{field: value})
        assert refused.value.check_id == "AA003"
        assert refused.value.hint

    def test_an_empty_prefix_means_the_bare_token(self) -> None:
        assert JWTConfig(secret_key=SECRET, token_prefix="").token_prefix == ""

    def test_the_secret_is_not_printed(self) -> None:
        assert SECRET not in repr(JWTConfig(secret_key=SECRET))
        assert SECRET not in repr(AdminConfig(secret_key=SECRET))


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
            ("trusted_origins", "https://app.example", "AA006"),
            ("trusted_origins", None, "AA006"),
            ("trusted_origins", ["app.example"], "AA006"),
            ("trusted_origins", ["https://app.example/"], "AA006"),
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
