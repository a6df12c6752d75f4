"""The bodies of the JSON API: what comes in is bounded and closed, what goes out is an explicit list of fields.

Requests refuse unknown fields, so that ``is_superuser``, ``id`` or ``password_hash`` cannot ride along (OWASP ASVS 5.0,
15.3.3). Answers never carry a service's row as it is: a column added there does not appear here by itself.
"""

from litestar_admin_auth.api.schemas.account import Account as Account
from litestar_admin_auth.api.schemas.account import Preferences as Preferences
from litestar_admin_auth.api.schemas.account import PreferencesChange as PreferencesChange
from litestar_admin_auth.api.schemas.account import Profile as Profile
from litestar_admin_auth.api.schemas.answers import Listing as Listing
from litestar_admin_auth.api.schemas.answers import Message as Message
from litestar_admin_auth.api.schemas.audit import AuditEvent as AuditEvent
from litestar_admin_auth.api.schemas.auth import Credentials as Credentials
from litestar_admin_auth.api.schemas.auth import InvitedPerson as InvitedPerson
from litestar_admin_auth.api.schemas.auth import KeySet as KeySet
from litestar_admin_auth.api.schemas.auth import Me as Me
from litestar_admin_auth.api.schemas.auth import NewPassword as NewPassword
from litestar_admin_auth.api.schemas.auth import PasswordChange as PasswordChange
from litestar_admin_auth.api.schemas.auth import PublicKey as PublicKey
from litestar_admin_auth.api.schemas.auth import RefreshToken as RefreshToken
from litestar_admin_auth.api.schemas.auth import ResetRequest as ResetRequest
from litestar_admin_auth.api.schemas.bulk import BulkChange as BulkChange
from litestar_admin_auth.api.schemas.bulk import BulkOutcome as BulkOutcome
from litestar_admin_auth.api.schemas.bulk import BulkPreview as BulkPreview
from litestar_admin_auth.api.schemas.bulk import Skipped as Skipped
from litestar_admin_auth.api.schemas.bulk import UserMatch as UserMatch
from litestar_admin_auth.api.schemas.permissions import EffectivePermission as EffectivePermission
from litestar_admin_auth.api.schemas.permissions import Explanation as Explanation
from litestar_admin_auth.api.schemas.permissions import GrantPath as GrantPath
from litestar_admin_auth.api.schemas.permissions import Holder as Holder
from litestar_admin_auth.api.schemas.permissions import Permission as Permission
from litestar_admin_auth.api.schemas.roles import ChangeGroup as ChangeGroup
from litestar_admin_auth.api.schemas.roles import Member as Member
from litestar_admin_auth.api.schemas.roles import NewRolePreview as NewRolePreview
from litestar_admin_auth.api.schemas.roles import Role as Role
from litestar_admin_auth.api.schemas.roles import RoleCreate as RoleCreate
from litestar_admin_auth.api.schemas.roles import RolePatch as RolePatch
from litestar_admin_auth.api.schemas.roles import RolePreview as RolePreview
from litestar_admin_auth.api.schemas.roles import UserChange as UserChange
from litestar_admin_auth.api.schemas.sessions import Session as Session
from litestar_admin_auth.api.schemas.users import FailedLogin as FailedLogin
from litestar_admin_auth.api.schemas.users import Grant as Grant
from litestar_admin_auth.api.schemas.users import GrantCreate as GrantCreate
from litestar_admin_auth.api.schemas.users import Invitation as Invitation
from litestar_admin_auth.api.schemas.users import InvitedUser as InvitedUser
from litestar_admin_auth.api.schemas.users import Obstacle as Obstacle
from litestar_admin_auth.api.schemas.users import ResetLink as ResetLink
from litestar_admin_auth.api.schemas.users import SignInStatus as SignInStatus
from litestar_admin_auth.api.schemas.users import User as User
from litestar_admin_auth.api.schemas.users import UserCreate as UserCreate
from litestar_admin_auth.api.schemas.users import UserPatch as UserPatch
