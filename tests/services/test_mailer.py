"""What people are told by mail: once it is true, in their language, whatever the mail server does."""

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from html import unescape

import pytest

from litestar_admin_auth.core import i18n
from litestar_admin_auth.core.database import Database
from litestar_admin_auth.core.exceptions import EmailTaken
from litestar_admin_auth.mail import SMTPMail
from litestar_admin_auth.models import User
from litestar_admin_auth.services import one_time_links, passwords, users
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.letters import Letter, tell_password_changed
from litestar_admin_auth.services.mailer import SENDING_AT_ONCE
from litestar_admin_auth.services.one_time_links import INVITATION, RESET
from tests.servers import free_port
from tests.services.mails import BASE, SENDER, html_of, link_of, posting, text_of, token_of
from tests.services.people import CLI, PASSWORD, PASSWORDS, People, id_of
from tests.smtp import smtp_server

NEW = "nine purple llamas"


class PowerCut(Exception):
    """The fault of these tests."""


def smtp(port: int) -> SMTPMail:
    return SMTPMail(sender=SENDER, host="127.0.0.1", port=port, tls="none", timeout=5)


class TestInvitation:
    async def test_carries_a_link_that_works_to_the_user_and_to_nobody_who_asked(
        self, database: Database, people: People
    ) -> None:
        invited = await people.user(password_hash=None, email="Ada@example.com", name="Ada")
        async with smtp_server() as inbox, posting(database, smtp(inbox.port)):
            made = await one_time_links.create_link(database, CLI, id_of(invited), INVITATION, mail_base=BASE)
        assert made.token is None
        [envelope], [mail] = inbox.envelopes, inbox.messages
        assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@shop.example", ["Ada@example.com"])
        assert (mail["To"], mail["Subject"]) == ("Ada@example.com", "Your invitation to Shop")
        assert text_of(mail).startswith("Hello Ada,")
        assert link_of(mail).startswith("https://shop.example/admin/invitation/")
        row = await one_time_links.use_link(database, PASSWORDS, token_of(mail), INVITATION, NEW)
        assert row.id == invited.user_id

    async def test_of_a_change_that_is_rolled_back_is_never_sent(self, database: Database, people: People) -> None:
        person = await people.user()
        async with posting(database) as post:
            with suppress(PowerCut):
                async with database.writing() as db:
                    tell_password_changed(db, CLI, await db.get_one(User, id_of(person)))
                    raise PowerCut
            assert await post.sent() == []

    async def test_is_lost_without_mail_and_the_link_shown_instead(self, database: Database, people: People) -> None:
        invited = await people.user(password_hash=None)
        assert (await one_time_links.create_link(database, CLI, id_of(invited), INVITATION)).token


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "{{7*7}}", "{% raise %}", "%(title)s %s", "\"><img src=x onerror=alert(1)>", "</title><script>1</script>",
            "=?utf-8?q?=0D=0ABcc:_v=40x.example?=", "Zoë 東京 مرحبا", "x" * 200, "&lt;b&gt; & co.",
        ],
    )  # fmt: skip
    async def test_arrive_as_they_are(self, database: Database, people: People, name: str) -> None:
        person = await people.user(name=name)
        async with smtp_server() as inbox, posting(database, smtp(inbox.port), title=name):
            await one_time_links.create_link(database, CLI, id_of(person), RESET, mail_base=BASE)
        [mail], [envelope] = inbox.messages, inbox.envelopes
        assert envelope.rcpt_tos == [person.label]
        assert mail["Bcc"] is None
        assert f"Hello {name}," in text_of(mail)
        html = html_of(mail)
        assert f"Hello {name}," in unescape(html)
        assert "<img" not in html
        assert "<script" not in html
        assert "49" not in text_of(mail).partition(",")[0]

    async def test_of_somebody_who_has_none_are_left_out(self, database: Database, people: People) -> None:
        person = await people.user()
        async with posting(database) as post:
            await one_time_links.create_link(database, CLI, id_of(person), RESET, mail_base=BASE)
            [mail] = await post.sent()
        assert text_of(mail).startswith("Hello,")


