"""What can be done to many users."""

from typing import Any

import wtforms
from litestar import Request
from wtforms.validators import InputRequired

from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.i18n import ngettext
from litestar_admin_auth.services import roles
from litestar_admin_auth.services.bulk_operation import Operation, Plan
from litestar_admin_auth.services.bulk_users import EndSessions, GiveRole, Reactivate, Suspend, TakeRole, preview_roles
from litestar_admin_auth.services.grants_preview import GrantsPreview
from litestar_admin_auth.web.bulk import Act
from litestar_admin_auth.web.bulk_pages import BulkPages
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.forms import Form
from litestar_admin_auth.web.grant_form import GrantForm
from litestar_admin_auth.web.lists import USERS
from litestar_admin_auth.web.posted_form import PostedForm
from litestar_admin_auth.web.role_form import read_offset

AnyRequest = Request[Any, Any, Any]


class TakenRoleForm(Form):
    """The role that is taken away."""

    # Not checked here against what is offered: the service refuses by what is stored when it acts.
    role = wtforms.SelectField(_l("Role"), [InputRequired(_l("This field is required."))], validate_choice=False)


USER_ACTS = (
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
        form=TakenRoleForm,
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


class UserBulkPages(BulkPages):
    """Many users: roles that are given or taken are previewed, person by person.

    Needs `users:read` and what the act needs.
    """

    path = "/users/bulk"
    section, kind, acts = "users", USERS, USER_ACTS
    choose_an_act = _l("Choose what to do with the selected users.")
    select_a_row = _l("Select at least one user.")

    async def form_of(self, request: AnyRequest, act: Act, given: PostedForm) -> Any:
        form = await super().form_of(request, act, given)
        if "role" in form:
            names = await roles.assignable_role_names(*tables_and_actor(request))
            form.role.choices = [("", _("Choose a role")), *((name, name) for name in names)]
        return form

    async def preview(
        self, request: AnyRequest, operation: Operation[Any], plan: Plan, given: PostedForm
    ) -> GrantsPreview | None:
        database, actor = tables_and_actor(request)
        return await preview_roles(database, actor, operation, plan, offset=read_offset(given.get("people", "")))
