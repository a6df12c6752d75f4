"""One-time links: an invitation to choose the first password, or a reset of a forgotten one.

The link's token is random and shown once; only its digest is stored, bound to a purpose, a user and the address it was
made for. It is used once, lives briefly, and dies with a newer one (ASVS 6.4).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import Conflict, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.passwords import Passwords
from litestar_admin_auth.models import OneTimeToken, User
from litestar_admin_auth.services.access import load_user, load_user_to_change, require
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.passwords import check_password, end_links_of, store_password
from litestar_admin_auth.services.users import UserRow, row_of

INVITATION_VALID_FOR = timedelta(days=3)
RESET_VALID_FOR = timedelta(hours=1)

TOKEN_BYTES = 32
MAX_TOKEN_LENGTH = 100


@dataclass(frozen=True)
class Invitation:
    """A link's token, to be shown once, and until when it works; ``purpose`` is ``invitation`` or ``reset``."""

    token: str
    expires_at: datetime
    purpose: str


async def create_invitation(database: Database, actor: Actor, user_id: UUID) -> Invitation:
    """Make a link for a user: an invitation while there is no password, else a reset. Older links die.

    Raises:
        NotAllowed: Without ``users:write``.
        NotFound: When there is no such user.
        StrongerThanYou: When the user holds what the actor does not: the link would give it to the actor.
        Conflict: When the user is suspended.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    moment = now()
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "users:write")
        user = await load_user_to_change(db, actor, held, user_id)
        if not user.is_active:
            raise Conflict(_("Reactivate the user first."))
        purpose = "invitation" if user.password_hash is None else "reset"
        expires_at = moment + (INVITATION_VALID_FOR if purpose == "invitation" else RESET_VALID_FOR)
        await end_links_of(db, user.id)
        db.add(
            OneTimeToken(
                user_id=user.id,
                purpose=purpose,
                digest=_digest(token),
                email_normalized=user.email_normalized,
                created_at=moment,
                expires_at=expires_at,
            )
        )
        record(db, actor, "user.invited" if purpose == "invitation" else "user.reset_link_created", target=user)
    return Invitation(token, expires_at, purpose)


async def read_invitation(database: Database, token: str) -> UserRow:
    """Return whom a link is for.

    Raises:
        NotFound: When it is made up, used, outdated, replaced, or the user was suspended or has another address now.
    """
    async with database.reading() as db:
        return row_of((await _load(db, token))[1])


async def accept_invitation(
    database: Database, passwords: Passwords, token: str, raw_password: str, *, ip: str = "", site_title: str = ""
) -> UserRow:
    """Set the password, which uses the link up, and end every session of the user.

    Raises:
        NotFound: As :func:`read_invitation`.
        InvalidInput: When the password is not good enough; the link can be used again then.
    """
    user = await read_invitation(database, token)
    check_password(raw_password, email=user.email, name=user.name, site_title=site_title)
    hashed = await passwords.hash(raw_password)
    async with database.writing() as db:
        # One at a time: of two parallel uses the second finds the link used.
        await database.serialize_access_changes(db)
        _link, loaded = await _load(db, token)
        actor = Actor(label=loaded.email, user_id=loaded.id, ip=ip)
        return (await store_password(db, actor, loaded, hashed)).user


async def _load(db: AsyncSession, token: str) -> tuple[OneTimeToken, User]:
    link = None
    if 0 < len(token) <= MAX_TOKEN_LENGTH and token.isascii():
        link = await db.scalar(select(OneTimeToken).where(OneTimeToken.digest == _digest(token)))
    if link is not None and link.used_at is None and now() < link.expires_at:
        user = await load_user(db, link.user_id)
        # Bound to the address: a link mailed to an old one must not outlive it.
        if user.is_active and user.email_normalized == link.email_normalized:
            return link, user
    raise NotFound(_("This link has been used or has expired. Ask for a new one."))


def _digest(token: str) -> str:
    # No salt and no slow hash: the token is 256 random bits, which nobody guesses or tabulates.
    return hashlib.sha256(token.encode()).hexdigest()
