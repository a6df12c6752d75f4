"""The catalogue of permissions: the package's own and those that the host declares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import ConfigError, InvalidInput, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.permissions import OWN_PERMISSIONS, WILDCARD, holds, is_code, patterns_giving
from litestar_admin_auth.core.text import MAX_DESCRIPTION_LENGTH
from litestar_admin_auth.models import Permission, Role, RolePermission
from litestar_admin_auth.services.access import require, require_any
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.lists import ListQuery, Page, Sort, filters_of, paginate
from litestar_admin_auth.services.own_texts import permission_description, search_permissions

PACKAGE, HOST, ORPHANED = SOURCES = ("package", "host", "orphaned")

# Keys are UUIDv7: their order is the order of creation.
SORTS = {"created_at": Sort(Permission.id), "code": Sort(Permission.code), "source": Sort(Permission.source)}


@dataclass(frozen=True)
class Declared:
    """An entry of the catalogue.

    ``source`` is ``package`` for the admin's own, ``host`` for what the application declares, and ``orphaned`` for what
    it declares no more while a role still holds it.
    """

    code: str
    description: str
    source: str

    @property
    def resource(self) -> str:
        """The part of the code before the colon."""
        return self.code.partition(":")[0]


@dataclass(frozen=True)
class GivingRole:
    """A role that gives a permission; ``patterns`` are what it holds that does: the code, a wildcard or several."""

    id: UUID
    name: str
    patterns: list[str]


@dataclass(frozen=True)
class PermissionRow(Declared):
    """A permission; ``roles`` are the names of those that give it, by its code or a wildcard, sorted."""

    roles: list[str]
    giving: list[GivingRole]


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

    Filters: ``source`` (``package``, ``host`` or ``orphaned``) and ``role`` (the name of a role that gives it). Sorts:
    ``created_at``, ``code``, ``source``.

    Raises:
        NotAllowed: Without ``permissions:read``.
        InvalidInput: For a bad filter, sort, limit, cursor or search.
    """
    filters = filters_of(query, "source", "role")
    statement = select(Permission).where(*search_permissions(query))
    if "source" in filters:
        if filters["source"] not in SOURCES:
            raise InvalidInput(_("Choose one of %(choices)s.", choices=", ".join(SOURCES)), field="source")
        statement = statement.where(Permission.source == filters["source"])
    async with database.reading() as db:
        await require(db, actor, "permissions:read")
        if "role" in filters:
            held = select(RolePermission.code).join(Role).where(Role.name == filters["role"])
            statement = statement.where(Permission.code.in_(await _given_by(db, held)))
        page = await paginate(db, statement, query, SORTS, key=Permission.id)
        giving = await _roles_giving(db, [entry.code for entry in page.items])
    return page.map(lambda entry: _row(_declared(entry), giving[entry.code]))


async def get_permission(database: Database, actor: Actor, code: str) -> PermissionRow:
    """Return one permission of the catalogue.

    Raises:
        NotAllowed: Without ``permissions:read``.
        NotFound: When nobody declares it.
    """
    async with database.reading() as db:
        await require(db, actor, "permissions:read")
        entry = None
        if is_code(code):
            entry = await db.scalar(select(Permission).where(Permission.code == code))
        if entry is None:
            raise NotFound(_("There is no such permission."))
        giving = await _roles_giving(db, [code])
    return _row(_declared(entry), giving[code])


async def all_permissions(database: Database, actor: Actor) -> list[Declared]:
    """Return the whole catalogue by code: what the form of a role offers.

    Raises:
        NotAllowed: Without ``permissions:read``, ``roles:read`` or ``roles:write``.
    """
    async with database.reading() as db:
        await require_any(db, actor, "permissions:read", "roles:read", "roles:write")
        entries = (await db.scalars(select(Permission).order_by(Permission.code))).all()
    return [_declared(entry) for entry in entries]


async def check_known(db: AsyncSession, wanted: Iterable[str], *, kept: Iterable[str] = ()) -> set[str]:
    """Return what a role may hold: codes of the catalogue, ``resource:*`` of a resource in it, or ``*``.

    Args:
        db: The caller's transaction.
        wanted: Codes and wildcards.
        kept: What the role holds already: that may stay, also after the host stopped declaring it. No other role may
            take up what is orphaned.

    Raises:
        InvalidInput: For ``permissions``, naming the first that nobody declared.
    """
    codes = set(await db.scalars(select(Permission.code).where(Permission.source != ORPHANED)))
    known = codes | {f"{code.partition(':')[0]}:*" for code in codes} | {WILDCARD, *kept}
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise InvalidInput(_("There is no permission %(code)s.", code=ascii(unknown[0][:120])), field="permissions")
    return set(wanted)


async def sync_permissions(database: Database, declared: Mapping[str, str]) -> SyncResult:
    """Bring the catalogue in line with the package and the host; run it as often as you like, from many processes.

    A code that nobody declares any more goes, unless a role still holds it: then it stays, marked as orphaned, until
    that role lets go.

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
        result, _entries = await _compare(db, dict(wanted))
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


async def _compare(db: AsyncSession, wanted: dict[str, tuple[str, str]]) -> tuple[SyncResult, dict[str, Permission]]:
    entries = {entry.code: entry for entry in await db.scalars(select(Permission))}
    in_use = set(await db.scalars(select(RolePermission.code).distinct()))
    wanted.update(
        {code: (entries[code].description, ORPHANED) for code in entries.keys() & in_use if code not in wanted}
    )
    changed = {
        code for code, entry in entries.items() if wanted.get(code) not in (None, (entry.description, entry.source))
    }
    result = SyncResult(
        added=sorted(wanted.keys() - entries.keys()),
        changed=sorted(changed),
        removed=sorted(entries.keys() - wanted.keys()),
    )
    return result, entries


async def _given_by(db: AsyncSession, held: Select[str]) -> list[str]:
    """Return the codes of the catalogue that the patterns of a statement give."""
    patterns = frozenset(await db.scalars(held))
    return [code for code in await db.scalars(select(Permission.code)) if holds(patterns, code)]


async def _roles_giving(db: AsyncSession, codes: Iterable[str]) -> dict[str, list[GivingRole]]:
    """Return for each code the roles that give it, by name, in one query however many roles there are."""
    wanted = {code: patterns_giving(code) for code in codes}
    every = {pattern for patterns in wanted.values() for pattern in patterns}
    rows = await db.execute(
        select(Role.id, Role.name, RolePermission.code).join(RolePermission).where(RolePermission.code.in_(every))
    )
    by_pattern: dict[str, list[tuple[str, UUID]]] = {}
    for role_id, name, pattern in rows:
        by_pattern.setdefault(pattern, []).append((name, role_id))
    found: dict[str, list[GivingRole]] = {}
    for code, patterns in wanted.items():
        held: dict[tuple[str, UUID], list[str]] = {}
        for pattern in patterns:
            for role in by_pattern.get(pattern, ()):
                held.setdefault(role, []).append(pattern)
        found[code] = [GivingRole(role_id, name, held[name, role_id]) for name, role_id in sorted(held)]
    return found


def _declared(entry: Permission) -> Declared:
    return Declared(entry.code, permission_description(entry.code, entry.description), entry.source)


def _row(entry: Declared, giving: list[GivingRole]) -> PermissionRow:
    return PermissionRow(entry.code, entry.description, entry.source, [role.name for role in giving], giving)
