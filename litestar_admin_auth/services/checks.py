"""What is wrong with the set-up, each with a stable id and a hint; ``docs/checks.md`` explains every id.

Mistakes in single settings stop the start where they are made, as ``ConfigError`` with an id of the same series. Here
stands what only shows when everything is put together, or what only the database can tell.
"""

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from babel.lists import format_list
from sqlalchemy import select

from litestar_admin_auth.core.config import AdminConfig, JWTConfig, check_secret
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import ConfigError, LastSuperuser
from litestar_admin_auth.core.i18n import current_locale
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.core.mail_backends import ConsoleMail, FolderMail, MemoryMail
from litestar_admin_auth.core.permissions import OWN_PERMISSIONS
from litestar_admin_auth.models import Permission
from litestar_admin_auth.services.migrations import at_head
from litestar_admin_auth.services.superusers import require_a_superuser_remains

Level = Literal["error", "warning", "info"]

_HASH_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
_ORIGIN = "AdminConfig.public_origin='https://...'"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Finding:
    """Something to put right.

    Args:
        id: The stable id, such as ``AA007``.
        level: ``error`` stops the start; the others are told.
        message: What is wrong, naming the setting.
        hint: What to do about it.
    """

    id: str
    level: Level
    message: str
    hint: str


async def run_checks(
    config: AdminConfig, database: Database | None, *, deploy: bool = False, debug: bool = False, strict: bool = False
) -> list[Finding]:
    """Look at the settings and the tables.

    Args:
        config: The settings.
        database: Our tables, or None where a host has none.
        deploy: Whether to hold the set-up against what production needs.
        debug: Whether the application runs in debug mode.
        strict: Whether missing tables and a missing superuser are errors, as they are for ``admin check``. At the start
            they are warnings: an application that is being set up must come up.

    Returns:
        The findings, in the order of their ids.
    """
    findings = [
        *_secret(config),
        *_cookies(config, excused=not deploy and _is_local(config, debug=debug)),
        *_store(config, deploy=deploy),
    ]
    if database is not None:
        findings += await _tables(config, database, strict=strict or deploy)
        findings += _mail(config, deploy=deploy)
    if deploy:
        findings += _production(config, database, debug=debug)
    return sorted(findings, key=lambda finding: finding.id)


def _secret(config: AdminConfig) -> list[Finding]:
    # A host's own backend or JWTConfig has its own key, checked where it is made; a secret given to us all the same
    # must be good.
    if (config.auth_backend is not None or config.jwt is not None) and not config.secret_key:
        return []
    try:
        check_secret(config.secret_key, "ADMIN_AUTH_SECRET_KEY")
    except ConfigError as error:
        return [Finding(error.check_id, "error", error.message, error.hint)]
    return []


def _is_local(config: AdminConfig, *, debug: bool) -> bool:
    return debug or (config.public_origin is not None and urlsplit(config.public_origin).hostname in _LOOPBACK)


def _cookies(config: AdminConfig, *, excused: bool) -> list[Finding]:
    jwt = _jwt(config)
    insecure: list[str] = []
    # With AdminConfig.jwt, its own field is the one that counts.
    if not config.cookie_secure and config.jwt is None:
        insecure.append("AdminConfig.cookie_secure")
    if jwt is not None:
        insecure += [f"JWTConfig.{name}" for name in ("cookie_secure", "cookie_httponly") if not getattr(jwt, name)]
    if not insecure or excused:
        return []
    # Anybody on the way could read the cookie from the first plain request, and be that person.
    hint = _("Remove it and serve over HTTPS, or run in debug mode on your own machine.")
    names = format_list(insecure, locale=current_locale())
    return [Finding("AA007", "error", _("%(settings)s is off.", settings=names), hint)]


def _jwt(config: AdminConfig) -> JWTConfig | None:
    backend: Any = config.auth_backend
    jwt: object = config.jwt or getattr(backend, "config", None)
    return jwt if isinstance(jwt, JWTConfig) else None


