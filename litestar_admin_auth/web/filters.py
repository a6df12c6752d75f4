"""Template filters: how dates, people and browsers read."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from babel.dates import format_date, format_time, format_timedelta
from markupsafe import Markup, escape

from litestar_admin_auth.core import i18n
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.i18n import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86400
MONTH, YEAR = 30 * DAY, 365 * DAY
#: A distance in time is told in the first of these units that it is below the end of.
STEPS: tuple[tuple[Literal["minute", "hour", "day", "month", "year"], int, float], ...] = (
    ("minute", MINUTE, HOUR),
    ("hour", HOUR, 2 * DAY),
    ("day", DAY, 3 * MONTH),
    ("month", MONTH, 2 * YEAR),
    ("year", YEAR, float("inf")),
)

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
    """A moment as ``<time>``, to the minute in the reader's zone; ``never`` stands for None."""
    if value is None:
        return escape(never)
    return _time(value, _readable(value))


def relative(value: datetime | None, never: str = "") -> Markup:
    """A moment as the distance from now ("3 hours ago"), with the exact time in its tooltip."""
    if value is None:
        return escape(never)
    return _time(value, _distance(now() - _local(value)))


def initials(name: str) -> str:
    """Up to two letters for an avatar, from a name or an e-mail address."""
    words = [word for word in name.partition("@")[0].replace(".", " ").replace("_", " ").split() if word[0].isalnum()]
    letters = words[0][0] + words[-1][0] if len(words) > 1 else "".join(words)[:1]
    return letters.upper() or "?"


def device(user_agent: str) -> str:
    """What a User-Agent header claims, such as "Firefox on Linux"; anything unknown is called that."""
    browser, system = _browser(user_agent), _system(user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("Unknown device")


def device_header(user_agent: str) -> str:
    """The header itself where :func:`device` has no name for it, else nothing: it is long, and a list has many."""
    return "" if _browser(user_agent) or _system(user_agent) else user_agent


def _browser(user_agent: str) -> str:
    return next((name for mark, name in BROWSERS if mark in user_agent), "")


def _system(user_agent: str) -> str:
    return next((name for mark, name in SYSTEMS if mark in user_agent), "")


def device_icon(user_agent: str) -> str:
    """The name of the icon for a device."""
    return "smartphone" if any(mark in user_agent for mark in ("iPhone", "Android", "Mobile")) else "monitor"


def _local(value: datetime) -> datetime:
    # SQLite gives naive times back; ours are always UTC.
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value
    try:
        return moment.astimezone(i18n.active_zone())
    except OverflowError:
        # Many a program writes "for ever" as the last second of 9999, after which the calendar has none in Asia.
        return moment


def _readable(value: datetime) -> str:
    moment, locale = _local(value), i18n.current_locale()
    text = f"{format_date(moment, 'medium', locale=locale)} {format_time(moment, 'HH:mm', locale=locale)}"
    # Whose zone is not known is told which one the times are in; all others read their own clock.
    return f"{text} UTC" if i18n.active_zone().key == i18n.DEFAULT_ZONE else text


def _time(value: datetime, text: str) -> Markup:
    moment = _local(value)
    exact = moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    # Quotes that HTML does not need are left out: a list has many moments.
    told, zone = _readable(value), i18n.active_zone().key
    if text != told:
        # A moment in UTC says so by itself.
        zone = told if zone == i18n.DEFAULT_ZONE else f"{told} ({zone})"
    return Markup('<time datetime={} title="{}">{}</time>').format(exact, zone, text)


def _distance(past: timedelta) -> str:
    """Whole minutes, hours up to two days, days up to three months: "32 days ago" says more than "1 month ago"."""
    seconds = int(past.total_seconds())
    if abs(seconds) < MINUTE:
        return _("just now")
    unit, length, _below = next(step for step in STEPS if abs(seconds) < step[2])
    whole = abs(seconds) // length * length
    return format_timedelta(
        timedelta(seconds=-whole if seconds > 0 else whole),
        granularity=unit,
        threshold=float("inf"),
        add_direction=True,
        locale=i18n.current_locale(),
    )
