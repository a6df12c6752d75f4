"""Taking a list along: who may, what comes, and that it comes as a file and nothing else."""

import csv
import io
from typing import Any
from uuid import uuid4

import pytest

from litestar_admin_auth.core.exceptions import TooManyTries
from tests.auth.site import Site
from tests.web.conftest import SignIn, Visitor

LISTS = {"users": "users:read", "roles": "roles:read", "sessions": "sessions:read", "audit": "audit:read"}


def rows(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline=""), strict=True))


@pytest.mark.parametrize("section", LISTS)
class TestEachList:
    async def test_offers_it_and_sends_it_as_a_file(self, site: Site, superuser: Visitor, section: str) -> None:
        page = (await superuser.get(f"/{section}")).text
        assert f'method="post" action="/admin/{section}/export"' in page
        sent = await superuser.post(f"/{section}/export")
        assert sent.status_code == 200
        assert sent.headers["content-type"] == "text/csv; charset=utf-8"
        assert sent.headers["content-disposition"].startswith('attachment; filename="')
        assert sent.headers["content-disposition"].endswith('.csv"')
        assert sent.headers["x-content-type-options"] == "nosniff"
        assert sent.headers["cache-control"] == "no-store"
        assert sent.content.startswith(b"\xef\xbb\xbf")
        assert rows(sent)

    async def test_asks_for_the_permission_of_the_list(self, sign_in_as: SignIn, section: str) -> None:
        others = {*LISTS.values()} - {LISTS[section]}
        refused = await (await sign_in_as(*others)).post(f"/{section}/export")
        assert refused.status_code == 403
        assert LISTS[section] in refused.text

    async def test_goes_out_on_no_address(self, superuser: Visitor, section: str) -> None:
        back = await superuser.get(f"/{section}/export")
        assert (back.status_code, back.headers["location"]) == (303, f"/admin/{section}")

    async def test_refuses_a_forged_token_and_another_origin(self, superuser: Visitor, section: str) -> None:
        assert (await superuser.post(f"/{section}/export", None, csrf_token="forged")).status_code == 400
        foreign = {"origin": "https://evil.example"}
        assert (await superuser.post(f"/{section}/export", foreign)).status_code == 403

    async def test_answers_a_mad_filter(self, superuser: Visitor, section: str) -> None:
        for damaged in ("q=%00", "nope=1&q=zzz", "status=nope&nope=1"):
            assert (await superuser.post(f"/{section}/export", None, filter=damaged)).status_code == 400
        assert (await superuser.post(f"/{section}/export", None, filter="q=zzz&cursor=x")).status_code == 200


class TestUsers:
    async def test_are_those_that_the_list_shows_or_those_that_were_ticked(
        self, site: Site, superuser: Visitor
    ) -> None:
        tag = uuid4().hex
        first = await site.add_user(email=f"a-{tag}@example.com", is_active=False)
        await site.add_user(email=f"b-{tag}@example.com")
        shown = rows(await superuser.post("/users/export", None, filter=f"q={tag}&status=suspended"))
        assert [row["email"] for row in shown] == [first.email]
        ticked = rows(await superuser.post("/users/export", None, filter=f"q={tag}", id=str(first.id)))
        assert [row["email"] for row in ticked] == [first.email]
        every = rows(await superuser.post("/users/export", None, filter=f"q={tag}", id=str(first.id), all="1"))
        assert len(every) == 2

    async def test_hold_no_formula(self, site: Site, superuser: Visitor) -> None:
        name = f"=HYPERLINK(1){uuid4().hex}"
        await site.add_user(name=name)
        [row] = rows(await superuser.post("/users/export", None, filter=f"q={name[-20:]}"))
        assert row["name"] == "'" + name

    async def test_are_counted_before_they_are_sent(self, site: Site, superuser: Visitor) -> None:
        tag = uuid4().hex
        user = await site.add_user(email=f"a-{tag}@example.com")
        await site.add_user(email=f"b-{tag}@example.com")
        question = await superuser.post("/users/bulk", None, act="export", all="1", filter=f"q={tag}")
        assert "Export 2 users?" in question.text
        assert 'action="/admin/users/export"' in question.text
        question = await superuser.post("/users/bulk", None, act="export", id=str(user.id))
        assert "Export 1 user?" in question.text

    async def test_are_noted_in_the_log(self, site: Site, superuser: Visitor) -> None:
        tag = uuid4().hex
        await superuser.post("/users/export", None, filter=f"q={tag}")
        assert superuser.user is not None
        event = (await site.events_of(superuser.user))[-1]
        assert event.action == "users.exported"
        assert event.changes == {"rows": {"new": 0}, "filter": {"new": [f"q={tag}"]}}
        assert event.ip == "203.0.113.9"


async def test_has_a_budget(site: Site, superuser: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, str, str]] = []

    class TwoOnly:
        async def check(self, door: str, account: str, ip: str) -> None:
            if len(calls) >= 2:
                raise TooManyTries(30)

        async def failed(self, door: str, account: str, ip: str) -> None:
            calls.append((door, account, ip))

        async def succeeded(self, door: str, account: str, ip: str) -> None:
            return None

    monkeypatch.setattr(site.runtime, "throttle", TwoOnly())
    answers = [(await superuser.post(f"/{section}/export")) for section in LISTS]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert answers[-1].headers["retry-after"] == "30"
    assert superuser.user is not None
    assert set(calls) == {("export", str(superuser.user.id), "203.0.113.9")}
