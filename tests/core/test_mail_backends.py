"""Where mails go: a real server, verified before it is told anything, a folder, the console, a list."""

import dataclasses
import stat
from pathlib import Path
from typing import Any

import pytest

from litestar_admin_auth import AdminConfig
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.core.mail import build_message
from litestar_admin_auth.mail import ConsoleMail, FolderMail, MailBackend, MailFailed, MemoryMail, SMTPMail
from litestar_admin_auth.mail import mail_from_url as from_url
from tests.servers import free_port
from tests.smtp import self_made_certificate, smtp_server

SENDER = "Shop <no-reply@shop.example>"
SECRET = "0123456789abcdefghijklmnopqrstuvwxyz"


def message(to: str = "ada@example.com") -> Any:
    return build_message(sender=SENDER, to=to, subject="Hello", text="Größe\n", html="<p>Größe</p>\n")


def plain(port: int, **more: Any) -> SMTPMail:
    return SMTPMail(sender=SENDER, host="127.0.0.1", port=port, tls="none", timeout=5, **more)


class TestSMTP:
    async def test_a_message_arrives(self) -> None:
        async with smtp_server() as inbox:
            await plain(inbox.port).send(message())
        [envelope], [received] = inbox.envelopes, inbox.messages
        assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@shop.example", ["ada@example.com"])
        assert (received["To"], received["Subject"]) == ("ada@example.com", "Hello")
        assert [part.get_content().strip() for part in received.iter_parts()] == ["Größe", "<p>Größe</p>"]

    async def test_starttls_is_used_and_the_certificate_verified(self, tmp_path: Path) -> None:
        tls, certificate = self_made_certificate(tmp_path)
        async with smtp_server(tls=tls, login=True) as inbox:
            safe = SMTPMail(
                sender=SENDER, host="127.0.0.1", port=inbox.port, username="shop", password="right",
                ca_file=certificate, timeout=5,
            )  # fmt: skip
            await safe.send(message())
            assert (inbox.encrypted, inbox.logins) == ([True], [("shop", "right")])
            # Without the certificate it is anybody's server: it hears neither password nor message.
            with pytest.raises(MailFailed):
                await dataclasses.replace(safe, ca_file=None).send(message())
            assert (len(inbox.envelopes), len(inbox.logins)) == (1, 1)

    async def test_a_certificate_for_another_name_is_refused(self, tmp_path: Path) -> None:
        tls, certificate = self_made_certificate(tmp_path, ["mail.elsewhere.example"])
        async with smtp_server(tls=tls) as inbox:
            with pytest.raises(MailFailed):
                await SMTPMail(sender=SENDER, host="127.0.0.1", port=inbox.port, ca_file=certificate, timeout=5).send(
                    message()
                )
        assert inbox.envelopes == []

    async def test_a_server_without_starttls_gets_nothing(self) -> None:
        """Whoever sits in between takes the offer of STARTTLS out of the answer."""
        async with smtp_server() as inbox:
            with pytest.raises(MailFailed):
                await SMTPMail(sender=SENDER, host="127.0.0.1", port=inbox.port, timeout=5).send(message())
        assert inbox.envelopes == []

    async def test_tls_from_the_first_byte(self, tmp_path: Path) -> None:
        tls, certificate = self_made_certificate(tmp_path)
        async with smtp_server(tls=tls, implicit=True) as inbox:
            await SMTPMail(
                sender=SENDER, host="127.0.0.1", port=inbox.port, tls="implicit", ca_file=certificate, timeout=5
            ).send(message())
        assert len(inbox.envelopes) == 1

    async def test_a_wrong_password_is_told_and_not_repeated(self, tmp_path: Path) -> None:
        tls, certificate = self_made_certificate(tmp_path)
        async with smtp_server(tls=tls, login=True) as inbox:
            with pytest.raises(MailFailed) as failure:
                await SMTPMail(
                    sender=SENDER, host="127.0.0.1", port=inbox.port, username="shop", password="a wrong one",
                    ca_file=certificate, timeout=5,
                ).send(message())  # fmt: skip
        assert failure.value.permanent
        assert failure.value.reason == "SMTPAuthenticationError with 535"

    async def test_what_a_server_says_is_told_by_its_code_alone(self) -> None:
        async with smtp_server() as inbox:
            for reply, permanent in (("554 spam: https://shop.example/admin/x", True), ("451 later: https://x", False)):
                inbox.replies.append(reply)
                with pytest.raises(MailFailed) as failure:
                    await plain(inbox.port).send(message())
                assert failure.value.permanent is permanent
                assert failure.value.reason == f"SMTPDataError with {reply[:3]}"
            for reply, permanent in (("550 nobody here", True), ("450 full", False)):
                inbox.refused.append(reply)
                with pytest.raises(MailFailed) as failure:
                    await plain(inbox.port).send(message())
                assert failure.value.permanent is permanent
                assert failure.value.reason == f"recipient refused with {reply[:3]}"
        assert inbox.envelopes == []

    async def test_a_server_that_is_away_is_worth_another_try(self) -> None:
        with pytest.raises(MailFailed) as failure:
            await plain(free_port()).send(message())
        assert not failure.value.permanent

    async def test_addresses_of_any_alphabet_go_to_servers_that_know_them(self) -> None:
        async with smtp_server() as inbox:
            await plain(inbox.port).send(message("zoë@bücher.example"))
        assert inbox.envelopes[0].rcpt_tos == ["zoë@xn--bcher-kva.example"]
        async with smtp_server(utf8=False) as old:
            await plain(old.port).send(message("zoe@bücher.example"))
            with pytest.raises(MailFailed) as failure:
                await plain(old.port).send(message("zoë@bücher.example"))
        assert old.envelopes[0].rcpt_tos == ["zoe@xn--bcher-kva.example"]
        assert failure.value.permanent

    def test_the_password_is_never_printed(self) -> None:
        backend = SMTPMail(sender=SENDER, host="smtp.example.com", username="shop", password="hush hush")
        assert "hush" not in repr(backend)
        assert "hush" not in repr(AdminConfig(secret_key=SECRET, mail=backend))

    @pytest.mark.parametrize(
        ("settings", "named"),
        [
            ({"host": ""}, "host"),
            ({"host": "a b"}, "host"),
            ({"tls": "maybe"}, "tls"),
            ({"port": 0}, "port"),
            ({"port": 70000}, "port"),
            ({"username": "shop"}, "username"),
            ({"tls": "none", "username": "shop", "password": "x"}, "unencrypted"),
            ({"sender": "nobody"}, "sender"),
            ({"sender": ""}, "sender"),
        ],
    )
    def test_mistakes_stop_the_start(self, settings: dict[str, Any], named: str) -> None:
        with pytest.raises(ConfigError, match=named) as error:
            SMTPMail(**({"sender": SENDER, "host": "smtp.example.com"} | settings))
        assert error.value.check_id == "AA070"


