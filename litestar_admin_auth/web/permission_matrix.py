"""The permission matrix of a role: resources down, actions across, each resource's wildcard first."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from litestar_admin_auth.core.permissions import WILDCARD, holds
from litestar_admin_auth.services.catalogue import ORPHANED, Declared

#: Actions that fewer resources share stand in the last column, each with its name: a thousand columns help nobody.
SHARED_BY = 2
MAX_COLUMNS = 6

#: More resources than this fill screens: they are folded into groups, by the first part of their names or by letter.
FOLD_FROM = 40
#: A group larger than this is no help either.
MAX_IN_GROUP = 60


@dataclass(frozen=True)
class Cell:
    """One check box: what ticking it gives. ``disabled`` where the viewer may not grant it."""

    action: str
    code: str
    description: str
    granted: bool
    disabled: bool
    orphaned: bool = False


@dataclass(frozen=True)
class Row:
    """One resource: its wildcard, its cells in the order of the columns (None where there is none), and the others.

    ``shown`` is False for a row that the search leaves out: it stays in the form, so that its ticks are not lost.
    """

    resource: str
    every: Cell
    columns: Sequence[Cell | None]
    others: Sequence[Cell]
    shown: bool

    @property
    def cells(self) -> list[Cell]:
        return [self.every, *(cell for cell in self.columns if cell is not None), *self.others]


@dataclass(frozen=True)
class Group:
    """Rows under one heading, folded together; a matrix of few resources is one group without a name."""

    name: str
    rows: Sequence[Row]
    is_open: bool

    @property
    def granted(self) -> int:
        return sum(cell.granted for row in self.rows for cell in row.cells)

    @property
    def shown(self) -> bool:
        return any(row.shown for row in self.rows)


@dataclass(frozen=True)
class Matrix:
    """``actions`` are the columns after the wildcards'; ``has_others`` tells whether there is a last column.

    ``everything`` is the box of ``*``. ``q`` and ``granted_only`` are what the reader asked to see.
    """

    everything: Cell
    actions: list[str]
    groups: list[Group]
    has_others: bool
    q: str = ""
    granted_only: bool = False

    @property
    def granted(self) -> int:
        return self.everything.granted + sum(group.granted for group in self.groups)

    @property
    def is_folded(self) -> bool:
        """Whether there are so many resources that they come in groups."""
        return len(self.groups) > 1

    @property
    def has_disabled(self) -> bool:
        return any(cell.disabled for group in self.groups for row in group.rows for cell in row.cells)

    @property
    def shown(self) -> bool:
        return any(group.shown for group in self.groups)


def build_matrix(
    catalogue: Iterable[Declared],
    granted: Collection[str],
    holdable: Collection[str],
    *,
    read_only: bool = False,
    q: str = "",
    granted_only: bool = False,
) -> Matrix:
    """Lay out a role's permissions.

    Args:
        catalogue: Every permission.
        granted: What the role holds, wildcards included.
        holdable: What the viewer holds; nobody grants more than that.
        read_only: Whether every box is disabled: the system role, or a viewer who may only look.
        q: Words that must all occur in a resource's codes or descriptions for its row to be shown.
        granted_only: Whether only rows with a tick are shown.
    """
    ticked, may_give = frozenset(granted), frozenset(holdable)
    entries = {entry.code: entry for entry in catalogue}
    # Nobody declares these any more. Without a box, saving would take them away unseen.
    for pattern in ticked - entries.keys() - {WILDCARD}:
        if not pattern.endswith(":*"):
            entries[pattern] = Declared(pattern, "", ORPHANED)
    by_resource: dict[str, list[Declared]] = {}
    for code in sorted(entries):
        by_resource.setdefault(code.partition(":")[0], []).append(entries[code])
    for pattern in ticked:
        if pattern.endswith(":*"):
            by_resource.setdefault(pattern.removesuffix(":*"), [])
    shared = Counter(code.partition(":")[2] for code in entries)
    actions = [action for action, count in shared.most_common(MAX_COLUMNS) if count >= SHARED_BY]
    words = q.lower().split()

    def cell(entry: Declared, action: str) -> Cell:
        disabled = read_only or not holds(may_give, entry.code)
        return Cell(action, entry.code, entry.description, entry.code in ticked, disabled, entry.source == ORPHANED)

    def row(resource: str) -> Row:
        cells = {entry.code.partition(":")[2]: entry for entry in by_resource[resource]}
        text = " ".join(f"{entry.code} {entry.description}" for entry in cells.values()).lower() + f" {resource}:*"
        every = cell(Declared(f"{resource}:*", "", ""), WILDCARD)
        row = Row(
            resource,
            every,
            [cell(cells[action], action) if action in cells else None for action in actions],
            [cell(entry, action) for action, entry in cells.items() if action not in actions],
            shown=all(word in text for word in words),
        )
        if granted_only and not any(cell.granted for cell in row.cells):
            return Row(row.resource, row.every, row.columns, row.others, shown=False)
        return row

    rows = [row(resource) for resource in sorted(by_resource)]
    return Matrix(
        everything=cell(Declared(WILDCARD, "", ""), WILDCARD),
        actions=actions,
        groups=_fold(rows, searching=bool(words) or granted_only),
        has_others=any(row.others for row in rows),
        q=q,
        granted_only=granted_only,
    )


def _fold(rows: list[Row], *, searching: bool) -> list[Group]:
    if len(rows) <= FOLD_FROM:
        return [Group("", rows, True)]
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(_first_part(row.resource), []).append(row)
    # "shop.orders" and "shop.books" belong together; where names have no parts, the alphabet has to do.
    if max(len(group) for group in by_name.values()) > MAX_IN_GROUP or len(by_name) > MAX_IN_GROUP:
        by_name = {}
        for row in rows:
            by_name.setdefault(row.resource[:1].upper(), []).append(row)
    return [
        Group(name, group, searching and any(row.shown for row in group)) for name, group in sorted(by_name.items())
    ]


def _first_part(resource: str) -> str:
    return resource.replace("-", ".").replace("_", ".").partition(".")[0]


def column_button(group: Group, action: str) -> str:
    """Return what the button at the head of a column posts."""
    return f"{group.name}/{WILDCARD}:{action}"


def press(matrix: Matrix, wanted: str) -> list[str]:
    """Return the ticks after the name of a row or a column was pressed: all of it, or none when all of it was ticked.

    A row's wildcard is not part of it: it says something else than the sum of the others.

    Args:
        matrix: As the reader saw it; rows that the search leaves out are left alone.
        wanted: A resource, or what :func:`column_button` gives.
    """
    name, is_column, action = wanted.rpartition(f"/{WILDCARD}:")
    cells = [
        cell
        for group in matrix.groups
        if not is_column or group.name == name
        for row in group.rows
        if row.shown and (is_column or row.resource == wanted)
        for cell in row.cells[1:]
        if not is_column or cell.action == action
    ]
    free = {cell.code for cell in cells if not cell.disabled and (cell.granted or not cell.orphaned)}
    every = [matrix.everything, *(cell for group in matrix.groups for row in group.rows for cell in row.cells)]
    before = {cell.code for cell in every if cell.granted}
    return sorted(before - free if free <= before else before | free)
