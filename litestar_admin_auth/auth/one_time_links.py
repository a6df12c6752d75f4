"""One-time links at the edge: where they lead, and the throttle round them; for pages and API alike."""

from uuid import UUID

from litestar_admin_auth.auth.navigation import base_path
from litestar_admin_auth.auth.request_state import Connection, client_asking
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.exceptions import NoMail, NotFound
from litestar_admin_auth.core.text import email_address, normalize_email
from litestar_admin_auth.services import one_time_links
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.one_time_links import Link, Purpose
from litestar_admin_auth.services.password_reset import request_reset
from litestar_admin_auth.services.users import UserRow


def mail_base(connection: Connection) -> str | None:
    """Return the admin's public address for a link in a mail, or None where none can be mailed.

    Only ``AdminConfig.public_origin`` counts. Whoever forges a Host header would otherwise be sent the token by
    whoever follows the link.
    """
    config = runtime_of(connection).config
    if config.mail is None or config.public_origin is None:
        return None
    return config.public_origin + base_path(connection)


async def make_link(connection: Connection, actor: Actor, user_id: UUID, purpose: Purpose) -> tuple[Link, str | None]:
    """Make a link for a user and mail it, or return its address to be shown this once.

    Returns:
        The link, and its address: None when it was mailed, and without ``public_origin`` a path only.

    Raises:
        NotAllowed, NotFound, StrongerThanYou, Conflict: As
            :func:`~litestar_admin_auth.services.one_time_links.create_link`.
    """
    runtime = runtime_of(connection)
    base = mail_base(connection)
    link = await one_time_links.create_link(runtime.tables, actor, user_id, purpose, mail_base=base)
    if link.token is None:
        return link, None
    origin = runtime.config.public_origin or ""
    return link, f"{origin}{base_path(connection)}/{one_time_links.PATHS[link.purpose]}/{link.token}"


async def ask_for_reset(connection: Connection, email: str) -> None:
    """Have a link mailed to whoever has this address, if anybody may have one.

    The caller learns nothing, neither by the answer nor by its time: the address is looked at once the answer is on
    its way (ASVS 6.3.8).

    Raises:
        NoMail: When the site sends no mail; that is the same for every address.
        InvalidInput: For what is no address.
        TooManyTries: When the throttle refuses, which counts every request, whatever came of it.
    """
    runtime = runtime_of(connection)
    base = mail_base(connection)
    if base is None:
        raise NoMail
    address, ip = email_address(email), client_asking(connection).ip
    account = normalize_email(address)
    await runtime.throttle.check("password_reset", account, ip)
    await runtime.throttle.failed("password_reset", account, ip)

    async def in_turn() -> None:
        # A flood of questions must not take every connection to the database.
        async with runtime.resets:
            await request_reset(runtime.tables, address, ip=ip, mail_base=base)

    runtime.background.start(in_turn(), name="password reset")


async def open_link(connection: Connection, token: str, purpose: Purpose) -> UserRow:
    """Return whom a link is for, counting links that are none.

    Raises:
        NotFound: As :func:`~litestar_admin_auth.services.one_time_links.read_link`.
        TooManyTries: When the throttle refuses.
    """
    runtime, ip = runtime_of(connection), client_asking(connection).ip
    await runtime.throttle.check(purpose, "", ip)
    try:
        return await one_time_links.read_link(runtime.tables, token, purpose)
    except NotFound:
        await runtime.throttle.failed(purpose, "", ip)
        raise


async def use_link(connection: Connection, token: str, purpose: Purpose, password: str) -> UserRow:
    """Set the password and use the link up.

    Raises:
        NotFound: As :func:`open_link`.
        InvalidInput: When the password is not good enough; the link can be used again then.
        TooManyTries: When the throttle refuses.
    """
    runtime, ip = runtime_of(connection), client_asking(connection).ip
    await runtime.throttle.check(purpose, "", ip)
    try:
        user = await one_time_links.use_link(
            runtime.tables,
            runtime.passwords,
            token,
            purpose,
            password,
            ip=ip,
            site_title=runtime.config.title,
        )
    except NotFound:
        await runtime.throttle.failed(purpose, "", ip)
        raise
    # Whoever has guessed at the old password keeps nobody out who has a new one.
    await runtime.throttle.succeeded("login", normalize_email(user.email), ip)
    return user
