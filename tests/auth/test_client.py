"""Where a request comes from."""

import pytest
from litestar.datastructures import Headers

from litestar_admin_auth.auth.client import client_of, proxy_networks

PROXIES = ["10.0.0.0/8", "2001:db8::1"]

# The socket, X-Forwarded-For, the client with the proxies listed.
TABLE = [
    ("203.0.113.9", None, "203.0.113.9"),
    ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # a stranger may write what he likes
    ("10.0.0.1", None, "10.0.0.1"),
    ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
    ("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # what the client wrote itself stands to the left
    ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
    ("10.0.0.1", "1.2.3.4,198.51.100.1,10.0.0.2", "198.51.100.1"),
    ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
    ("10.0.0.1", "", "10.0.0.1"),
    ("10.0.0.1", "unknown", "10.0.0.1"),
    ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
    ("10.0.0.1", "198.51.100.1:4711", "10.0.0.1"),
    ("10.0.0.1", "<script>", "10.0.0.1"),
    ("10.0.0.1", ",,,", "10.0.0.1"),
    ("2001:db8::1", "2001:db8::7", "2001:db8::7"),
    ("2001:db8::2", "2001:db8::7", "2001:db8::2"),
    ("", "198.51.100.1", ""),
]


@pytest.mark.parametrize(("peer", "forwarded", "expected"), TABLE)
def test_forwarded_addresses_count_only_from_listed_proxies(peer: str, forwarded: str | None, expected: str) -> None:
    headers = Headers({} if forwarded is None else {"x-forwarded-for": forwarded})
    assert client_of(peer, headers, proxy_networks(PROXIES)).ip == expected


@pytest.mark.parametrize(("peer", "forwarded", "_expected"), TABLE)
def test_without_proxies_the_socket_decides(peer: str, forwarded: str | None, _expected: str) -> None:
    headers = {"x-forwarded-for": forwarded or "", "x-real-ip": "1.2.3.4", "forwarded": "for=1.2.3.4"}
    assert client_of(peer, Headers(headers), proxy_networks([])).ip == peer


def test_a_line_that_the_proxy_adds_below_the_strangers_own_counts() -> None:
    lines = [(b"x-forwarded-for", b"1.2.3.4"), (b"x-forwarded-for", b"198.51.100.1")]
    assert client_of("10.0.0.1", Headers(lines), proxy_networks(PROXIES)).ip == "198.51.100.1"


def test_thousands_of_hops_cost_nothing() -> None:
    headers = Headers({"x-forwarded-for": ", ".join(["10.0.0.2"] * 5000)})
    assert client_of("10.0.0.1", headers, proxy_networks(PROXIES)).ip == "10.0.0.2"


def test_a_user_agent_is_cut_and_cannot_forge_a_line() -> None:
    client = client_of("", Headers({"user-agent": "a\r\nb\x00\x1b[31m" + "x" * 10_000}), [])
    assert client.user_agent.startswith("ab[31mx")
    assert len(client.user_agent) == 400
