"""The permission matrix of a role: resources down, actions across, wildcards first."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.permissions import WILDCARD, holds

#: Actions that fewer resources share stand in the last column, each with its name: a thousand columns help nobody.
SHARED_BY = 2
MAX_COLUMNS = 6


@dataclass(frozen=True)
class Cell:
    """One check box: what ticking it gives. ``disabled`` where the viewer may not grant it."""

    action: str
    code: str
    description: str
    granted: bool
    disabled: bool


@dataclass(frozen=True)
class Row:
    """One resource; ``*`` is all of them."""

    resource: str
    cells: list[Cell]


@dataclass(frozen=True)
class Matrix:
    """``actions`` are the columns; cells of other actions stand in the last one."""

    actions: list[str]
    rows: list[Row]


def build_matrix(
    catalogue: Mapping[str, str], granted: Collection[str], holdable: Collection[str], *, read_only: bool = False
) -> Matrix:
    """Lay out a role's permissions.

    Args:
        catalogue: Every permission, code to description.
        granted: What the role holds, wildcards included.
        holdable: What the viewer holds; nobody grants more than that.
        read_only: Whether every box is disabled: the system role, or a viewer who may only look.
    """
    shared = Counter(code.partition(":")[2] for code in catalogue)
    actions = [action for action, count in shared.most_common(MAX_COLUMNS) if count >= SHARED_BY]

    def cell(code: str, action: str, description: str) -> Cell:
        return Cell(action, code, description, code in granted, read_only or not holds(holdable, code))

    resources: dict[str, list[Cell]] = {}
    for code, description in sorted(catalogue.items()):
        resource, _colon, action = code.partition(":")
        every = cell(f"{resource}:*", WILDCARD, _("Everything, also what is added later"))
        resources.setdefault(resource, [every]).append(cell(code, action, description))
    for pattern in sorted(granted):
        resource, _colon, action = pattern.partition(":")
        if action == WILDCARD and resource not in resources:
            # Nobody declares this resource any more. Without a box, saving would take it away unseen.
            resources[resource] = [cell(pattern, WILDCARD, _("Everything, also what is added later"))]
    everything = Row(WILDCARD, [cell(WILDCARD, WILDCARD, _("Everything, everywhere: a superuser"))])
    return Matrix([WILDCARD, *actions], [everything, *(Row(name, cells) for name, cells in resources.items())])
