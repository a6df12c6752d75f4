"""A real SMTP server on a free loopback port, with or without TLS, that keeps what it is given or refuses it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Inbox:
    """What the server was given. ``replies`` answers the next messages, ``refused`` the next recipients, in order."""

    port: int = 0
    envelopes: list[Envelope] = field(default_factory=list[Envelope])
    logins: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    encrypted: list[bool] = field(default_factory=list[bool])
    replies: list[str] = field(default_factory=list[str])
    refused: list[str] = field(default_factory=list[str])

    @property
    def messages(self) -> list[EmailMessage]:
        parsed = (message_from_bytes(cast("bytes", one.content), policy=SMTPUTF8) for one in self.envelopes)
        return [cast("EmailMessage", message) for message in parsed]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refused:
            return self.refused.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.replies:
            return self.replies.pop(0)
        self.encrypted.append(session.ssl is not None)
        self.envelopes.append(envelope)
        return "250 Taken"

    def authenticate(self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        credentials = cast("LoginPassword", data)
        self.logins.append((credentials.login.decode(), credentials.password.decode()))
        return AuthResult(success=credentials.password == b"right", handled=False)


@asynccontextmanager
async def smtp_server(
    *, tls: ssl.SSLContext | None = None, implicit: bool = False, login: bool = False, utf8: bool = True, port: int = 0
) -> AsyncIterator[Inbox]:
    """Run a server until the block ends.

    Args:
        tls: Its certificate; offered by STARTTLS, or used from the first byte.
        implicit: Whether it is used from the first byte.
        login: Whether only who signs in may send.
        utf8: Whether addresses may have any letters (RFC 6531).
        port: Where; 0 takes a free one.
    """
    inbox = Inbox()

    def connected() -> SMTP:
        return SMTP(
            inbox,
            hostname="mail.test",
            enable_SMTPUTF8=utf8,
            tls_context=None if implicit else tls,
            authenticator=inbox.authenticate if login else None,
            auth_required=login,
            auth_require_tls=tls is not None,
        )

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", port, ssl=tls if implicit else None)
    inbox.port = server.sockets[0].getsockname()[1]
    try:
        yield inbox
    finally:
        server.close()
        await server.wait_closed()


def self_made_certificate(folder: Path, names: Iterable[str] = ("127.0.0.1",)) -> tuple[ssl.SSLContext, Path]:
    """Make a certificate; returns what a server uses, and the file that a client has to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    alternatives: list[x509.GeneralName] = [
        x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names
    ]
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate_file, key_file)
    return context, certificate_file
