"""Who gains and loses what: worked out once for each combination of roles that people hold, not once for each person.

Ten thousand members share a few dozen combinations. The rows are read as a stream, so that neither the number of
queries nor the memory grows with the members.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.permissions import WILDCARD, holds, patterns_giving
from litestar_admin_auth.models import Permission, RolePermission

#: So many users are named; ``users_total`` counts them all.
MAX_NAMED_USERS = 50
#: So many different outcomes are listed, those of most people first.
MAX_GROUPS = 20

ROWS_AT_ONCE = 1_000


@dataclass(frozen=True)
class UserChange:
    """What one user would gain and lose, as codes of the catalogue: wildcards are spelled out."""

    id: UUID
    email: str
    gains: list[str]
    loses: list[str]


@dataclass(frozen=True)
class ChangeGroup:
    """What so many users would gain and lose alike."""

    gains: list[str]
    loses: list[str]
    users_total: int


@dataclass(frozen=True)
class Difference:
    """What somebody with one combination of roles would gain and lose."""

    gains: frozenset[str] = frozenset()
    loses: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.gains or self.loses)


@dataclass(frozen=True)
class Impact:
    """Everybody for whom something changes: the first by e-mail are named, all are counted and grouped."""

    users: list[UserChange]
    users_total: int
    groups: list[ChangeGroup]


async def concrete_codes(db: AsyncSession, *patterns: Iterable[str]) -> frozenset[str]:
    """Return the codes of the catalogue, and those among the patterns that it has forgotten."""
    declared = set(await db.scalars(select(Permission.code)))
    return frozenset(declared.union(*patterns)) - {pattern for group in patterns for pattern in group if "*" in pattern}


def spelled_out(patterns: Iterable[str], codes: frozenset[str]) -> frozenset[str]:
    """Return those of the codes that the patterns give."""
    held = frozenset(patterns)
    if WILDCARD in held:
        return codes
    if not any(pattern.endswith(":*") for pattern in held):
        return codes & held
    return frozenset(code for code in codes if holds(held, code))


async def roles_giving(db: AsyncSession, codes: frozenset[str]) -> dict[UUID, frozenset[str]]:
    """Return which of some codes each role gives; a role that gives none is left out."""
    if not codes:
        return {}
    wanted = {pattern for code in codes for pattern in patterns_giving(code)}
    held: dict[UUID, set[str]] = {}
    rows = await db.execute(
        select(RolePermission.role_id, RolePermission.code).where(RolePermission.code.in_(sorted(wanted)))
    )
    for role_id, pattern in rows:
        held.setdefault(role_id, set()).add(pattern)
    return {role_id: spelled_out(patterns, codes) for role_id, patterns in held.items()}


def given_by(role_ids: Iterable[UUID], giving: Mapping[UUID, frozenset[str]]) -> frozenset[str]:
    """Return what several roles give together."""
    return frozenset[str]().union(*(giving.get(role_id, frozenset()) for role_id in role_ids))


@dataclass(frozen=True)
class Person:
    """A user with the roles that they hold."""

    id: UUID
    email: str
    is_active: bool
    roles: frozenset[UUID]


async def each_person(db: AsyncSession, people: Select[UUID, str, bool, UUID]) -> AsyncGenerator[Person]:
    """Yield users one after the other.

    Args:
        db: The caller's transaction.
        people: Rows of a user's id, e-mail, whether active, and one role's id or None; those of a user next to each
            other.
    """
    seen: tuple[UUID, str, bool] | None = None
    roles: set[UUID] = set()
    async for rows in (await db.stream(people)).partitions(ROWS_AT_ONCE):
        for user_id, email, is_active, role_id in rows:
            if seen is not None and seen[0] != user_id:
                yield Person(*seen, frozenset(roles))
                roles = set()
            seen = (user_id, email, is_active)
            # The outer join gives None for somebody without roles.
            roles.update({role_id} - {None})
    if seen is not None:
        yield Person(*seen, frozenset(roles))


class Tally:
    """Counts for whom something changes.

    Args:
        named: Whether the asker may see who the users are.
    """

    def __init__(self, *, named: bool) -> None:
        self.named = named
        self._users: list[UserChange] = []
        self._totals: Counter[Difference] = Counter()

    def note(self, person: Person, change: Difference) -> None:
        """Take in what changes for somebody, which may be nothing."""
        if not change:
            return
        self._totals[change] += 1
        if self.named and len(self._users) < MAX_NAMED_USERS:
            self._users.append(UserChange(person.id, person.email, sorted(change.gains), sorted(change.loses)))

    def result(self) -> Impact:
        """Return what was noted."""
        groups = [
            ChangeGroup(sorted(change.gains), sorted(change.loses), count)
            for change, count in self._totals.most_common(MAX_GROUPS)
        ]
        return Impact(self._users, self._totals.total(), groups)
