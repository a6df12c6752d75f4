"""Invitations, resets and "why not?" as JSON, on a site that sends mail, on both engines."""

import json
from collections.abc import AsyncGenerator, Callable
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from litestar import Litestar

from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.mail import MemoryMail
from litestar_admin_auth.services.migrations import upgrade
from tests.api.conftest import Caller, an_email, error_of
from tests.auth.site import ORIGIN, PASSWORD, Site, plugin, running
from tests.services.mails import SENDER, link_of, token_of

NEW = "seven lamps above the harbour"


@pytest.fixture(scope="session")
async def site(shared_database_url: Callable[[], str]) -> AsyncGenerator[Site]:
    url = shared_database_url()
    database = Database(create_engine(url))
    await upgrade(database)
    await database.close()
    mail = MemoryMail(sender=SENDER)
    async with running(Litestar(plugins=[plugin(database=url, mail=mail, public_origin=ORIGIN)])) as made:
        yield made


async def mails(site: Site) -> list[EmailMessage]:
    await site.runtime.background.drain()
    memory = site.runtime.config.mail
    assert isinstance(memory, MemoryMail)
    taken = memory.sent[:]
    memory.sent.clear()
    return taken


async def post(client: httpx.AsyncClient, path: str, body: Any) -> httpx.Response:
    return await client.post(f"/admin/api{path}", json=body)


async def sign_in(client: httpx.AsyncClient, email: str, password: str) -> int:
    return (await post(client, "/auth/login", {"email": email, "password": password})).status_code


class TestPasswordReset:
    async def test_mails_a_link_whose_token_sets_the_password(
        self, site: Site, stranger: httpx.AsyncClient, sign_in_as: Callable[..., Any]
    ) -> None:
        caller: Caller = await sign_in_as()
        answer = await post(stranger, "/password-reset", {"email": caller.user.email})
        assert answer.status_code == 200
        assert answer.json().keys() == {"message"}
        [mail] = await mails(site)
        path = f"/password-reset/{token_of(mail)}"
        read = await stranger.get(f"/admin/api{path}")
        assert read.json() == {"email": caller.user.email, "name": ""}
        assert error_of(await post(stranger, path, {"new_password": "short"}), 400)["field"] == "new_password"
        assert error_of(await post(stranger, path, {"new_password": NEW, "id": 1}), 400)["field"] == "id"
        assert (await caller.get("/account")).status_code == 200
        done = await post(stranger, path, {"new_password": NEW})
        assert done.status_code == 200
        assert "set-cookie" not in done.headers
        assert (await caller.get("/account")).status_code == 401
        error_of(await post(stranger, path, {"new_password": NEW + NEW}), 404)
        error_of(await stranger.get(f"/admin/api{path}"), 404)
        assert await sign_in(stranger, caller.user.email, PASSWORD) == 401
        assert await sign_in(stranger, caller.user.email, NEW) == 200
        assert [told["Subject"] for told in await mails(site)] == ["Your password for Admin was changed"]

    async def test_answers_the_same_for_everybody(self, site: Site, stranger: httpx.AsyncClient) -> None:
        people = [
            await site.add_user(),
            await site.add_user(is_active=False),
            await site.add_user(password_hash=None),
        ]
        answers: list[tuple[int, str, dict[str, str], list[str]]] = []
        for address in [*(user.email for user in people), an_email()]:
            async with site.statements() as before_the_answer:
                answer = await post(stranger, "/password-reset", {"email": address})
                answers.append((answer.status_code, answer.text, dict(answer.headers), list(before_the_answer)))
            await site.runtime.background.drain()
        assert answers == [answers[0]] * 4
        assert answers[0][3] == []
        assert [mail["To"] for mail in await mails(site)] == [people[0].email]

    @pytest.mark.parametrize(
        "email", ["a@x.example\r\nBcc: v@x.example", "a@x.example\n", "", "x", "a@x.example\x00", "\ud800@x.example"]
    )
    async def test_what_is_no_address_is_a_400(self, site: Site, stranger: httpx.AsyncClient, email: str) -> None:
        # In ASCII: a lone surrogate cannot be written otherwise.
        content = json.dumps({"email": email}).encode()
        headers = {"content-type": "application/json"}
        answer = await stranger.post("/admin/api/password-reset", content=content, headers=headers)
        if email.strip() == "a@x.example":
            # Trimmed: a line break at the end is what copying brings along.
            assert answer.status_code == 200
        else:
            assert error_of(answer, 400)["field"] == "email"
        assert await mails(site) == []

    async def test_needs_our_own_origin_or_none(self, site: Site) -> None:
        async with site.browser(origin="https://evil.example") as foreign:
            answer = await post(foreign, "/password-reset", {"email": an_email()})
        assert error_of(answer, 403)["code"] == "cross_origin"


