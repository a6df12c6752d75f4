"""Ending many sessions, or taking the list of them along."""

from litestar_admin_auth.core.i18n import lazy_gettext as _l
from litestar_admin_auth.core.i18n import ngettext
from litestar_admin_auth.services.bulk_sessions import RevokeSessions
from litestar_admin_auth.web.bulk import Act
from litestar_admin_auth.web.bulk_pages import BulkPages
from litestar_admin_auth.web.lists import SESSIONS

SESSION_ACTS = (
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


class SessionBulkPages(BulkPages):
    """Many sessions. Needs `sessions:read` and what the act needs."""

    path = "/sessions/bulk"
    section, kind, acts = "sessions", SESSIONS, SESSION_ACTS
    choose_an_act = _l("Choose what to do with the selected sessions.")
    select_a_row = _l("Select at least one session.")
