"""One-time links in the browser: made by an administrator, and the form behind one."""

from typing import Any

import wtforms
from litestar import Request, Response
from wtforms.validators import InputRequired

from litestar_admin_auth.auth import one_time_links
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.exceptions import InvalidInput, NotFound, TooManyTries
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.services.one_time_links import INVITATION, Purpose
from litestar_admin_auth.services.users import UserRow
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import Form
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import render, retry_after, see_other
from litestar_admin_auth.web.user_page import user_url

AnyRequest = Request[Any, Any, Any]

#: For how long the page may stay open before the link has to be clicked again, in seconds.
OPEN_FOR = 30 * 60


class NewPasswordForm(Form):
    """A new password, twice."""

    new_password = wtforms.PasswordField(_l("New password"), [InputRequired(_l("This field is required."))])
    repeat_password = wtforms.PasswordField(_l("New password, once more"))


async def new_link(request: AnyRequest, user: UserRow, purpose: Purpose) -> Response[Any]:
    """Make a link for a user and mail it, or answer with it; no redirect then, which would need to keep the token.

    Raises:
        NotAllowed: Without ``users:write``.
        StrongerThanYou: When the user holds what the actor does not.
        Conflict: When the user is suspended, or the purpose is not the right one for the user.
    """
    _database, actor = tables_and_actor(request)
    link, address = await one_time_links.make_link(request, actor, user.id, purpose)
    if address is None:
        # Where a backend only keeps mails, whoever tries it out is told where: nothing will arrive.
        place: str = getattr(runtime_of(request).config.mail, "place", "")
        if place:
            text = _("The mail to %(email)s is in %(place)s.", email=user.email, place=place)
        elif purpose == INVITATION:
            text = _("An invitation is on its way to %(email)s.", email=user.email)
        else:
            text = _("A link to choose a new password is on its way to %(email)s.", email=user.email)
        flash(request, "success", text)
        return see_other(request, user_url(request, user.id))
    config = runtime_of(request).config
    return render(
        request,
        "users/one_time_link.html",
        user=user,
        link=address,
        complete=config.public_origin is not None,
        without_mail=config.mail is None,
        purpose=purpose,
        expires_at=link.expires_at,
    )


async def take_token_from_address(request: AnyRequest, token: str, purpose: Purpose, form_url: str) -> Response[Any]:
    """Put the token of a link into a cookie and go on without it.

    The address bar, the history and the Referer of the next click must not keep it (ASVS 14.2.1).
    """
    runtime, state = runtime_of(request), state_of(request.scope)
    try:
        await one_time_links.open_link(request, token, purpose)
    except NotFound as error:
        return _dead_link_page(request, purpose, error)
    if state is not None:
        name = runtime.cookies.link(purpose)
        state.set_cookies.append(runtime.cookies.set(name, token, max_age=OPEN_FOR, httponly=True))
    return see_other(request, form_url)


async def password_form(request: AnyRequest, purpose: Purpose) -> Response[Any]:
    """Answer with the form behind a link."""
    try:
        user = await one_time_links.open_link(request, _token(request, purpose), purpose)
    except NotFound as error:
        return _dead_link_page(request, purpose, error)
    return _form_page(request, purpose, user, NewPasswordForm(request))


async def choose_password(request: AnyRequest, purpose: Purpose) -> Response[Any] | tuple[UserRow, str]:
    """Set the password that was typed.

    Returns:
        Whose it is and the password, or the answer of a form that has to be filled in again.
    """
    runtime, state = runtime_of(request), state_of(request.scope)
    token = _token(request, purpose)
    form = NewPasswordForm(request, await read_form(request))
    password = form.new_password.data or ""
    try:
        user = await one_time_links.open_link(request, token, purpose)
        try:
            if not form.validate():
                return _form_page(request, purpose, user, form, status_code=400)
            if password != form.repeat_password.data:
                raise InvalidInput(_("The two passwords differ."), field="repeat_password")
            user = await one_time_links.use_link(request, token, purpose, password)
        except (InvalidInput, TooManyTries) as error:
            form.blame(error)
            return _form_page(request, purpose, user, form, status_code=error.status_code, headers=retry_after(error))
    except NotFound as error:
        return _dead_link_page(request, purpose, error)
    if state is not None:
        state.set_cookies.append(runtime.cookies.delete(runtime.cookies.link(purpose)))
    return user, password


def _form_page(
    request: AnyRequest, purpose: Purpose, user: UserRow, form: NewPasswordForm, **options: Any
) -> Response[Any]:
    return render(request, "one_time_link/password.html", form=form, user=user, purpose=purpose, **options)


def _dead_link_page(request: AnyRequest, purpose: Purpose, error: NotFound) -> Response[Any]:
    mails = one_time_links.mail_base(request) is not None
    return render(request, "one_time_link/dead.html", status_code=error.status_code, purpose=purpose, mails=mails)


def _token(request: AnyRequest, purpose: Purpose) -> str:
    # Empty is no token: the page says so, as of any that has run out.
    return request.cookies.get(runtime_of(request).cookies.link(purpose), "")
