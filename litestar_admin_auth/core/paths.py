"""Where the templates, static files and migrations lie.

The build puts the three top-level folders inside the package; in a checkout and in an editable install they stand
beside it. ``importlib.resources`` cannot see the second case, so we look in both places ourselves.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def _find(name: str, marker: str) -> Path:
    for parent in (PACKAGE, PACKAGE.parent):
        # The marker tells our folder from an unrelated one of the same name (the Alembic library, a host's templates).
        if (parent / name / marker).exists():
            return parent / name
    msg = f"litestar-admin-auth is installed without its {name!r} folder: reinstall the package"
    raise FileNotFoundError(msg)


def templates_dir() -> Path:
    """Return the folder that holds ``admin_auth/``, the root of the shipped templates."""
    return _find("templates", "admin_auth")


def static_dir() -> Path:
    """Return the folder of the shipped static files."""
    return _find("static", "admin.js")


def migrations_dir() -> Path:
    """Return the Alembic script folder, with ``env.py`` and ``versions/``."""
    return _find("alembic", "env.py")
