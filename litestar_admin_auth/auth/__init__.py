"""The request edge: who is asking, may they, and is it really our page that asks."""

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
