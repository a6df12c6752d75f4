"""The HTML face: thin controllers over the services, rendered on the server."""

from litestar.types import ControllerRouterHandler

from litestar_admin_auth.auth.admission import PUBLIC
from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.web.account import AccountPages
from litestar_admin_auth.web.audit import AuditPages
from litestar_admin_auth.web.bulk_sessions import SessionBulkPages
from litestar_admin_auth.web.bulk_users import UserBulkPages
from litestar_admin_auth.web.exports import ExportPages
from litestar_admin_auth.web.invitations import InvitationPages
from litestar_admin_auth.web.login import LoginPages
from litestar_admin_auth.web.new_role import NewRolePages
from litestar_admin_auth.web.overview import OverviewPage, SignedInPage
from litestar_admin_auth.web.password_reset import PasswordResetPages
from litestar_admin_auth.web.permissions import PermissionPages
from litestar_admin_auth.web.preferences import LanguagePages, PreferencePages, ThemePages
from litestar_admin_auth.web.render import install_pages as install_pages
from litestar_admin_auth.web.role_tabs import RoleTabPages
from litestar_admin_auth.web.roles import RolePages
from litestar_admin_auth.web.search import SearchPages
from litestar_admin_auth.web.sessions import SessionPages
from litestar_admin_auth.web.site import Pages
from litestar_admin_auth.web.static_files import static_files_handler
from litestar_admin_auth.web.user_access import UserAccessPages
from litestar_admin_auth.web.user_account import UserAccountPages
from litestar_admin_auth.web.user_grants import UserGrantPages
from litestar_admin_auth.web.user_tabs import UserTabPages
from litestar_admin_auth.web.users import UserPages


def controllers(runtime: Runtime) -> list[ControllerRouterHandler]:
    """Return the pages: all of them, or without tables of ours only those for signing in and out."""
    pages: Pages = runtime.pages
    open_to_all: list[ControllerRouterHandler] = [
        LoginPages,
        LanguagePages,
        ThemePages,
        static_files_handler(pages.static_files, {PUBLIC: True}),
    ]
    if runtime.database is None:
        return [*open_to_all, SignedInPage]
    return [
        *open_to_all,
        InvitationPages,
        PasswordResetPages,
        OverviewPage,
        SearchPages,
        UserPages,
        UserBulkPages,
        UserAccessPages,
        UserGrantPages,
        UserTabPages,
        UserAccountPages,
        RolePages,
        NewRolePages,
        RoleTabPages,
        PermissionPages,
        SessionPages,
        SessionBulkPages,
        AuditPages,
        ExportPages,
        AccountPages,
        PreferencePages,
    ]
