"""Doing something to many users: asked on a page of its own, or in a dialog."""

from typing import Any

import wtforms
from litestar import Controller, Request, Response, get, post
from wtforms.validators import InputRequired

from litestar_admin_auth.core.exceptions import InvalidInput, SelectionChanged
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.i18n import ngettext
from litestar_admin_auth.services import bulk, roles
from litestar_admin_auth.services.bulk_operation import Operation, Plan
from litestar_admin_auth.services.bulk_users import EndSessions, GiveRole, Reactivate, Suspend, TakeRole
from litestar_admin_auth.services.grants_preview import GrantsPreview, preview_grants
from litestar_admin_auth.web.bulk import Act, Asked, given_by_address, offered, question, read_asked, refused, tell
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.exports import export_question
from litestar_admin_auth.web.forms import ConfirmForm, Form, PostedForm, read_form
from litestar_admin_auth.web.grant_form import GrantForm
from litestar_admin_auth.web.lists import USERS
from litestar_admin_auth.web.render import admin_url, see_other
from litestar_admin_auth.web.role_form import read_offset

AnyRequest = Request[Any, Any, Any]


class RoleForm(Form):
    """The role that is taken away."""

    # Not checked here against what is offered: the service refuses by what is stored when it acts.
    role = wtforms.SelectField(_l("Role"), [InputRequired(_l("This field is required."))], validate_choice=False)


ACTS = (
    Act(
        "give-role", "users:write", _l("Give a role"),
        title=lambda count: ngettext("Give %(num)s user a role?", "Give %(num)s users a role?", count),
        message=_l("Whoever has the role already keeps its reason and its end."),
        button=_l("Give the role"),
        done=lambda count: ngettext("%(num)s user was given the role.", "%(num)s users were given the role.", count),
        unchanged=_l("with the role already"),
        make=lambda form: GiveRole(form.role.data, reason=form.reason.data or "", expires_at=form.expires_at),
        form=GrantForm,
    ),
    Act(
        "take-role", "users:write", _l("Take a role away"),
        title=lambda count: ngettext("Take a role from %(num)s user?", "Take a role from %(num)s users?", count),
        message=_l("They lose what no other role gives, at once."),
        button=_l("Take the role away"),
        done=lambda count: ngettext(
            "The role was taken from %(num)s user.", "The role was taken from %(num)s users.", count
        ),
        unchanged=_l("without the role"),
        make=lambda form: TakeRole(form.role.data),
        form=RoleForm,
        danger=True,
    ),
    Act(
        "suspend", "users:write", _l("Suspend"),
        title=lambda count: ngettext("Suspend %(num)s user?", "Suspend %(num)s users?", count),
        message=_l("All their sessions end at once, and they cannot sign in until they are reactivated."),
        button=_l("Suspend"),
        done=lambda count: ngettext("%(num)s user is suspended.", "%(num)s users are suspended.", count),
        unchanged=_l("suspended already"),
        make=lambda form: Suspend(),
        danger=True,
    ),
    Act(
        "reactivate", "users:write", _l("Reactivate"),
        title=lambda count: ngettext("Reactivate %(num)s user?", "Reactivate %(num)s users?", count),
        message=_l("They can sign in again, with the roles that they have. Ended sessions stay ended."),
        button=_l("Reactivate"),
        done=lambda count: ngettext("%(num)s user is active again.", "%(num)s users are active again.", count),
        unchanged=_l("active already"),
        make=lambda form: Reactivate(),
    ),
    Act(
        "end-sessions", "sessions:revoke", _l("End sessions"),
        title=lambda count: ngettext("End the sessions of %(num)s user?", "End the sessions of %(num)s users?", count),
        message=_l("All their devices are signed out at their next click."),
        button=_l("End sessions"),
        done=lambda count: ngettext(
            "The sessions of %(num)s user have ended.", "The sessions of %(num)s users have ended.", count
        ),
        unchanged=_l("signed in nowhere"),
        make=lambda form: EndSessions(),
        danger=True,
    ),
    Act(
        "export", "users:read", _l("Export as CSV"),
        title=lambda count: ngettext("Export %(num)s user?", "Export %(num)s users?", count),
        message=_l("A file for a spreadsheet. The audit log notes who took it and what it holds."),
        button=_l("Download"),
    ),
)  # fmt: skip


