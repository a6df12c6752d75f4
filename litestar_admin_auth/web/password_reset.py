"""A forgotten password: asking for a link, and the pages behind one."""

from typing import Any

import wtforms
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from wtforms.validators import InputRequired

from litestar_admin_auth.auth import one_time_links
from litestar_admin_auth.auth.admission import PUBLIC
from litestar_admin_auth.core.exceptions import InvalidInput, NoMail, TooManyTries
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.text import MAX_EMAIL_LENGTH
from litestar_admin_auth.services.one_time_links import RESET, RESET_VALID_FOR
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import Form
from litestar_admin_auth.web.one_time_link import choose_password, password_form, take_token_from_address
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import admin_url, render, retry_after, see_other

AnyRequest = Request[Any, Any, Any]


class ResetForm(Form):
    """The address of whoever forgot the password."""

    email = wtforms.EmailField(
        _l("E-mail"), [InputRequired(_l("This field is required."))], render_kw={"maxlength": MAX_EMAIL_LENGTH}
    )


class PasswordResetPages(Controller):
    """Open to strangers, to whom every address looks the same."""

    path = "/password-reset"
    include_in_schema = False

    @get("/", opt={PUBLIC: True})
    async def form(self, request: AnyRequest) -> Response[Any]:
        return _page(request, ResetForm(request))

    @post("/", opt={PUBLIC: True})
    async def ask(self, request: AnyRequest) -> Response[Any]:
        form = ResetForm(request, await read_form(request))
        if not form.validate():
            return _page(request, form, status_code=400)
        try:
            await one_time_links.ask_for_reset(request, form.email.data or "")
        except (InvalidInput, NoMail, TooManyTries) as error:
            form.blame(error)
            return _page(request, form, status_code=error.status_code, headers=retry_after(error))
        return see_other(request, admin_url(request, "password-reset", "sent"))

    @get("/sent", opt={PUBLIC: True})
    async def sent(self, request: AnyRequest) -> Response[Any]:
        return render(request, "password_reset/sent.html", minutes=int(RESET_VALID_FOR.total_seconds() // 60))

    @get("/{token:str}", opt={PUBLIC: True})
    async def open(self, request: AnyRequest, token: FromPath[str]) -> Response[Any]:
        return await take_token_from_address(request, token, RESET, admin_url(request, "password-reset", "password"))

    @get("/password", opt={PUBLIC: True})
    async def password(self, request: AnyRequest) -> Response[Any]:
        return await password_form(request, RESET)

    @post("/password", opt={PUBLIC: True})
    async def choose(self, request: AnyRequest) -> Response[Any]:
        chosen = await choose_password(request, RESET)
        if isinstance(chosen, Response):
            return chosen
        # Not signed in by the way: whoever can read somebody's mail shall still meet every other factor at the login.
        flash(request, "success", _("Your new password is set. Sign in with it."))
        return see_other(request, admin_url(request, "login"))


def _page(request: AnyRequest, form: ResetForm, *, status_code: int = 200, **options: Any) -> Response[Any]:
    mails = one_time_links.mail_base(request) is not None
    return render(request, "password_reset/ask.html", status_code=status_code, form=form, mails=mails, **options)
