"""Mail: what a message is made of, and what carries it.

No header is ever put together from text. A recipient is parsed into its parts, a subject loses its line breaks, and
what a mail server could read as a second header is refused before it is sent (OWASP ASVS 5.0, 1.3.11).
"""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Protocol, runtime_checkable

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.exceptions import ConfigError, InvalidInput
from litestar_admin_auth.core.text import email_address, one_line

MAX_SENDER_NAME_LENGTH = 100
MAX_SUBJECT_LENGTH = 200


class MailFailed(Exception):
    """A message that was not taken.

    Args:
        reason: Why, for the log and the audit log: never a piece of the message, which may hold a token.
        permanent: Whether trying again is useless.
    """

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.permanent = reason, permanent


@runtime_checkable
class MailBackend(Protocol):
    """What carries messages away. A host may write its own, for the API of a mail service."""

    @property
    def sender(self) -> str:
        """The address in ``From``, such as ``Shop <no-reply@shop.example>``."""
        ...

    async def send(self, message: EmailMessage) -> None:
        """Hand one message over.

        Raises:
            MailFailed: When it was not taken; any other exception counts as one that may pass.
        """
        ...


def build_message(*, sender: str, to: str, subject: str, text: str, html: str) -> EmailMessage:
    """Return a message with a text and an HTML alternative.

    Args:
        sender: As :func:`sender_address` takes it.
        to: The recipient's address, without a name: names are typed by users, and no header needs them.
        subject: One line; line breaks become spaces.
        text: The plain alternative.
        html: The other one.

    Raises:
        MailFailed: When the recipient's address cannot stand in a header.
    """
    message = EmailMessage(policy=SMTP)
    origin = sender_address(sender)
    message["From"] = origin
    message["To"] = recipient_address(to)
    # "=?...?=" is how headers hide characters: the line breaks that it may decode to came through no check of ours.
    message["Subject"] = " ".join(subject.split()).replace("=?", "= ?")[:MAX_SUBJECT_LENGTH]
    message["Date"] = format_datetime(now())
    message["Message-ID"] = make_msgid(domain=origin.domain)
    # RFC 3834 section 5: nobody's holiday notice shall answer; the second line is Exchange's word for it.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


def recipient_address(address: str) -> Address:
    """Return a stored address in its parts, the domain in ASCII where it can be.

    Raises:
        MailFailed: For an address that a mail server could read as something else.
    """
    try:
        local, _at, domain = email_address(address).rpartition("@")
        # An encoded word in the local part is decoded on the way, into line breaks if somebody wants it so.
        if "=?" in local or not (local + domain).isprintable():
            raise ValueError(local)
        # With its domain in ASCII an address needs no server that speaks SMTPUTF8 (RFC 6531), unless its user does.
        return Address(username=local, domain=domain if domain.isascii() else domain.encode("idna").decode())
    except (InvalidInput, ValueError) as error:
        raise MailFailed("the address cannot be written into a mail", permanent=True) from error


def sender_address(sender: object) -> Address:
    """Return ``no-reply@shop.example`` or ``Shop <no-reply@shop.example>`` in its parts.

    Raises:
        ConfigError: ``AA070`` when it is neither.
    """
    try:
        if not isinstance(sender, str):
            raise ValueError("no text")
        whole = one_line(sender, "sender", maximum=400, required=True)
        name, address = parseaddr(whole)
        # What parseaddr leaves out silently would be missing in every mail.
        if "<" not in whole and address != whole:
            raise ValueError(whole)
        local, _at, domain = email_address(address).rpartition("@")
        return Address(
            display_name=name[:MAX_SENDER_NAME_LENGTH],
            username=local,
            domain=domain if domain.isascii() else domain.encode("idna").decode(),
        )
    except (InvalidInput, ValueError) as error:
        raise ConfigError(
            "AA070",
            f"The sender of mails is {sender!r}." if sender else "Mails have no sender.",
            hint="Write it like 'Shop <no-reply@shop.example>': sender=..., or ADMIN_AUTH_MAIL_SENDER.",
        ) from error
