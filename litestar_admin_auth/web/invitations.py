"""The page behind a one-time link: choose a password."""

from typing import Any

import wtforms
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from litestar_admin_auth.auth.admission import PUBLIC
from litestar_admin_auth.auth.cookies import Cookies
from litestar_admin_auth.auth.login import log_in
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.exceptions import AdminAuthError, InvalidInput, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.services import invitations
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import Form, read_form
from litestar_admin_auth.web.render import admin_url, render, see_other

AnyRequest = Request[Any, Any, Any]

#: For how long the page may stay open before the link has to be clicked again, in seconds.
OPEN_FOR = 30 * 60


class AcceptForm(Form):
    """A new password, twice."""

    new_password = wtforms.PasswordField(_l("New password"))
    repeat_password = wtforms.PasswordField(_l("New password, once more"))


class InvitationController(Controller):
    """Invitations and password resets: the token leaves the URL at once (ASVS 14.2.1)."""

    include_in_schema = False

    @get("/invitation/{token:str}", opt={PUBLIC: True})
    async def open(self, request: AnyRequest, token: FromPath[str]) -> Response[Any]:
        runtime, state = runtime_of(request), state_of(request.scope)
        await invitations.read_invitation(runtime.tables, token)
        # The address bar, the history and the Referer of the next click must not keep the token.
        if state is not None:
            cookies = runtime.cookies
            state.set_cookies.append(cookies.set(_name(cookies), token, max_age=OPEN_FOR, httponly=True))
        return see_other(request, admin_url(request, "invitation"))

    @get("/invitation", opt={PUBLIC: True})
    async def form(self, request: AnyRequest) -> Response[Any]:
        user = await invitations.read_invitation(runtime_of(request).tables, _token(request))
        return render(request, "invitation/accept.html", form=AcceptForm(request), user=user)

    @post("/invitation", opt={PUBLIC: True})
    async def accept(self, request: AnyRequest) -> Response[Any]:
        runtime, state = runtime_of(request), state_of(request.scope)
        if state is None:
            raise NotFound
        token = _token(request)
        user = await invitations.read_invitation(runtime.tables, token)
        form = AcceptForm(request, await read_form(request))
        try:
            if not form.validate():
                raise InvalidInput(_("Look at the fields below."))
            if form.new_password.data != form.repeat_password.data:
                raise InvalidInput(_("The two passwords differ."), field="repeat_password")
            await runtime.throttle.check("invitation", str(user.id), state.client.ip)
            password = form.new_password.data or ""
            await invitations.accept_invitation(runtime.tables, runtime.passwords, token, password, ip=state.client.ip)
        except AdminAuthError as error:
            form.blame(error)
            return render(request, "invitation/accept.html", status_code=error.status_code, form=form, user=user)
        state.set_cookies.append(runtime.cookies.delete(_name(runtime.cookies)))
        await log_in(request, runtime, email=user.email, password=password, by_form=True)
        flash(request, "success", _("Your password is set."))
        return see_other(request, admin_url(request))


def _name(cookies: Cookies) -> str:
    return cookies.form + "_link"


def _token(request: AnyRequest) -> str:
    token = request.cookies.get(_name(runtime_of(request).cookies))
    if not token:
        raise NotFound(_("This link has been used or has expired. Ask for a new one."))
    return token
