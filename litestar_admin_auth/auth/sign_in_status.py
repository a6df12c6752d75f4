"""Why a person cannot sign in: what the tables say, and what the throttle says."""

from uuid import UUID

from litestar_admin_auth.auth.runtime import Runtime
from litestar_admin_auth.auth.throttle import KnowsLocks
from litestar_admin_auth.core.text import normalize_email
from litestar_admin_auth.services import sign_in_status as service
from litestar_admin_auth.services import users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.sign_in_status import SignInStatus


async def sign_in_status(runtime: Runtime, actor: Actor, user_id: UUID) -> SignInStatus:
    """Find everything that keeps a user from signing in.

    Raises:
        NotAllowed: Without ``users:read``.
        NotFound: When there is no such user.
    """
    locked_until = None
    # A throttle of the host's need not know; the service asks for the permission before anything is told.
    if isinstance(runtime.throttle, KnowsLocks):
        user = await users.get_user(runtime.tables, actor, user_id)
        locked_until = await runtime.throttle.locked_until("login", normalize_email(user.email))
    return await service.sign_in_status(runtime.tables, actor, user_id, locked_until=locked_until)
