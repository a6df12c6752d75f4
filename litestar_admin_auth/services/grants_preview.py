"""What giving a role to people, or taking it away, would change for them, before it is done."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import Select, select

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.permissions import WILDCARD, holds
from litestar_admin_auth.models import User, UserRole
from litestar_admin_auth.services.access import require, require_covers, roles_beyond, unexpired
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.grants import in_the_future, load_roles
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
from litestar_admin_auth.services.superusers import foresee_a_superuser

Users = Collection[UUID] | Select[UUID]


@dataclass(frozen=True, kw_only=True)
class GrantsPreview(Impact):
    """What giving or taking a role would do to a selection of users.

    A suspended user gains and loses nothing, until reactivated.

    Args:
        role: Its name.
        selected: How many of the users there are.
        changed: To how many of them the role is given, or from how many it is taken.
        unchanged: How many hold it already (or do not hold it); giving it once more only changes reason and end.
        refused: How many hold what the actor lacks: nobody changes somebody stronger.
    """

    role: str
    selected: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0


async def preview_grants(
    database: Database,
    actor: Actor,
    user_ids: Users,
    role_name: str,
    *,
    give: bool,
    expires_at: datetime | None = None,
    offset: int = 0,
) -> GrantsPreview:
    """Tell what giving a role to users, or taking it away from them, would change, without changing anything.

    Args:
        database: Where.
        actor: Must hold ``users:write`` and everything the role holds. Without ``users:read`` users are counted but
            not named, and those who are stronger count as not there.
        user_ids: Whom: at most some thousand ids, or a statement that selects any number of them.
        role_name: Which role.
        give: True to give, False to take away.
        expires_at: The end of the grants, timezone-aware and in the future; None for no end.
        offset: How many users come before the fifty who are named.

    Raises:
        NotAllowed: Without ``users:write``.
        StrongerThanYou: When the role holds what the actor does not.
        InvalidInput: For ``role`` or ``expires_at``.
        LastSuperuser: When nobody could administer everything any more, or not for good.
    """
    if expires_at is not None:
        in_the_future(expires_at)
    async with database.reading() as db:
        held = await require(db, actor, "users:write")
        may_see = holds(held, "users:read")
        role = (await load_roles(db, [role_name], field="role"))[role_name]
        require_covers(held, role.codes)
        if WILDCARD in role.codes and (not give or expires_at is not None):
            # Without their grants of this role that have no end: taken away, or about to get one.
            await foresee_a_superuser(db, without=(UserRole.role_id == role.id) & UserRole.user_id.in_(user_ids))
        beyond = await roles_beyond(db, held)
        codes = spelled_out(role.codes, await concrete_codes(db, role.codes))
        giving = await roles_giving(db, codes)

        @cache
        def change_for(roles: frozenset[UUID]) -> Difference:
            alone = codes - given_by(roles - {role.id}, giving)
            return Difference(gains=alone) if give else Difference(loses=alone)

        people = (
            select(User.id, User.email, User.is_active, UserRole.role_id)
            .outerjoin(UserRole, (UserRole.user_id == User.id) & unexpired(now()))
            .where(User.id.in_(user_ids))
            .order_by(User.email_normalized, User.id)
        )
        changed = unchanged = refused = 0
        tally = Tally(named=may_see, offset=offset)
        async for person in each_person(db, people):
            if person.id != actor.user_id and person.roles & beyond:
                # Whoever may not see users is not told that there is a stronger one.
                refused += may_see
            elif give == (role.id in person.roles):
                unchanged += 1
            else:
                changed += 1
                tally.note(person, change_for(person.roles) if person.is_active else Difference())
    return GrantsPreview(
        role=role.name,
        selected=changed + unchanged + refused,
        changed=changed,
        unchanged=unchanged,
        refused=refused,
        **vars(tally.result()),
    )