def _store(config: AdminConfig, *, deploy: bool) -> list[Finding]:
    backend: Any = config.auth_backend
    if not getattr(getattr(backend, "sessions", None), "one_process_only", False):
        return []
    # A second worker knows nothing of the first one's sessions or, on a shared disk, renews what that one has ended.
    level: Level = "error" if deploy else "warning"
    example = "Litestar(stores={'admin_auth': RedisStore.with_client(...)})"
    hint = _("Register Redis or Valkey: %(example)s.", example=example)
    return [Finding("AA018", level, _("Sessions are kept in a store that serves one process only."), hint)]


async def _tables(config: AdminConfig, database: Database, *, strict: bool) -> list[Finding]:
    level: Level = "error" if strict else "warning"
    if not await at_head(database):
        hint = _("Run: %(command)s", command="litestar admin migrate")
        return [Finding("AA020", level, _("The tables are not at the newest revision."), hint)]
    findings: list[Finding] = []
    async with database.reading() as db:
        try:
            await require_a_superuser_remains(db)
        except LastSuperuser:
            hint = _("Run: %(command)s", command="litestar admin create-superuser")
            findings.append(Finding("AA021", level, _("There is no active superuser."), hint))
        rows = await db.execute(select(Permission.code, Permission.description))
        stored = {code: description for code, description in rows}  # noqa: C416 - dict() takes no rows
    # The start brings the catalogue up to date by itself.
    declared = {**config.permissions, **OWN_PERMISSIONS}
    if strict and any(stored.get(code) != description for code, description in declared.items()):
        hint = _("Run: %(command)s", command="litestar admin sync-permissions")
        findings.append(Finding("AA022", "warning", _("The catalogue lacks permissions that are declared."), hint))
    return findings


def _mail(config: AdminConfig, *, deploy: bool) -> list[Finding]:
    if config.mail is None:
        hint = _("Set AdminConfig.mail or ADMIN_AUTH_MAIL_URL: people then reset passwords and hear of changes.")
        message = _("%(setting)s is not set.", setting="AdminConfig.mail")
        return [Finding("AA073", "warning", message, hint)] if deploy else []
    findings: list[Finding] = []
    if config.public_origin is None:
        hint = _("Set %(setting)s. Until then links are shown to administrators instead.", setting=_ORIGIN)
        findings.append(
            Finding("AA071", "warning", _("No link can be mailed: AdminConfig.public_origin is not set."), hint)
        )
    if deploy and isinstance(config.mail, ConsoleMail | FolderMail | MemoryMail):
        hint = _("Use SMTPMail, or a backend of your own.")
        message = _("%(backend)s delivers no mail.", backend=type(config.mail).__name__)
        findings.append(Finding("AA072", "error", message, hint))
    return findings


def _production(config: AdminConfig, database: Database | None, *, debug: bool) -> list[Finding]:
    findings: list[Finding] = []
    if debug:
        hint = _("Set debug=False: error pages of the application show source code.")
        findings.append(Finding("AA030", "error", _("The application runs in debug mode."), hint))
    if config.public_origin is None:
        hint = _("Set %(setting)s: links in mails must not follow the Host header.", setting=_ORIGIN)
        message = _("%(setting)s is not set.", setting="AdminConfig.public_origin")
        findings.append(Finding("AA031", "error", message, hint))
    for origin in (config.public_origin, *config.trusted_origins):
        if origin is not None and not origin.startswith("https://"):
            hint = _("Serve over HTTPS and name that origin.")
            findings.append(Finding("AA032", "error", _("%(origin)s is not an HTTPS origin.", origin=origin), hint))
    jwt = _jwt(config)
    wanted = _HASH_BYTES.get(jwt.algorithm, 0) if jwt is not None else 0
    if jwt is not None and len(jwt.keys.current.root) < wanted:
        # RFC 7518 section 3.2: as long as the hash. 32 bytes are out of reach all the same, so it is no error.
        hint = _("Run: %(command)s", command='python -c "import secrets; print(secrets.token_urlsafe(64))"')
        message = _(
            "JWTConfig.secret_key is shorter than the %(bytes)s bytes of %(algorithm)s.",
            bytes=wanted,
            algorithm=jwt.algorithm,
        )
        findings.append(Finding("AA061", "warning", message, hint))
    if database is not None and not database.is_postgresql:
        hint = _("Use PostgreSQL as soon as there is more than one worker process or machine.")
        findings.append(Finding("AA033", "warning", _("The tables are in an SQLite file."), hint))
    return findings
