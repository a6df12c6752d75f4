"""Permission codes: ``resource:action``, and the two wildcards ``resource:*`` and ``*``.

A *code* names one thing that can be done and stands in the catalogue. A *pattern* is what a role holds: a code or a
wildcard. Matching: ``users:read`` is granted by ``users:read``, ``users:*`` or ``*``.
"""

import re
from collections.abc import Iterable, Mapping

from litestar_admin_auth.core.exceptions import InvalidInput
from litestar_admin_auth.core.i18n import gettext as _

WILDCARD = "*"

MAX_CODE_LENGTH = 120

# Linear by construction: two bounded classes, one separator, anchored by fullmatch.
_CODE = re.compile(r"[a-z][a-z0-9_.-]{0,59}:[a-z][a-z0-9_.-]{0,58}")
_PATTERN = re.compile(r"\*|[a-z][a-z0-9_.-]{0,59}:(?:\*|[a-z][a-z0-9_.-]{0,58})")

#: The permissions of the package itself, with what each allows.
OWN_PERMISSIONS: Mapping[str, str] = {
    "users:read": "See users, their roles and what they may do",
    "users:write": "Create, change, invite and suspend users, and give them roles",
    "users:delete": "Delete users",
    "roles:read": "See roles and what they allow",
    "roles:write": "Create and change roles",
    "roles:delete": "Delete roles",
    "permissions:read": "See the catalogue of permissions",
    "sessions:read": "See who is signed in, and from where",
    "sessions:revoke": "End sessions of others",
    "audit:read": "Read the audit log",
}


def is_code(value: str) -> bool:
    """Tell whether a value is a permission code, such as ``articles:publish``; wildcards are not."""
    return _CODE.fullmatch(value) is not None


def check_code(value: str) -> None:
    """Refuse what is no permission code.

    Raises:
        InvalidInput: For ``code``.
    """
    if not is_code(value):
        raise InvalidInput(_("Write a permission like 'articles:publish'."), field="code")


def is_pattern(value: str) -> bool:
    """Tell whether a value is something a role can hold: a code, ``resource:*`` or ``*``."""
    return _PATTERN.fullmatch(value) is not None


def grants(pattern: str, wanted: str) -> bool:
    """Tell whether holding ``pattern`` gives ``wanted``, itself a code or a pattern."""
    if pattern in (WILDCARD, wanted):
        return True
    return pattern.endswith(":*") and wanted.startswith(pattern[:-1])


def patterns_giving(wanted: str) -> list[str]:
    """Return every pattern that gives ``wanted``, a code or a pattern: itself, its resource's wildcard, and ``*``."""
    resource, colon, _action = wanted.partition(":")
    return list(dict.fromkeys((wanted, *([f"{resource}:*"] if colon else []), WILDCARD)))


def holds(held: Iterable[str], wanted: str) -> bool:
    """Tell whether any of the held patterns gives ``wanted``."""
    # Three look-ups instead of a walk: a role may hold a thousand codes, and a page asks for each of another thousand.
    have = held if isinstance(held, (frozenset, set)) else frozenset(held)
    return any(pattern in have for pattern in patterns_giving(wanted))


def missing(held: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Return, sorted, those of the wanted codes or patterns that the held ones do not give.

    An empty list means that ``held`` covers ``wanted``. ``users:*`` is covered by ``users:*`` and ``*`` only, never
    by the sum of today's ``users:`` codes: tomorrow's release may add one.
    """
    have = frozenset(held)
    return sorted(code for code in set(wanted) if not holds(have, code))
