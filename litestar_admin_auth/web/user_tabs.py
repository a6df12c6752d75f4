"""The tabs of a user's page: what the user may do and why, where the user is signed in, and what happened."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import wtforms
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from wtforms.validators import InputRequired
from wtforms.validators import Optional as MayBeEmpty

from litestar_admin_auth.core.exceptions import AdminAuthError, Conflict, NotAllowed, NotFound
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.i18n import ngettext
from litestar_admin_auth.core.text import MAX_REASON_LENGTH
from litestar_admin_auth.services import audit, explanations, open_sessions, roles, users
from litestar_admin_auth.services.grants import Grant
from litestar_admin_auth.services.users import UserRow
from litestar_admin_auth.web.dependencies import list_query, tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import ConfirmForm, Form, read_form
from litestar_admin_auth.web.render import render, see_other, viewer_of
from litestar_admin_auth.web.user_page import (
    is_changeable,
    require_changeable,
    require_shown,
    tab_page,
    user_url,
)

AnyRequest = Request[Any, Any, Any]


class GrantForm(Form):
    """A role, why, and its last day. Only those roles are offered that the viewer may give."""

    # Not checked here against what is offered: the service refuses by what is stored when it acts.
    role = wtforms.SelectField(_l("Role"), [InputRequired(_l("This field is required."))], validate_choice=False)
    reason = wtforms.StringField(
        _l("Reason"),
        description=_l("Shown here and in the audit log."),
        render_kw={"maxlength": MAX_REASON_LENGTH},
    )
    until = wtforms.DateField(_l("Last day"), [MayBeEmpty()], description=_l("The role ends with this day, in UTC."))

    @property
    def expires_at(self) -> datetime | None:
        day: date | None = self.until.data
        return None if day is None else datetime.combine(day, time(23, 59, 59), tzinfo=UTC)


class UserTabPages(Controller):
    """The tabs are addresses: each can be sent to a colleague."""

    path = "/users/{user_id:uuid}"
    include_in_schema = False

    @get("/access")
    async def access(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        return await _access_page(request, user_id)

    @get("/roles")
    async def leave_grant(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """The answer to a form; whoever opens its address afterwards gets the tab."""
        return see_other(request, user_url(request, user_id, "access"))

    @post("/roles")
    async def grant(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        database, actor = tables_and_actor(request)
        form = GrantForm(request, await read_form(request))
        if not form.validate():
            return await _access_page(request, user_id, form, status_code=400)
        try:
            grant = await users.grant_role(
                database,
                actor,
                user_id,
                form.role.data or "",
                reason=form.reason.data or "",
                expires_at=form.expires_at,
            )
        except (NotAllowed, NotFound):
            raise
        except AdminAuthError as error:
            # People give a day, the service takes a moment.
            error.field = "until" if error.field == "expires_at" else error.field
            form.blame(error)
            return await _access_page(request, user_id, form, status_code=error.status_code)
        flash(request, "success", _("The role %(name)s is given and in force.", name=grant.role))
        return see_other(request, user_url(request, user_id, "access"))

    @get("/roles/{role_id:uuid}/removal")
    async def ask_removal(self, request: AnyRequest, user_id: FromPath[UUID], role_id: FromPath[UUID]) -> Response[Any]:
        user, grant = await _held(request, user_id, role_id)
        await require_changeable(request, user_id, "users:write")
        return _removal_page(request, user, grant)

    @post("/roles/{role_id:uuid}/removal")
    async def remove(self, request: AnyRequest, user_id: FromPath[UUID], role_id: FromPath[UUID]) -> Response[Any]:
        database, actor = tables_and_actor(request)
        user, grant = await _held(request, user_id, role_id)
        if not ConfirmForm(request, await read_form(request)).validate():
            error = _("This form has expired. Send it once more.")
            return _removal_page(request, user, grant, status_code=400, error=error)
        try:
            await users.revoke_role(database, actor, user_id, grant.role)
        except Conflict as error:
            return _removal_page(request, user, grant, status_code=error.status_code, error=error.message)
        flash(request, "success", _("The role %(name)s is taken away.", name=grant.role))
        return see_other(request, user_url(request, user_id, "access"))

    @get("/sessions")
    async def list_sessions(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        require_shown(request, "sessions:read")
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        query = list_query(request, sort="-created_at")
        page = await open_sessions.list_sessions(database, actor, query, user_id=user_id)
        return tab_page(request, "sessions", user, changeable=await is_changeable(request, user_id), page=page)

    @get("/sessions/revocation")
    async def ask_revocation(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        await require_changeable(request, user_id, "sessions:revoke")
        return _revocation_page(request, user)

    @post("/sessions/revocation")
    async def revoke(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        if not ConfirmForm(request, await read_form(request)).validate():
            return _revocation_page(
                request, user, status_code=400, error=_("This form has expired. Send it once more.")
            )
        # Only one's own session can be the current one: for anybody else, nothing is kept.
        ended = await open_sessions.revoke_user_sessions(database, actor, user_id, keep=actor.session_id)
        flash(request, "success", ngettext("%(num)s session has ended.", "%(num)s sessions have ended.", len(ended)))
        return see_other(request, user_url(request, user_id, "sessions"))

    @get("/activity")
    async def activity(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        concerning = {"target_type": "user", "target_id": str(user_id)}
        query = replace(list_query(request, sort="-at"), filters=concerning)
        page = await audit.list_events(database, actor, query)
        return tab_page(request, "activity", user, changeable=await is_changeable(request, user_id), page=page)


async def _access_page(
    request: AnyRequest, user_id: UUID, form: GrantForm | None = None, *, status_code: int = 200
) -> Response[Any]:
    require_shown(request, "users:read")
    database, actor = tables_and_actor(request)
    user = await users.get_user(database, actor, user_id)
    changeable = await is_changeable(request, user_id)
    viewer = viewer_of(request)
    assignable: list[str] = []
    if changeable and viewer is not None and viewer.can("users:write"):
        assignable = await roles.assignable_role_names(database, actor)
    form = form or GrantForm(request)
    form.role.choices = [("", _("Choose a role")), *((name, name) for name in assignable)]
    return tab_page(
        request,
        "access",
        user,
        changeable=changeable,
        status_code=status_code,
        grants=await users.grants_of(database, actor, user_id),
        permissions=await explanations.effective_permissions(database, actor, user_id),
        form=form if assignable else None,
        assignable=assignable,
    )


async def _held(request: AnyRequest, user_id: UUID, role_id: UUID) -> tuple[UserRow, Grant]:
    """Return a user and the grant of one role.

    Raises:
        NotAllowed: Without ``users:read``.
        NotFound: When there is no such user, or the user does not have the role.
    """
    database, actor = tables_and_actor(request)
    user = await users.get_user(database, actor, user_id)
    for grant in await users.grants_of(database, actor, user_id):
        if grant.role_id == role_id:
            return user, grant
    raise NotFound(_("This user does not have that role."))


def _removal_page(request: AnyRequest, user: UserRow, grant: Grant, **context: Any) -> Response[Any]:
    return render(
        request,
        "shared/confirm.html",
        "confirm",
        title=_("Take the role %(name)s away?", name=grant.role),
        message=_("%(email)s loses what no other role gives, at once.", email=user.email),
        action=user_url(request, user.id, "roles", grant.role_id, "removal"),
        label=_("Take away"),
        cancel=user_url(request, user.id, "access"),
        **context,
    )


def _revocation_page(request: AnyRequest, user: UserRow, **context: Any) -> Response[Any]:
    own = tables_and_actor(request)[1].user_id == user.id
    return render(
        request,
        "shared/confirm.html",
        "confirm",
        title=_("End all sessions of %(email)s?", email=user.email),
        message=_("All but this one end. Other devices are signed out at their next click.")
        if own
        else _("All devices are signed out at their next click."),
        action=user_url(request, user.id, "sessions", "revocation"),
        label=_("End all sessions"),
        cancel=user_url(request, user.id, "sessions"),
        **context,
    )