class TestOwnersAreTold:
    """ASVS 6.3.7."""

    async def test_of_a_password_they_changed(self, database: Database, people: People) -> None:
        person = await people.user(name="Ada")
        async with posting(database) as post:
            there = Actor(label=person.label, user_id=person.user_id, ip="203.0.113.9")
            await passwords.change_own_password(database, there, PASSWORDS, PASSWORD, NEW)
            [mail] = await post.sent()
        assert (mail["To"], mail["Subject"]) == (person.label, "Your password for Shop was changed")
        assert "203.0.113.9" in text_of(mail)
        assert "203.0.113.9" in html_of(mail)
        assert "http" not in text_of(mail) + html_of(mail)

    async def test_of_a_password_that_a_link_changed(self, database: Database, people: People) -> None:
        person = await people.user()
        link = await one_time_links.create_link(database, CLI, id_of(person), RESET)
        async with posting(database) as post:
            await one_time_links.use_link(database, PASSWORDS, link.token or "", RESET, NEW)
            assert subjects(await post.sent()) == ["Your password for Shop was changed"]

    async def test_of_a_password_that_the_operator_set(self, database: Database, people: People) -> None:
        person = await people.user()
        async with posting(database) as post:
            await passwords.set_password(database, CLI, PASSWORDS, id_of(person), NEW)
            assert subjects(await post.sent()) == ["Your password for Shop was changed"]

    async def test_not_of_the_first_password(self, database: Database, people: People) -> None:
        person = await people.user(password_hash=None)
        link = await one_time_links.create_link(database, CLI, id_of(person), INVITATION)
        async with posting(database) as post:
            await one_time_links.use_link(database, PASSWORDS, link.token or "", INVITATION, NEW)
            assert await post.sent() == []

    async def test_at_the_old_address_when_it_is_replaced(self, database: Database, people: People) -> None:
        person = await people.user(email="old@example.com")
        async with posting(database) as post:
            await users.update_user(database, CLI, id_of(person), email="new@example.com")
            [mail] = await post.sent()
            assert (mail["To"], mail["Subject"]) == ("old@example.com", "Your address at Shop was changed")
            assert "old@example.com" in text_of(mail)
            assert "new@example.com" not in text_of(mail) + html_of(mail)
            # Only spelled anew, or something else changed: nobody is told.
            await users.update_user(database, CLI, id_of(person), email="NEW@example.com", name="Ada")
            assert await post.sent() == []

    async def test_not_at_a_mistyped_address_of_somebody_invited(self, database: Database, people: People) -> None:
        person = await people.user(email="stranger@example.com", password_hash=None)
        async with posting(database) as post:
            await users.update_user(database, CLI, id_of(person), email="right@example.com")
            assert await post.sent() == []

    async def test_not_of_a_change_that_is_refused(self, database: Database, people: People) -> None:
        taken, person = await people.user(), await people.user()
        async with posting(database) as post:
            with pytest.raises(EmailTaken):
                await users.update_user(database, CLI, id_of(person), email=taken.label)
            assert await post.sent() == []


