"""Asking for a new password, by somebody who may be anybody."""

from sqlalchemy import select

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.text import normalize_email
from litestar_admin_auth.models import User
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.one_time_links import RESET, add_link


async def request_reset(database: Database, email: str, *, ip: str, mail_base: str) -> None:
    """Mail a link to the user with this address, if that user is active and has a password; else nobody is told.

    Run it outside the request: what it does differs with the address, so nobody may be able to measure it (ASVS 6.3.8).
    Somebody who was invited has the invitation, and somebody who signs in elsewhere gets no password by the way.

    Args:
        database: Where.
        email: What was typed, already known to be an address.
        ip: The address that the request came from.
        mail_base: The admin's public address, such as ``https://shop.example/admin``.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        user = await db.scalar(select(User).where(User.email_normalized == normalize_email(email)))
        # Nobody has proven to be this user: the actor is the address alone.
        record(db, Actor(label=email, ip=ip), "user.reset_requested", target=user)
        if user is not None and user.is_active and user.password_hash is not None:
            await add_link(db, user, RESET, mail_base=mail_base)
