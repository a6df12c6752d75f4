"""What saving or deleting a role would do, and to whom, before it is done.

Each preview asks for what the change itself asks for and is refused as the change would be: nobody learns from it who
could do what by roles that they may not touch.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import NameTaken
from litestar_admin_auth.core.permissions import WILDCARD, holds
from litestar_admin_auth.core.text import MAX_DESCRIPTION_LENGTH, one_line, role_name
from litestar_admin_auth.models import Role, RolePermission, User, UserRole
from litestar_admin_auth.services.access import load_role_to_change, require, require_covers, unexpired
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import difference
from litestar_admin_auth.services.catalogue import check_known
from litestar_admin_auth.services.impact import MAX_NAMED_USERS as MAX_NAMED_USERS
from litestar_admin_auth.services.impact import (
    Difference,
    Impact,
    Tally,
    concrete_codes,
    each_person,
    given_by,
    roles_giving,
    spelled_out,
)
from litestar_admin_auth.services.impact import UserChange as UserChange
from litestar_admin_auth.services.role_lists import count_members
from litestar_admin_auth.services.superusers import foresee_a_superuser
from litestar_admin_auth.services.versions import require_version


@dataclass(frozen=True, kw_only=True)
class RolePreview(Impact):
    """What the role itself would gain and lose, and the users for whom that makes a difference, by e-mail.

    Args:
        added: Codes and wildcards that the role does not hold yet.
        removed: Codes and wildcards that it would hold no more.
        changes: Name and description, as ``{"name": {"old": ..., "new": ...}}``; only what differs.
        members: How many hold the role by a grant that has not ended.
        allows: Of a new role: what of the catalogue it gives, with wildcards spelled out.
    """

    added: list[str]
    removed: list[str] = field(default_factory=list[str])
    changes: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    members: int = 0
    allows: list[str] = field(default_factory=list[str])

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changes)


async def preview_role(
    database: Database,
    actor: Actor,
    role_id: UUID,
    *,
    name: str | None = None,
    description: str | None = None,
    permissions: Iterable[str] | None = None,
    version: int | None = None,
    offset: int = 0,
) -> RolePreview:
    """Tell what ``update_role`` with these values would change, without saving anything.

    A user who has a permission by another role too neither gains nor loses it. Suspended users and expired grants do
    not count. Without ``users:read`` the users are counted but not named.

    Args:
        database: Where.
        actor: Must hold ``roles:write``, everything the role holds and everything it would hold.
        role_id: Which.
        name: The new name; None for the old one.
        description: The new description; None for the old one.
        permissions: Everything that the role would hold; None for what it holds already.
        version: The version that the change would be made from.
        offset: How many users come before the fifty who are named.

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
    async with database.reading() as db:
        held = await require(db, actor, "roles:write")
        role = await load_role_to_change(db, held, role_id)
        require_version(role, version)
        stored = {"name": role.name, "description": role.description}
        wanted = dict(stored)
        if name is not None:
            wanted["name"] = role_name(name)
            await _require_free(db, wanted["name"], role_id)
        if description is not None:
            wanted["description"] = one_line(description, "description", maximum=MAX_DESCRIPTION_LENGTH)
        before = frozenset(role.codes)
        after = before if permissions is None else frozenset(await check_known(db, permissions, kept=before))
        require_covers(held, after)
        await _foresee(db, role_id, before - after)
        tally = Tally(named=holds(held, "users:read"), offset=offset)
        impact = await _impact(db, role_id, before, after, tally)
        members = await count_members(db, role_id)
    return _preview(before, after, impact, members, difference(stored, wanted))


async def preview_new_role(
    database: Database, actor: Actor, *, permissions: Iterable[str], name: str | None = None, description: str = ""
) -> RolePreview:
    """Tell what ``create_role`` with these values would do: to nobody anything, until somebody is given the role.

    Args:
        database: Where.
        actor: Must hold ``roles:write`` and everything that the role would hold.
        permissions: Everything that the role would hold.
        name: The name; None while there is none yet.
        description: The description.

    Raises:
        NotAllowed: Without ``roles:write``.
        InvalidInput: For ``name``, ``description`` or ``permissions``.
        NameTaken: When a role has the name.
        StrongerThanYou: When a permission is one that the actor lacks.
    """
    async with database.reading() as db:
        held = await require(db, actor, "roles:write")
        if name is not None:
            await _require_free(db, role_name(name))
        one_line(description, "description", maximum=MAX_DESCRIPTION_LENGTH)
        after = await check_known(db, permissions)
        require_covers(held, after)
        allows = spelled_out(after, await concrete_codes(db, after))
    return RolePreview(added=sorted(after), allows=sorted(allows))


async def preview_role_deletion(database: Database, actor: Actor, role_id: UUID, *, offset: int = 0) -> RolePreview:
    """Tell what ``delete_role`` would do, without doing it; see :func:`preview_role`.

    Raises:
        NotAllowed: Without ``roles:delete``.
        NotFound: When there is no such role.
        SystemRole: For the built-in role.
        StrongerThanYou: When the role holds what the actor does not.
        LastSuperuser: When nobody could administer everything any more.
    """
    async with database.reading() as db:
        held = await require(db, actor, "roles:delete")
        before = frozenset((await load_role_to_change(db, held, role_id)).codes)
        await _foresee(db, role_id, before)
        tally = Tally(named=holds(held, "users:read"), offset=offset)
        impact = await _impact(db, role_id, before, frozenset(), tally)
        members = await count_members(db, role_id)
    return _preview(before, frozenset(), impact, members, {})


def _preview(
    before: frozenset[str],
    after: frozenset[str],
    impact: Impact,
    members: int,
    changes: dict[str, dict[str, str]],
) -> RolePreview:
    return RolePreview(
        added=sorted(after - before),
        removed=sorted(before - after),
        changes=changes,
        members=members,
        **vars(impact),
    )


async def _impact(
    db: AsyncSession, role_id: UUID, before: frozenset[str], after: frozenset[str], tally: Tally
) -> Impact:
    codes = await concrete_codes(db, before, after)
    gained = spelled_out(after, codes) - spelled_out(before, codes)
    lost = spelled_out(before, codes) - spelled_out(after, codes)
    if not (gained or lost):
        return tally.result()
    elsewhere = await roles_giving(db, gained | lost)

    @cache
    def change_for(held: frozenset[UUID]) -> Difference:
        kept = given_by(held, elsewhere)
        return Difference(gained - kept, lost - kept)

    grant, other = aliased(UserRole), aliased(UserRole)
    moment = now()
    people = (
        select(User.id, User.email, User.is_active, other.role_id)
        .join(grant, grant.user_id == User.id)
        .outerjoin(other, (other.user_id == User.id) & (other.role_id != role_id) & unexpired(moment, other))
        .where(grant.role_id == role_id, unexpired(moment, grant), User.is_active)
        .order_by(User.email_normalized, User.id)
    )
    async for person in each_person(db, people):
        tally.note(person, change_for(person.roles))
    return tally.result()


async def _foresee(db: AsyncSession, role_id: UUID, removed: frozenset[str]) -> None:
    if WILDCARD in removed:
        await foresee_a_superuser(db, without=RolePermission.role_id == role_id)


async def _require_free(db: AsyncSession, name: str, role_id: UUID | None = None) -> None:
    if await db.scalar(select(Role.id).where(Role.name == name, Role.id.is_distinct_from(role_id))) is not None:
        raise NameTaken
