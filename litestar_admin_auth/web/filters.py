"""Template filters: how dates, people and browsers read."""

from datetime import UTC, datetime, timedelta

from markupsafe import Markup, escape

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.i18n import ngettext

MINUTE, HOUR, DAY = 60, 3600, 86400

# The order decides: Edge and Opera also say Chrome, and Chrome also says Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-", "Python"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def date_time(value: datetime | None, never: str = "") -> Markup:
    """A moment as ``<time>``, in UTC to the minute; ``never`` stands for None."""
    if value is None:
        return escape(never)
    return _time(value, _readable(value))


def relative(value: datetime | None, never: str = "") -> Markup:
    """A moment as the distance from now ("3 hours ago"), with the exact time in its tooltip."""
    if value is None:
        return escape(never)
    return _time(value, _distance(now() - _utc(value)))


def initials(name: str) -> str:
    """Up to two letters for an avatar, from a name or an e-mail address."""
    words = [word for word in name.partition("@")[0].replace(".", " ").replace("_", " ").split() if word[0].isalnum()]
    letters = words[0][0] + words[-1][0] if len(words) > 1 else "".join(words)[:1]
    return letters.upper() or "?"


def device(user_agent: str) -> str:
    """What a User-Agent header claims, such as "Firefox on Linux"; anything unknown is called that."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("Unknown device")


def device_icon(user_agent: str) -> str:
    """The name of the icon for a device."""
    return "smartphone" if any(mark in user_agent for mark in ("iPhone", "Android", "Mobile")) else "monitor"


def _utc(value: datetime) -> datetime:
    # SQLite gives naive times back; ours are always UTC.
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _readable(value: datetime) -> str:
    return f"{_utc(value):%Y-%m-%d %H:%M} UTC"


def _time(value: datetime, text: str) -> Markup:
    exact = _utc(value).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, _readable(value), text)


def _distance(past: timedelta) -> str:
    seconds = int(past.total_seconds())
    ahead, seconds = seconds < 0, abs(seconds)
    if seconds < MINUTE:
        return _("just now")
    if seconds < HOUR:
        count = seconds // MINUTE
        return (
            ngettext("in %(num)s minute", "in %(num)s minutes", count)
            if ahead
            else ngettext("%(num)s minute ago", "%(num)s minutes ago", count)
        )
    if seconds < 2 * DAY:
        count = seconds // HOUR
        return (
            ngettext("in %(num)s hour", "in %(num)s hours", count)
            if ahead
            else ngettext("%(num)s hour ago", "%(num)s hours ago", count)
        )
    count = seconds // DAY
    return (
        ngettext("in %(num)s day", "in %(num)s days", count)
        if ahead
        else ngettext("%(num)s day ago", "%(num)s days ago", count)
    )
