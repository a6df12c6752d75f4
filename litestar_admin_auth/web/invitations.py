"""The pages behind an invitation: choose the first password, and be signed in."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from litestar_admin_auth.auth.admission import PUBLIC
from litestar_admin_auth.auth.login import log_in
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.exceptions import AdminAuthError
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.services.one_time_links import INVITATION
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.one_time_link import choose_password, password_form, take_token_from_address
from litestar_admin_auth.web.render import admin_url, see_other

AnyRequest = Request[Any, Any, Any]


class InvitationPages(Controller):
    """For somebody who cannot sign in yet: the link's token is the credential."""

    include_in_schema = False

    @get("/invitation/{token:str}", opt={PUBLIC: True})
    async def open(self, request: AnyRequest, token: FromPath[str]) -> Response[Any]:
        return await take_token_from_address(request, token, INVITATION, admin_url(request, "invitation"))

    @get("/invitation", opt={PUBLIC: True})
    async def form(self, request: AnyRequest) -> Response[Any]:
        return await password_form(request, INVITATION)

    @post("/invitation", opt={PUBLIC: True})
    async def accept(self, request: AnyRequest) -> Response[Any]:
        chosen = await choose_password(request, INVITATION)
        if isinstance(chosen, Response):
            return chosen
        user, password = chosen
        try:
            # By the one way in, with everything that it asks of anybody.
            await log_in(request, runtime_of(request), email=user.email, password=password, by_form=True)
        except AdminAuthError:
            # The password is set all the same, and the link is used.
            flash(request, "success", _("Your new password is set. Sign in with it."))
            return see_other(request, admin_url(request, "login"))
        flash(request, "success", _("Welcome. Your password is set."))
        return see_other(request, admin_url(request))
