"""Why somebody may do a thing or may not: the one answer that pages, API and command line give."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import StrongerThanYou
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import ngettext
from litestar_admin_auth.core.permissions import check_code, holds, patterns_giving
from litestar_admin_auth.models import Permission, Role, RolePermission, User
from litestar_admin_auth.services.access import (
    codes_granted_to,
    held_by_actor,
    load_user,
    require,
    require_covers,
    roles_beyond,
)
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.catalogue import ORPHANED
from litestar_admin_auth.services.grant_paths import GrantPath, paths_by_pattern, paths_to
from litestar_admin_auth.services.lists import ListQuery
from litestar_admin_auth.services.own_texts import permission_description, search_permissions

#: So many roles are named in a sentence.
MAX_NAMED_ROLES = 10

Advice = Literal["allowed", "suspended", "give_a_role", "no_role_holds_it", "ask_an_administrator"]


@dataclass(frozen=True)
class EffectivePermission:
    """A permission of the catalogue that a user has, with every way in which it got there."""

    code: str
    description: str
    paths: list[GrantPath]
    #: False when nobody declares it any more, while a role still holds it.
    declared: bool = True


@dataclass(frozen=True)
class Explanation:
    """Why a user may do a thing or not.

    Args:
        allowed: The answer.
        paths: Every way in which the user has the permission; empty when not allowed.
        would_allow: The roles that would change a no into a yes; none for a suspended user, whom no role helps, and
            none for an asker who may see neither roles nor users.
        status: The user's.
        advice: What would change the answer, as a stable word.
        may_give: Those of ``would_allow`` that the asker may give to this user.
        ended: Ways in which the user had it until the grant ended.
        declared: Whether the permission stands in the catalogue; else it may be a slip of the pen.
    """

    allowed: bool
    paths: list[GrantPath]
    would_allow: list[str]
    status: str = "active"
    advice: Advice = "allowed"
    may_give: list[str] = field(default_factory=list[str])
    ended: list[GrantPath] = field(default_factory=list[GrantPath])
    declared: bool = True


async def effective_permissions(
    database: Database, actor: Actor, user_id: UUID, *, q: str = ""
) -> list[EffectivePermission]:
    """Return every permission of the catalogue that a user has now, by code, and where each comes from.

    Args:
        database: Where.
        actor: Must hold ``users:read``; one's own need nothing.
        user_id: Whose.
        q: Words that must all occur in code or description.

    Raises:
        NotAllowed: Without ``users:read``, for somebody else.
        NotFound: When there is no such user.
        InvalidInput: For ``q``.
    """
    wanted = search_permissions(ListQuery(q=q))
    async with database.reading() as db:
        user = await _load_to_explain(db, actor, user_id)
        catalogue = (await db.scalars(select(Permission).where(*wanted).order_by(Permission.code))).all()
    paths = paths_by_pattern(user)
    found = [
        EffectivePermission(
            entry.code,
            permission_description(entry.code, entry.description),
            paths_to(entry.code, paths),
            declared=entry.source != ORPHANED,
        )
        for entry in catalogue
    ]
    return [permission for permission in found if permission.paths]


async def explain(database: Database, actor: Actor, user_id: UUID, code: str) -> Explanation:
    """Tell whether a user may do a thing, by which grants, and else what would allow it.

    Raises:
        InvalidInput: When the code is not of the form ``resource:action``.
        NotAllowed: Without ``users:read``; one's own need nothing.
        NotFound: When there is no such user.
    """
    check_code(code)
    async with database.reading() as db:
        user = await _load_to_explain(db, actor, user_id)
        declared = await db.scalar(select(Permission.id).where(Permission.code == code)) is not None
        paths = paths_to(code, paths_by_pattern(user))
        ended = paths_to(code, paths_by_pattern(user, ended=True))
        if paths or not user.is_active:
            advice: Advice = "allowed" if paths else "suspended"
            return Explanation(bool(paths), paths, [], user.status, advice, ended=ended, declared=declared)
        held = await held_by_actor(db, actor)
        if not (holds(held, "users:read") or holds(held, "roles:read")):
            # The names of roles are for those who may see roles or users, as in all_role_names.
            return Explanation(False, [], [], user.status, "ask_an_administrator", ended=ended, declared=declared)
        giving = exists().where(RolePermission.role_id == Role.id, RolePermission.code.in_(patterns_giving(code)))
        roles = (await db.execute(select(Role.id, Role.name).where(giving).order_by(Role.name))).all()
        beyond = await roles_beyond(db, held) if _may_give_to(actor, held, user) else None
    return Explanation(
        allowed=False,
        paths=[],
        would_allow=[name for _id, name in roles],
        status=user.status,
        advice="give_a_role" if roles else "no_role_holds_it",
        may_give=[] if beyond is None else [name for role_id, name in roles if role_id not in beyond],
        ended=ended,
        declared=declared,
    )


def in_words(found: Explanation) -> str:
    """Return the answer as a sentence: what a page and the command line say."""
    match found.advice:
        case "allowed":
            roles = _some(list(dict.fromkeys(path.role for path in found.paths)))
            if not found.declared:
                # A wildcard gives misspelled permissions too.
                return _(
                    "Yes, through %(roles)s; but nobody declares this permission. Is it spelled right?", roles=roles
                )
            return _("Yes, through %(roles)s.", roles=roles)
        case "suspended":
            return _("No: this user is suspended, and no role helps until that ends.")
        case "give_a_role":
            return _("No. Any of these roles would give it: %(roles)s.", roles=_some(found.would_allow))
        case "no_role_holds_it" if not found.declared:
            return _("No: nobody declares this permission. Is it spelled right?")
        case "no_role_holds_it":
            return _("No, and no role holds it yet.")
        case "ask_an_administrator":
            return _("No. Ask an administrator for a role that allows it.")


def _some(names: list[str]) -> str:
    """Return the first names, and how many more there are: a company has five hundred roles."""
    named = ", ".join(names[:MAX_NAMED_ROLES])
    rest = len(names) - MAX_NAMED_ROLES
    return f"{named} {ngettext('and %(num)s more', 'and %(num)s more', rest)}" if rest > 0 else named


async def _load_to_explain(db: AsyncSession, actor: Actor, user_id: UUID) -> User:
    if actor.user_id != user_id:
        await require(db, actor, "users:read")
    return await load_user(db, user_id, with_permissions=True)


def _may_give_to(actor: Actor, held: frozenset[str], user: User) -> bool:
    if not holds(held, "users:write"):
        return False
    try:
        require_covers(held, () if user.id == actor.user_id else codes_granted_to(user))
    except StrongerThanYou:
        return False
    return True
