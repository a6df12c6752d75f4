"""What people are told by mail, decided in the transaction that it tells of.

A letter posted in a transaction goes out once that is committed, and never when it is rolled back. Who carries it, and
how it reads, ``services/mailer.py`` and ``templates/admin_auth/mail/`` know.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import after_commit
from litestar_admin_auth.models import User
from litestar_admin_auth.services.actor import Actor


@dataclass(frozen=True)
class Letter:
    """One mail to be written.

    Args:
        kind: The name of its templates in ``templates/admin_auth/mail/``.
        to: The address.
        user_id: Whom it concerns.
        language: The user's own; None leaves it to the language of whoever caused the letter.
        time_zone: The user's own; None means UTC.
        values: What its templates are given. A link in it is a credential, so no repr shows them.
    """

    kind: str
    to: str
    user_id: UUID
    language: str | None
    time_zone: str | None
    values: dict[str, Any] = field(repr=False)


def post(db: AsyncSession, kind: str, user: User, *, to: str | None = None, **values: Any) -> None:
    """Post a letter to a user in the caller's transaction.

    Args:
        db: The caller's transaction.
        kind: The name of its templates.
        user: Whom it concerns; the name is given to the templates.
        to: Another address than the user's own, such as the one that was just replaced.
        **values: More for the templates.
    """
    given = {"name": user.name, "email": user.email, "at": now(), **values}
    after_commit(db, Letter(kind, to or user.email, user.id, user.language, user.time_zone, given))


def tell_password_changed(db: AsyncSession, actor: Actor, user: User) -> None:
    """Tell the owner of an account that its password was changed (ASVS 6.3.7)."""
    post(db, "password_changed", user, ip=actor.ip)


def tell_email_changed(db: AsyncSession, user: User, old_email: str) -> None:
    """Tell the old address, which whoever took the account over cannot read, that it was replaced (ASVS 6.3.7)."""
    post(db, "email_changed", user, to=old_email, old_email=old_email)
