"""Users: the list, a new one, and the profile of each."""

from typing import Any
from uuid import UUID

import wtforms
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput

from litestar_admin_auth.auth.one_time_links import mail_base
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.auth.sign_in_status import sign_in_status
from litestar_admin_auth.core.exceptions import AdminAuthError, EditConflict, NotAllowed
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.text import MAX_EMAIL_LENGTH, MAX_NAME_LENGTH
from litestar_admin_auth.services import roles, users
from litestar_admin_auth.services.one_time_links import INVITATION
from litestar_admin_auth.services.users import UserRow
from litestar_admin_auth.web.bulk import offered
from litestar_admin_auth.web.bulk_users import USER_ACTS
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.flash import flash
from litestar_admin_auth.web.forms import Form, VersionedForm
from litestar_admin_auth.web.lists import USERS, filter_text
from litestar_admin_auth.web.one_time_link import new_link
from litestar_admin_auth.web.posted_form import PostedForm, read_form
from litestar_admin_auth.web.render import render, see_other, viewer_who
from litestar_admin_auth.web.user_page import is_changeable, tab_page, user_url

AnyRequest = Request[Any, Any, Any]


class ProfileForm(VersionedForm):
    """Address and name. What an address is, the service decides."""

    email = wtforms.EmailField(
        _l("E-mail"), [InputRequired(_l("This field is required."))], render_kw={"maxlength": MAX_EMAIL_LENGTH}
    )
    name = wtforms.StringField(_l("Name"), render_kw={"maxlength": MAX_NAME_LENGTH})


class NewUserForm(Form):
    """Address, name, and the roles to begin with: only those are offered that the viewer may give."""

    email = wtforms.EmailField(
        _l("E-mail"), [InputRequired(_l("This field is required."))], render_kw={"maxlength": MAX_EMAIL_LENGTH}
    )
    name = wtforms.StringField(_l("Name"), render_kw={"maxlength": MAX_NAME_LENGTH})
    # Not checked here against what is offered: the service refuses by what is stored when it acts.
    roles = wtforms.SelectMultipleField(_l("Roles"), option_widget=CheckboxInput(), validate_choice=False)


class UserPages(Controller):
    """Every rule stands in the service; what the viewer may not do is not shown here, and refused there."""

    path = "/users"
    include_in_schema = False

    @get("/")
    async def index(self, request: AnyRequest) -> Response[Any]:
        """Needs `users:read`."""
        database, actor = tables_and_actor(request)
        query = USERS.of(request)
        page = await users.list_users(database, actor, query)
        # A link may name a role that is gone: the filter still says what is in force.
        names = sorted({*await roles.all_role_names(database, actor), query.filters["role"]} - {""})
        return render(
            request,
            "users/index.html",
            "results",
            page=page,
            query=query,
            roles=names,
            acts=offered(request, USER_ACTS),
            filter_text=filter_text(query),
        )

    @get("/new")
    async def new(self, request: AnyRequest) -> Response[Any]:
        """Needs `users:write`."""
        return await _new_page(request, None)

    @post("/new")
    async def create(self, request: AnyRequest) -> Response[Any]:
        """Needs `users:write`."""
        database, actor = tables_and_actor(request)
        posted = await read_form(request)
        form = NewUserForm(request, posted)
        if not form.validate():
            return await _new_page(request, posted, form, status_code=400)
        try:
            user = await users.create_user(
                database, actor, email=form.email.data or "", name=form.name.data or "", roles=posted.getlist("roles")
            )
        except NotAllowed:
            raise
        except AdminAuthError as error:
            form.blame(error)
            return await _new_page(request, posted, form, status_code=error.status_code)
        return await new_link(request, user, INVITATION)

    @get("/{user_id:uuid}")
    async def profile(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read`."""
        viewer_who(request, "users:read")
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        return await profile_page(request, user)

    @post("/{user_id:uuid}")
    async def save(self, request: AnyRequest, user_id: FromPath[UUID]) -> Response[Any]:
        """Needs `users:read` and `users:write`."""
        database, actor = tables_and_actor(request)
        user = await users.get_user(database, actor, user_id)
        form = ProfileForm(request, await read_form(request))
        if not form.validate():
            return await profile_page(request, user, form, status_code=400)
        try:
            user = await users.update_user(
                database,
                actor,
                user_id,
                email=form.email.data or "",
                name=form.name.data or "",
                version=form.opened_version,
            )
        except NotAllowed:
            raise
        except EditConflict as error:
            return await _conflict_page(request, user_id, form, error)
        except AdminAuthError as error:
            form.blame(error)
            return await profile_page(request, user, form, status_code=error.status_code)
        flash(request, "success", _("The profile of %(email)s is saved.", email=user.email))
        return see_other(request, user_url(request, user_id))


async def _new_page(
    request: AnyRequest, posted: PostedForm | None, form: NewUserForm | None = None, *, status_code: int = 200
) -> Response[Any]:
    database, actor = tables_and_actor(request)
    names = await roles.assignable_role_names(database, actor)
    form = form or NewUserForm(request, posted)
    if names:
        form.roles.choices = [(name, name) for name in names]
    else:
        del form.roles
    mails = mail_base(request) is not None
    return render(request, "users/new.html", status_code=status_code, form=form, mails=mails)


async def profile_page(
    request: AnyRequest, user: UserRow, form: ProfileForm | None = None, *, status_code: int = 200, **context: Any
) -> Response[Any]:
    """Answer with the Profile tab.

    Args:
        request: The request.
        user: Whose.
        form: What was posted; None for what is stored.
        status_code: Such as 409 after a refusal.
        **context: ``conflict`` or ``problem``, as the templates say.
    """
    form = form or _form_of(request, user)
    changeable = await is_changeable(request, user.id)
    status = await sign_in_status(runtime_of(request), tables_and_actor(request)[1], user.id)
    return tab_page(
        request, "profile", user, changeable=changeable, status_code=status_code, form=form, status=status, **context
    )


async def _conflict_page(request: AnyRequest, user_id: UUID, form: ProfileForm, error: EditConflict) -> Response[Any]:
    """Show what is stored beside what was typed; saving once more then overwrites with open eyes."""
    database, actor = tables_and_actor(request)
    user = await users.get_user(database, actor, user_id)
    compared = (
        (_("E-mail"), user.email, form.email.data or ""),
        (_("Name"), user.name, form.name.data or ""),
    )
    differences = [(label, stored, typed) for label, stored, typed in compared if stored != typed]
    form.version.data = str(user.version)
    form.form_errors.append(error.message)
    return await profile_page(request, user, form, status_code=error.status_code, conflict=differences)


def _form_of(request: AnyRequest, user: UserRow) -> ProfileForm:
    return ProfileForm(request, data={"email": user.email, "name": user.name, "version": str(user.version)})
