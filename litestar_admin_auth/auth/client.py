"""Where a request comes from: the socket, and forwarded headers only from proxies that the host listed."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from litestar.datastructures import Headers
from litestar.types import Scope

from litestar_admin_auth.auth.request_state import items_of
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.services.sessions import Client

Networks = Sequence[IPv4Network | IPv6Network]


def proxy_networks(trusted_proxies: Sequence[str]) -> Networks:
    """Return the networks of ``AdminConfig.trusted_proxies``.

    Raises:
        ConfigError: ``AA015`` for something that is neither an address nor a network.
    """
    try:
        return [ip_network(proxy) for proxy in trusted_proxies]
    except ValueError as error:
        raise ConfigError(
            "AA015", f"AdminConfig.trusted_proxies: {error}.", hint="Write addresses or networks like '10.0.0.0/8'."
        ) from error


def client_in(scope: Scope, proxies: Networks = ()) -> Client:
    """Return the address and user agent of whoever sent a request; see :func:`client_of`."""
    peer: tuple[str, int] | None = items_of(scope).get("client")
    return client_of(peer[0] if peer else "", Headers.from_scope(scope), proxies)


def client_of(peer: str, headers: Headers, proxies: Networks) -> Client:
    """Return the client's address and user agent.

    Args:
        peer: The socket's address; empty on a Unix socket.
        headers: The request's headers.
        proxies: Networks whose ``X-Forwarded-For`` counts.
    """
    # Read from the right: what stands left of the first stranger was written by the stranger.
    # Some proxies, HAProxy for one, add a line of their own below the stranger's: all lines are one list (RFC 9110
    # section 5.3).
    forwarded = ",".join(headers.getall("x-forwarded-for", [])) if proxies else ""
    hops = [hop.strip() for hop in forwarded.split(",")] if forwarded else []
    address = peer
    while hops and _within(address, proxies):
        hop = hops.pop()
        if not _is_address(hop):
            break
        address = hop
    agent = headers.get("user-agent", "")
    return Client(ip=address[:45], user_agent="".join(c for c in agent if c.isprintable())[:400])


def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _within(value: str, networks: Networks) -> bool:
    return _is_address(value) and any(ip_address(value) in network for network in networks)
