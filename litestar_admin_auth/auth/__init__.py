"""The request edge: who is asking, may they, and is it really our page that asks.

To read it in one sitting, follow a request; each file has one concept and says in its first lines which.

1. What travels. ``jws`` signs and opens texts, ``tokens`` says what ours state, ``token_transport`` how they travel,
   ``cookies`` alone writes cookies, ``headers`` adds them and the security headers to the answer.
2. Whether it counts. ``registry`` is where sessions live: in our table (``services/sessions.py``), or for a host's own
   users in a Litestar store (``store_sessions`` on ``compare_and_set``). Both obey ``services/session_policy.py``.
3. The ways in. ``jwt`` puts 1 and 2 together, with ``host_users`` for a host's functions and ``database_backend``
   for our tables. ``session`` reads the session of the host (``host_session``), ``host_backends`` runs a class of the
   host's, ``backend_checks`` finds its mistakes at the start. ``elsewhere`` serves applications without our plugin.
4. Who asks. ``client`` and ``request_state`` know from where, ``authentication`` asks the backend once a request,
   ``principal`` is what comes out, ``reader`` the language and zone it is answered in.
5. May they. Below the admin: ``disclosure`` (may a stranger know of it?), ``admission`` (the closed door),
   ``cross_origin`` (our own page?). On the host's routes: ``middleware``, ``guards``, and ``live_sockets`` while
   a WebSocket is open. ``access_map`` lists what each route asks for, ``missing_permission`` finds which
   roles would give what lacks.
6. What people do. ``login`` is the one way in and out, ``password_change``, ``one_time_links``, ``sign_in_status``;
   ``exports`` sends lists as files, ``throttle`` counts tries. ``navigation`` keeps redirects at home, ``errors`` turns
   refusals into answers.

``runtime`` holds what all of them share. The rules themselves stand in ``services/``.
"""

from litestar_admin_auth.auth.elsewhere import CookieMiddleware as CookieMiddleware
from litestar_admin_auth.auth.jwt import JWTAuthBackend as JWTAuthBackend
from litestar_admin_auth.auth.session import SessionAuthBackend as SessionAuthBackend
from litestar_admin_auth.core.config import JWTConfig as JWTConfig
from litestar_admin_auth.core.protocols import AdminUserProtocol as AdminUser
from litestar_admin_auth.core.protocols import AdminUserProtocol as AdminUserProtocol
from litestar_admin_auth.core.protocols import AuthBackend as AuthBackend

__all__ = (
    "AdminUser",
    "AdminUserProtocol",
    "AuthBackend",
    "CookieMiddleware",
    "JWTAuthBackend",
    "JWTConfig",
    "SessionAuthBackend",
)
