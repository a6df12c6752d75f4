"""The page of the audit log: what it tells, and how it is narrowed."""

import re
from html import unescape
from pathlib import Path
from uuid import uuid4

import pytest

import litestar_admin_auth
from litestar_admin_auth.services import audit
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.web.audit import ACTIONS
from tests.auth.site import Site
from tests.web.conftest import SignIn, Visitor, words

HOSTILE = '"><img src=x onerror=alert(1)>{{7*7}}</script>'


async def happen(site: Site, action: str, *, actor: Actor, label: str = "", **changes: object) -> str:
    """Record an event and return the id of what it concerns."""
    target = uuid4().hex
    async with site.database.writing() as db:
        audit.record(db, actor, action, target=("shelf", target, label), changes=changes)
    return target


def rows(html: str) -> str:
    return words(html[html.index("<tbody>") : html.rindex("</tbody>")])


class TestAuditLog:
    async def test_tells_what_happened_with_the_values_before_and_after(self, site: Site, superuser: Visitor) -> None:
        who = Actor(label=f"{uuid4().hex}@example.com", ip="203.0.113.7")
        target = await happen(site, "shelf.moved", actor=who, label="Poems", room={"old": "attic", "new": "cellar"})
        page = await superuser.get(f"/audit?target_id={target}")
        assert page.status_code == 200
        row = rows(page.text)
        assert row.startswith("shelf.moved")
        assert f"{who.label} Poems shelf 203.0.113.7 just now" in row
        assert "attic" in row
        assert "cellar" in row

    async def test_lists_the_newest_first(self, site: Site, superuser: Visitor) -> None:
        who = Actor(label=f"{uuid4().hex}@example.com")
        for label in ("Earlier", "Later"):
            await happen(site, "shelf.moved", actor=who, label=label)
        text = rows((await superuser.get(f"/audit?actor={who.label}")).text)
        assert text.index("Later") < text.index("Earlier")

    async def test_filters_by_action_by_noun_by_actor_and_by_words(self, site: Site, superuser: Visitor) -> None:
        name = uuid4().hex
        ann, bob = Actor(label=f"ann-{name}"), Actor(label=f"bob-{name}")
        await happen(site, "shelf.moved", actor=ann, label=f"Poems {name}")
        await happen(site, "shelf.burnt", actor=bob, label=f"Novels {name}")
        await happen(site, "shelfless.day", actor=bob, label=f"Nothing {name}")
        for query, expected in (
            (f"q={name}", {"Poems", "Novels", "Nothing"}),
            (f"q={name}&action=shelf.moved", {"Poems"}),
            (f"q={name}&action=shelf.*", {"Poems", "Novels"}),
            (f"actor=bob-{name}", {"Novels", "Nothing"}),
            (f"q=novels+{name}", {"Novels"}),
        ):
            text = rows((await superuser.get(f"/audit?{query}")).text)
            assert {label for label in ("Poems", "Novels", "Nothing") if f"{label} {name}" in text} == expected, query

    async def test_finds_what_somebody_did_under_an_older_address_by_the_id(
        self, site: Site, superuser: Visitor
    ) -> None:
        user = await site.add_user()
        await happen(site, "shelf.moved", actor=Actor(label="old@example.com", user_id=user.id), label="Poems")
        assert "Poems" in rows((await superuser.get(f"/audit?actor={user.id}")).text)

    async def test_offers_each_filter_in_force_to_be_removed(self, site: Site, superuser: Visitor) -> None:
        await happen(site, "shelf.moved", actor=Actor(label="till@example.com"))
        page = (await superuser.get("/audit?action=shelf.*&actor=till@example.com")).text
        assert 'href="/admin/audit?actor=till%40example.com"' in page
        assert 'href="/admin/audit?action=shelf.%2A"' in page
        # The search form takes over what has no field of its own, and the action of a host.
        assert 'name="actor" value="till@example.com"' in page
        assert "<option selected>shelf.*</option>" in page

    async def test_says_when_nothing_fits(self, superuser: Visitor) -> None:
        page = (await superuser.get(f"/audit?actor={uuid4().hex}")).text
        assert "Nothing matches" in page
        assert "<tbody>" not in page

    async def test_names_the_permission_that_is_missing(self, nobody: Visitor) -> None:
        page = await nobody.get("/audit")
        assert page.status_code == 403
        assert "audit:read" in page.text

    async def test_is_open_to_whoever_may_read_it_and_nothing_else(self, sign_in_as: SignIn) -> None:
        reader = await sign_in_as("audit:read")
        page = await reader.get("/audit")
        assert page.status_code == 200
        assert "login.succeeded" in rows(page.text)
        assert 'href="/admin/users"' not in page.text

    async def test_answers_htmx_with_the_results_alone(self, superuser: Visitor) -> None:
        part = await superuser.fragment("/audit")
        assert part.text.strip().startswith('<div id="results"')
        assert "<html" not in part.text

    async def test_shows_hostile_text_as_text(self, site: Site, superuser: Visitor) -> None:
        name = uuid4().hex
        who = Actor(label=f"{name} {HOSTILE}", ip="203.0.113.7")
        await happen(site, "shelf.moved", actor=who, label=HOSTILE, room={"old": HOSTILE, "new": [HOSTILE]})
        page = (await superuser.get(f"/audit?q={name}")).text
        assert page.count("&lt;img src=x") >= 4
        assert "<img src=x" not in page
        assert "{{7*7}}" in page

    @pytest.mark.parametrize(
        ("query", "status"),
        [("page=2", 200), ("limit=0", 200), ("action=nope", 200), ("target_id=nope", 200), ("actor=%00", 200),
         ("sort=nope", 400), ("cursor=nope", 400), ("q=%00", 400), ("q=" + "x" * 201, 400)],
    )  # fmt: skip
    async def test_answers_an_odd_address_with_a_page(self, superuser: Visitor, query: str, status: int) -> None:
        page = await superuser.get(f"/audit?{query}")
        assert page.status_code == status
        assert page.headers["content-type"].startswith("text/html")

    async def test_reads_on_and_back(self, site: Site, superuser: Visitor) -> None:
        who = Actor(label=f"{uuid4().hex}@example.com")
        for number in range(5):
            await happen(site, "shelf.moved", actor=who, label=f"Shelf {number}.")
        url, seen = f"/audit?actor={who.label}&limit=2", ""
        for _ in range(3):
            page = (await superuser.get(url)).text
            seen += rows(page)
            following = re.search(r'rel="next" href="/admin([^"]+)"', page)
            url = unescape(following[1]) if following else ""
        assert re.findall(r"Shelf \d", seen) == [f"Shelf {number}" for number in (4, 3, 2, 1, 0)]
        assert not url
        assert 'rel="prev"' in page


def test_every_action_that_the_services_record_can_be_chosen() -> None:
    services = Path(litestar_admin_auth.__file__).parent / "services"
    source = "".join(path.read_text() for path in services.rglob("*.py"))
    recorded = set(
        re.findall(
            r'"((?:audit_events|login|mail|permissions|refresh|roles?|sessions?|users?)\.[a-z]+(?:_[a-z]+)*)"', source
        )
    )
    assert recorded | {"logout"} == {action for action in ACTIONS if not action.endswith("*")}