class TestFolder:
    async def test_holds_one_file_a_mail_for_its_owner_alone(self, tmp_path: Path) -> None:
        folder = tmp_path / "a" / "mail"
        backend = FolderMail(sender=SENDER, folder=folder)
        await backend.send(message("../../evil@example.com"))
        await backend.send(message())
        first, second = sorted(folder.iterdir())
        assert {file.suffix for file in (first, second)} == {".eml"}
        assert b"To: ../../evil@example.com" in first.read_bytes()
        assert stat.S_IMODE(first.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {file.parent for file in tmp_path.rglob("*.eml")} == {folder}  # noqa: ASYNC240


async def test_the_console_shows_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    await ConsoleMail(sender=SENDER).send(message())
    assert capsys.readouterr().out == f"From: {SENDER}\nTo: ada@example.com\nSubject: Hello\n\nGröße\n\n"


async def test_the_memory_keeps_messages_of_its_own() -> None:
    first, second = MemoryMail(sender=SENDER), MemoryMail(sender=SENDER)
    await first.send(message())
    assert (len(first.sent), second.sent) == (1, [])


class TestURL:
    @pytest.mark.parametrize(
        ("url", "backend"),
        [
            ("smtp://smtp.example.com", SMTPMail(sender=SENDER, host="smtp.example.com")),
            (
                "smtp://shop%40example.com:p%2F%3A%40ss@smtp.example.com:2525",
                SMTPMail(
                    sender=SENDER, host="smtp.example.com", port=2525, username="shop@example.com", password="p/:@ss"
                ),
            ),
            ("smtps://smtp.example.com/", SMTPMail(sender=SENDER, host="smtp.example.com", tls="implicit")),
            ("smtp+plain://[::1]:1025", SMTPMail(sender=SENDER, host="::1", port=1025, tls="none")),
            ("folder:/var/mail/shop", FolderMail(sender=SENDER, folder=Path("/var/mail/shop"))),
            ("folder:mail", FolderMail(sender=SENDER, folder=Path("mail"))),
            ("console:", ConsoleMail(sender=SENDER)),
            ("memory:", MemoryMail(sender=SENDER)),
        ],
    )
    def test_names_a_backend(self, url: str, backend: MailBackend) -> None:
        made = from_url(url, sender=SENDER)
        assert made == backend
        assert getattr(made, "password", "") == getattr(backend, "password", "")

    @pytest.mark.parametrize(
        "url",
        ["", "smtp:", "smtp://", "smtp://u:hush@host:port", "smtp://u:hush@host/path", "smtp://u:hush@host?tls=none",
         "http://u:hush@host", "folder:", "console://hush", "smtp://u:hush@[::1", "smtp+plain://u:hush@smtp.example.com"],
    )  # fmt: skip
    def test_that_names_none_is_refused_without_its_password(self, url: str) -> None:
        with pytest.raises(ConfigError) as error:
            from_url(url, sender=SENDER)
        assert error.value.check_id == "AA070"
        assert "hush" not in str(error.value)


class TestConfig:
    def test_takes_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert AdminConfig(secret_key=SECRET).mail is None
        monkeypatch.setenv("ADMIN_AUTH_MAIL_URL", "smtp://smtp.example.com")
        with pytest.raises(ConfigError, match="ADMIN_AUTH_MAIL_SENDER"):
            AdminConfig(secret_key=SECRET)
        monkeypatch.setenv("ADMIN_AUTH_MAIL_SENDER", SENDER)
        assert AdminConfig(secret_key=SECRET).mail == SMTPMail(sender=SENDER, host="smtp.example.com")
        assert AdminConfig(secret_key=SECRET, mail=None).mail is None

    def test_takes_a_backend_of_the_hosts(self) -> None:
        class Own:
            sender = SENDER

            async def send(self, message: Any) -> None: ...

        assert isinstance(AdminConfig(secret_key=SECRET, mail=Own()).mail, Own)

    @pytest.mark.parametrize("missing", ["sender", "send", "async"])
    def test_refuses_a_backend_that_lacks_a_part(self, missing: str) -> None:
        async def later(_self: object, _message: object) -> None: ...

        parts: dict[str, object] = {"sender": SENDER, "send": later}
        if missing == "async":
            parts["send"] = lambda _self, _message: None
        else:
            del parts[missing]
        with pytest.raises(ConfigError) as error:
            AdminConfig(secret_key=SECRET, mail=type("Own", (), parts)())
        assert error.value.check_id == "AA070"

    def test_refuses_a_text(self) -> None:
        with pytest.raises(ConfigError, match="mail_from_url"):
            AdminConfig(secret_key=SECRET, mail="smtp://smtp.example.com")  # type: ignore[arg-type]
