"""The tables, one concept a file."""

from litestar_admin_auth.models.audit import AuditEvent as AuditEvent
from litestar_admin_auth.models.base import Base as Base
from litestar_admin_auth.models.one_time_token import OneTimeToken as OneTimeToken
from litestar_admin_auth.models.role import Permission as Permission
from litestar_admin_auth.models.role import Role as Role
from litestar_admin_auth.models.role import RolePermission as RolePermission
from litestar_admin_auth.models.role import UserRole as UserRole
from litestar_admin_auth.models.session import Session as Session
from litestar_admin_auth.models.user import User as User
