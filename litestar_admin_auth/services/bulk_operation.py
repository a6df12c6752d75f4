"""What a change of many rows is made of: the selection, the rules of one kind of change, what it would do and did."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import ListQuery

#: Why a row is left as it is.
YOURSELF, STRONGER, LAST_SUPERUSER, UNCHANGED, GONE = "yourself", "stronger", "last_superuser", "unchanged", "gone"

R = TypeVar("R")


@dataclass(frozen=True)
class Selection:
    """What was selected: some rows by their ids, or with ``query`` everything that its search and filters let through.

    Args:
        ids: The rows; ignored with a query.
        query: Only its ``q`` and ``filters`` count.
    """

    ids: tuple[UUID, ...] = ()
    query: ListQuery | None = None


@dataclass(frozen=True)
class Skipped:
    """A row that is left as it is, by its name, and why: one of the reasons above."""

    label: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What a change would do.

    Args:
        selected: How many rows were selected.
        changed: The ids of those that would change.
        skipped: The first fifty of those that would not.
        reasons: How many would not, for each reason.
        fingerprint: Stands for what was selected and for what; ``bulk.run`` refuses when that has changed.
    """

    selected: int
    changed: list[UUID]
    skipped: list[Skipped]
    reasons: dict[str, int]
    fingerprint: str


@dataclass
class Outcome:
    """What a change did.

    Args:
        changed: How many rows.
        reasons: How many it left as they are, for each reason.
        not_reached: How many it did not come to, because of ``stopped``.
        stopped: What stopped it half way, for people to read.
    """

    changed: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])
    not_reached: int = 0
    stopped: str = ""


@dataclass
class Rules:
    """What decides, read once a transaction: who acts, what they hold, and what else an operation needs."""

    actor: Actor
    held: frozenset[str]
    #: Whoever can administer everything for good; one of them stays. Shrinks as rows are accepted.
    superusers: set[UUID] = field(default_factory=set[UUID])
    extra: Any = None


class Operation(ABC, Generic[R]):
    """A kind of change. ``refusal`` decides both what is announced and what is done."""

    #: What the log calls the whole of it, such as ``users.suspended``.
    action: str

    def terms(self) -> dict[str, str]:
        """Return what else was chosen, such as the role; a part of the fingerprint and of the event."""
        return {}

    @abstractmethod
    def matching(self, query: ListQuery) -> Select[Any]:
        """Return the statement for the ids of all rows that match."""

    @abstractmethod
    async def enter(self, db: AsyncSession, actor: Actor) -> Rules:
        """Read the rules, after checking that the actor may do this at all; raises ``NotAllowed``."""

    @abstractmethod
    async def load(self, db: AsyncSession, rules: Rules, ids: Sequence[UUID], *, lock: bool) -> list[R]:
        """Return the rows that are still there, in as many queries however many they are."""

    @abstractmethod
    def describe(self, row: R) -> tuple[UUID, str]:
        """Return a row's id and what to call it."""

    @abstractmethod
    def refusal(self, rules: Rules, row: R) -> str | None:
        """Return why a row must stay as it is, or None; then the row counts as changed for the rows after it."""

    @abstractmethod
    async def apply(self, db: AsyncSession, rules: Rules, rows: Sequence[R]) -> None:
        """Change the rows inside the caller's transaction, each with its event."""
