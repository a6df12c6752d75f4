"""The audit log: what happened, written in the transaction in which it happened."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.models import AuditEvent, Role, Session, User
from litestar_admin_auth.services.access import require
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import ListQuery, Page, Sort, filters_of, paginate, search

SORTS = {"at": Sort(AuditEvent.at), "created_at": Sort(AuditEvent.at)}
#: What the audit log can be filtered by.
FILTERS = ("action", "actor", "target_type", "target_id", "since", "until")

Target = User | Role | Session | tuple[str, str, str]


def record(
    db: AsyncSession,
    actor: Actor,
    action: str,
    *,
    target: Target | None = None,
    changes: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Add an event to the caller's transaction: it is kept if the change is, and lost if the change is.

    Args:
        db: The caller's transaction.
        actor: Who did it.
        action: A noun and a past verb, such as ``user.created``.
        target: The row it was done to (flushed, so that it has its id), or its type, id and label.
        changes: ``{"field": {"old": ..., "new": ...}}`` of JSON values. Never a secret: nothing here is hidden later.
    """
    target_type, target_id, target_label = _describe(target)
    event = AuditEvent(
        at=now(),
        actor_id=actor.user_id,
        actor=_printable(actor.label, 320),
        action=action,
        target_type=target_type,
        target_id=target_id[:64],
        target_label=_printable(target_label, 320),
        changes=dict(changes or {}),
        ip=_printable(actor.ip, 45),
        session_id=actor.session_id,
    )
    db.add(event)
    return event


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields that differ, as ``{"field": {"old": ..., "new": ...}}``."""
    return {name: {"old": before.get(name), "new": value} for name, value in after.items() if before.get(name) != value}


async def list_events(database: Database, actor: Actor, query: ListQuery) -> Page[AuditEvent]:
    """Return events, newest first; filters as in :func:`matching_events`. Sorts: ``at``, also called ``created_at``.

    Raises:
        NotAllowed: Without ``audit:read``.
        InvalidInput: For a bad filter, sort, limit, cursor or search.
    """
    statement = matching_events(query)
    async with database.reading() as db:
        await require(db, actor, "audit:read")
        return await paginate(db, statement, query, SORTS, key=AuditEvent.id)


def matching_events(query: ListQuery) -> Select[AuditEvent]:
    """Return the statement for all events that a search and its filters let through.

    Filters: ``action`` (``user.created``, or ``user.*`` for all of a noun), ``actor`` (a user's id or the label),
    ``target_type`` and ``target_id``, ``since`` and ``until`` (a day of UTC, both included, or a time with its zone).

    Raises:
        InvalidInput: For a bad filter or search, naming it.
    """
    filters = filters_of(query, *FILTERS)
    statement = select(AuditEvent).where(
        *search(query, AuditEvent.actor, AuditEvent.action, AuditEvent.target_label, AuditEvent.ip)
    )
    for name, wanted in filters.items():
        statement = statement.where(_condition(name, wanted))
    return statement


def _condition(name: str, wanted: str) -> ColumnElement[bool]:
    match name:
        case "action" if wanted.endswith(".*"):
            return AuditEvent.action.startswith(wanted.removesuffix("*"), autoescape=True)
        case "action":
            return AuditEvent.action == wanted
        case "actor":
            # No address is an id, so one of the two columns decides, and its index serves.
            actor_id = _uuid(wanted)
            return AuditEvent.actor == wanted if actor_id is None else AuditEvent.actor_id == actor_id
        case "target_type":
            return AuditEvent.target_type == wanted
        case "target_id":
            return AuditEvent.target_id == wanted
        case "since":
            return AuditEvent.at >= _moment(wanted, "since")
        case _:
            return AuditEvent.at < _moment(wanted, "until", next_day=True)


def _moment(text: str, field: str, *, next_day: bool = False) -> datetime:
    """Return the time that a day or a time stands for; of a day its beginning, or the beginning of the next one."""
    try:
        if len(text) == len("2026-01-01"):
            day = date.fromisoformat(text)
            return datetime.combine(day, time(), tzinfo=UTC) + timedelta(days=next_day)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidInput(_("Write a day like 2026-01-31, or a time with its zone."), field=field)


def _describe(target: Target | None) -> tuple[str, str, str]:
    match target:
        case None:
            return "", "", ""
        case User():
            return "user", str(target.id), target.email
        case Role():
            return "role", str(target.id), target.name
        case Session():
            return "session", str(target.id), ""
        case _:
            return target


def _printable(text: str, maximum: int) -> str:
    """Return text that cannot forge a line: an address that somebody tried to log in with ends up here."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:maximum])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
