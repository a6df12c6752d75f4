"""Why can this person not sign in? Every obstacle at once, each with what would remove it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.models import AuditEvent, OneTimeToken, User
from litestar_admin_auth.services.access import has_ended, load_user, require
from litestar_admin_auth.services.actor import Actor

#: ``no_roles`` and ``mail_failed`` keep nobody out: they are told because whoever complains may mean just that.
Code = Literal["suspended", "locked", "invited", "no_password", "no_roles", "mail_failed"]
Remedy = Literal["reactivate", "wait", "invite", "reset", "give_role"]

#: How many failed logins are shown.
FAILURES = 5


@dataclass(frozen=True)
class Obstacle:
    """Something in the way.

    Args:
        code: The stable name.
        message: What it is, for people.
        blocks: Whether it keeps the user from signing in; the others are told all the same.
        remedy: What removes it.
        since: From when on, where that is known.
        by: Who did it, where somebody did.
        until: When it ends by itself, where it does.
    """

    code: Code
    message: str
    blocks: bool
    remedy: Remedy
    since: datetime | None = None
    by: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class FailedLogin:
    """A login that was refused."""

    at: datetime
    ip: str


@dataclass(frozen=True)
class SignInStatus:
    """Whether a user can sign in, what is in the way, and the last failures since the last success, newest first."""

    can_sign_in: bool
    obstacles: list[Obstacle]
    failed_logins: list[FailedLogin]
    last_login_at: datetime | None


async def sign_in_status(
    database: Database, actor: Actor, user_id: UUID, *, locked_until: datetime | None = None
) -> SignInStatus:
    """Find everything that keeps a user from signing in.

    Args:
        database: Where.
        actor: Must hold ``users:read``.
        user_id: Whom.
        locked_until: Until when the throttle refuses this user's logins; None when it does not. The caller asks it,
            since nobody is stored as locked.

    Raises:
        NotAllowed: Without ``users:read``.
        NotFound: When there is no such user.
    """
    async with database.reading() as db:
        await require(db, actor, "users:read")
        user = await load_user(db, user_id)
        link = await db.scalar(
            select(OneTimeToken)
            .where(OneTimeToken.user_id == user_id, OneTimeToken.email_normalized == user.email_normalized)
            .order_by(OneTimeToken.created_at.desc(), OneTimeToken.id.desc())
            .limit(1)
        )
        suspended = None if user.is_active else await _last(db, user_id, "user.suspended")
        mail = await _last(db, user_id, "mail.failed")
        failures = await _failures(db, user)
    moment = now()
    found: list[Obstacle] = []
    if not user.is_active:
        found.append(_suspended(suspended))
    if locked_until is not None and locked_until > moment:
        message = _("Too many wrong passwords: further tries are refused for a while.")
        found.append(Obstacle("locked", message, blocks=True, remedy="wait", until=locked_until))
    if user.password_hash is None:
        found.append(_without_password(user, link, moment))
    if all(has_ended(grant, moment) for grant in user.grants):
        found.append(_without_roles(user))
    if mail is not None and mail.target_label == user.email and _concerns(mail, link):
        message = _("The last mail to this address was not delivered: %(reason)s.", reason=_reason(mail))
        remedy: Remedy = "invite" if user.password_hash is None else "reset"
        found.append(Obstacle("mail_failed", message, blocks=False, remedy=remedy, since=mail.at))
    return SignInStatus(not any(one.blocks for one in found), found, failures, user.last_login_at)


def _suspended(event: AuditEvent | None) -> Obstacle:
    since, by = (event.at, event.actor) if event is not None else (None, "")
    return Obstacle("suspended", _("The account is suspended."), blocks=True, remedy="reactivate", since=since, by=by)


def _without_roles(user: User) -> Obstacle:
    # Not "signing in works": beside a suspension it does not.
    message = _("No role is held: after signing in there is nothing to see.")
    ends = [grant.expires_at for grant in user.grants if grant.expires_at is not None]
    if ends:
        message = _("Every role has ended: after signing in there is nothing to see.")
    return Obstacle("no_roles", message, blocks=False, remedy="give_role", since=max(ends, default=None))


def _without_password(user: User, link: OneTimeToken | None, moment: datetime) -> Obstacle:
    # A user that has signed in without a password does so elsewhere, and is kept out here only.
    if user.last_login_at is not None:
        message = _("There is no password here: this person signs in through another system.")
        return Obstacle("no_password", message, blocks=False, remedy="invite")
    if link is None:
        message = _("No password has been chosen yet, and no invitation has been sent to this address.")
        return Obstacle("invited", message, blocks=True, remedy="invite")
    if link.used_at is not None or link.expires_at <= moment:
        message = _("The invitation has run out before it was accepted.")
        return Obstacle("invited", message, blocks=True, remedy="invite", since=link.created_at)
    message = _("The invitation has not been accepted yet.")
    return Obstacle("invited", message, blocks=True, remedy="invite", since=link.created_at, until=link.expires_at)


async def _last(db: AsyncSession, user_id: UUID, action: str) -> AuditEvent | None:
    return await db.scalar(
        select(AuditEvent)
        .where(AuditEvent.target_type == "user", AuditEvent.target_id == str(user_id), AuditEvent.action == action)
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
        .limit(1)
    )


async def _failures(db: AsyncSession, user: User) -> list[FailedLogin]:
    wanted = (
        select(AuditEvent.at, AuditEvent.ip)
        .where(
            AuditEvent.target_type == "user",
            AuditEvent.target_id == str(user.id),
            AuditEvent.action == "login.failed",
            # Whoever got in afterwards had only mistyped.
            *([AuditEvent.at > user.last_login_at] if user.last_login_at is not None else []),
        )
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
        .limit(FAILURES)
    )
    return [FailedLogin(at, ip) for at, ip in await db.execute(wanted)]


def _concerns(mail: AuditEvent, link: OneTimeToken | None) -> bool:
    """Whether a failed mail is news: a link made since then has gone out."""
    return link is None or mail.at >= link.created_at


def _reason(mail: AuditEvent) -> str:
    return str(mail.changes.get("reason", {}).get("new", ""))
