"""One example of each body, for the API's description; a test reads each as what it is an example of.

Those of errors are in ``error_examples.py``.
"""

from typing import Any

from msgspec import Struct

from litestar_admin_auth.api import schemas

_USER_ID = "01976f3c-8a5e-7c41-9d2b-6f1f5f0f7a10"
_ROLE_ID = "01976f3c-8a5e-7c41-9d2b-6f1f5f0f7a11"
_SESSION_ID = "01976f3c-8a5e-7c41-9d2b-6f1f5f0f7a12"
_EVENT_ID = "01976f3c-8a5e-7c41-9d2b-6f1f5f0f7a13"
_MORNING = "2026-03-02T08:15:00Z"
_NOON = "2026-03-02T12:00:00Z"

_USER: dict[str, Any] = {
    "id": _USER_ID,
    "email": "mira@example.com",
    "name": "Mira Patel",
    "status": "active",
    "roles": ["support"],
    "last_login_at": _NOON,
    "created_at": _MORNING,
    "updated_at": _NOON,
    "version": 3,
}
_LINK: dict[str, Any] = {
    "invitation_url": "https://shop.example/admin/invitation/Zk9y...",
    "invitation_expires_at": "2026-03-05T08:15:00Z",
}
_OBSTACLE: dict[str, Any] = {
    "code": "suspended",
    "message": "The account is suspended.",
    "blocks": True,
    "remedy": "reactivate",
    "since": _NOON,
    "by": "admin@example.com",
    "until": None,
}
_PATH: dict[str, Any] = {
    "role_id": _ROLE_ID,
    "role": "support",
    "permission": "orders:*",
    "granted_by": "admin@example.com",
    "granted_at": _MORNING,
    "expires_at": None,
    "reason": "Ticket 4711",
}
# RFC 8037 appendix A.2; its kid is the thumbprint of A.3.
_PUBLIC_KEY: dict[str, Any] = {
    "kty": "OKP",
    "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    "use": "sig",
    "alg": "EdDSA",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}

#: What a login answers with tokens in headers; with cookies, only the last two.
TOKEN_PAIR = {
    "access_token": "eyJ...",
    "refresh_token": "eyJ...",
    "token_type": "bearer",
    "expires_in": "3600",
}

