"""Where mails go: to an SMTP server, and for development to the console, a folder or a list."""

import asyncio
import inspect
import os
import secrets
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import unquote, urlsplit

import aiosmtplib

from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.core.mail import MailBackend, MailFailed, sender_address

TLS = Literal["starttls", "implicit", "none"]
#: The registered ports (RFC 8314 section 7; RFC 5321 section 4.5.4.2).
PORTS: dict[str, int] = {"starttls": 587, "implicit": 465, "none": 25}
SCHEMES: dict[str, TLS] = {"smtp": "starttls", "smtps": "implicit", "smtp+plain": "none"}
URL_VARIABLE, SENDER_VARIABLE = "ADMIN_AUTH_MAIL_URL", "ADMIN_AUTH_MAIL_SENDER"

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EXAMPLE = "Write it like 'smtp://user:password@smtp.example.com:587'."


@dataclass(frozen=True, kw_only=True)
class SMTPMail:
    """An SMTP server. Its certificate is verified, and without TLS nothing is sent unless you say so.

    Example:
        ``SMTPMail(sender="Shop <no-reply@shop.example>", host="smtp.example.com", username="shop", password=...)``

    Raises:
        ConfigError: ``AA070`` for each bad value, naming the field.
    """

    #: The address in ``From``. Example: ``"Shop <no-reply@shop.example>"``.
    sender: str
    #: The server's name. Example: ``"smtp.example.com"``.
    host: str
    #: Its port; None means 587, 465 or 25 by ``tls``.
    port: int | None = None
    #: ``starttls`` (required, not merely tried), ``implicit`` (TLS from the first byte), or ``none``.
    tls: TLS = "starttls"
    #: Who signs in there; empty for a server that asks nobody.
    username: str = ""
    #: The password; never printed.
    password: str = field(default="", repr=False)
    #: Certificates to trust instead of the system's: a PEM file.
    ca_file: Path | None = None
    #: Seconds that each step may take.
    timeout: float = 20.0

    def __post_init__(self) -> None:
        sender_address(self.sender)
        if not self.host or not self.host.isprintable() or " " in self.host:
            raise ConfigError("AA070", f"SMTPMail.host is {self.host!r}.", hint="Name the server.")
        if self.tls not in PORTS:
            raise ConfigError("AA070", f"SMTPMail.tls is {self.tls!r}.", hint=f"Use one of {', '.join(PORTS)}.")
        if self.port is not None and not 1 <= self.port <= 65535:
            raise ConfigError("AA070", f"SMTPMail.port is {self.port!r}.", hint="Give a number up to 65535.")
        if bool(self.username) != bool(self.password):
            raise ConfigError("AA070", "SMTPMail has a username or a password alone.", hint="Give both or neither.")
        if self.password and self.tls == "none" and self.host not in _LOOPBACK:
            # Anybody on the way could read it, and send mail in the site's name from then on.
            raise ConfigError("AA070", "SMTPMail would send its password unencrypted.", hint="Use tls='starttls'.")

    async def send(self, message: EmailMessage) -> None:
        """Hand one message over, on a connection of its own."""
        recipients = [address.addr_spec for address in message["To"].addresses]
        try:
            await aiosmtplib.send(
                message,
                sender=message["From"].addresses[0].addr_spec,
                recipients=recipients,
                hostname=self.host,
                port=self.port or PORTS[self.tls],
                username=self.username or None,
                password=self.password or None,
                # Else the library asks the resolver for this machine's full name, which may take half a minute.
                local_hostname=socket.gethostname() if socket.gethostname().isascii() else None,
                use_tls=self.tls == "implicit",
                start_tls=self.tls == "starttls",
                tls_context=None if self.tls == "none" else await asyncio.to_thread(self._tls_context),
                timeout=self.timeout,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _failure(error) from error

    def _tls_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file)


def _failure(error: Exception) -> MailFailed:
    # The server's own words may repeat the message, links and all: its code says enough.
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [refused.code for refused in error.recipients]
        return MailFailed(f"recipient refused with {codes[0]}", permanent=all(code >= 500 for code in codes))
    if isinstance(error, aiosmtplib.SMTPResponseException):
        # A wrong password is the operator's to put right, but no later try will be better.
        return MailFailed(f"{type(error).__name__} with {error.code}", permanent=error.code >= 500)
    permanent = isinstance(error, aiosmtplib.SMTPNotSupported | ssl.SSLCertVerificationError | ValueError)
    return MailFailed(type(error).__name__, permanent=permanent)


