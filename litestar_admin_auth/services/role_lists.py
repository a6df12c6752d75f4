"""Which roles there are: lists, names and single ones."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.models import Role, RolePermission, UserRole
from litestar_admin_auth.services.access import load_role, require, require_any, roles_beyond, unexpired
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import ListQuery, Page, Sort, filters_of, paginate, search
from litestar_admin_auth.services.own_texts import role_description

#: What a list of roles can be filtered by.
FILTERS = ("permission",)


@dataclass(frozen=True)
class RoleRow:
    """A role as pages and API show it; ``members`` counts the users who hold it by an unexpired grant."""

    id: UUID
    name: str
    description: str
    permissions: list[str]
    members: int
    is_system: bool
    version: int
    updated_at: datetime


async def list_roles(database: Database, actor: Actor, query: ListQuery) -> Page[RoleRow]:
    """Return roles, newest first, searched by name and description; filters as in :func:`matching_roles`.

    Sorts: ``created_at``, ``name``, ``updated_at``, ``members``.

    Raises:
        NotAllowed: Without ``roles:read``.
        InvalidInput: For a bad filter, sort, limit, cursor or search.
    """
    sorts = {
        "created_at": Sort(Role.created_at),
        "name": Sort(Role.name),
        "updated_at": Sort(Role.updated_at),
        "members": Sort(_members_of_each(), never_null=True),
    }
    statement = matching_roles(query).options(selectinload(Role.permissions))
    async with database.reading() as db:
        await require(db, actor, "roles:read")
        page = await paginate(db, statement, query, sorts, key=Role.id)
        members = await _members_by_role(db, [role.id for role in page.items])
    return page.map(lambda role: row_of(role, members.get(role.id, 0)))


def matching_roles(query: ListQuery) -> Select[Role]:
    """Return the statement for all roles that a search and its filters let through.

    Filter: ``permission`` (roles that hold exactly this code or wildcard).

    Raises:
        InvalidInput: For a bad filter or search, naming it.
    """
    filters = filters_of(query, *FILTERS)
    statement = select(Role).where(*search(query, Role.name, Role.description))
    if "permission" in filters:
        statement = statement.where(
            exists().where(RolePermission.role_id == Role.id, RolePermission.code == filters["permission"])
        )
    return statement


async def all_role_names(database: Database, actor: Actor) -> list[str]:
    """Return the names of all roles, sorted: what filters and forms offer.

    Raises:
        NotAllowed: Without ``roles:read`` or ``users:read``.
    """
    async with database.reading() as db:
        await require_any(db, actor, "roles:read", "users:read")
        return list((await db.scalars(select(Role.name).order_by(Role.name))).all())


async def assignable_role_names(database: Database, actor: Actor) -> list[str]:
    """Return the names of the roles that the actor may give to others, sorted: those that hold nothing more.

    Raises:
        NotAllowed: Without ``users:write``.
    """
    async with database.reading() as db:
        held = await require(db, actor, "users:write")
        beyond = await roles_beyond(db, held)
        rows = await db.execute(select(Role.id, Role.name).order_by(Role.name))
        return [name for role_id, name in rows if role_id not in beyond]


async def get_role(database: Database, actor: Actor, role_id: UUID) -> RoleRow:
    """Return one role.

    Raises:
        NotAllowed: Without ``roles:read``.
        NotFound: When there is no such role.
    """
    async with database.reading() as db:
        await require(db, actor, "roles:read")
        return await loaded_row(db, await load_role(db, role_id))


async def find_role(database: Database, actor: Actor, role_id: str) -> RoleRow:
    """Return the role with an id as it stands in an address.

    Raises:
        NotAllowed: Without ``roles:read``.
        NotFound: When there is no such role, or this is no id.
    """
    try:
        wanted = UUID(role_id)
    except ValueError as error:
        raise NotFound(_("There is no such role.")) from error
    return await get_role(database, actor, wanted)


def _members_of_each() -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(UserRole)
        .where(UserRole.role_id == Role.id, unexpired(now()))
        .correlate(Role)
        .scalar_subquery()
    )


async def count_members(db: AsyncSession, role_id: UUID) -> int:
    """Return how many users hold a role by a grant that has not ended."""
    return (await _members_by_role(db, [role_id])).get(role_id, 0)


async def _members_by_role(db: AsyncSession, role_ids: list[UUID]) -> dict[UUID, int]:
    rows = await db.execute(
        select(UserRole.role_id, func.count())
        .where(UserRole.role_id.in_(role_ids), unexpired(now()))
        .group_by(UserRole.role_id)
    )
    return {row[0]: row[1] for row in rows}


async def loaded_row(db: AsyncSession, role: Role) -> RoleRow:
    """Return a role, loaded with what it holds, as a row, after counting its members."""
    return row_of(role, await count_members(db, role.id))


def row_of(role: Role, members: int) -> RoleRow:
    """Return a role, loaded with what it holds, as a row."""
    return RoleRow(
        id=role.id,
        name=role.name,
        description=role_description(is_system=role.is_system, stored=role.description),
        permissions=role.codes,
        members=members,
        is_system=role.is_system,
        version=role.version,
        updated_at=role.updated_at,
    )