class TestAServerThatIsAway:
    async def test_is_tried_again(self, database: Database, people: People) -> None:
        person = await people.user(password_hash=None)
        async with smtp_server() as inbox, posting(database, smtp(inbox.port)):
            inbox.replies += ["451 later", "451 later"]
            await one_time_links.create_link(database, CLI, id_of(person), INVITATION, mail_base=BASE)
        assert len(inbox.messages) == 1
        assert await people.events("mail.failed") == []

    async def test_is_told_to_administrators_without_the_link(
        self, database: Database, people: People, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        person = await people.user(password_hash=None)
        async with posting(database, smtp(free_port())) as post:
            watched = Watched(post.mailer.write)
            post.mailer.write = watched  # type: ignore[method-assign]
            await one_time_links.create_link(database, CLI, id_of(person), INVITATION, mail_base=BASE)
        [written] = watched.messages
        [event] = await people.events("mail.failed")
        assert (event.actor, event.target_id, event.target_label) == ("mailer", str(person.user_id), person.label)
        assert event.changes == {"mail": {"new": "invitation"}, "reason": {"new": "SMTPConnectError"}}
        assert "mail invitation to user" in caplog.text
        assert token_of(written) not in caplog.text + str(vars(event))

    async def test_that_refuses_for_good_is_not_asked_again(self, database: Database, people: People) -> None:
        person = await people.user(password_hash=None)
        async with smtp_server() as inbox, posting(database, smtp(inbox.port)):
            inbox.refused += ["550 nobody of that name"]
            await one_time_links.create_link(database, CLI, id_of(person), INVITATION, mail_base=BASE)
        assert inbox.messages == []
        [event] = await people.events("mail.failed")
        assert event.changes["reason"] == {"new": "recipient refused with 550"}

    async def test_keeps_nobody_from_the_change(self, database: Database, people: People) -> None:
        person = await people.user()
        async with posting(database, smtp(free_port())):
            await passwords.change_own_password(database, person, PASSWORDS, PASSWORD, NEW)
        assert len(await people.events("user.password_changed")) == 1

    async def test_a_template_with_a_mistake_is_told_too(
        self, database: Database, people: People, caplog: pytest.LogCaptureFixture
    ) -> None:
        person = await people.user(password_hash=None)
        async with posting(database) as post:
            post.mailer._text.globals["_"] = None
            await one_time_links.create_link(database, CLI, id_of(person), INVITATION, mail_base=BASE)
            assert await post.sent() == []
        [event] = await people.events("mail.failed")
        assert event.changes["reason"] == {"new": "TypeError"}

    async def test_an_address_that_is_none_for_mail_is_told_too(self, database: Database, people: People) -> None:
        person = await people.user(password_hash=None, email="=?utf-8?q?a=0D=0ABcc=3Av?=@x.example")
        async with posting(database) as post:
            await one_time_links.create_link(database, CLI, id_of(person), INVITATION, mail_base=BASE)
            assert await post.sent() == []
        assert len(await people.events("mail.failed")) == 1


async def test_a_flood_of_mails_is_no_flood_of_connections(database: Database, people: People) -> None:
    class Slow:
        sender, open, most, sent, full = SENDER, 0, 0, 0, asyncio.Barrier(SENDING_AT_ONCE)

        async def send(self, message: EmailMessage) -> None:
            self.open += 1
            self.most = max(self.most, self.open)
            await self.full.wait()
            await asyncio.sleep(0.01)
            self.open -= 1
            self.sent += 1

    slow, somebody = Slow(), await people.user()
    async with posting(database, slow), database.writing() as db:
        for _ in range(8 * SENDING_AT_ONCE):
            tell_password_changed(db, CLI, await db.get_one(User, id_of(somebody)))
    assert (slow.sent, slow.most) == (8 * SENDING_AT_ONCE, SENDING_AT_ONCE)


class TestLanguage:
    async def test_and_zone_are_those_of_the_recipient(
        self, database: Database, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(i18n, "LANGUAGES", {"en": "English", "fr": "Français"})
        person = await people.user(password_hash=None, language="fr", time_zone="Asia/Tokyo")
        async with posting(database) as post:
            await one_time_links.create_link(database, CLI, id_of(person), INVITATION, mail_base=BASE)
            [mail] = await post.sent()
        assert '<html lang="fr" dir="ltr">' in html_of(mail)
        assert " JST" in text_of(mail)
        # The request that caused it goes on in its own.
        assert i18n.active_language() == "en"

    async def test_from_right_to_left_is_said_in_the_body_too_and_links_stay_as_they_are(
        self, database: Database, people: People
    ) -> None:
        person = await people.user(password_hash=None, language="ar")
        async with posting(database) as post:
            await one_time_links.create_link(database, CLI, id_of(person), INVITATION, mail_base=BASE)
            [mail] = await post.sent()
        assert '<html lang="ar" dir="rtl">' in html_of(mail)
        # Programs that show mails in a page of their own throw the outer elements away.
        assert '<div lang="ar" dir="rtl"' in html_of(mail).partition("<body")[2]
        assert f'<span dir="ltr">{BASE}' in html_of(mail)

    async def test_is_that_of_whoever_asked_where_the_recipient_has_none(
        self, database: Database, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(i18n, "LANGUAGES", {"en": "English", "fr": "Français"})
        person = await people.user(password_hash=None)
        async with posting(database) as post:
            i18n.activate("fr")
            try:
                await one_time_links.create_link(database, CLI, id_of(person), INVITATION, mail_base=BASE)
                [mail] = await post.sent()
            finally:
                i18n.activate("en")
        assert 'lang="fr"' in html_of(mail)
        assert " UTC" in text_of(mail)

    async def test_of_every_mail_is_that_in_subject_and_both_bodies(self, database: Database, people: People) -> None:
        invited = await people.user(password_hash=None, name="Ada", language="de", time_zone="Europe/Berlin")
        owner = await people.user(name="Ada", language="de", time_zone="Europe/Berlin")
        async with posting(database) as post:
            await one_time_links.create_link(database, CLI, id_of(invited), INVITATION, mail_base=BASE)
            await one_time_links.create_link(database, CLI, id_of(owner), RESET, mail_base=BASE)
            await passwords.set_password(database, CLI, PASSWORDS, id_of(owner), NEW)
            await users.update_user(database, CLI, id_of(owner), email="new@example.com")
            mails = await post.sent()
        assert sorted(subjects(mails)) == [
            "Ihr Passwort für Shop wurde geändert",
            "Ihre Adresse bei Shop wurde geändert",
            "Ihre Einladung zu Shop",
            "Neues Passwort für Shop wählen",
        ]
        for mail in mails:
            for body in (text_of(mail), html_of(mail)):
                assert "Guten Tag Ada," in body
                assert re.search(r"\d\. \w+ 20\d\d, \d\d:\d\d (MEZ|MESZ|CET|CEST)", body), body
                assert not re.search(r"\b(the|your|you|this|password)\b", body.replace("password-reset", ""))


def subjects(mails: list[EmailMessage]) -> list[str]:
    return [mail["Subject"] for mail in mails]


class Watched:
    """Calls through, and keeps what came back."""

    def __init__(self, write: Callable[[Letter], EmailMessage]) -> None:
        self.write = write
        self.messages: list[EmailMessage] = []

    def __call__(self, letter: Letter) -> EmailMessage:
        message = self.write(letter)
        self.messages.append(message)
        return message
