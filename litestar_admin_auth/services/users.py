"""Users: who there is, and every change of them. Each function is one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import EditConflict, EmailTaken, InvalidInput, NotAllowed, NotFound, UserInUse
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import MAX_NAME_LENGTH, check_storable, email_address, normalize_email, one_line
from litestar_admin_auth.models import Role, User, UserRole
from litestar_admin_auth.services.access import (
    has_ended,
    keeping_a_superuser,
    load_user,
    load_user_to_change,
    require,
    unexpired,
)
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import difference, record
from litestar_admin_auth.services.constraints import violates_unique
from litestar_admin_auth.services.grant_ends import end_grant as end_grant
from litestar_admin_auth.services.grant_ends import ending
from litestar_admin_auth.services.grant_ends import extend_grant as extend_grant
from litestar_admin_auth.services.grants import Grant as Grant
from litestar_admin_auth.services.grants import grant_role as grant_role
from litestar_admin_auth.services.grants import grants_of as grants_of
from litestar_admin_auth.services.grants import revoke_role as revoke_role
from litestar_admin_auth.services.grants import set_roles
from litestar_admin_auth.services.letters import tell_email_changed
from litestar_admin_auth.services.lists import ListQuery, Page, Sort, filters_of, paginate, search
from litestar_admin_auth.services.sessions import end_sessions_of_all

#: What ``status`` can be. Nobody is stored as ``locked``: the throttle locks addresses, for a while.
STATUSES = ("active", "suspended", "invited", "locked")

#: What a list of users can be filtered by.
FILTERS = ("status", "role", "ends", "last_login")

MAX_NORMALIZED_EMAIL_LENGTH = 320
MAX_DAYS = 3650

SORTS = {
    "created_at": Sort(User.created_at),
    "email": Sort(User.email_normalized),
    "name": Sort(User.name),
    "last_login_at": Sort(User.last_login_at),
}


@dataclass(frozen=True)
class UserRow:
    """A user as pages and API show it; ``roles`` are the names of unexpired grants, sorted."""

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
        grant = exists().where(UserRole.user_id == User.id)
        grant = grant.where(ending(filters["ends"]) if "ends" in filters else unexpired(now()))
        if "role" in filters:
            grant = grant.where(UserRole.role_id == Role.id, Role.name == filters["role"])
        statement = statement.where(grant)
    if "last_login" in filters:
        statement = statement.where(_last_login(filters["last_login"]))
    return statement


def _last_login(wanted: str) -> ColumnElement[bool]:
    if wanted == "never":
        return User.last_login_at.is_(None)
    if not (wanted.isascii() and wanted.isdecimal() and 1 <= int(wanted[:5]) <= MAX_DAYS and len(wanted) <= 4):
        raise InvalidInput(
            _("Write 'never' or a number of days from 1 to %(maximum)s.", maximum=MAX_DAYS), field="last_login"
        )
    return User.last_login_at < now() - timedelta(days=int(wanted))


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


async def create_user(
    database: Database, actor: Actor, *, email: str, name: str = "", roles: Iterable[str] = ()
) -> UserRow:
    """Create a user without a password, who is then ``invited``.

    Raises:
        NotAllowed: Without ``users:write``.
        InvalidInput: For ``email``, ``name`` or ``roles``.
        EmailTaken: When somebody has the address, in any spelling of it.
        StrongerThanYou: When a role holds what the actor does not.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "users:write")
        return row_of(await add_user(db, actor, held, email=email, name=name, roles=roles))


async def add_user(
    db: AsyncSession,
    actor: Actor,
    held: frozenset[str],
    *,
    email: str,
    name: str = "",
    roles: Iterable[str] = (),
    password_hash: str | None = None,
) -> User:
    """Add a user to the caller's transaction; the caller has checked ``users:write``. Raises like ``create_user``."""
    address = email_address(email)
    moment = now()
    user = User(
        email=address,
        email_normalized=_unique_form(address),
        name=one_line(name, "name", maximum=MAX_NAME_LENGTH),
        password_hash=password_hash,
        is_active=True,
        last_login_at=None,
        created_at=moment,
        updated_at=moment,
        grants=[],
    )
    db.add(user)
    await _flush_email(db)
    record(db, actor, "user.created", target=user, changes=difference({}, {"email": user.email, "name": user.name}))
    await set_roles(db, actor, held, user, roles)
    await db.flush()
    return user


