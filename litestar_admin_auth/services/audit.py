"""The audit log: what happened, written in the transaction in which it happened."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.models import AuditEvent, Role, Session, User
from litestar_admin_auth.services.access import require
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.lists import ListQuery, Page, Sort, filters_of, paginate, search

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
    """Return events, newest first.

    Filters: ``action`` (``user.created``, or ``user.*`` for all of a noun), ``actor`` (a user's id or the label),
    ``target_type`` and ``target_id``. Sorts: ``at``, also called ``created_at``.

    Raises:
        NotAllowed: Without ``audit:read``.
        InvalidInput: For a bad filter, sort, limit, cursor or search.
    """
    filters = filters_of(query, "action", "actor", "target_type", "target_id")
    statement = select(AuditEvent).where(
        *search(query, AuditEvent.actor, AuditEvent.action, AuditEvent.target_label, AuditEvent.ip)
    )
    if "action" in filters:
        noun = filters["action"].removesuffix(".*")
        statement = statement.where(
            AuditEvent.action.startswith(noun + ".", autoescape=True)
            if filters["action"].endswith(".*")
            else AuditEvent.action == filters["action"]
        )
    if "actor" in filters:
        who = AuditEvent.actor == filters["actor"]
        actor_id = _uuid(filters["actor"])
        statement = statement.where(who if actor_id is None else or_(who, AuditEvent.actor_id == actor_id))
    if "target_type" in filters:
        statement = statement.where(AuditEvent.target_type == filters["target_type"])
    if "target_id" in filters:
        statement = statement.where(AuditEvent.target_id == filters["target_id"])
    async with database.reading() as db:
        await require(db, actor, "audit:read")
        by_time = Sort(AuditEvent.at)
        return await paginate(db, statement, query, {"at": by_time, "created_at": by_time}, key=AuditEvent.id)


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
