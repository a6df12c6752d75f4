"""One-time links: an invitation to choose the first password, or a reset of a forgotten one.

The link's token is random, and mailed or shown once; only its digest is stored, bound to a purpose, a user and the
address it was made for. It is used once, lives briefly, and dies with a newer one (ASVS 6.4).
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import Conflict, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.passwords import Passwords
from litestar_admin_auth.core.permissions import holds, missing
from litestar_admin_auth.models import OneTimeToken, User
from litestar_admin_auth.services.access import (
    codes_granted_to,
    load_user,
    load_user_to_change,
    permissions_of,
    require,
)
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.letters import post
from litestar_admin_auth.services.passwords import check_password, end_links_of, store_password
from litestar_admin_auth.services.user_lists import UserRow, row_of

INVITATION_VALID_FOR = timedelta(days=3)
RESET_VALID_FOR = timedelta(minutes=30)

Purpose = Literal["invitation", "reset"]
INVITATION: Purpose = "invitation"
RESET: Purpose = "reset"

VALID_FOR: dict[Purpose, timedelta] = {INVITATION: INVITATION_VALID_FOR, RESET: RESET_VALID_FOR}
#: Where the link of each purpose leads, below the admin.
PATHS: dict[Purpose, str] = {INVITATION: "invitation", RESET: "password-reset"}
#: The mail that carries it.
LETTERS: dict[Purpose, str] = {INVITATION: "invitation", RESET: "password_reset"}

TOKEN_BYTES = 32
MAX_TOKEN_LENGTH = 100


@dataclass(frozen=True)
class Link:
    """A link that was made. ``token`` is there to be shown once, and None where the link was mailed instead."""

    purpose: Purpose
    expires_at: datetime
    token: str | None = field(repr=False)


async def create_link(
    database: Database, actor: Actor, user_id: UUID, purpose: Purpose, *, mail_base: str | None = None
) -> Link:
    """Make a link for a user, and mail it where the site can. Older links die.

    Args:
        database: Where.
        actor: Must hold ``users:write`` and everything that the user holds.
        user_id: Whom for.
        purpose: ``invitation`` for somebody without a password, ``reset`` for somebody with one.
        mail_base: The admin's public address, such as ``https://shop.example/admin``, to mail the link; whoever asked
            then never sees it. None where no mail is sent: the token comes back.

    Raises:
        NotAllowed: Without ``users:write``.
        NotFound: When there is no such user.
        StrongerThanYou: When the user holds what the actor does not: the link would give it to the actor.
        Conflict: When the user is suspended, or the purpose is not the right one for the user.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "users:write")
        user = await load_user_to_change(db, actor, held, user_id)
        if not user.is_active:
            raise Conflict(_("Reactivate the user first."))
        if purpose == INVITATION and user.password_hash is not None:
            raise Conflict(_("This user has a password already. Send a link to reset it instead."))
        if purpose == RESET and user.password_hash is None:
            raise Conflict(_("This user has no password yet. Send an invitation instead."))
        record(db, actor, "user.invited" if purpose == INVITATION else "user.reset_link_created", target=user)
        shown_to = actor.user_id if mail_base is None else None
        return await add_link(db, user, purpose, mail_base=mail_base, shown_to=shown_to)


async def add_link(
    db: AsyncSession, user: User, purpose: Purpose, *, mail_base: str | None, shown_to: UUID | None = None
) -> Link:
    """Make a link inside the caller's transaction, which has decided that the user may have one.

    Args:
        db: The caller's transaction.
        user: Whom for.
        purpose: What the link is good for.
        mail_base: As for :func:`create_link`.
        shown_to: Which of our users sees the link, where it is not mailed.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    moment = now()
    expires_at = moment + VALID_FOR[purpose]
    await end_links_of(db, user.id)
    db.add(
        OneTimeToken(
            user_id=user.id,
            purpose=purpose,
            digest=_digest(token),
            email_normalized=user.email_normalized,
            created_at=moment,
            expires_at=expires_at,
            shown_to=shown_to,
        )
    )
    if mail_base is None:
        return Link(purpose, expires_at, token)
    address = f"{mail_base}/{PATHS[purpose]}/{token}"
    post(db, LETTERS[purpose], user, link=address, expires_at=expires_at)
    return Link(purpose, expires_at, None)


async def read_link(database: Database, token: str, purpose: Purpose) -> UserRow:
    """Return whom a link is for.

    Raises:
        NotFound: When it is made up, used, outdated, replaced, made for the other purpose, or the user was suspended or
            has another address now; when whoever was shown it could not make it any more.
    """
    async with database.reading() as db:
        return row_of((await _load(db, token, purpose))[1])


async def use_link(
    database: Database,
    passwords: Passwords,
    token: str,
    purpose: Purpose,
    raw_password: str,
    *,
    ip: str = "",
    site_title: str = "",
) -> UserRow:
    """Set the password, which uses the link up, and end every session of the user.

    Raises:
        NotFound: As :func:`read_link`.
        InvalidInput: When the password is not good enough; the link can be used again then.
    """
    user = await read_link(database, token, purpose)
    check_password(raw_password, email=user.email, name=user.name, site_title=site_title)
    hashed = await passwords.hash(raw_password)
    async with database.writing() as db:
        # One at a time: of two parallel uses the second finds the link used.
        await database.serialize_access_changes(db)
        _link, loaded = await _load(db, token, purpose)
        actor = Actor(label=loaded.email, user_id=loaded.id, ip=ip)
        return (await store_password(db, actor, loaded, hashed)).user


async def _load(db: AsyncSession, token: str, purpose: Purpose) -> tuple[OneTimeToken, User]:
    link = None
    if 0 < len(token) <= MAX_TOKEN_LENGTH and token.isascii():
        # By purpose too: a link for one door opens no other.
        found = select(OneTimeToken).where(OneTimeToken.digest == _digest(token), OneTimeToken.purpose == purpose)
        link = await db.scalar(found)
    if link is not None and link.used_at is None and now() < link.expires_at:
        user = await load_user(db, link.user_id, with_permissions=True)
        # Bound to the address: a link mailed to an old one must not outlive it.
        if user.is_active and user.email_normalized == link.email_normalized and await _is_makers_still(db, link, user):
            return link, user
    raise NotFound(_("This link has been used or has expired. Ask for a new one."))


async def _is_makers_still(db: AsyncSession, link: OneTimeToken, user: User) -> bool:
    """Tell whether whoever was shown a link could still make it; of a mailed one nobody was.

    Else a weaker administrator would keep the link until its user becomes a superuser, and become one by it.
    """
    if link.shown_to is None:
        return True
    held = await permissions_of(db, link.shown_to)
    return holds(held, "users:write") and not missing(held, codes_granted_to(user))


def _digest(token: str) -> str:
    # No salt and no slow hash: the token is 256 random bits, which nobody guesses or tabulates.
    return hashlib.sha256(token.encode()).hexdigest()
