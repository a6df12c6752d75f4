"""The page that shows a one-time link, this once."""

from typing import Any

from litestar import Request, Response

from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.services import invitations
from litestar_admin_auth.services.users import UserRow
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.render import admin_url, render

AnyRequest = Request[Any, Any, Any]


async def new_link_page(request: AnyRequest, user: UserRow) -> Response[Any]:
    """Make a link for a user and answer with it; no redirect, which would need to keep the token somewhere.

    Raises:
        NotAllowed: Without ``users:write``.
        StrongerThanYou: When the user holds what the actor does not.
        Conflict: When the user is suspended.
    """
    database, actor = tables_and_actor(request)
    made = await invitations.create_invitation(database, actor, user.id)
    # Never from the Host header: whoever forges it would get the token of whoever follows the link.
    origin = runtime_of(request).config.public_origin
    return render(
        request,
        "users/invited.html",
        user=user,
        link=(origin or "") + admin_url(request, "invitation", made.token),
        complete=origin is not None,
        purpose=made.purpose,
        expires_at=made.expires_at,
    )
