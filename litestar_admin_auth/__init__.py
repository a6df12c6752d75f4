"""Users, roles, permissions and login pages for Litestar, as one plugin.

Nothing heavy is imported here: Alembic loads this package through an entry point while Advanced Alchemy is still
importing, so the public names are looked up on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litestar_admin_auth.core.appearance import NavEntry as NavEntry
    from litestar_admin_auth.core.appearance import OverviewCard as OverviewCard
    from litestar_admin_auth.core.config import AdminConfig as AdminConfig
    from litestar_admin_auth.plugin import AdminPlugin as AdminPlugin

__all__ = ("AdminConfig", "AdminPlugin", "NavEntry", "OverviewCard")

_PUBLIC = {
    "AdminConfig": "litestar_admin_auth.core.config",
    "AdminPlugin": "litestar_admin_auth.plugin",
    "NavEntry": "litestar_admin_auth.core.appearance",
    "OverviewCard": "litestar_admin_auth.core.appearance",
}


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
