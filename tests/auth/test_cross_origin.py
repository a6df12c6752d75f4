"""Is it really our page that asks? The truth table."""

from pathlib import Path

import pytest

from litestar_admin_auth.auth.cross_origin import refusal

HOST = "shop.example"
TRUSTED = ["https://app.shop.example"]

# Sec-Fetch-Site, Origin, a cookie of ours: may it change state?
TABLE = [
    ("same-origin", "https://shop.example", True, True),
    ("same-origin", None, True, True),
    ("none", None, True, True),
    ("same-site", "https://evil.shop.example", True, False),
    ("cross-site", "https://evil.example", True, False),
    ("cross-site", "https://evil.example", False, False),
    ("cross-site", None, True, False),
    ("cross-site", "null", True, False),
    ("nonsense", None, True, False),
    # The browser's own word counts, whatever Origin says.
    ("cross-site", "https://shop.example", True, False),
    # A listed origin may.
    ("cross-site", "https://app.shop.example", True, True),
    ("same-site", "https://app.shop.example", True, True),
    (None, "https://app.shop.example", True, True),
    (None, "http://app.shop.example", True, False),
    (None, "https://app.shop.example.evil.example", True, False),
    # Older browsers send Origin only.
    (None, "https://shop.example", True, True),
    (None, "http://shop.example", True, True),
    (None, "https://SHOP.example", True, True),
    # With the port that the scheme has anyway.
    (None, "https://shop.example:443", True, True),
    (None, "http://shop.example:80", True, True),
    (None, "http://shop.example:443", True, False),
    (None, "https://:443", True, False),
    (None, "https://shop.example:444", True, False),
    (None, "https://evil.example", True, False),
    (None, "https://shop.example.evil.example", True, False),
    (None, "https://evil.example", False, False),
    (None, "null", True, False),
    (None, "https://[", True, False),
    (None, "file://shop.example", True, False),
    (None, "shop.example", True, False),
    (None, "javascript://shop.example", True, False),
    # Scripts send neither: without our cookie there is nothing to borrow.
    (None, None, True, False),
    (None, None, False, True),
    ("", "", True, False),
    ("", "", False, True),
]


def headers(site: str | None, origin: str | None) -> dict[str, str]:
    given = {"host": HOST, "sec-fetch-site": site, "origin": origin}
    return {name: value for name, value in given.items() if value is not None}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "QUERY"])
@pytest.mark.parametrize(("site", "origin", "cookie", "allowed"), TABLE)
def test_who_may_change_state(method: str, site: str | None, origin: str | None, cookie: bool, allowed: bool) -> None:
    reason = refusal(method, headers(site, origin), carries_cookie=cookie, trusted_origins=TRUSTED)
    assert (reason is None) is allowed


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
@pytest.mark.parametrize(("site", "origin", "cookie", "_allowed"), TABLE)
def test_everybody_may_read(method: str, site: str | None, origin: str | None, cookie: bool, _allowed: bool) -> None:
    assert refusal(method, headers(site, origin), carries_cookie=cookie) is None


def test_the_refusal_names_both_and_the_setting() -> None:
    reason = refusal("POST", headers("cross-site", "https://evil.example"), carries_cookie=True)
    assert reason is not None
    assert "https://evil.example" in reason
    assert HOST in reason
    assert "AdminConfig.trusted_origins" in reason


def test_a_host_without_a_name_is_nobodys_origin() -> None:
    assert refusal("POST", {"origin": "https://"}, carries_cookie=True) is not None
    assert refusal("POST", {"origin": "null"}, carries_cookie=True) is not None


def test_a_long_origin_does_not_make_a_long_answer() -> None:
    reason = refusal("POST", headers(None, "https://" + "e" * 10_000), carries_cookie=True)
    assert reason is not None
    assert len(reason) < 1000


def test_it_is_the_only_place_that_reads_those_headers() -> None:
    package = Path(__file__).parents[2] / "litestar_admin_auth"
    readers = [path.name for path in package.rglob("*.py") if "sec-fetch-site" in path.read_text().lower()]
    assert readers == ["cross_origin.py"]
