"""Users: made and edited here, and what else there is to be done with them by its name. Each is one transaction."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import EmailTaken, InvalidInput, NotAllowed
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.text import MAX_NAME_LENGTH, email_address, normalize_email, one_line
from litestar_admin_auth.models import User
from litestar_admin_auth.services.access import load_user_to_change, require
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import difference, record
from litestar_admin_auth.services.constraints import violates_unique
from litestar_admin_auth.services.grant_ends import end_grant as end_grant
from litestar_admin_auth.services.grant_ends import extend_grant as extend_grant
from litestar_admin_auth.services.grants import Grant as Grant
from litestar_admin_auth.services.grants import grant_role as grant_role
from litestar_admin_auth.services.grants import grants_of as grants_of
from litestar_admin_auth.services.grants import revoke_role as revoke_role
from litestar_admin_auth.services.grants import set_roles
from litestar_admin_auth.services.letters import tell_email_changed
from litestar_admin_auth.services.suspension import check_suspension as check_suspension
from litestar_admin_auth.services.suspension import reactivate_user as reactivate_user
from litestar_admin_auth.services.suspension import suspend_user as suspend_user
from litestar_admin_auth.services.user_deletion import check_deletion as check_deletion
from litestar_admin_auth.services.user_deletion import delete_user as delete_user
from litestar_admin_auth.services.user_lists import FILTERS as FILTERS
from litestar_admin_auth.services.user_lists import STATUSES as STATUSES
from litestar_admin_auth.services.user_lists import UserRow as UserRow
from litestar_admin_auth.services.user_lists import find_user as find_user
from litestar_admin_auth.services.user_lists import get_user as get_user
from litestar_admin_auth.services.user_lists import list_users as list_users
from litestar_admin_auth.services.user_lists import matching_users as matching_users
from litestar_admin_auth.services.user_lists import row_of, with_roles
from litestar_admin_auth.services.versions import count_up, require_version

MAX_NORMALIZED_EMAIL_LENGTH = 320


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
        require_version(user, version)
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
            count_up(user)
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
            count_up(user)
            record(db, actor, "user.updated", target=user, changes=changes)
        return row_of(user)


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
