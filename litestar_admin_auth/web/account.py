"""One's own account: the name, the password and the sessions. It needs no permission but being signed in."""

from typing import Any
from uuid import UUID

import wtforms
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from wtforms.validators import InputRequired

from litestar_admin_auth.auth.password_change import change_password
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import AdminAuthError, NotAllowed, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.i18n import ngettext
from litestar_admin_auth.core.text import MAX_NAME_LENGTH
from litestar_admin_auth.services import open_sessions, users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.open_sessions import SessionRow
from litestar_admin_auth.web import filters
from litestar_admin_auth.web.dependencies import list_query, tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import EXPIRED, ConfirmForm, Form
from litestar_admin_auth.web.posted_form import read_form
from litestar_admin_auth.web.render import admin_url, render, retry_after, see_other, viewer_of

AnyRequest = Request[Any, Any, Any]


class ProfileForm(Form):
    """The name alone: the e-mail is what one signs in with, and administrators change it."""

    name = wtforms.StringField(_l("Name"), render_kw={"maxlength": MAX_NAME_LENGTH})


class PasswordForm(Form):
    """The current password, and the new one twice. What a good password is, the service decides."""

    current_password = wtforms.PasswordField(_l("Current password"), [InputRequired(_l("This field is required."))])
    new_password = wtforms.PasswordField(_l("New password"), [InputRequired(_l("This field is required."))])
    repeat_password = wtforms.PasswordField(_l("New password, once more"))

    def validate_repeat_password(self, field: wtforms.Field) -> None:
        if field.data != self.new_password.data:
            raise wtforms.ValidationError(_("The two passwords differ."))


class AccountPages(Controller):
    """Everything here concerns whoever asks: no address names a user."""

    path = "/account"
    include_in_schema = False

    @get("/")
    async def profile(self, request: AnyRequest) -> Response[Any]:
        return await _profile_page(request)

    @post("/")
    async def save_profile(self, request: AnyRequest) -> Response[Any]:
        database, actor = _tables_and_user(request)[:2]
        form = ProfileForm(request, await read_form(request))
        if not form.validate():
            return await _profile_page(request, form, status_code=400)
        try:
            await users.update_own_profile(database, actor, name=form.name.data or "")
        except NotAllowed:
            raise
        except AdminAuthError as error:
            form.blame(error)
            return await _profile_page(request, form, status_code=error.status_code)
        flash(request, "success", _("Your profile is saved."))
        return see_other(request, admin_url(request, "account"))

    @get("/password")
    async def password(self, request: AnyRequest) -> Response[Any]:
        _tables_and_user(request)
        return render(request, "account/password.html", form=PasswordForm(request))

    @post("/password")
    async def change_password(self, request: AnyRequest) -> Response[Any]:
        _tables_and_user(request)
        form = PasswordForm(request, await read_form(request))
        if not form.validate():
            return render(request, "account/password.html", status_code=400, form=form)
        try:
            current, new = form.current_password.data or "", form.new_password.data or ""
            ended = await change_password(request, runtime_of(request), current, new)
        except AdminAuthError as error:
            form.blame(error)
            return render(
                request,
                "account/password.html",
                status_code=error.status_code,
                headers=retry_after(error),
                form=form,
            )
        flash(request, "success", f"{_('Your password is changed.')} {_signed_out(ended)}")
        return see_other(request, admin_url(request, "account", "password"))

    @get("/sessions")
    async def list_sessions(self, request: AnyRequest) -> Response[Any]:
        database, actor, user_id = _tables_and_user(request)
        query = list_query(request, sort="-created_at")
        page = await open_sessions.list_sessions(database, actor, query, user_id=user_id)
        return render(request, "account/sessions.html", page=page)

    @get("/sessions/revocation")
    async def ask_revocation_of_others(self, request: AnyRequest) -> Response[Any]:
        _tables_and_user(request)
        return _others_page(request)

    @post("/sessions/revocation")
    async def revoke_others(self, request: AnyRequest) -> Response[Any]:
        database, actor, user_id = _tables_and_user(request)
        if not ConfirmForm(request, await read_form(request)).validate():
            return _others_page(request, status_code=400, error=EXPIRED)
        ended = await open_sessions.revoke_user_sessions(database, actor, user_id, keep=actor.session_id)
        flash(request, "success", _signed_out(len(ended)))
        return see_other(request, admin_url(request, "account", "sessions"))

    @get("/sessions/{session_id:uuid}/revocation")
    async def ask_revocation(self, request: AnyRequest, session_id: FromPath[UUID]) -> Response[Any]:
        return _session_page(request, await _own_session(request, session_id))

    @post("/sessions/{session_id:uuid}/revocation")
    async def revoke(self, request: AnyRequest, session_id: FromPath[UUID]) -> Response[Any]:
        database, actor = _tables_and_user(request)[:2]
        session = await _own_session(request, session_id)
        if not ConfirmForm(request, await read_form(request)).validate():
            return _session_page(request, session, status_code=400, error=EXPIRED)
        await open_sessions.revoke_own_session(database, actor, session_id)
        flash(request, "success", _("The session on %(device)s has ended.", device=filters.device(session.user_agent)))
        return see_other(request, admin_url(request, "account", "sessions"))


def _tables_and_user(request: AnyRequest) -> tuple[Database, Actor, UUID]:
    """Return our tables, the actor and the actor's id; somebody whom a host's backend signed in has no account here."""
    database, actor = tables_and_actor(request)
    if actor.user_id is None:
        raise NotFound
    return database, actor, actor.user_id


async def _profile_page(
    request: AnyRequest, form: ProfileForm | None = None, *, status_code: int = 200
) -> Response[Any]:
    database, actor, user_id = _tables_and_user(request)
    user = await users.get_user(database, actor, user_id)
    viewer = viewer_of(request)
    return render(
        request,
        "account/profile.html",
        status_code=status_code,
        form=form or ProfileForm(request, data={"name": user.name}),
        user=user,
        roles=user.roles,
        permissions=viewer.permissions if viewer is not None else (),
    )


async def _own_session(request: AnyRequest, session_id: UUID) -> SessionRow:
    database, actor, user_id = _tables_and_user(request)
    try:
        session = await open_sessions.session_to_revoke(database, actor, session_id)
    except NotAllowed as error:
        # Whether somebody else's session exists is nobody's business here.
        raise NotFound from error
    if session.user_id != user_id:
        raise NotFound
    return session


def _session_page(request: AnyRequest, session: SessionRow, **context: Any) -> Response[Any]:
    device = filters.device(session.user_agent)
    return render(
        request,
        "shared/confirm.html",
        "confirm",
        title=_("End this session?"),
        message=_("%(device)s is signed out at its next click.", device=device),
        action=admin_url(request, "account", "sessions", session.id, "revocation"),
        label=_("End session"),
        cancel=admin_url(request, "account", "sessions"),
        **context,
    )


def _others_page(request: AnyRequest, **context: Any) -> Response[Any]:
    return render(
        request,
        "shared/confirm.html",
        "confirm",
        title=_("Sign out everywhere else?"),
        message=_("All your sessions but this one end. Other devices are signed out at their next click."),
        action=admin_url(request, "account", "sessions", "revocation"),
        label=_("Sign out everywhere else"),
        cancel=admin_url(request, "account", "sessions"),
        **context,
    )


def _signed_out(count: int) -> str:
    if not count:
        return _("You were signed in nowhere else.")
    return ngettext("%(num)s other session has ended.", "%(num)s other sessions have ended.", count)