class TestLinksOfOthers:
    async def test_an_invitation_goes_out_by_mail_and_its_link_to_nobody_else(
        self, site: Site, superuser: Caller, stranger: httpx.AsyncClient
    ) -> None:
        email = an_email()
        created = await superuser.call("POST", "/users", {"email": email, "name": "Ada"})
        assert created.status_code == 201
        assert created.json()["invitation_url"] is None
        [mail] = await mails(site)
        assert mail["To"] == email
        assert urlsplit(link_of(mail)).path.startswith("/admin/invitation/")
        assert token_of(mail) not in created.text
        error_of(await post(stranger, f"/password-reset/{token_of(mail)}", {"new_password": NEW}), 404)
        assert (await post(stranger, f"/invitation/{token_of(mail)}", {"new_password": NEW})).status_code == 200
        assert await sign_in(stranger, email, NEW) == 200

    async def test_a_reset_link_too(self, site: Site, superuser: Caller) -> None:
        user, invited = await site.add_user(), await site.add_user(password_hash=None)
        answer = await superuser.call("POST", f"/users/{user.id}/password-reset")
        assert answer.status_code == 201
        assert answer.json().keys() == {"reset_url", "reset_expires_at"}
        assert answer.json()["reset_url"] is None
        [mail] = await mails(site)
        assert mail["To"] == user.email
        assert error_of(await superuser.call("POST", f"/users/{invited.id}/password-reset"), 409)["code"] == "conflict"
        assert await mails(site) == []

    async def test_a_changed_address_tells_the_old_one(self, site: Site, superuser: Caller) -> None:
        user, new = await site.add_user(), an_email()
        assert (await superuser.call("PATCH", f"/users/{user.id}", {"email": new})).status_code == 200
        [mail] = await mails(site)
        assert (mail["To"], mail["Subject"]) == (user.email, "Your address at Admin was changed")


class TestSignInStatus:
    async def test_tells_each_obstacle_with_its_remedy(self, site: Site, superuser: Caller) -> None:
        user = await site.add_user()
        assert (await superuser.call("POST", f"/users/{user.id}/suspension")).status_code == 201
        async with site.browser() as client:
            assert await sign_in(client, user.email, PASSWORD) == 401
        status = (await superuser.get(f"/users/{user.id}/sign-in-status")).json()
        assert status["can_sign_in"] is False
        assert [(one["code"], one["remedy"], one["by"]) for one in status["obstacles"]] == [
            ("suspended", "reactivate", superuser.user.email), ("no_roles", "give_role", ""),
        ]  # fmt: skip
        assert [failure["ip"] for failure in status["failed_logins"]] == ["203.0.113.9"]
        assert (await superuser.get(f"/users/{superuser.id}/sign-in-status")).json()["can_sign_in"] is True

    async def test_needs_users_read_also_for_oneself(self, nobody: Caller) -> None:
        answer = await nobody.get(f"/users/{nobody.id}/sign-in-status")
        assert error_of(answer, 403) == {"code": "not_allowed", "permission": "users:read"}