EXAMPLES: dict[type[Struct], dict[str, Any]] = {
    schemas.Credentials: {"email": "mira@example.com", "password": "correct horse battery staple"},
    schemas.RefreshToken: {"refresh_token": "eyJ..."},
    schemas.PasswordChange: {
        "current_password": "correct horse battery staple",
        "new_password": "seven lamps above the harbour",
    },
    schemas.NewPassword: {"new_password": "seven lamps above the harbour"},
    schemas.Profile: {"name": "Mira Patel"},
    schemas.PreferencesChange: {"language": "de"},
    schemas.Preferences: {"language": "de", "time_zone": "Europe/Berlin"},
    schemas.UserCreate: {"email": "mira@example.com", "name": "Mira Patel", "roles": ["support"]},
    schemas.UserPatch: {"name": "Mira P. Patel", "version": 3},
    schemas.GrantCreate: {"role": "support", "reason": "Ticket 4711", "expires_at": "2030-01-31T12:00:00Z"},
    schemas.RoleCreate: {"name": "support", "description": "Answers customers", "permissions": ["orders:read"]},
    schemas.RolePatch: {"permissions": ["orders:read", "orders:refund"], "version": 1},
    schemas.KeySet: {"keys": [_PUBLIC_KEY]},
    schemas.PublicKey: _PUBLIC_KEY,
    schemas.Message: {"message": "Logged out successfully"},
    schemas.Me: {
        "id": _USER_ID,
        "email": "mira@example.com",
        "roles": ["support"],
        "permissions": ["orders:read"],
    },
    schemas.User: _USER,
    schemas.Member: {
        **_USER,
        "granted_by": "admin@example.com",
        "granted_at": _MORNING,
        "expires_at": None,
        "reason": "Ticket 4711",
        "expired": False,
    },
    schemas.Account: {**_USER, "refresh_reused_at": None},
    schemas.InvitedUser: {**_USER, "status": "invited", "last_login_at": None, **_LINK},
    schemas.Invitation: _LINK,
    schemas.ResetRequest: {"email": "mira@example.com"},
    schemas.ResetLink: {
        "reset_url": "https://shop.example/admin/password-reset/Zk9y...",
        "reset_expires_at": "2026-03-02T12:30:00Z",
    },
    schemas.Obstacle: _OBSTACLE,
    schemas.FailedLogin: {"at": _NOON, "ip": "192.0.2.7"},
    schemas.SignInStatus: {
        "can_sign_in": False,
        "obstacles": [_OBSTACLE],
        "failed_logins": [{"at": _NOON, "ip": "192.0.2.7"}],
        "last_login_at": _MORNING,
    },
    schemas.InvitedPerson: {"email": "mira@example.com", "name": "Mira Patel"},
    schemas.Grant: {
        "role_id": _ROLE_ID,
        "role": "support",
        "granted_by": "admin@example.com",
        "granted_at": _MORNING,
        "expires_at": None,
        "reason": "Ticket 4711",
        "expired": False,
    },
    schemas.GrantPath: _PATH,
    schemas.Holder: {"user": _USER, "paths": [_PATH]},
    schemas.EffectivePermission: {
        "code": "orders:refund",
        "description": "Refund an order",
        "paths": [_PATH],
        "declared": True,
    },
    schemas.Explanation: {
        "allowed": True,
        "paths": [_PATH],
        "would_allow": [],
        "status": "active",
        "advice": "allowed",
        "may_give": [],
        "ended": [],
        "declared": True,
    },
    schemas.Role: {
        "id": _ROLE_ID,
        "name": "support",
        "description": "Answers customers",
        "permissions": ["orders:*"],
        "members": 12,
        "is_system": False,
        "version": 1,
        "updated_at": _MORNING,
    },
    schemas.UserChange: {"id": _USER_ID, "email": "mira@example.com", "gains": ["orders:refund"], "loses": []},
    schemas.NewRolePreview: {"added": ["orders:*"], "allows": ["orders:read", "orders:refund"]},
    schemas.RolePreview: {
        "added": ["orders:refund"],
        "removed": [],
        "users": [{"id": _USER_ID, "email": "mira@example.com", "gains": ["orders:refund"], "loses": []}],
        "users_total": 1,
        "offset": 0,
        "groups": [{"gains": ["orders:refund"], "loses": [], "users_total": 1}],
        "changes": {},
        "members": 12,
    },
    schemas.UserMatch: {"status": "active", "role": "support"},
    schemas.BulkChange: {"action": "take_role", "matching": {"last_login": "90"}, "role": "support"},
    schemas.Skipped: {"label": "admin@example.com", "reason": "stronger"},
    schemas.BulkPreview: {
        "selected": 13,
        "changed": 12,
        "skipped": [{"label": "admin@example.com", "reason": "stronger"}],
        "reasons": {"stronger": 1},
        "fingerprint": "5d41402abc4b2a76b9719d911017c592",
        "users": [{"id": _USER_ID, "email": "mira@example.com", "gains": [], "loses": ["orders:refund"]}],
        "users_total": 1,
        "offset": 0,
        "groups": [{"gains": [], "loses": ["orders:refund"], "users_total": 1}],
    },
    schemas.BulkOutcome: {"changed": 12, "reasons": {"stronger": 1}, "not_reached": 0, "stopped": ""},
    schemas.ChangeGroup: {"gains": ["orders:refund"], "loses": [], "users_total": 1},
    schemas.Permission: {
        "code": "orders:refund",
        "description": "Refund an order",
        "source": "host",
        "roles": ["support"],
    },
    schemas.Session: {
        "id": _SESSION_ID,
        "user_id": _USER_ID,
        "user_email": "mira@example.com",
        "created_at": _MORNING,
        "last_seen_at": _NOON,
        "expires_at": "2026-03-03T12:00:00Z",
        "ip": "192.0.2.7",
        "user_agent": "Mozilla/5.0",
        "current": True,
    },
    schemas.AuditEvent: {
        "id": _EVENT_ID,
        "at": _NOON,
        "actor": "admin@example.com",
        "actor_id": _USER_ID,
        "action": "user.role_granted",
        "target_type": "user",
        "target_id": _USER_ID,
        "target_label": "mira@example.com",
        "changes": {"role": {"old": None, "new": "support"}},
        "ip": "192.0.2.7",
        "session_id": _SESSION_ID,
    },
}
