"""How somebody wants to be spoken to: the language and the time zone of one's own pages and mails."""

from dataclasses import dataclass

from sqlalchemy import select, update

from litestar_admin_auth.core import i18n
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import InvalidInput, NotAllowed
from litestar_admin_auth.core.i18n import gettext as _
from litestar_admin_auth.models import User
from litestar_admin_auth.services.actor import Actor


@dataclass(frozen=True)
class Preferences:
    """None leaves it to the browser: its ``Accept-Language``, and the zone that its clock is set to."""

    language: str | None = None
    time_zone: str | None = None


async def get_preferences(database: Database, actor: Actor) -> Preferences:
    """Return the actor's own preferences.

    Raises:
        NotAllowed: When the actor is no active user.
    """
    async with database.reading() as db:
        row = (
            await db.execute(select(User.language, User.time_zone).where(User.id == actor.user_id, User.is_active))
        ).one_or_none()
    if row is None:
        raise NotAllowed(message=_("Only a user has a profile."))
    return Preferences(row[0], row[1])


async def save_preferences(database: Database, actor: Actor, preferences: Preferences) -> Preferences:
    """Store the actor's own preferences. Nobody's rights depend on them: the audit log has no line of it.

    Raises:
        InvalidInput: For ``language`` or ``time_zone``.
        NotAllowed: When the actor is no active user.
    """
    if preferences.language is not None and preferences.language not in i18n.LANGUAGES:
        raise InvalidInput(_("Choose one of %(choices)s.", choices=", ".join(i18n.LANGUAGES)), field="language")
    if preferences.time_zone is not None and not i18n.is_zone(preferences.time_zone):
        raise InvalidInput(_("Choose a time zone such as Europe/Berlin."), field="time_zone")
    async with database.writing() as db:
        stored = await db.scalar(
            update(User)
            .where(User.id == actor.user_id, User.is_active)
            .values(language=preferences.language, time_zone=preferences.time_zone)
            .returning(User.id)
            .execution_options(synchronize_session=False)
        )
    if stored is None:
        raise NotAllowed(message=_("Only a user has a profile."))
    return preferences
