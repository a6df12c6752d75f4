"""People and roles put straight into the tables, so that a test of one rule does not pass through the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.passwords import Passwords, PrehashedBcryptHasher
from litestar_admin_auth.core.text import normalize_email
from litestar_admin_auth.models import AuditEvent, Role, RolePermission, Session, User, UserRole
from litestar_admin_auth.services.actor import Actor

CLI = Actor.system("cli")
PASSWORDS = Passwords((PrehashedBcryptHasher(rounds=4),))
PASSWORD = "correct horse battery"
PASSWORD_HASH = PrehashedBcryptHasher(rounds=4).hash(PASSWORD)

#: What the shop of these tests declares.
SHOP = {"orders:read": "See orders", "orders:refund": "Give money back", "books:read": "See books"}


@dataclass(frozen=True)
class People:
    """Fills the tables of one test."""

    database: Database

    async def role(self, *codes: str, name: str = "", description: str = "", **columns: Any) -> Role:
        """Add a role that holds these codes."""
        name = name or f"role {uuid4().hex}"
        moment = now()
        values = {"created_at": moment, "updated_at": moment} | columns
        async with self.database.writing() as db:
            rows = [RolePermission(code=code, granted_at=moment, granted_by="test") for code in codes]
            role = Role(name=name, description=description, permissions=rows, **values)
            db.add(role)
        return role

    async def user(
        self, *codes: str, roles: Iterable[str] = (), until: datetime | None = None, **columns: Any
    ) -> Actor:
        """Add somebody who can sign in and holds exactly these codes, and these roles by name, until some time."""
        names = list(roles)
        if codes:
            names.append((await self.role(*codes)).name)
        moment = now()
        email = columns.pop("email", f"{uuid4().hex}@example.com")
        values = {"password_hash": PASSWORD_HASH, "created_at": moment, "updated_at": moment} | columns
        async with self.database.writing() as db:
            user = User(email=email, email_normalized=normalize_email(email), **values)
            db.add(user)
            await db.flush()
            for role in await db.scalars(select(Role).where(Role.name.in_(names))):
                db.add(
                    UserRole(user_id=user.id, role_id=role.id, granted_at=moment, granted_by="test", expires_at=until)
                )
        return Actor(label=email, user_id=user.id)

    async def superuser(self, **columns: Any) -> Actor:
        """Add somebody who holds the built-in role for ever."""
        return await self.user(roles=["superuser"], **columns)

    async def session(self, person: Actor, **columns: Any) -> UUID:
        """Add a live session of somebody."""
        moment = now()
        values: dict[str, Any] = {
            "created_at": moment,
            "last_seen_at": moment,
            "rotated_at": moment,
            "idle_expires_at": moment + timedelta(days=1),
            "expires_at": moment + timedelta(days=14),
            "security_epoch": 0,
        }
        async with self.database.writing() as db:
            session = Session(user_id=person.user_id, **(values | columns))
            db.add(session)
        return session.id

    async def stored(self, person: Actor | UUID) -> User | None:
        """What the table says about somebody now."""
        async with self.database.reading() as db:
            return await db.get(User, id_of(person))

    async def live_sessions(self, person: Actor) -> list[UUID]:
        """Whose sessions nobody has ended."""
        mine = select(Session.id).where(Session.user_id == person.user_id, Session.revoked_at.is_(None))
        async with self.database.reading() as db:
            return list(await db.scalars(mine.order_by(Session.id)))

    async def events(self, action: str = "") -> list[AuditEvent]:
        """The audit log, oldest first."""
        statement = select(AuditEvent).order_by(AuditEvent.at, AuditEvent.id)
        if action:
            statement = statement.where(AuditEvent.action == action)
        async with self.database.reading() as db:
            return list(await db.scalars(statement))


def id_of(person: Actor | UUID) -> UUID:
    """The id of somebody who has one."""
    found = person if isinstance(person, UUID) else person.user_id
    assert found is not None
    return found
