"""What the pages of one user have in common: the frame with the tabs, and who may change the user."""

from typing import Any
from uuid import UUID

from litestar import Request, Response

from litestar_admin_auth.auth.one_time_links import mail_base
from litestar_admin_auth.core.exceptions import StrongerThanYou
from litestar_admin_auth.services import access
from litestar_admin_auth.services.users import UserRow
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.render import admin_url, render, viewer_who

AnyRequest = Request[Any, Any, Any]


def user_url(request: AnyRequest, user_id: UUID, *parts: object) -> str:
    """An address below a user's page."""
    return admin_url(request, "users", user_id, *parts)


async def require_changeable(request: AnyRequest, user_id: UUID, permission: str) -> None:
    """Refuse a question whose answer would be refused.

    Raises:
        NotAllowed: Without the permission.
        StrongerThanYou: When the user holds what the viewer does not.
        NotFound: When there is no such user.
    """
    viewer_who(request, permission)
    database, actor = tables_and_actor(request)
    lacking = await access.lacking_to_change(database, actor, user_id)
    if lacking:
        raise StrongerThanYou(lacking)


async def is_changeable(request: AnyRequest, user_id: UUID) -> bool:
    """Whether the viewer holds all that the user holds; nobody may touch somebody stronger."""
    database, actor = tables_and_actor(request)
    return not await access.lacking_to_change(database, actor, user_id)


def tab_page(
    request: AnyRequest,
    name: str,
    user: UserRow,
    *,
    changeable: bool,
    block: str | None = None,
    status_code: int = 200,
    **context: Any,
) -> Response[Any]:
    """Answer with a tab of a user's page; ``name`` is its template below ``users/``, ``block`` what htmx gets of it."""
    mails = mail_base(request) is not None
    return render(
        request,
        f"users/{name}.html",
        block,
        status_code=status_code,
        user=user,
        changeable=changeable,
        mails=mails,
        **context,
    )
