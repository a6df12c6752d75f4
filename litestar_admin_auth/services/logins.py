"""Proving who one is, and what every successful or failed proof leaves behind."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidCredentials
from litestar_admin_auth.core.passwords import Passwords
from litestar_admin_auth.core.text import normalize_email
from litestar_admin_auth.models import Session, User
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.session_policy import SessionPolicy
from litestar_admin_auth.services.sessions import REFRESH_REUSED, Client, start_session


async def verify_credentials(database: Database, passwords: Passwords, email: str, password: str) -> User | None:
    """Return the active user whom the e-mail and password prove, else None.

    Unknown, disabled and password-less users cost one bcrypt verification like everybody else, so that the time of an
    answer tells nothing (ASVS 6.3.8). A hash below today's policy is replaced.
    """
    async with database.reading() as db:
        user = await db.scalar(select(User).where(User.email_normalized == normalize_email(email)))
    usable = user.password_hash if user is not None and user.is_active else None
    verified, upgraded = await passwords.verify(usable, password)
    if user is None or not verified:
        return None
    if upgraded is not None:
        async with database.writing() as db:
            # Compared with the hash that was verified: a password changed meanwhile must not come back.
            stored = await db.scalar(
                update(User)
                .where(User.id == user.id, User.password_hash == user.password_hash)
                .values(password_hash=upgraded)
                .returning(User.id)
                .execution_options(synchronize_session=False)
            )
        if stored is None:
            # A parallel login has upgraded it, or the password has changed: prove it against what is stored now.
            return await verify_credentials(database, passwords, email, password)
        user.password_hash = upgraded
    return user


async def record_login(
    database: Database, user: User, client: Client, policy: SessionPolicy, *, auth_method: str = "password"
) -> Session:
    """Start a session for a user who has proven who they are; the login and its audit row are one transaction.

    Raises:
        InvalidCredentials: When the user was suspended or changed the password between proof and login.
    """
    async with database.writing() as db:
        current = await db.get(User, user.id, with_for_update=True)
        if (
            current is None
            or not current.is_active
            or current.security_epoch != user.security_epoch
            or current.password_hash != user.password_hash
        ):
            raise InvalidCredentials
        session = start_session(db, current, client, policy, auth_method=auth_method)
        current.last_login_at = now()
        await db.flush()
        actor = Actor(label=current.email, user_id=current.id, session_id=session.id, ip=client.ip)
        record(db, actor, "login.succeeded", target=current, changes={"method": {"new": auth_method}})
        return session


async def record_failed_login(database: Database, email: str, client: Client) -> None:
    """Leave an audit row for a refused login, in a transaction of its own that the answer cannot undo."""
    async with database.writing() as db:
        user = await db.scalar(select(User).where(User.email_normalized == normalize_email(email)))
        record(db, Actor(label=email[:320], ip=client.ip), "login.failed", target=user)


async def refresh_reused_before(database: Database, session_id: UUID) -> datetime | None:
    """Return when, between a login and the one before it, a copied refresh token ended a session of that user.

    It is read from the sessions themselves, so that the person is told at the next login whatever else happens to the
    browser that it happened in.
    """
    async with database.reading() as db:
        session = await db.get(Session, session_id)
        if session is None:
            return None
        earlier = select(func.max(Session.created_at)).where(
            Session.user_id == session.user_id, Session.created_at < session.created_at
        )
        return await db.scalar(
            select(func.max(Session.revoked_at)).where(
                Session.user_id == session.user_id,
                Session.revoked_reason == REFRESH_REUSED,
                Session.revoked_at <= session.created_at,
                Session.revoked_at > earlier.scalar_subquery(),
            )
        )
