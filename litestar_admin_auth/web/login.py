"""Signing in and out."""

from contextlib import suppress
from typing import Any

import wtforms
from litestar import Controller, Request, Response, get, post

from litestar_admin_auth.auth.admission import PUBLIC
from litestar_admin_auth.auth.login import log_in, log_out
from litestar_admin_auth.auth.navigation import has_login_page, home_path, safe_next
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.exceptions import AdminAuthError, NotAuthenticated
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import ConfirmForm, Form
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import admin_url, render, retry_after, see_other

AnyRequest = Request[Any, Any, Any]


class LoginForm(Form):
    """What somebody types to sign in. The checks stand in :func:`~litestar_admin_auth.auth.login.log_in`."""

    email = wtforms.EmailField(_l("E-mail"))
    password = wtforms.PasswordField(_l("Password"))
    next = wtforms.HiddenField()


class LoginPages(Controller):
    """The pages that are open to strangers, and the way out."""

    include_in_schema = False

    @get("/login", opt={PUBLIC: True})
    async def form(self, request: AnyRequest) -> Response[Any]:
        target = request.query_params.get("next", "")
        if "user" in request.scope and request.scope["user"] is not None:
            return see_other(request, safe_next(target, admin_url(request)))
        return _page(request, LoginForm(request, data={"next": target}), lost="lost" in request.query_params)

    @post("/login", opt={PUBLIC: True})
    async def log_in(self, request: AnyRequest) -> Response[Any]:
        runtime = runtime_of(request)
        form = LoginForm(request, await read_form(request))
        # A form of ours that was not posted by a page of ours would sign the victim in as the attacker.
        if not form.validate():
            return _page(request, form, status_code=400)
        try:
            await log_in(request, runtime, email=form.email.data or "", password=form.password.data or "", by_form=True)
        except AdminAuthError as error:
            form.blame(error)
            return _page(request, form, status_code=error.status_code, headers=retry_after(error))
        _warn_of_theft(request)
        return see_other(request, safe_next(form.next.data or "", admin_url(request)))

    @post("/logout", opt={PUBLIC: True})
    async def log_out(self, request: AnyRequest) -> Response[Any]:
        runtime = runtime_of(request)
        if ConfirmForm(request, await read_form(request)).validate():
            # A session that had ended by itself is where the reader wanted to be.
            with suppress(NotAuthenticated):
                await log_out(request, runtime)
            # Where the admin is concealed, it is gone for whoever has just signed out.
            target = admin_url(request, "login") if has_login_page(request) else home_path(request)
            response = see_other(request, target)
            # Pages that the back button would bring up again from this machine (ASVS 14.3.1).
            response.headers["Clear-Site-Data"] = '"cache"'
            return response
        return see_other(request, admin_url(request))


def _page(
    request: AnyRequest,
    form: LoginForm,
    *,
    status_code: int = 200,
    headers: dict[str, str] | None = None,
    lost: bool = False,
) -> Response[Any]:
    # One sentence for every cause, at the top: an error beside the e-mail would tell that it exists.
    error = next((str(message) for messages in form.errors.values() for message in messages), None)
    # Without tables of ours, passwords are the host's business.
    ours = runtime_of(request).database is not None
    return render(
        request, "login/login.html", status_code=status_code, headers=headers,
        form=form, error=error, lost=lost, can_reset=ours,
    )  # fmt: skip


def _warn_of_theft(request: AnyRequest) -> None:
    """Tell whoever signs in, once, that a copy of an earlier session was about."""
    state = state_of(request.scope)
    if state is not None and state.refresh_reused_at is not None:
        text = _("Since you last signed in, an old copy of your session was used, so that session was ended.")
        advice = _("If you do not know why, somebody may have copied it: change your password.")
        flash(request, "warning", f"{text} {advice}")
