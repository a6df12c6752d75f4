"""Writes letters out and hands them to the mail server, outside every request; what fails is tried again, then told."""

import asyncio
import logging
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from babel.dates import format_date, format_time
from jinja2 import Environment

from litestar_admin_auth.core import i18n
from litestar_admin_auth.core.background import Background
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.mail import MailBackend, MailFailed, build_message
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.audit import record
from litestar_admin_auth.services.letters import Letter

logger = logging.getLogger(__name__)

#: Seconds before the second and the third try. A mail server that restarts is back by then; for longer absences
#: there is the administrator, who sees the failure and sends a new link.
RETRY_AFTER = (5.0, 30.0)

#: A flood of mails must not become a flood of connections, which a mail server answers by refusing them all.
SENDING_AT_ONCE = 4

MAILER = Actor.system("mailer")


class Mailer:
    """Sends the letters of one application.

    Args:
        backend: What carries them.
        environment: The templates, those of the host before ours.
        title: The site's name.
        background: Where the sending runs.
        database: Where failures are written down.
        retry_after: Seconds before each further try.
    """

    def __init__(
        self,
        backend: MailBackend,
        environment: Environment,
        *,
        title: str,
        background: Background,
        database: Database,
        retry_after: tuple[float, ...] = RETRY_AFTER,
    ) -> None:
        self.backend, self.title, self.background, self.database = backend, title, background, database
        self.retry_after = retry_after
        self._lines = asyncio.Semaphore(SENDING_AT_ONCE)
        self._html = environment
        # The same templates and folders; a name in a plain text is no HTML and must arrive as it is.
        self._text = environment.overlay(autoescape=False)

    def post(self, letter: Letter) -> None:
        """Send a letter without waiting for it."""
        self.background.start(self.deliver(letter), name=f"mail {letter.kind}")

    async def deliver(self, letter: Letter) -> None:
        """Send a letter, trying again what may pass, and write down what did not work in the end."""
        try:
            message = self.write(letter)
            await self._send(message)
        except MailFailed as failure:
            await self._tell(letter, failure.reason)
        except Exception as fault:
            await self._tell(letter, type(fault).__name__)
            raise

    def write(self, letter: Letter) -> EmailMessage:
        """Return the message of a letter.

        Raises:
            MailFailed: When the address cannot stand in a header.
        """
        # Of this task alone: the request that caused the letter goes on in its own language.
        i18n.activate(letter.language or i18n.active_language())
        i18n.activate_zone(letter.time_zone or i18n.DEFAULT_ZONE)
        values: dict[str, Any] = {**letter.values, "title": self.title}
        values |= {"language": i18n.active_language(), "direction": i18n.direction()}
        values |= {name: _readable(value) for name, value in values.items() if isinstance(value, datetime)}
        name = f"admin_auth/mail/{letter.kind}"
        return build_message(
            sender=self.backend.sender,
            to=letter.to,
            subject=self._text.get_template(f"{name}.subject.txt").render(values),
            text=self._text.get_template(f"{name}.txt").render(values),
            html=self._html.get_template(f"{name}.html").render(values),
        )

    async def _send(self, message: EmailMessage) -> None:
        for pause in self.retry_after:
            try:
                await self._hand_over(message)
            except MailFailed as failure:
                if failure.permanent:
                    raise
                logger.warning("a mail was not taken and is tried again: %s", failure.reason)
            else:
                return
            await self.background.pause(pause)
        await self._hand_over(message)

    async def _hand_over(self, message: EmailMessage) -> None:
        async with self._lines:
            await self.backend.send(message)

    async def _tell(self, letter: Letter, reason: str) -> None:
        # Kind and reason alone: the text holds the link, and whoever reads the log must not sign in with it.
        logger.error("mail %s to user %s failed: %s", letter.kind, letter.user_id, reason)
        async with self.database.writing() as db:
            changes = {"mail": {"new": letter.kind}, "reason": {"new": reason}}
            record(db, MAILER, "mail.failed", target=("user", str(letter.user_id), letter.to), changes=changes)


def _readable(moment: datetime) -> str:
    """Return a moment in words, with its zone: mails are read anywhere."""
    local, locale = moment.astimezone(i18n.active_zone()), i18n.current_locale()
    return f"{format_date(local, 'long', locale=locale)}, {format_time(local, 'short', locale=locale)} {local.tzname()}"
