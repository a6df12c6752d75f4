"""The guards, at the address that hosts import them from."""

from litestar_admin_auth.auth.guards import requires_authentication as requires_authentication
from litestar_admin_auth.auth.guards import requires_permission as requires_permission
from litestar_admin_auth.auth.guards import requires_role as requires_role
from litestar_admin_auth.auth.guards import requires_superuser as requires_superuser
