"""One search over users, roles and permissions, for whoever types a word to get somewhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import InstrumentedAttribute

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.permissions import holds
from litestar_admin_auth.models import Permission, Role, User
from litestar_admin_auth.services.access import held_by_actor
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import ListQuery, search
from litestar_admin_auth.services.own_texts import permission_description, role_description, search_permissions

#: Of each kind: who does not see it among these types another word, or opens the list.
LIMIT = 6


@dataclass(frozen=True)
class FoundUser:
    """A user who matches."""

    id: UUID
    email: str
    name: str


@dataclass(frozen=True)
class FoundRole:
    """A role that matches."""

    id: UUID
    name: str
    description: str


@dataclass(frozen=True)
class FoundPermission:
    """A permission of the catalogue that matches."""

    code: str
    description: str


@dataclass(frozen=True)
class Found:
    """What matches, of each kind the first few; ``more`` names the kinds of which there is more."""

    users: Sequence[FoundUser] = ()
    roles: Sequence[FoundRole] = ()
    permissions: Sequence[FoundPermission] = ()
    more: frozenset[str] = frozenset()


async def find(database: Database, actor: Actor, q: str) -> Found:
    """Return what matches all words of ``q`` among what the actor may read: at most one query of each kind.

    Args:
        database: Our tables.
        actor: Who searches.
        q: Words; none match nothing.

    Raises:
        InvalidInput: When ``q`` is too long or cannot be text.
    """
    query = ListQuery(q=q)
    users = select(User.id, User.email, User.name).where(*search(query, User.email, User.name))
    roles = select(Role.id, Role.name, Role.description, Role.is_system)
    roles = roles.where(*search(query, Role.name, Role.description))
    codes = select(Permission.code, Permission.description).where(*search_permissions(query))
    if not q.split():
        return Found()
    statements: dict[str, tuple[str, Callable[..., Any], Any]] = {
        # Users are many: newest first is the order of an index, so that the search ends at the first few.
        "users": ("users:read", FoundUser, users.order_by(User.created_at.desc(), User.id.desc())),
        "roles": ("roles:read", _role, roles.order_by(_beginning_first(Role.name, q), Role.name)),
        "permissions": (
            "permissions:read",
            _permission,
            codes.order_by(_beginning_first(Permission.code, q), Permission.code),
        ),
    }
    found: dict[str, Any] = {}
    more: set[str] = set()
    async with database.reading() as db:
        held = await held_by_actor(db, actor)
        for kind, (permission, build, statement) in statements.items():
            if not holds(held, permission):
                continue
            rows = (await db.execute(statement.limit(LIMIT + 1))).all()
            found[kind] = [build(*row) for row in rows[:LIMIT]]
            if len(rows) > LIMIT:
                more.add(kind)
    return Found(**found, more=frozenset(more))


def _role(role_id: UUID, name: str, stored: str, is_system: bool) -> FoundRole:
    return FoundRole(role_id, name, role_description(is_system=is_system, stored=stored))


def _permission(code: str, stored: str) -> FoundPermission:
    return FoundPermission(code, permission_description(code, stored))


def _beginning_first(column: InstrumentedAttribute[str], q: str) -> Any:
    return case((func.lower(column).startswith(q.strip().lower(), autoescape=True), 0), else_=1)