async def update_user(
    database: Database,
    actor: Actor,
    user_id: UUID,
    *,
    email: str | None = None,
    name: str | None = None,
    roles: Iterable[str] | None = None,
    version: int | None = None,
) -> UserRow:
    """Change what is given and leave what is None; saving what is stored already changes nothing.

    Args:
        database: Where.
        actor: Must hold ``users:write``, everything the user holds, and everything in a role given or taken.
        user_id: Whom.
        email: The new address; open links to the old one stop working, sessions go on.
        name: The new name.
        roles: All roles from now on, by name.
        version: The version that the change was made from; None to overwrite whatever is there.

    Raises:
        NotAllowed: Without ``users:write``.
        NotFound: When there is no such user.
        StrongerThanYou: When the user or a role holds what the actor does not.
        EditConflict: When somebody else saved meanwhile.
        InvalidInput: For ``email``, ``name`` or ``roles``.
        EmailTaken: When somebody else has the address.
        LastSuperuser: When nobody else could administer everything.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "users:write")
        user = await load_user_to_change(db, actor, held, user_id)
        if version is not None and version != user.version:
            raise EditConflict(user.version)
        before = _profile(user)
        if email is not None:
            user.email = email_address(email)
            user.email_normalized = _unique_form(user.email)
        if name is not None:
            user.name = one_line(name, "name", maximum=MAX_NAME_LENGTH)
        changes = difference(before, _profile(user))
        if changes:
            await _flush_email(db)
            record(db, actor, "user.updated", target=user, changes=changes)
        # Not of somebody invited: the address that is put right then belongs to somebody else.
        if normalize_email(before["email"]) != user.email_normalized and user.status != "invited":
            tell_email_changed(db, user, before["email"])
        changed_roles = roles is not None and await set_roles(db, actor, held, user, roles)
        if changes or changed_roles:
            user.version += 1
            user.updated_at = now()
        return row_of(user)


async def update_own_profile(database: Database, actor: Actor, *, name: str) -> UserRow:
    """Change the actor's own name.

    Raises:
        NotAllowed: When the actor is no active user.
        InvalidInput: For ``name``.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        user = None
        if actor.user_id is not None:
            user = await db.scalar(select(User).where(User.id == actor.user_id, User.is_active).options(with_roles()))
        if user is None:
            raise NotAllowed(message=_("Only a user has a profile."))
        before = _profile(user)
        user.name = one_line(name, "name", maximum=MAX_NAME_LENGTH)
        changes = difference(before, _profile(user))
        if changes:
            user.version += 1
            user.updated_at = now()
            record(db, actor, "user.updated", target=user, changes=changes)
        return row_of(user)


async def suspend_user(database: Database, actor: Actor, user_id: UUID) -> UserRow:
    """Keep a user from signing in and end all sessions, in one transaction. Suspending twice changes nothing.

    Raises:
        NotAllowed: Without ``users:write``.
        NotFound: When there is no such user.
        StrongerThanYou: When the user holds what the actor does not.
        LastSuperuser: When nobody else could administer everything.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "users:write")
        user = await load_user_to_change(db, actor, held, user_id)
        if user.is_active:
            async with keeping_a_superuser(db):
                await suspend_all(db, actor, [user])
        return row_of(user)


async def reactivate_user(database: Database, actor: Actor, user_id: UUID) -> UserRow:
    """Let a suspended user sign in again; the old sessions stay ended. Reactivating twice changes nothing.

    Raises:
        NotAllowed: Without ``users:write``.
        NotFound: When there is no such user.
        StrongerThanYou: When the user would hold what the actor does not.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "users:write")
        user = await load_user_to_change(db, actor, held, user_id)
        if not user.is_active:
            reactivate(db, actor, user)
        return row_of(user)


async def delete_user(database: Database, actor: Actor, user_id: UUID) -> None:
    """Delete a user with sessions, grants and links. The audit events stay.

    Raises:
        NotAllowed: Without ``users:delete``.
        NotFound: When there is no such user.
        StrongerThanYou: When the user holds what the actor does not.
        LastSuperuser: When nobody else could administer everything.
        UserInUse: When rows of the host application refer to the user.
    """
    try:
        async with database.writing() as db:
            await database.serialize_access_changes(db)
            held = await require(db, actor, "users:delete")
            user = await load_user_to_change(db, actor, held, user_id)
            record(db, actor, "user.deleted", target=user, changes=_deleted(user))
            async with keeping_a_superuser(db):
                # Not by the unit of work: the database knows the host's tables, the unit of work may not.
                await db.execute(delete(User).where(User.id == user_id).execution_options(synchronize_session=False))
    except IntegrityError as error:
        # Round the whole transaction: a deferred foreign key of the host's speaks up only at the commit.
        raise UserInUse from error


async def suspend_all(db: AsyncSession, actor: Actor, users: Sequence[User]) -> None:
    """Suspend active users inside the caller's transaction, who has asked all the questions."""
    for user in users:
        _switch(db, actor, user, active=False)
        # A login that has proven its password but not written its session yet must fail: see record_login.
        user.security_epoch += 1
    await end_sessions_of_all(db, [user.id for user in users], "suspended")


def reactivate(db: AsyncSession, actor: Actor, user: User) -> None:
    """Reactivate a suspended user inside the caller's transaction, who has asked all the questions."""
    _switch(db, actor, user, active=True)


def _switch(db: AsyncSession, actor: Actor, user: User, *, active: bool) -> None:
    before = user.status
    user.is_active = active
    user.version += 1
    user.updated_at = now()
    action = "user.reactivated" if active else "user.suspended"
    record(db, actor, action, target=user, changes={"status": {"old": before, "new": user.status}})


def _unique_form(address: str) -> str:
    normalized = normalize_email(address)
    # One character can become eighteen: checked here, since the column has no room for more than it says.
    if len(normalized) > MAX_NORMALIZED_EMAIL_LENGTH:
        raise InvalidInput(_("This is not an e-mail address."), field="email")
    return normalized


async def _flush_email(db: AsyncSession) -> None:
    try:
        await db.flush()
    except IntegrityError as error:
        if violates_unique(error, User.email_normalized):
            raise EmailTaken from error
        raise


def _profile(user: User) -> dict[str, str]:
    return {"email": user.email, "name": user.name}


def _deleted(user: User) -> dict[str, dict[str, object]]:
    row = row_of(user)
    return {
        "email": {"old": row.email, "new": None},
        "name": {"old": row.name, "new": None},
        "roles": {"old": row.roles, "new": []},
    }
