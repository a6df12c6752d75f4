"""Roles: named sets of permissions. Each function is one transaction."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import NameTaken
from litestar_admin_auth.core.text import MAX_DESCRIPTION_LENGTH, one_line, role_name
from litestar_admin_auth.models import AuditEvent, Role, RolePermission, User, UserRole
from litestar_admin_auth.services.access import load_role_to_change, require, require_covers
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import difference, record
from litestar_admin_auth.services.catalogue import check_known
from litestar_admin_auth.services.constraints import violates_unique
from litestar_admin_auth.services.members import Member as Member
from litestar_admin_auth.services.members import members_of as members_of
from litestar_admin_auth.services.role_lists import FILTERS as FILTERS
from litestar_admin_auth.services.role_lists import RoleRow as RoleRow
from litestar_admin_auth.services.role_lists import all_role_names as all_role_names
from litestar_admin_auth.services.role_lists import assignable_role_names as assignable_role_names
from litestar_admin_auth.services.role_lists import find_role as find_role
from litestar_admin_auth.services.role_lists import get_role as get_role
from litestar_admin_auth.services.role_lists import list_roles as list_roles
from litestar_admin_auth.services.role_lists import loaded_row, row_of
from litestar_admin_auth.services.role_lists import matching_roles as matching_roles
from litestar_admin_auth.services.role_preview import RolePreview as RolePreview
from litestar_admin_auth.services.role_preview import UserChange as UserChange
from litestar_admin_auth.services.role_preview import preview_new_role as preview_new_role
from litestar_admin_auth.services.role_preview import preview_role as preview_role
from litestar_admin_auth.services.role_preview import preview_role_deletion as preview_role_deletion
from litestar_admin_auth.services.superusers import keeping_a_superuser
from litestar_admin_auth.services.versions import count_up, require_version


async def create_role(
    database: Database, actor: Actor, *, name: str, description: str = "", permissions: Iterable[str] = ()
) -> RoleRow:
    """Create a role.

    Raises:
        NotAllowed: Without ``roles:write``.
        InvalidInput: For ``name``, ``description`` or ``permissions``.
        NameTaken: When a role has the name.
        StrongerThanYou: When a permission is one that the actor lacks.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "roles:write")
        moment = now()
        role = Role(
            name=role_name(name),
            description=one_line(description, "description", maximum=MAX_DESCRIPTION_LENGTH),
            is_system=False,
            created_at=moment,
            updated_at=moment,
            permissions=[],
        )
        codes = await check_known(db, permissions)
        require_covers(held, codes)
        db.add(role)
        await _flush_name(db)
        _set_codes(actor, role, codes)
        record(db, actor, "role.created", target=role, changes=difference({}, _contents(role)))
        await db.flush()
        return row_of(role, 0)


async def update_role(
    database: Database,
    actor: Actor,
    role_id: UUID,
    *,
    name: str | None = None,
    description: str | None = None,
    permissions: Iterable[str] | None = None,
    version: int | None = None,
) -> RoleRow:
    """Change what is given and leave what is None; saving what is stored already changes nothing.

    Args:
        database: Where.
        actor: Must hold ``roles:write``, everything the role holds now and everything it is to hold.
        role_id: Which.
        name: The new name; guards of the host that name the old one then refuse.
        description: The new description.
        permissions: Everything that the role holds from now on.
        version: The version that the change was made from; None to overwrite whatever is there.

    Raises:
        NotAllowed: Without ``roles:write``.
        NotFound: When there is no such role.
        SystemRole: For the built-in role.
        StrongerThanYou: When an old or new permission is one that the actor lacks.
        EditConflict: When somebody else saved meanwhile.
        InvalidInput: For ``name``, ``description`` or ``permissions``.
        NameTaken: When another role has the name.
        LastSuperuser: When nobody could administer everything any more.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "roles:write")
        role = await load_role_to_change(db, held, role_id)
        require_version(role, version)
        before = _contents(role)
        if name is not None:
            role.name = role_name(name)
        if description is not None:
            role.description = one_line(description, "description", maximum=MAX_DESCRIPTION_LENGTH)
        await _flush_name(db)
        if permissions is not None:
            codes = await check_known(db, permissions, kept=role.codes)
            require_covers(held, codes)
            async with keeping_a_superuser(db):
                _set_codes(actor, role, codes)
        changes = difference(before, _contents(role))
        if changes:
            count_up(role)
            permissions_change = changes.pop("permissions", None)
            events: list[AuditEvent] = []
            if changes:
                events.append(record(db, actor, "role.updated", target=role, changes=changes))
            if permissions_change:
                what = {"permissions": permissions_change}
                events.append(record(db, actor, "role.permissions_changed", target=role, changes=what))
            for event in events:
                # One saving, one time: it is how services/role_history.py tells savings apart.
                event.at = role.updated_at
        return await loaded_row(db, role)


async def delete_role(database: Database, actor: Actor, role_id: UUID, *, version: int | None = None) -> None:
    """Delete a role; whoever held it loses it, and for each of them that is an event.

    Args:
        database: Where.
        actor: Must hold ``roles:delete`` and everything the role holds.
        role_id: Which.
        version: The version that was asked about; None for whatever is there.

    Raises:
        NotAllowed: Without ``roles:delete``.
        NotFound: When there is no such role.
        SystemRole: For the built-in role.
        StrongerThanYou: When the role holds what the actor does not.
        EditConflict: When somebody else saved meanwhile.
        LastSuperuser: When nobody could administer everything any more.
    """
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        held = await require(db, actor, "roles:delete")
        role = await load_role_to_change(db, held, role_id)
        require_version(role, version)
        holders = select(UserRole.user_id).where(UserRole.role_id == role_id)
        members = (await db.execute(select(User.id, User.email).where(User.id.in_(holders)))).all()
        changes = {field: {"old": value, "new": None} for field, value in _contents(role).items()}
        record(db, actor, "role.deleted", target=role, changes=changes)
        for user_id, email in members:
            revoked = {"role": {"old": role.name, "new": None}}
            record(db, actor, "user.role_revoked", target=("user", str(user_id), email), changes=revoked)
        await db.execute(
            update(User)
            .where(User.id.in_(holders))
            .values(version=User.version + 1, updated_at=now())
            .execution_options(synchronize_session=False)
        )
        async with keeping_a_superuser(db):
            await db.delete(role)


async def _flush_name(db: AsyncSession) -> None:
    try:
        await db.flush()
    except IntegrityError as error:
        if violates_unique(error, Role.name):
            raise NameTaken from error
        raise


def _set_codes(actor: Actor, role: Role, codes: set[str]) -> None:
    # Rows that stay keep who granted them and when.
    kept = [row for row in role.permissions if row.code in codes]
    added = codes - {row.code for row in kept}
    role.permissions = [
        *kept,
        *(RolePermission(code=code, granted_at=now(), granted_by=actor.label) for code in sorted(added)),
    ]


def _contents(role: Role) -> dict[str, object]:
    return {"name": role.name, "description": role.description, "permissions": role.codes}
