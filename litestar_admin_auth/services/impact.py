"""Who gains and loses what: worked out once for each combination of roles that people hold, not once for each person.

Ten thousand members share a few dozen combinations. The rows are read as a stream, so that neither the number of
queries nor the memory grows with the members.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.permissions import WILDCARD, holds, patterns_giving
from litestar_admin_auth.models import Permission, RolePermission

#: So many users are named at once; ``users_total`` counts them all.
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


@dataclass(frozen=True, kw_only=True)
class Impact:
    """Everybody for whom something changes.

    Args:
        users: Fifty of them by e-mail, for who may see users.
        users_total: How many there are.
        groups: The same people by what changes for them, the largest group first.
        offset: How many come before ``users``.
    """

    users: list[UserChange] = field(default_factory=list[UserChange])
    users_total: int = 0
    groups: list[ChangeGroup] = field(default_factory=list[ChangeGroup])
    offset: int = 0

    @property
    def previous(self) -> int | None:
        """The offset of the fifty before these, if there are any."""
        return max(self.offset - MAX_NAMED_USERS, 0) if self.offset and self.users else None

    @property
    def next(self) -> int | None:
        """The offset of the fifty after these, if there are any."""
        end = self.offset + len(self.users)
        return end if self.users and end < self.users_total else None


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
        offset: So many are not named before the first who is.
    """

    def __init__(self, *, named: bool, offset: int = 0) -> None:
        self.named, self.offset = named, offset
        self._total = 0
        self._users: list[UserChange] = []
        self._totals: Counter[Difference] = Counter()

    def note(self, person: Person, change: Difference) -> None:
        """Take in what changes for somebody, which may be nothing."""
        if not change:
            return
        self._totals[change] += 1
        self._total += 1
        if self.named and self._total > self.offset and len(self._users) < MAX_NAMED_USERS:
            self._users.append(UserChange(person.id, person.email, sorted(change.gains), sorted(change.loses)))

    def result(self) -> Impact:
        """Return what was noted."""
        groups = [
            ChangeGroup(sorted(change.gains), sorted(change.loses), count)
            for change, count in self._totals.most_common(MAX_GROUPS)
        ]
        return Impact(users=self._users, users_total=self._total, groups=groups, offset=self.offset)
