"""The headers that every answer below the admin path carries, errors and static files too (OWASP ASVS 5.0, 3.4)."""

from litestar.types import Message, Send

from litestar_admin_auth.auth.request_state import RequestState

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)


def with_cookies(send: Send, state: RequestState) -> Send:
    """Wrap ``send`` so that the cookies prepared on the request leave with the answer; of one name, the last.

    They are added to what the application or another middleware sets, never put in its place. No cache may keep such
    an answer.
    """

    async def send_with_cookies(message: Message) -> None:
        if message["type"] == "http.response.start" and state.set_cookies:
            # A renewal at the door followed by a logout: the browser shall hear of the logout only.
            last = {cookie.partition("=")[0]: cookie for cookie in state.set_cookies}
            cookies = [(b"set-cookie", cookie.encode("latin-1")) for cookie in last.values()]
            # Whatever the answer says of itself: a cache that kept it would give one person's session to the next.
            others = [pair for pair in message["headers"] if pair[0].lower() != b"cache-control"]
            message["headers"] = [*others, (b"cache-control", b"no-store"), *cookies]
        await send(message)

    return send_with_cookies


def with_security_headers(send: Send) -> Send:
    """Wrap ``send`` so that each answer is locked down, and is not stored unless it says otherwise."""

    async def send_locked_down(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            added = [pair for pair in SECURITY_HEADERS if pair[0] not in present]
            if b"cache-control" not in present:
                # Pages hold other people's data: neither a shared computer's cache nor a proxy may keep them.
                added.append((b"cache-control", b"no-store"))
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return send_locked_down
