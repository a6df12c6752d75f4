"""The catalogue of permissions: the package's own and those that the host declares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import ConfigError, InvalidInput
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.permissions import OWN_PERMISSIONS, WILDCARD, holds
from litestar_admin_auth.core.text import MAX_DESCRIPTION_LENGTH
from litestar_admin_auth.models import Permission, Role, RolePermission
from litestar_admin_auth.services.access import require, require_any
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.lists import ListQuery, Page, Sort, filters_of, paginate, search

PACKAGE, HOST = "package", "host"

# Keys are UUIDv7: their order is the order of creation.
SORTS = {"created_at": Sort(Permission.id), "code": Sort(Permission.code), "source": Sort(Permission.source)}


@dataclass(frozen=True)
class PermissionRow:
    """A permission; ``roles`` are the names of those that give it, by its code or a wildcard, sorted."""

    code: str
    description: str
    source: str
    roles: list[str]


@dataclass(frozen=True)
class SyncResult:
    """The codes that a synchronization added, changed and removed, sorted."""

    added: list[str]
    changed: list[str]
    removed: list[str]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


async def list_permissions(database: Database, actor: Actor, query: ListQuery) -> Page[PermissionRow]:
    """Return the catalogue, newest first, searched by code and description.

    Filters: ``source`` (``package`` or ``host``) and ``role`` (the name of a role that gives it). Sorts:
    ``created_at``, ``code``, ``source``.

    Raises:
        NotAllowed: Without ``permissions:read``.
        InvalidInput: For a bad filter, sort, limit, cursor or search.
    """
    filters = filters_of(query, "source", "role")
    statement = select(Permission).where(*search(query, Permission.code, Permission.description))
    if "source" in filters:
        if filters["source"] not in (PACKAGE, HOST):
            raise InvalidInput(_("Choose one of %(choices)s.", choices=f"{PACKAGE}, {HOST}"), field="source")
        statement = statement.where(Permission.source == filters["source"])
    async with database.reading() as db:
        await require(db, actor, "permissions:read")
        roles = await _codes_by_role(db)
        if "role" in filters:
            held = roles.get(filters["role"], set())
            codes = [code for code in await db.scalars(select(Permission.code)) if holds(held, code)]
            statement = statement.where(Permission.code.in_(codes))
        page = await paginate(db, statement, query, SORTS, key=Permission.id)
    return page.map(lambda permission: _row(permission, roles))


async def all_permissions(database: Database, actor: Actor) -> list[PermissionRow]:
    """Return the whole catalogue by code: what the form of a role offers.

    Raises:
        NotAllowed: Without ``permissions:read`` or ``roles:read``.
    """
    async with database.reading() as db:
        await require_any(db, actor, "permissions:read", "roles:read")
        roles = await _codes_by_role(db)
        permissions = (await db.scalars(select(Permission).order_by(Permission.code))).all()
    return [_row(permission, roles) for permission in permissions]


async def check_known(db: AsyncSession, wanted: Iterable[str], *, kept: Iterable[str] = ()) -> set[str]:
    """Return what a role may hold: codes of the catalogue, ``resource:*`` of a resource in it, or ``*``.

    Args:
        db: The caller's transaction.
        wanted: Codes and wildcards.
        kept: What the role holds already: that may stay, also after the host stopped declaring it.

    Raises:
        InvalidInput: For ``permissions``, naming the first that nobody declared.
    """
    codes = set(await db.scalars(select(Permission.code)))
    known = codes | {f"{code.partition(':')[0]}:*" for code in codes} | {WILDCARD, *kept}
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise InvalidInput(_("There is no permission %(code)s.", code=ascii(unknown[0][:120])), field="permissions")
    return set(wanted)


async def sync_permissions(database: Database, declared: Mapping[str, str]) -> SyncResult:
    """Bring the catalogue in line with the package and the host; run it as often as you like, from many processes.

    A code that nobody declares any more goes, unless a role still holds it: then it stays until that role lets go.

    Args:
        database: Where.
        declared: The host's codes and what each allows. The package's own codes cannot be redefined.

    Raises:
        ConfigError: ``AA005`` for a description of more than 500 characters.
    """
    for code, description in declared.items():
        if len(description) > MAX_DESCRIPTION_LENGTH:
            raise ConfigError(
                "AA005",
                f"The description of the permission {code!r} is too long.",
                hint=f"Use at most {MAX_DESCRIPTION_LENGTH} characters.",
            )
    wanted = {code: (text, HOST) for code, text in declared.items()}
    wanted |= {code: (text, PACKAGE) for code, text in OWN_PERMISSIONS.items()}
    async with database.reading() as db:
        result, _entries = await _compare(db, wanted)
    if not result:
        # The usual start of a process: nothing to write, so no lock to wait for.
        return result
    async with database.writing() as db:
        await database.serialize_access_changes(db)
        result, entries = await _compare(db, wanted)
        for code in sorted({*result.added, *result.changed}):
            entry = entries.get(code) or Permission(code=code)
            entry.description, entry.source = wanted[code]
            db.add(entry)
        if result.removed:
            gone: set[UUID] = {entries[code].id for code in result.removed}
            await db.execute(delete(Permission).where(Permission.id.in_(gone)))
        if result:
            changes = {
                "added": {"new": result.added},
                "changed": {"new": result.changed},
                "removed": {"old": result.removed},
            }
            record(db, Actor.system("system"), "permissions.synced", changes=changes)
    return result


async def _compare(db: AsyncSession, wanted: Mapping[str, tuple[str, str]]) -> tuple[SyncResult, dict[str, Permission]]:
    entries = {entry.code: entry for entry in await db.scalars(select(Permission))}
    in_use = set(await db.scalars(select(RolePermission.code).distinct()))
    changed = {
        code for code, entry in entries.items() if wanted.get(code) not in (None, (entry.description, entry.source))
    }
    result = SyncResult(
        added=sorted(wanted.keys() - entries.keys()),
        changed=sorted(changed),
        removed=sorted(entries.keys() - wanted.keys() - in_use),
    )
    return result, entries


async def _codes_by_role(db: AsyncSession) -> dict[str, set[str]]:
    rows = await db.execute(select(Role.name, RolePermission.code).join(RolePermission))
    roles: dict[str, set[str]] = {}
    for name, code in rows:
        roles.setdefault(name, set()).add(code)
    return roles


def _row(permission: Permission, roles: Mapping[str, set[str]]) -> PermissionRow:
    giving = sorted(name for name, held in roles.items() if holds(held, permission.code))
    return PermissionRow(permission.code, permission.description, permission.source, giving)
