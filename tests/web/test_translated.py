"""Nothing that people read is written past gettext: in a language that marks every text, no page has one unmarked."""

import re
from collections.abc import AsyncGenerator
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import pytest
from litestar import Litestar

from litestar_admin_auth.core import i18n
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.services.migrations import upgrade
from litestar_admin_auth.web.forms import Translations
from tests.auth.site import Site, plugin, running
from tests.web.conftest import PERMISSIONS, SignIn, Visitor
from tests.web.test_query_counts import PAGES, WITHOUT_ROWS

OPEN, CLOSE = "⟦", "⟧"
ATTRIBUTES = {
    "title", "placeholder", "alt", "data-label", "data-failed", "data-offline", "data-ticked",
    "aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "summary", "abbr", "label",
}  # fmt: skip
#: Elements whose text is no language's: codes, names of keys that all keyboards share, moments.
SPOKEN_BY_NOBODY = {"script", "style", "code", "time"}

#: What is data here, or a name: permissions and their descriptions, people, roles, audit actions, zones, languages.
DATA = re.compile(
    r"[\w.+%-]+@[\w.-]+|role [0-9a-f]{32}|superuser|· Admin$|^Admin$|"
    + "|".join(re.escape(name) for name in (*PERMISSIONS.values(), *i18n.LANGUAGES.values()))
    + r"|[a-z]+:[a-z*]+|[a-z_]+\.([a-z_]+|\*)|\b[A-Z]\w+(/[\w+ -]+)+|UTC|Python|python-httpx/[0-9.]+|^[A-Z]$|https?://\S+|[0-9a-f-]{32,36}"
    # Resources and actions, as columns and rows of the matrix.
    + r"|\b(users|roles|permissions|sessions|audit|orders|books|letters|read|write|delete|revoke|refund|send)\b"
    + r"|\b(GET|POST|K|Esc|Tab|test|system|logout|password|Not a valid choice)\b"
)


class Marked(NullTranslations):
    """A language in which every text stands between marks."""

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


class Reader(HTMLParser):
    """Collects what a page says outside the marks."""

    def __init__(self) -> None:
        super().__init__()
        self.unmarked: list[str] = []
        self._skipped = 0
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in SPOKEN_BY_NOBODY
        if tag != "time":
            for name, value in attrs:
                if name in ATTRIBUTES and value:
                    depth, self._depth = self._depth, 0
                    self.read(value)
                    self._depth = depth

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in SPOKEN_BY_NOBODY

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.read(data)

    def read(self, text: str) -> None:
        left = ""
        for letter in text:
            self._depth += letter == OPEN
            left += letter if not self._depth else ""
            self._depth -= letter == CLOSE
        if re.search(r"[^\W\d_]", DATA.sub(" ", left.strip())):
            self.unmarked.append(" ".join(left.split()))


def unmarked(html: str) -> list[str]:
    reader = Reader()
    reader.feed(html)
    return reader.unmarked


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Site]:
    """A site of its own: what other tests name people and roles is no language's."""
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('translated') / 'pages.sqlite3'}"
    database = Database(create_engine(url))
    await upgrade(database)
    await database.close()
    async with running(Litestar(plugins=[plugin(database=url, permissions=PERMISSIONS)])) as running_site:
        yield running_site


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "_translations", lambda _language: Marked())


def test_the_reader_sees_what_is_unmarked_and_nothing_else() -> None:
    assert unmarked("<p title='Hello'>⟦Type <b>x</b> to ⟦y⟧ confirm⟧ <code>a</code> a@b.example 12</p>") == ["Hello"]
    assert unmarked("<p>⟦one⟧ two</p><img alt='⟦three⟧'><p>four</p>") == ["two", "four"]


@pytest.mark.usefixtures("marked")
class TestPages:
    async def test_say_nothing_that_cannot_be_translated(
        self, site: Site, superuser: Visitor, sign_in_as: SignIn, stranger: Visitor, make_role: Any
    ) -> None:
        role = await make_role("orders:read", "audit:read")
        user = await sign_in_as(role=role.name)
        suspended = await site.add_user(is_active=False)
        invited = await site.add_user(password_hash=None)
        assert user.user
        ids = {"user": user.user.id, "role": role.id}
        listed = [address for addresses in PAGES.values() for address in addresses]
        listed += [path for path in WITHOUT_ROWS if "{" not in path and not path.endswith("/export")]
        listed += [f"/users/{suspended.id}", f"/users/{invited.id}", "/nothing", "/users?cursor=x", "/users?sort=x"]
        listed += ["/users?q=nobody-has-this", "/permissions?q=nobody-has-this", "/search?q=nobody-has-this"]
        listed += ["/users/{user}/access?may=orders:refund", "/users/{user}/access?may=orders:read"]
        listed += ["/users/{user}/access?may=nothing:here", "/permissions/orders:read", "/permissions/none:none"]
        listed += ["/reset/made-up", "/password-reset/made-up", "/invitation/made-up"]
        found: dict[str, str] = {}
        for visitor in (superuser, user, await sign_in_as(), stranger):
            for address in listed:
                path = address.format(**ids).replace("role+1", role.name.replace(" ", "+"))
                page = await visitor.get(path)
                assert page.status_code < 500, path
                found |= dict.fromkeys(unmarked(page.text), path)
        assert found == {}


ERRONEOUS: dict[str, dict[str, str]] = {
    "/users/new": {"email": "x"},
    "/users/{user}": {"email": "", "version": "1"},
    "/users/{user}/roles": {"role": "", "until": "tomorrow"},
    "/users/{user}/deletion": {"typed": "x"},
    "/users/bulk": {"act": "suspend"},
    "/sessions/bulk": {"act": ""},
    "/roles/new": {"name": ""},
    "/roles/{role}": {"name": "", "version": "1"},
    "/roles/{role}/deletion": {"csrf_token": "x"},
    "/account": {"name": "x" * 1000},
    "/account/password": {"current_password": "x", "new_password": "y", "repeat_password": "z"},
    "/account/preferences": {"language": "xx", "time_zone": "Mars/Olympus"},
    "/password-reset": {"email": ""},
    "/login": {"email": "", "password": ""},
    "/theme": {"theme": "x"},
    "/language": {"language": "xx"},
}


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("address", ERRONEOUS)
async def test_errors_of_forms_can_be_translated(site: Site, superuser: Visitor, make_role: Any, address: str) -> None:
    user, role = await site.add_user(), await make_role("orders:read", name=f"role {uuid4().hex}")
    answer = await superuser.post(address.format(user=user.id, role=role.id), **ERRONEOUS[address])
    assert answer.status_code < 500
    assert unmarked(answer.text) == []


@pytest.mark.parametrize(("language", "said"), [("de", "Keine gültige Auswahl."), ("ar", "")])
async def test_messages_of_wtforms_come_from_its_own_catalogues(superuser: Visitor, language: str, said: str) -> None:
    answer = await superuser.post(
        "/account/preferences", {"accept-language": language}, language="xx", time_zone="Mars/Olympus"
    )
    assert answer.status_code == 400
    assert "Not a valid choice" not in answer.text
    assert said in answer.text


def test_wtforms_ships_every_language_of_ours() -> None:
    for language in i18n.LANGUAGES:
        i18n.activate(language)
        assert Translations().ngettext("%d", "%ds", 1)
    i18n.activate("en")
