"""What every page knows of the admin that it belongs to: title, navigation, addresses, and who looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup

from litestar_admin_auth.core import appearance
from litestar_admin_auth.core.appearance import OwnFile
from litestar_admin_auth.core.config import AdminConfig
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.paths import static_dir
from litestar_admin_auth.core.permissions import holds
from litestar_admin_auth.web.environment import Templates
from litestar_admin_auth.web.static_files import StaticFiles


def join_path(base: str, *parts: object) -> str:
    """An address below ``base``; each part is escaped."""
    return "/".join([base, *(quote(str(part), safe="") for part in parts)]) or "/"


#: The symbols that point forward or back, and turn round where people read from right to left. A clock, a magnifier or
#: "play" stays as it is.
DIRECTED = frozenset({"chevron-left", "chevron-right", "arrow-up-right", "log-out"})


@dataclass(frozen=True)
class NavItem:
    """An entry of the side navigation."""

    label: str
    url: str
    icon: str
    current: bool = False


@dataclass(frozen=True)
class Viewer:
    """Whoever looks at the page. ``can`` decides what is shown; the services decide what is allowed."""

    id: str
    email: str
    name: str
    permissions: Sequence[str]
    #: Whether this is a user of our tables, with a profile, a password and sessions here; a host's own user has none.
    has_account: bool = True

    def can(self, permission: str) -> bool:
        return holds(self.permissions, permission)


@dataclass(frozen=True)
class AdminSite:
    """What templates know as ``admin``.

    Args:
        title: The name in the header.
        path: The admin path as the browser knows it, such as ``/admin``.
        static_files: Where static files are.
        logo: The address of the picture beside the title.
        style_sheet: The address of the host's style sheet, or None.
        nav: The entries of the navigation that the viewer may see, ours.
        more: The same of the host's.
    """

    title: str
    path: str
    static_files: StaticFiles
    logo: str
    style_sheet: str | None = None
    nav: Sequence[NavItem] = ()
    more: Sequence[NavItem] = ()

    def url(self, *parts: object) -> str:
        """An address below the admin path: ``admin.url("users", user.id)``. Each part is escaped."""
        return join_path(self.path, *parts)

    def static(self, name: str) -> str:
        """The address of a static file."""
        return self.path + self.static_files.path(name)

    def icon(self, name: str) -> Markup:
        """A decorative symbol of ``static/icons.svg``; the text beside it says what it means."""
        # Quotes that HTML does not need are left out: a list has many symbols.
        classes = Markup('"icon turns"') if name in DIRECTED else "icon"
        return Markup('<svg class={} aria-hidden=true><use href="{}#{}"/></svg>').format(
            classes, self.static("icons.svg"), name
        )


class Pages:
    """The templates and static files of one admin.

    Args:
        config: The host's settings; ``path`` with the path of the host's application before it.
        managed: Whether there are tables to manage; without them the navigation is empty.

    Raises:
        ConfigError: ``AA050`` for a mistake in the appearance.
    """

    def __init__(self, config: AdminConfig, *, managed: bool = True) -> None:
        self.config, self.managed = config, managed
        self.logo = appearance.read_logo(config.logo)
        self.style_sheet = appearance.read_style_sheet(config.style_sheet)
        own = [file for file in (self.logo, self.style_sheet) if isinstance(file, OwnFile)]
        self.static_files = StaticFiles.load(static_dir(), own=own, rules=appearance.accent_rules(config.accent))
        for entry in config.navigation:
            if entry.icon not in self.static_files.symbols:
                known = ", ".join(sorted(self.static_files.symbols))
                raise ConfigError("AA050", f"NavEntry.icon is {entry.icon!r}.", hint=f"Use one of {known}.")
        self.templates = Templates(config.template_dirs)

    def site(self, base: str, section: str, viewer: Viewer | None) -> AdminSite:
        """``admin`` for one request.

        Args:
            base: The admin path as the browser knows it, such as ``/admin``.
            section: The first segment of the address below it.
            viewer: Who looks.
        """
        # The host's addresses begin at its root, which may stand below the path of a proxy.
        root = base.removesuffix(self.config.path)
        shown = self.managed and viewer is not None
        return AdminSite(
            title=self.config.title,
            path=base,
            static_files=self.static_files,
            logo=self._address(self.logo, base, root) or base + self.static_files.path("favicon.svg"),
            style_sheet=self._address(self.style_sheet, base, root),
            nav=_navigation(base, section, viewer) if shown and viewer else (),
            more=[
                NavItem(entry.label, root + entry.url if entry.url.startswith("/") else entry.url, entry.icon)
                for entry in self.config.navigation
                if viewer is not None and (entry.permission is None or viewer.can(entry.permission))
            ],
        )

    def _address(self, file: OwnFile | str | None, base: str, root: str) -> str | None:
        if isinstance(file, OwnFile):
            return base + self.static_files.path(file.name)
        return root + file if file else None


def _navigation(base: str, section: str, viewer: Viewer) -> list[NavItem]:
    entries = (
        (_("Overview"), "", "layout-dashboard", None),
        (_("Users"), "users", "users", "users:read"),
        (_("Roles"), "roles", "shield-check", "roles:read"),
        (_("Permissions"), "permissions", "key-round", "permissions:read"),
        (_("Sessions"), "sessions", "monitor-smartphone", "sessions:read"),
        (_("Audit log"), "audit", "scroll-text", "audit:read"),
    )
    return [
        NavItem(label, join_path(base, name) if name else join_path(base), symbol, section == name)
        for label, name, symbol, permission in entries
        if permission is None or viewer.can(permission)
    ]
