"""What somebody who lacks a permission is told besides its name: which roles would give it, and whether one once did.

Litestar's exception handlers cannot wait for a database; this hook runs before them and can.
"""

import logging

from litestar import Request
from litestar.types import Scope

from litestar_admin_auth.auth.principal import CurrentUser, actor_of
from litestar_admin_auth.auth.request_state import state_of
from litestar_admin_auth.auth.runtime import runtime_of
from litestar_admin_auth.core.exceptions import NotAllowed
from litestar_admin_auth.core.permissions import is_code
from litestar_admin_auth.services.explanations import explain

logger = logging.getLogger(__name__)


async def look_up_ways(error: Exception, scope: Scope) -> None:
    """Note for the error page by which roles its reader would have what they lack.

    It is the reader's own question about themselves, asked by the rule of the Access tab: who may see neither roles nor
    users learns no role's name, and nobody the name of another person.
    """
    state = state_of(scope)
    if not isinstance(error, NotAllowed) or state is None or not isinstance(state.user, CurrentUser):
        return
    runtime = runtime_of(Request(scope))
    if runtime.database is None or runtime.is_api(state.path) or not is_code(error.permission):
        return
    actor = actor_of(state.user, state.auth, state.client)
    try:
        state.ways = await explain(runtime.database, actor, state.user.id, error.permission)
    except Exception:
        # The refusal stands whatever becomes of the advice.
        logger.exception("the roles that would give %s could not be read", error.permission)
