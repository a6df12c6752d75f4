"""Users as lists, pages and API show them: read, searched and filtered, never changed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import check_storable, normalize_email, whole_number
from litestar_admin_auth.models import Role, User, UserRole
from litestar_admin_auth.services.access import has_ended, load_user, require, unexpired
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.grant_ends import ending
from litestar_admin_auth.services.lists import ListQuery, Page, Sort, filters_of, paginate, search

#: What ``status`` can be. Nobody is stored as ``locked``: the throttle locks addresses, for a while.
STATUSES = ("active", "suspended", "invited", "locked")

#: What a list of users can be filtered by.
FILTERS = ("status", "role", "ends", "last_login")

MAX_DAYS = 3650

SORTS = {
    "created_at": Sort(User.created_at),
    "email": Sort(User.email_normalized),
    "name": Sort(User.name),
    "last_login_at": Sort(User.last_login_at),
}


@dataclass(frozen=True)
class UserRow:
    """A user as pages and API show it.

    ``roles`` are the names of unexpired grants, sorted; ``ends`` are the roles that were given until some time, the
    next one first, and those that have ended too.
    """

    id: UUID
    email: str
    name: str
    status: str
    roles: list[str]
    last_login_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int
    can_reset: bool
    ends: list[tuple[datetime, str]] = field(default_factory=list[tuple[datetime, str]])


def row_of(user: User) -> UserRow:
    """Return a user, loaded with grants and roles, as a row."""
    moment = now()
    return UserRow(
        id=user.id,
        email=user.email,
        name=user.name,
        status=user.status,
        roles=sorted(grant.role.name for grant in user.grants if not has_ended(grant, moment)),
        last_login_at=user.last_login_at,
        created_at=user.created_at,
        updated_at=user.updated_at,
        version=user.version,
        can_reset=user.password_hash is not None,
        ends=sorted((grant.expires_at, grant.role.name) for grant in user.grants if grant.expires_at is not None),
    )


def with_roles() -> ORMOption:
    """Return the option that loads what :func:`row_of` reads, in one more query however many users there are."""
    return selectinload(User.grants).options(joinedload(UserRole.role))


async def list_users(database: Database, actor: Actor, query: ListQuery) -> Page[UserRow]:
    """Return users, newest first, searched by e-mail and name; filters as in :func:`matching_users`.

    Sorts: ``created_at``, ``email``, ``name``, ``last_login_at``.

    Raises:
        NotAllowed: Without ``users:read``.
        InvalidInput: For a bad filter, sort, limit, cursor or search.
    """
    statement = matching_users(query).options(with_roles())
    async with database.reading() as db:
        await require(db, actor, "users:read")
        page = await paginate(db, statement, query, SORTS, key=User.id)
    return page.map(row_of)


def matching_users(query: ListQuery) -> Select[User]:
    """Return the statement for all users whom a search and its filters let through, for lists and changes of many.

    Filters: ``status`` (one of ``STATUSES``), ``role`` (a name), ``ends`` (who holds a role that ends within ``7`` or
    ``30`` days, or had one that has ``ended``; together with ``role``, that role) and ``last_login`` (``never``, or a
    number of days for those whose last sign-in is longer ago).

    Raises:
        InvalidInput: For a bad filter or search, naming it.
    """
    filters = filters_of(query, *FILTERS)
    statement = select(User).where(*search(query, User.email, User.name))
    if "status" in filters:
        if filters["status"] not in STATUSES:
            raise InvalidInput(_("Choose one of %(choices)s.", choices=", ".join(STATUSES)), field="status")
        statement = statement.where(User.has_status(filters["status"]))
    if "role" in filters or "ends" in filters:
        holders = select(UserRole.user_id).where(ending(filters["ends"]) if "ends" in filters else unexpired(now()))
        if "role" in filters:
            holders = holders.join(Role, Role.id == UserRole.role_id).where(Role.name == filters["role"])
        if "ends" in filters:
            # Few, found by their end: the database shall begin with them.
            statement = statement.where(User.id.in_(holders))
        else:
            # Possibly everybody: asked about each user in the order of the list, until the page is full.
            statement = statement.where(holders.where(UserRole.user_id == User.id).exists())
    if "last_login" in filters:
        statement = statement.where(_last_login(filters["last_login"]))
    return statement


def _last_login(wanted: str) -> ColumnElement[bool]:
    if wanted == "never":
        return User.last_login_at.is_(None)
    days = whole_number(wanted) or 0
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(
            _("Write 'never' or a number of days from 1 to %(maximum)s.", maximum=MAX_DAYS), field="last_login"
        )
    return User.last_login_at < now() - timedelta(days=days)


async def get_user(database: Database, actor: Actor, user_id: UUID) -> UserRow:
    """Return one user.

    Raises:
        NotAllowed: Without ``users:read``; oneself needs nothing.
        NotFound: When there is no such user.
    """
    async with database.reading() as db:
        if actor.user_id != user_id:
            await require(db, actor, "users:read")
        return row_of(await load_user(db, user_id))


async def find_user(database: Database, actor: Actor, email_or_id: str) -> UserRow:
    """Return the user with an e-mail address, in any spelling of the same address, or with an id.

    Raises:
        NotAllowed: Without ``users:read``.
        NotFound: When there is no such user.
    """
    check_storable(email_or_id, "user")
    try:
        condition = User.id == UUID(email_or_id)
    except ValueError:
        condition = User.email_normalized == normalize_email(email_or_id)
    async with database.reading() as db:
        await require(db, actor, "users:read")
        user = await db.scalar(select(User).where(condition).options(with_roles()))
        if user is None:
            raise NotFound(_("There is no such user."))
        return row_of(user)
