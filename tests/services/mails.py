"""A mailer on the database of a test, with the shipped templates, and what its mails say."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

from litestar_admin_auth.core.background import Background
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.mail import MailBackend
from litestar_admin_auth.mail import MemoryMail
from litestar_admin_auth.services.mailer import Mailer
from litestar_admin_auth.web.environment import Templates

SENDER = "Shop <no-reply@shop.example>"
BASE = "https://shop.example/admin"


def text_of(message: EmailMessage) -> str:
    return cast("EmailMessage", message.get_body(("plain",))).get_content()


def html_of(message: EmailMessage) -> str:
    return cast("EmailMessage", message.get_body(("html",))).get_content()


def link_of(message: EmailMessage) -> str:
    """The link of a mail: the same in both alternatives."""
    [link] = re.findall(r"https?://\S+", text_of(message))
    assert set(re.findall(r'https?://[^\s"<]+', html_of(message))) == {link}
    return link


def token_of(message: EmailMessage) -> str:
    return link_of(message).rpartition("/")[2]


@dataclass
class Post:
    """The mails of one database: run :meth:`sent` to have them all."""

    mailer: Mailer
    background: Background
    memory: MemoryMail = field(default_factory=lambda: MemoryMail(sender=SENDER))

    async def sent(self) -> list[EmailMessage]:
        """Wait for what is on its way, and take it."""
        await self.background.drain()
        taken = self.memory.sent[:]
        self.memory.sent.clear()
        return taken


@asynccontextmanager
async def posting(database: Database, backend: MailBackend | None = None, **options: Any) -> AsyncGenerator[Post]:
    """Have the letters of a database written and sent, until the block ends."""
    background, memory = Background(), MemoryMail(sender=SENDER)
    mailer = Mailer(
        backend or memory,
        Templates().environment,
        title=options.pop("title", "Shop"),
        background=background,
        database=database,
        **({"retry_after": (0.01, 0.01)} | options),
    )
    database.postman = mailer.post
    try:
        yield Post(mailer, background, memory)
        await background.drain()
    finally:
        database.postman = None
