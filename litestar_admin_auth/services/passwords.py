"""Which passwords are good enough, and setting them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import EditConflict, InvalidInput, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, Passwords
from litestar_admin_auth.core.text import check_storable
from litestar_admin_auth.models import OneTimeToken, Session, User
from litestar_admin_auth.services.access import load_user
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.letters import tell_password_changed
from litestar_admin_auth.services.sessions import end_sessions_of
from litestar_admin_auth.services.user_lists import UserRow, row_of
from litestar_admin_auth.services.versions import count_up

#: Runs that people type for length. A password of nothing but these, a short word and digits is guessed first.
_RUNS = (
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    "zaq12wsxcde34rfvbgt56yhnmju78ik",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "98765432109876543210",
    "11223344556677889900",
)
_COMMON_WORDS = ("password", "passwort", "passw0rd", "p@ssword", "letmein", "welcome", "iloveyou", "administrator")


@dataclass(frozen=True)
class PasswordChanged:
    """Whose password changed, and which sessions that ended."""

    user: UserRow
    revoked_session_ids: list[UUID]


def check_password(
    raw: str, *, email: str = "", name: str = "", site_title: str = "", field: str = "new_password"
) -> None:
    """Refuse a password that is short, long, or among the first that anybody would guess (NIST SP 800-63B-4, 3.1.1.2).

    There are no rules of composition. The password is taken verbatim.

    Args:
        raw: What was typed.
        email: The user's address, whose parts are no password.
        name: The user's name, likewise.
        site_title: The site's name, likewise.
        field: The name to blame.

    Raises:
        InvalidInput: With the reason.
    """
    # The length first: nothing below may read a megabyte.
    if len(raw) < MIN_PASSWORD_LENGTH:
        raise InvalidInput(_("Use at least %(minimum)s characters.", minimum=MIN_PASSWORD_LENGTH), field=field)
    if len(raw) > MAX_PASSWORD_LENGTH:
        raise InvalidInput(_("At most %(maximum)s characters are allowed.", maximum=MAX_PASSWORD_LENGTH), field=field)
    check_storable(raw, field)
    folded = raw.casefold()
    if _is_repetition(folded) or _is_little_more_than(folded, (*_COMMON_WORDS, *_runs_in(folded))):
        raise InvalidInput(_("This password is among the first that anybody would guess."), field=field)
    local, _at, domain = email.casefold().partition("@")
    own = [email.casefold(), local, domain, name.casefold(), *name.casefold().split(), site_title.casefold()]
    if _is_little_more_than(folded, own):
        raise InvalidInput(_("Do not build it from your name, your address or this site's name."), field=field)


def _is_repetition(text: str) -> bool:
    """Tell whether a text is one piece over and over: it then occurs inside its double before the end."""
    return (text + text).find(text, 1) < len(text)


def _runs_in(text: str) -> list[str]:
    """Return the longest pieces of known runs, of five characters or more, that occur in a text."""
    found: list[str] = []
    for run in (*_RUNS, *(run[::-1] for run in _RUNS)):
        for start in range(len(run) - 4):
            end = start + 5
            if run[start:end] not in text:
                continue
            while end < len(run) and run[start : end + 1] in text:
                end += 1
            found.append(run[start:end])
    return found


def _is_little_more_than(text: str, words: list[str] | tuple[str, ...]) -> bool:
    """Tell whether fewer than eight characters are left of a text without the given words of four letters or more."""
    for word in sorted((word for word in words if len(word) >= 4), key=len, reverse=True):
        text = text.replace(word, "")
    return len(text) < 8


def check_change(current: str, new: str, *, email: str, name: str, site_title: str = "") -> None:
    """Refuse a new password that is not good enough, or none.

    Raises:
        InvalidInput: For ``new_password``, with the reason.
    """
    check_password(new, email=email, name=name, site_title=site_title)
    if new == current:
        raise InvalidInput(_("This is your current password."), field="new_password")


def not_the_current_password() -> InvalidInput:
    """Return the refusal of a wrong current password."""
    return InvalidInput(_("This is not your current password."), field="current_password")


async def set_password(
    database: Database, actor: Actor, passwords: Passwords, user_id: UUID, raw: str, *, site_title: str = ""
) -> PasswordChanged:
    """Set a user's password and end all of the user's sessions: for the operator at the command line.

    Pages and API have no such call: administrators send links, they do not choose passwords (ASVS 6.4).

    Raises:
        NotFound: When there is no such user.
        InvalidInput: When the password is not good enough.
    """
    if not actor.is_system:
        msg = "only the operator's own code sets passwords"
        raise PermissionError(msg)
    async with database.reading() as db:
        user = await load_user(db, user_id)
    check_password(raw, email=user.email, name=user.name, site_title=site_title, field="password")
    hashed = await passwords.hash(raw)
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        return await store_password(db, actor, await load_user(db, user_id), hashed)


async def change_own_password(
    database: Database, actor: Actor, passwords: Passwords, current: str, new: str, *, site_title: str = ""
) -> PasswordChanged:
    """Change the actor's own password; the current session goes on, the others end (ASVS 7.4.3).

    Raises:
        InvalidInput: For ``current_password`` or ``new_password``.
        EditConflict: When the password was changed elsewhere at the same moment.
    """
    if actor.user_id is None:
        raise NotFound(_("There is no such user."))
    async with database.reading() as db:
        user = await load_user(db, actor.user_id)
    check_storable(current, "current_password")
    verified, _upgraded = await passwords.verify(user.password_hash, current)
    if not verified:
        raise not_the_current_password()
    check_change(current, new, email=user.email, name=user.name, site_title=site_title)
    hashed = await passwords.hash(new)
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        fresh = await load_user(db, actor.user_id)
        if fresh.password_hash != user.password_hash:
            raise EditConflict(fresh.version)
        return await store_password(db, actor, fresh, hashed, keep=actor.session_id)


async def store_password(
    db: AsyncSession, actor: Actor, user: User, hashed: str, *, keep: UUID | None = None
) -> PasswordChanged:
    """Write a hash inside the caller's transaction, ending every open link and every session but ``keep``.

    The epoch moves too: a login that verified the old password a moment ago must not become a session.
    """
    if user.password_hash is not None:
        # Not of the first password: whoever has just chosen it knows.
        tell_password_changed(db, actor, user)
    user.password_hash = hashed
    user.security_epoch += 1
    # Whoever holds a stolen link must not undo the change that was meant to lock them out.
    await end_links_of(db, user.id)
    count_up(user)
    revoked = await end_sessions_of(db, user.id, "password_changed", keep)
    if keep is not None:
        await db.execute(update(Session).where(Session.id == keep).values(security_epoch=user.security_epoch))
    record(db, actor, "user.password_changed", target=user, changes={"sessions_ended": {"new": len(revoked)}})
    await db.flush()
    return PasswordChanged(row_of(user), revoked)


async def end_links_of(db: AsyncSession, user_id: UUID) -> None:
    """Make a user's open one-time links useless, inside the caller's transaction."""
    await db.execute(
        update(OneTimeToken)
        .where(OneTimeToken.user_id == user_id, OneTimeToken.used_at.is_(None))
        .values(used_at=now())
    )
