"""Which faults are the database's and not ours: it cannot be reached, or our tables are not there yet."""

import re
from dataclasses import dataclass
from traceback import walk_tb
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

#: SQLSTATE: no such table, no such column. What SQLite says in words.
_UNMADE = re.compile(r"42P01|42703|no such (?:table|column): ")

#: SQLSTATE: connections, passwords, unknown databases, full disks and pools, shutdowns. What SQLite says in words.
_OUT_OF_REACH = re.compile(
    r"08...|28...|3D000|53...|57P0.|unable to open database file|database is locked|readonly database"
    r"|disk is full|disk I/O error|file is not a database"
)


@dataclass(frozen=True)
class DatabaseTrouble:
    """What whoever runs the site is told.

    Args:
        check_id: The id of the check that tells it at the start.
        message: What is wrong; no password stands in it.
        hint: What to do about it.
    """

    check_id: str
    message: str
    hint: str


def trouble_of(error: BaseException, url: URL) -> DatabaseTrouble | None:
    """Return what a fault means where it is the database's, else None: then it is ours, or a handler's.

    Args:
        error: What was raised, by the driver or around it.
        url: Of the database, to be named without user, password and options.
    """
    reason = _reason(error)
    if reason is None:
        return None
    if _UNMADE.match(reason):
        return DatabaseTrouble(
            "AA020", "The tables are missing or not at the newest revision.", "Run: litestar admin migrate"
        )
    place = URL.create(url.drivername, host=url.host, port=url.port, database=url.database)
    hint = "Look at AdminConfig.database or ADMIN_AUTH_DATABASE_URL: host, name, user and password"
    if url.get_backend_name() == "sqlite":
        hint = "Look at AdminConfig.database or ADMIN_AUTH_DATABASE_URL: the folder must be there and writable"
    return DatabaseTrouble("AA023", f"The database {place} cannot be used: {reason}.", hint + ".")


def _reason(error: BaseException) -> str | None:
    """Return the code of an error and the first line of what the driver says, where it is one of those above."""
    if isinstance(error, PoolTimeoutError) or (isinstance(error, OSError) and _is_asyncpgs(error)):
        return _first_line(error)
    if not isinstance(error, SQLAlchemyError):
        return None
    original: Any = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    state = getattr(original, "sqlstate", None)
    said = f"{state} {_first_line(original)}" if state else _first_line(original)
    if _UNMADE.match(said) or _OUT_OF_REACH.match(said):
        return said
    return said if isinstance(error, DBAPIError) and error.connection_invalidated else None


def _is_asyncpgs(error: BaseException) -> bool:
    # It lets errors of the network through as they are, and a host's backend that asks a directory has the same.
    modules = (frame.f_globals.get("__name__", "") for frame, _line in walk_tb(error.__traceback__))
    return any(name.startswith("asyncpg.") for name in modules)


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
