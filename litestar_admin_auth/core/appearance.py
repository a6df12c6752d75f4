"""What a host adds to the looks of the pages: logo, accent, a style sheet, links and cards. Mistakes stop the start."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from litestar_admin_auth.core import colour
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.core.permissions import is_code

LOGO_TYPES = (".svg", ".png", ".webp")
#: A page with all it loads stays below 100 KB; these are the host's part of it.
MAX_LOGO_BYTES = 64 * 1024
MAX_STYLE_BYTES = 64 * 1024

#: What a card gives its template: an asynchronous function of the request.
Load = Callable[[Any], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True)
class NavEntry:
    """A link of the host's in the side navigation.

    Example:
        ``NavEntry("Orders", "/orders", permission="orders:read")``

    Args:
        label: What it says.
        url: A path on this origin, below the path that a proxy puts in front, or an ``https://`` address.
        icon: The name of a symbol in ``static/icons.svg``.
        permission: Who is shown it; None means everybody who is signed in. The page behind it checks by itself.

    Raises:
        ConfigError: ``AA050``, naming the part.
    """

    label: str
    url: str
    icon: str = "arrow-up-right"
    permission: str | None = None

    def __post_init__(self) -> None:
        _check_text(self.label, "NavEntry.label")
        if not _is_link(self.url):
            raise ConfigError(
                "AA050", f"NavEntry.url is {self.url!r}.", hint="Write a path like '/orders' or an https:// address."
            )
        _check_permission(self.permission, "NavEntry.permission")


@dataclass(frozen=True)
class OverviewCard:
    """A card of the host's on the first page.

    Example:
        ``OverviewCard("Open orders", "cards/orders.html", load=open_orders, permission="orders:read")``

    Args:
        title: Its heading.
        template: A template of the host's, below ``admin_auth/`` in ``template_dirs`` or in the host's own templates.
        load: An asynchronous function of the request; what it returns are the template's variables.
        permission: Who is shown it; None means everybody who is signed in.

    Raises:
        ConfigError: ``AA050``, naming the part.
    """

    title: str
    template: str
    load: Load | None = None
    permission: str | None = None

    def __post_init__(self) -> None:
        _check_text(self.title, "OverviewCard.title")
        _check_text(self.template, "OverviewCard.template")
        _check_permission(self.permission, "OverviewCard.permission")


@dataclass(frozen=True)
class OwnFile:
    """A file of the host's that is served among ours: its name there, and its bytes."""

    name: str
    content: bytes


def read_logo(logo: Path | str | None) -> OwnFile | str | None:
    """Return the picture beside the title: the file, read; or its address on this origin, as it is.

    Raises:
        ConfigError: ``AA050``.
    """
    if logo is None or isinstance(logo, str):
        return _address(logo, "logo")
    if logo.suffix.lower() not in LOGO_TYPES:
        raise ConfigError("AA050", f"AdminConfig.logo is {logo.name!r}.", hint=f"Use one of {', '.join(LOGO_TYPES)}.")
    return OwnFile(f"logo{logo.suffix.lower()}", _read(logo, "logo", MAX_LOGO_BYTES))


def read_style_sheet(sheet: Path | str | None) -> OwnFile | str | None:
    """Return the host's style sheet: the file, read; or its address on this origin, as it is.

    Raises:
        ConfigError: ``AA050``.
    """
    if sheet is None or isinstance(sheet, str):
        return _address(sheet, "style_sheet")
    return OwnFile("host.css", _read(sheet, "style_sheet", MAX_STYLE_BYTES))


def accent_rules(accent: str | None) -> str:
    """Return the rules that set an accent, in the shades of it that can be read on light and on dark ground.

    Raises:
        ConfigError: ``AA050`` for what is no ``#rrggbb``.
    """
    if accent is None:
        return ""
    try:
        shades = colour.accent(accent)
    except (ValueError, AttributeError) as error:
        raise ConfigError("AA050", f"AdminConfig.accent is {accent!r}.", hint="Write it like '#7c3aed'.") from error
    return (
        f"@layer tokens{{:root{{--accent:light-dark({shades.light},{shades.dark});"
        f"--on-accent:light-dark({shades.on_light},{shades.on_dark})}}}}\n"
    )


def check_appearance(config: Any) -> None:
    """Look at every field of the appearance, as the settings are made.

    Args:
        config: The ``AdminConfig``.

    Raises:
        ConfigError: ``AA050``, naming the field.
    """
    if not isinstance(config.title, str) or not config.title.strip():
        raise ConfigError("AA050", f"AdminConfig.title is {config.title!r}.", hint="Give a text, such as 'Shop'.")
    read_logo(config.logo)
    read_style_sheet(config.style_sheet)
    accent_rules(config.accent)
    for setting, kind in (("navigation", NavEntry), ("overview_cards", OverviewCard)):
        entries: object = getattr(config, setting)
        if not isinstance(entries, (list, tuple)) or not all(
            isinstance(entry, kind) for entry in cast("list[object]", entries)
        ):
            raise ConfigError(
                "AA050",
                f"AdminConfig.{setting} is not a list of {kind.__name__}.",
                hint=f"Give [{kind.__name__}(...)].",
            )
    # A text is a sequence too: of its letters.
    if isinstance(config.template_dirs, (str, Path)):
        raise ConfigError("AA050", "AdminConfig.template_dirs is no list.", hint="Give a list, even of one.")
    for folder in config.template_dirs:
        if not Path(folder).is_dir():
            raise ConfigError(
                "AA050", f"AdminConfig.template_dirs has {str(folder)!r}.", hint="Name a folder that is there."
            )


def _address(url: str | None, setting: str) -> str | None:
    # Our pages load nothing from elsewhere: the browser would refuse it, and nobody would know why.
    if url is not None and not _is_own_path(url):
        raise ConfigError(
            "AA050", f"AdminConfig.{setting} is {url!r}.", hint="Give a Path of a file, or an address like '/static/x'."
        )
    return url


def _read(path: Path, setting: str, maximum: int) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError("AA050", f"AdminConfig.{setting}: {error}", hint="Name a file that is there.") from error
    if len(content) > maximum:
        raise ConfigError(
            "AA050", f"AdminConfig.{setting} has {len(content)} bytes.", hint=f"Keep it to {maximum} bytes."
        )
    return content


def _check_text(value: object, setting: str) -> None:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError("AA050", f"{setting} is {value!r}.", hint="Give a text.")


def _check_permission(value: object, setting: str) -> None:
    if value is not None and not (isinstance(value, str) and is_code(value)):
        raise ConfigError("AA050", f"{setting} is {value!r}.", hint="Write a code like 'orders:read', or None.")


def _is_own_path(url: str) -> bool:
    # A second slash or a backslash begins the name of another host.
    return url.startswith("/") and url[1:2] not in ("/", "\\") and url.isprintable() and " " not in url


def _is_link(url: object) -> bool:
    if not isinstance(url, str) or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return _is_own_path(url) or (parts.scheme in ("http", "https") and bool(parts.hostname))