def user_acts(request: AnyRequest) -> list[Act]:
    """Return what the viewer may do to many users, for the list."""
    return offered(request, ACTS)


class UserBulkPages(Controller):
    """The question can be asked by an address as well; only a posted answer changes something."""

    path = "/users/bulk"
    include_in_schema = False

    @get("/")
    async def ask(self, request: AnyRequest) -> Response[Any]:
        return await _answer(request, given_by_address(request), may_change=False)

    @post("/")
    async def answer(self, request: AnyRequest) -> Response[Any]:
        return await _answer(request, await read_form(request), may_change=True)


async def _answer(request: AnyRequest, given: PostedForm, *, may_change: bool) -> Response[Any]:
    asked, url = read_asked(given, USERS), admin_url(request, "users")
    act = next((act for act in user_acts(request) if act.key == asked.act), None)
    if act is None:
        return refused(request, asked.back(url), _("Choose what to do with the selected users."))
    if not asked.everything and not asked.ids:
        return refused(request, asked.back(url), _("Select at least one user."))
    if act.make is None:
        return await export_question(request, asked, act, "users")
    form = await _form(request, act, given)
    if form.data.get("role", True) is None:
        return _ask(request, asked, act, form, None)
    valid = form.validate()
    # A question needs no token, and an answer without one is told so by itself.
    form[form.meta.csrf_field_name].errors = []
    if form.errors:
        return _ask(request, asked, act, form, None, status_code=400)
    database, actor = tables_and_actor(request)
    error, status_code = "", 200
    try:
        operation = act.make(form)
        if asked.confirmed and may_change:
            if valid:
                try:
                    outcome = await bulk.run(database, actor, operation, asked.selection, fingerprint=asked.seen)
                    tell(request, act, outcome)
                    return see_other(request, asked.back(url))
                except SelectionChanged as changed:
                    error, status_code = changed.message, changed.status_code
            else:
                error, status_code = _("This form has expired. Send it once more."), 400
        plan = await bulk.plan(database, actor, operation, asked.selection)
    except InvalidInput as refusal:
        if refusal.field not in ("role", "reason", "expires_at", "until"):
            raise
        # People give a day, the service takes a moment.
        refusal.field = "until" if refusal.field == "expires_at" else refusal.field
        form.blame(refusal)
        return _ask(request, asked, act, form, None, status_code=400)
    preview = await _preview(request, operation, plan, read_offset(given.get("people", "")))
    return _ask(request, asked, act, form, plan, preview=preview, error=error, status_code=status_code)


async def _form(request: AnyRequest, act: Act, given: PostedForm) -> Any:
    form: Any = act.form(request, given)
    if not isinstance(form, ConfirmForm):
        names = await roles.assignable_role_names(*tables_and_actor(request))
        form.role.choices = [("", _("Choose a role")), *((name, name) for name in names)]
    return form


def _ask(request: AnyRequest, asked: Asked, act: Act, form: Any, plan: Plan | None, **options: Any) -> Response[Any]:
    action, cancel = admin_url(request, "users", "bulk"), admin_url(request, "users")
    return question(request, asked, act, action=action, cancel=cancel, form=form, plan=plan, **options)


async def _preview(request: AnyRequest, operation: Operation[Any], plan: Plan, offset: int) -> GrantsPreview | None:
    if not plan.changed or not isinstance(operation, GiveRole | TakeRole):
        return None
    database, actor = tables_and_actor(request)
    give = isinstance(operation, GiveRole)
    return await preview_grants(database, actor, plan.changed, operation.role, give=give, offset=offset)
