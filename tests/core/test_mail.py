"""Messages whose headers nobody can forge."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Any, cast

import pytest

from litestar_admin_auth.core import clock
from litestar_admin_auth.core.exceptions import ConfigError, InvalidInput
from litestar_admin_auth.core.mail import MailFailed, build_message, recipient_address, sender_address
from litestar_admin_auth.core.text import email_address

SENDER = "Shop <no-reply@shop.example>"


def message(**changes: Any) -> EmailMessage:
    values = {"sender": SENDER, "to": "ada@example.com", "subject": "Hello", "text": "Text\n", "html": "<p>Text</p>\n"}
    return build_message(**(values | changes))


def travelled(built: EmailMessage) -> EmailMessage:
    """The message as whoever receives it reads it."""
    return cast("EmailMessage", message_from_bytes(built.as_bytes(policy=SMTPUTF8), policy=SMTP))


def texts(read: EmailMessage) -> list[str]:
    """The alternatives of a message."""
    return [part.get_content().replace("\r\n", "\n") for part in cast("list[EmailMessage]", list(read.iter_parts()))]


HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
    "Content-Type",
}  # fmt: skip


class TestMessage:
    def test_has_a_text_and_an_html_alternative_and_says_that_a_program_wrote_it(self) -> None:
        clock.set_clock(lambda: datetime(2030, 1, 31, 12, tzinfo=UTC))
        try:
            read = travelled(message())
        finally:
            clock.set_clock(None)
        assert set(read.keys()) == HEADERS
        assert (read["From"], read["To"], read["Subject"]) == (SENDER, "ada@example.com", "Hello")
        assert read["Auto-Submitted"] == "auto-generated"
        assert read["Date"].datetime == datetime(2030, 1, 31, 12, tzinfo=UTC)
        assert read["Message-ID"].endswith("@shop.example>")
        assert read.get_content_type() == "multipart/alternative"
        assert texts(read) == ["Text\n", "<p>Text</p>\n"]

    def test_has_an_id_of_its_own(self) -> None:
        assert message()["Message-ID"] != message()["Message-ID"]

    @pytest.mark.parametrize(
        "subject",
        [
            "Hi\r\nBcc: victim@example.com",
            "Hi\nBcc: victim@example.com",
            "Hi\rBcc: victim@example.com",
            "Hi\x0bBcc: victim@example.com\x0c\x1c\x85\u2028x",
            "=?utf-8?q?Hi=0D=0ABcc:_victim=40example.com?=",
            "=?utf-8?b?SGkNCkJjYzogdmljdGltQGV4YW1wbGUuY29t?=",
            "x" * 5000,
        ],
    )
    def test_subject_cannot_become_another_header(self, subject: str) -> None:
        built = message(subject=subject)
        read = travelled(built)
        assert set(read.keys()) == HEADERS
        assert "\n" not in read["Subject"]
        assert read.get_body(("plain",)) is not None
        assert all(len(line) <= 998 for line in built.as_bytes().splitlines())

    def test_texts_of_any_alphabet_arrive(self) -> None:
        read = travelled(message(subject="Einladung für Zoë 東京", text="Größe 東京\n", html="<p>مرحبا</p>\n"))
        assert read["Subject"] == "Einladung für Zoë 東京"
        assert texts(read) == ["Größe 東京\n", "<p>مرحبا</p>\n"]

    def test_a_line_of_any_length_is_folded(self) -> None:
        built = message(text="x" * 5000 + "\n")
        assert all(len(line) <= 998 for line in built.as_bytes().splitlines())
        assert texts(travelled(built))[0] == "x" * 5000 + "\n"


class TestRecipient:
    @pytest.mark.parametrize(
        ("address", "written"),
        [
            ("ada@example.com", "ada@example.com"),
            ("o'brien+shop@example.com", "o'brien+shop@example.com"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("zoë@bücher.example", "zoë@xn--bcher-kva.example"),
        ],
    )
    def test_is_written_so_that_servers_understand_it(self, address: str, written: str) -> None:
        assert recipient_address(address).addr_spec == written

    @pytest.mark.parametrize(
        "address",
        [
            "a@x.example\r\nBcc: victim@example.com",
            "a@x.example\nBcc: victim@example.com",
            "a@x.example, victim@example.com",
            "a@x.example; victim@example.com",
            "<a@x.example>",
            "a@x.example> SIZE=1",
            '"a b"@x.example',
            "=?utf-8?q?a=0D=0ABcc=3Av?=@x.example",
            "=?utf-8?b?YQ0KQmNjOnY=?=@x.example",
            "a@" + "x" * 63 + "y.example",
            "a\u200b@x.example",
            "a\x00@x.example",
            "\ud800@x.example",
            "",
        ],
    )
    def test_that_could_be_read_as_something_else_is_refused(self, address: str) -> None:
        with pytest.raises(MailFailed) as refusal:
            message(to=address)
        assert refusal.value.permanent
        assert "victim" not in refusal.value.reason

    def test_whatever_the_door_lets_in_ends_as_one_address_or_in_a_refusal(self) -> None:
        wrong: list[str] = []
        for character in map(chr, (*range(0x21, 0x180), 0x2028, 0x202E, 0xFEFF)):
            for address in (f"a{character}b@example.com", f"{character}@example.com", f"a@ex{character}ample.com"):
                try:
                    built = message(to=email_address(address))
                except (InvalidInput, MailFailed):
                    continue
                read = travelled(built)
                if set(read.keys()) != HEADERS or len(read["To"].addresses) != 1:
                    wrong.append(address)
        assert wrong == []


class TestSender:
    @pytest.mark.parametrize(
        ("sender", "written"),
        [
            ("no-reply@shop.example", "no-reply@shop.example"),
            ("Shop <no-reply@shop.example>", "Shop <no-reply@shop.example>"),
            ("Bücher & Co. <no-reply@bücher.example>", '"Bücher & Co." <no-reply@xn--bcher-kva.example>'),
        ],
    )
    def test_is_an_address_with_or_without_a_name(self, sender: str, written: str) -> None:
        assert str(sender_address(sender)) == written

    @pytest.mark.parametrize(
        "sender",
        ["", None, 7, "Shop", "Shop <>", "a@b", "Shop <a@x.example>\r\nBcc: v@x.example", "a@x.example, b@x.example"],
    )
    def test_that_is_none_stops_the_start_and_names_the_setting(self, sender: object) -> None:
        with pytest.raises(ConfigError, match="ADMIN_AUTH_MAIL_SENDER") as error:
            sender_address(sender)
        assert error.value.check_id == "AA070"
