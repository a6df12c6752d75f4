"""The JSON face: thin controllers over the services, every rule of which stands there and not here."""

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from litestar_admin_auth.api.account import AccountController
from litestar_admin_auth.api.audit import AuditEventController
from litestar_admin_auth.api.auth import AuthController, PasswordController
from litestar_admin_auth.api.bulk_users import UserBulkController
from litestar_admin_auth.api.dependencies import provide_actor, provide_database, provide_page
from litestar_admin_auth.api.invitations import InvitationController
from litestar_admin_auth.api.keys import KeyController, publishes_keys
from litestar_admin_auth.api.password_reset import PasswordResetController
from litestar_admin_auth.api.permissions import PermissionController
from litestar_admin_auth.api.roles import RoleController
from litestar_admin_auth.api.sessions import SessionController
from litestar_admin_auth.api.strict_json import StrictDoor, StrictRequest
from litestar_admin_auth.api.users import UserAccessController, UserController, UserStateController
from litestar_admin_auth.auth.password_change import can_change_passwords
from litestar_admin_auth.auth.runtime import Runtime

_WITH_TABLES: tuple[ControllerRouterHandler, ...] = (
    AccountController,
    InvitationController,
    PasswordResetController,
    UserController,
    UserBulkController,
    UserStateController,
    UserAccessController,
    RoleController,
    PermissionController,
    SessionController,
    AuditEventController,
)


def controllers(runtime: Runtime) -> list[ControllerRouterHandler]:
    """Return the handlers of the JSON API, below ``/api``.

    Args:
        runtime: The running admin. Without a database there is signing in and out only, and changing the own password
            where the host's backend can: the host has its own users.
    """
    handlers: list[ControllerRouterHandler] = [AuthController]
    if can_change_passwords(runtime):
        handlers.append(PasswordController)
    if runtime.database is not None:
        handlers += _WITH_TABLES
    if publishes_keys(runtime):
        handlers.append(KeyController)
    return [
        Router(
            "/api",
            route_handlers=handlers,
            request_class=StrictRequest,
            middleware=[StrictDoor()],
            dependencies={
                "actor": Provide(provide_actor),
                "database": Provide(provide_database),
                "page": Provide(provide_page),
            },
        )
    ]
