"""One change of many rows: first announced, then done, by the same rules as the change of one.

Rows are changed in batches, each a transaction of its own, with a pause between them: ten thousand suspensions in one
transaction would keep everybody else from signing in meanwhile. Each batch asks anew what the actor may do, so somebody
who loses a role half way stops there, and the outcome says how far it came. Within a batch, all changes, an event for
each of them and, with the last batch, the event for the whole are committed together or not at all.
"""

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import AdminAuthError, InvalidInput, SelectionChanged
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.bulk_operation import GONE, Operation, Outcome, Plan, Rules, Selection, Skipped
from litestar_admin_auth.services.superusers import keeping_a_superuser

#: So many rows are changed at once; who has more narrows the filter.
MAX_ROWS = 10_000
#: Rows a transaction.
BATCH = 250
#: Seconds between two of them. SQLite's waiting writers look again after at most a tenth of a second.
PAUSE = 0.11
#: So many of those who are left out are named; ``reasons`` counts them all.
MAX_NAMED = 50

logger = logging.getLogger(__name__)

R = TypeVar("R")


async def plan(database: Database, actor: Actor, operation: Operation[Any], selection: Selection) -> Plan:
    """Tell what an operation would change and what it would leave, without changing anything.

    Raises:
        NotAllowed: Without the operation's permissions.
        StrongerThanYou: When the operation itself is beyond the actor, such as giving a role.
        InvalidInput: For a bad filter, or when more than ``MAX_ROWS`` match.
    """
    changed: list[UUID] = []
    skipped: list[Skipped] = []
    reasons: Counter[str] = Counter()
    async with database.reading() as db:
        rules = await operation.enter(db, actor)
        ids = await _ids(db, operation, selection)
        for batch in _batches(ids):
            rows = await operation.load(db, rules, batch, lock=False)
            accepted, refused = _judge(operation, rules, rows)
            changed += [operation.describe(row)[0] for row in accepted]
            skipped += refused[: MAX_NAMED - len(skipped)]
            reasons.update(row.reason for row in refused)
            reasons.update({GONE: len(batch) - len(rows)})
            # Ten thousand people with all their roles need not be in memory at once.
            db.expunge_all()
    return Plan(len(ids), changed, skipped, dict(+reasons), _fingerprint(operation, ids))


async def run(
    database: Database,
    actor: Actor,
    operation: Operation[Any],
    selection: Selection,
    *,
    fingerprint: str | None = None,
) -> Outcome:
    """Do it: to all rows that the rules allow, and tell how many that were.

    Args:
        database: Where.
        actor: Who does it; asked for anew in each batch.
        operation: What is done.
        selection: To which rows.
        fingerprint: Of the plan that somebody agreed to; None to do it to whatever is selected now.

    Raises:
        SelectionChanged: When other rows match than did in the plan; nothing is done then.
        NotAllowed: Without the operation's permissions; likewise for what else :func:`plan` raises.
    """
    async with database.reading() as db:
        await operation.enter(db, actor)
        ids = await _ids(db, operation, selection)
    if fingerprint is not None and fingerprint != _fingerprint(operation, ids):
        raise SelectionChanged
    outcome = Outcome(not_reached=len(ids))
    batches = list(_batches(ids))
    try:
        for number, batch in enumerate(batches, start=1):
            await _run_batch(database, actor, operation, selection, batch, outcome, last=number == len(batches))
            if number < len(batches):
                await let_others_in()
    except Exception as error:
        if not outcome.changed:
            raise
        # What was done stays done; neither the log nor the person may believe that it was all, or nothing.
        known = isinstance(error, AdminAuthError)
        outcome.stopped = error.message if known else _("Something went wrong on our side.")
        async with database.writing() as db:
            _record(db, actor, operation, selection, outcome)
        if not known:
            logger.exception("%s stopped after %s rows", operation.action, outcome.changed)
    return outcome


async def let_others_in() -> None:
    """Leave the database to whoever waits to write: between two batches the lock is free for a moment only."""
    await asyncio.sleep(PAUSE)


async def _run_batch(
    database: Database,
    actor: Actor,
    operation: Operation[Any],
    selection: Selection,
    ids: Sequence[UUID],
    outcome: Outcome,
    *,
    last: bool,
) -> None:
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        rules = await operation.enter(db, actor)
        rows = await operation.load(db, rules, ids, lock=True)
        accepted, refused = _judge(operation, rules, rows)
        # The rules have seen to it that a superuser stays; should they be wrong one day, this takes the batch back.
        async with keeping_a_superuser(db):
            await operation.apply(db, rules, accepted)
        reasons = outcome.reasons + Counter(row.reason for row in refused) + Counter({GONE: len(ids) - len(rows)})
        done = Outcome(outcome.changed + len(accepted), reasons, outcome.not_reached - len(ids))
        if last:
            _record(db, actor, operation, selection, done)
    # Committed: only now it counts.
    outcome.changed, outcome.reasons, outcome.not_reached = done.changed, done.reasons, done.not_reached


def _judge(operation: Operation[R], rules: Rules, rows: Sequence[R]) -> tuple[list[R], list[Skipped]]:
    accepted: list[R] = []
    refused: list[Skipped] = []
    for row in rows:
        reason = operation.refusal(rules, row)
        if reason is None:
            accepted.append(row)
        else:
            refused.append(Skipped(operation.describe(row)[1], reason))
    return accepted, refused


async def _ids(db: AsyncSession, operation: Operation[Any], selection: Selection) -> list[UUID]:
    if selection.query is None:
        ids = sorted(set(selection.ids))
    else:
        ids = list(await db.scalars(operation.matching(selection.query).limit(MAX_ROWS + 1)))
        ids.sort()
    if len(ids) > MAX_ROWS:
        raise InvalidInput(_("At most %(maximum)s can be changed at once. Narrow the filters.", maximum=MAX_ROWS))
    return ids


def _batches(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _fingerprint(operation: Operation[Any], ids: Sequence[UUID]) -> str:
    whole = hashlib.sha256(repr((operation.action, sorted(operation.terms().items()))).encode())
    for row_id in ids:
        whole.update(row_id.bytes)
    return whole.hexdigest()[:32]


def _record(db: AsyncSession, actor: Actor, operation: Operation[Any], selection: Selection, outcome: Outcome) -> None:
    changes: dict[str, Any] = {name: {"new": value} for name, value in operation.terms().items() if value}
    if selection.query is not None:
        asked = {"q": selection.query.q, **selection.query.filters}
        changes["filter"] = {"new": [f"{name}={value}" for name, value in asked.items() if value] or "all"}
    changes["changed"] = {"new": outcome.changed}
    if outcome.reasons:
        changes["left"] = {"new": [f"{reason}: {count}" for reason, count in sorted(outcome.reasons.items())]}
    if outcome.stopped:
        changes["not_reached"] = {"new": outcome.not_reached}
    record(db, actor, operation.action, changes=changes)
