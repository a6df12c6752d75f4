"""Ending many sessions, or taking the list of them along."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from litestar_admin_auth.core.exceptions import SelectionChanged
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.i18n import ngettext
from litestar_admin_auth.services import bulk
from litestar_admin_auth.services.bulk_sessions import RevokeSessions
from litestar_admin_auth.web.bulk import Act, given_by_address, offered, question, read_asked, refused, tell
from litestar_admin_auth.web.dependencies import tables_and_actor
from litestar_admin_auth.web.exports import export_question
from litestar_admin_auth.web.forms import ConfirmForm, PostedForm, read_form
from litestar_admin_auth.web.lists import SESSIONS
from litestar_admin_auth.web.render import admin_url, see_other

AnyRequest = Request[Any, Any, Any]

ACTS = (
    Act(
        "end", "sessions:revoke", _l("End"),
        title=lambda count: ngettext("End %(num)s session?", "End %(num)s sessions?", count),
        message=_l("These devices are signed out at their next click."),
        button=_l("End sessions"),
        make=lambda form: RevokeSessions(),
        done=lambda count: ngettext("%(num)s session has ended.", "%(num)s sessions have ended.", count),
        own=_l("the one that you use"),
        danger=True,
    ),
    Act(
        "export", "sessions:read", _l("Export as CSV"),
        title=lambda count: ngettext("Export %(num)s session?", "Export %(num)s sessions?", count),
        message=_l("A file for a spreadsheet. The audit log notes who took it and what it holds."),
        button=_l("Download"),
    ),
)  # fmt: skip


def session_acts(request: AnyRequest) -> list[Act]:
    """Return what the viewer may do to many sessions, for the list."""
    return offered(request, ACTS)


class SessionBulkPages(Controller):
    """The question can be asked by an address as well; only a posted answer changes something."""

    path = "/sessions/bulk"
    include_in_schema = False

    @get("/")
    async def ask(self, request: AnyRequest) -> Response[Any]:
        return await _answer(request, given_by_address(request), may_change=False)

    @post("/")
    async def answer(self, request: AnyRequest) -> Response[Any]:
        return await _answer(request, await read_form(request), may_change=True)


async def _answer(request: AnyRequest, given: PostedForm, *, may_change: bool) -> Response[Any]:
    asked, url = read_asked(given, SESSIONS), admin_url(request, "sessions")
    act = next((act for act in session_acts(request) if act.key == asked.act), None)
    if act is None:
        return refused(request, asked.back(url), _("Choose what to do with the selected sessions."))
    if not asked.everything and not asked.ids:
        return refused(request, asked.back(url), _("Select at least one session."))
    if act.make is None:
        return await export_question(request, asked, act, "sessions")
    form, error, status_code = ConfirmForm(request), "", 200
    database, actor = tables_and_actor(request)
    if asked.confirmed and may_change:
        if ConfirmForm(request, given).validate():
            try:
                outcome = await bulk.run(database, actor, act.make(form), asked.selection, fingerprint=asked.seen)
                tell(request, act, outcome)
                return see_other(request, asked.back(url))
            except SelectionChanged as changed:
                error, status_code = changed.message, changed.status_code
        else:
            error, status_code = _("This form has expired. Send it once more."), 400
    plan = await bulk.plan(database, actor, act.make(form), asked.selection)
    action = admin_url(request, "sessions", "bulk")
    return question(
        request, asked, act, action=action, cancel=url, form=form, plan=plan, error=error, status_code=status_code
    )
