"""What the pages of one role have in common: the frame with the tabs, and who may change the role."""

from typing import Any

from litestar import Request, Response

from litestar_admin_auth.core.permissions import missing
from litestar_admin_auth.services.roles import RoleRow
from litestar_admin_auth.web.render import render, viewer_of
from litestar_admin_auth.web.site import Viewer

AnyRequest = Request[Any, Any, Any]


def is_changeable(viewer: Viewer, role: RoleRow) -> bool:
    """Whether the viewer holds all that the role holds; nobody may touch a stronger role, or the built-in one."""
    return not role.is_system and not missing(viewer.permissions, role.permissions)


def tab_page(
    request: AnyRequest, name: str, role: RoleRow, *, block: str | None = None, status_code: int = 200, **context: Any
) -> Response[Any]:
    """Answer with a tab of a role's page; ``name`` is its template below ``roles/``, ``block`` what htmx gets of it."""
    viewer = viewer_of(request)
    changeable = viewer is not None and is_changeable(viewer, role)
    return render(
        request,
        f"roles/{name}.html",
        block,
        status_code=status_code,
        role=role,
        deletable=changeable and viewer is not None and viewer.can("roles:delete"),
        **context,
    )