@dataclass(frozen=True, kw_only=True)
class FolderMail:
    """Writes each mail as an ``.eml`` file: for development. Nothing is delivered.

    Args:
        sender: The address in ``From``.
        folder: Where; it is made with the first mail, for this user's eyes only.
    """

    sender: str
    folder: Path

    def __post_init__(self) -> None:
        sender_address(self.sender)

    @property
    def place(self) -> str:
        """Where to look, for whoever tries it out."""
        return str(self.folder.absolute())

    async def send(self, message: EmailMessage) -> None:
        """Write one file, whole or not at all."""
        await asyncio.to_thread(self._write, message.as_bytes(policy=SMTPUTF8))

    def _write(self, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # No part of an address: a name such as "../x" would choose the folder.
        name = f"{now():%Y%m%d-%H%M%S-%f}-{secrets.token_hex(3)}"
        draft = self.folder / f".{name}"
        draft.touch(mode=0o600)
        draft.write_bytes(content)
        draft.rename(self.folder / f"{name}.eml")


@dataclass(frozen=True, kw_only=True)
class ConsoleMail:
    """Prints each mail, its links readable: for development. Nothing is delivered."""

    sender: str

    def __post_init__(self) -> None:
        sender_address(self.sender)

    async def send(self, message: EmailMessage) -> None:
        """Print the headers and the text."""
        headers = "".join(f"{name}: {message[name]}\n" for name in ("From", "To", "Subject"))
        body = cast("EmailMessage", message.get_body(("plain",)))
        sys.stdout.write(f"{headers}\n{body.get_content()}\n")
        sys.stdout.flush()


@dataclass(frozen=True, kw_only=True)
class MemoryMail:
    """Keeps each mail in ``sent``: for tests. Nothing is delivered."""

    sender: str
    sent: list[EmailMessage] = field(default_factory=list[EmailMessage], repr=False)

    def __post_init__(self) -> None:
        sender_address(self.sender)

    async def send(self, message: EmailMessage) -> None:
        """Keep it."""
        self.sent.append(message)


def mail_from_url(url: str, *, sender: str) -> MailBackend:
    """Return the backend that a URL names.

    Args:
        url: ``smtp://user:password@host:587`` (STARTTLS), ``smtps://`` (TLS from the first byte), ``smtp+plain://``
            (neither), ``folder:/var/mail/shop``, ``console:`` or ``memory:``. Special characters of user and password
            are percent-encoded.
        sender: The address in ``From``.

    Raises:
        ConfigError: ``AA070``; the URL is not repeated, since it may hold a password.
    """
    try:
        parts = urlsplit(url)
        scheme, port = parts.scheme, parts.port
    except ValueError as error:
        raise ConfigError("AA070", "The mail URL cannot be read.", hint=_EXAMPLE) from error
    if scheme in SCHEMES and parts.hostname and not parts.query and parts.path in ("", "/"):
        return SMTPMail(
            sender=sender,
            host=parts.hostname,
            port=port,
            tls=SCHEMES[scheme],
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )
    others: dict[str, Callable[[], MailBackend]] = {
        "console": lambda: ConsoleMail(sender=sender),
        "memory": lambda: MemoryMail(sender=sender),
    }
    if scheme == "folder" and parts.path and not parts.netloc:
        return FolderMail(sender=sender, folder=Path(parts.path))
    if scheme in others and not parts.netloc and not parts.path:
        return others[scheme]()
    raise ConfigError("AA070", "The mail URL is none that is known.", hint=_EXAMPLE)


def mail_from_environment() -> MailBackend | None:
    """Return what ``ADMIN_AUTH_MAIL_URL`` and ``ADMIN_AUTH_MAIL_SENDER`` say, or None without the first."""
    url = os.environ.get(URL_VARIABLE, "")
    return mail_from_url(url, sender=os.environ.get(SENDER_VARIABLE, "")) if url else None


def check_backend(backend: Any) -> None:
    """Find mistakes of a host's own backend before the first mail does.

    Raises:
        ConfigError: ``AA070``.
    """
    if not inspect.iscoroutinefunction(getattr(backend, "send", None)):
        raise ConfigError(
            "AA070",
            f"AdminConfig.mail is of type {type(backend).__name__}, which is no mail backend.",
            hint="Give an SMTPMail(...), mail_from_url(...), or an object with sender and an async send(message).",
        )
    sender_address(getattr(backend, "sender", None))
