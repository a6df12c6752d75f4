"""What docs/mail.md shows runs as it stands there, and what it lists is all there is."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from litestar_admin_auth import AdminConfig
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.paths import templates_dir
from litestar_admin_auth.mail import MemoryMail, SMTPMail, mail_from_url
from litestar_admin_auth.services import one_time_links, users
from litestar_admin_auth.services.migrations import upgrade
from litestar_admin_auth.services.one_time_links import INVITATION, INVITATION_VALID_FOR, RESET_VALID_FOR
from tests.api.routes import ROUTES
from tests.auth.site import SECRET, config, plugin, running
from tests.services.mails import BASE, SENDER, html_of
from tests.services.people import CLI

PAGE = (Path(__file__).parents[2] / "docs" / "mail.md").read_text("utf-8")
APPLICATION, BACKEND = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
[TEMPLATE] = re.findall(r"```html\n(.*?)```", PAGE, re.DOTALL)


def test_the_environment_and_the_code_mean_the_same(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    monkeypatch.setenv("ADMIN_AUTH_SECRET_KEY", SECRET)
    monkeypatch.setenv("ADMIN_AUTH_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SMTP_PASSWORD", "password")
    example: dict[str, Any] = {}
    exec(APPLICATION, example)  # noqa: S102 - our own documentation
    mail = example["app"].state.admin_auth.config.mail
    assert isinstance(mail, SMTPMail)
    for name, value in re.findall(r"export (\w+)='(.*)'", PAGE):
        monkeypatch.setenv(name, value)
    from_environment = AdminConfig(secret_key=SECRET).mail
    assert isinstance(from_environment, SMTPMail)
    assert (from_environment.sender, from_environment.host) == (mail.sender, mail.host)
    assert (from_environment.username, from_environment.password) == (mail.username, mail.password)


@pytest.mark.parametrize(("url", "backend"), re.findall(r"^\| `(\S+)` \| `(\w+)\(", PAGE, re.MULTILINE))
def test_each_url_names_the_backend_beside_it(url: str, backend: str) -> None:
    assert type(mail_from_url(url, sender=SENDER)).__name__ == backend


async def test_a_backend_of_the_hosts_sends_and_tells_what_may_pass(sqlite_url: str) -> None:
    example: dict[str, Any] = {}
    exec(BACKEND, example)  # noqa: S102
    posted: list[bytes] = []
    statuses = [503, 202, 400]

    def answer(request: httpx.Request) -> httpx.Response:
        posted.append(request.content)
        return httpx.Response(statuses.pop(0))

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="https://mail.example")
    backend = example["ServiceMail"](SENDER, client)
    database = Database(create_engine(sqlite_url))
    await upgrade(database)
    async with client, running(Litestar(plugins=[plugin(database=sqlite_url, mail=backend)])) as site:
        for _ in range(2):
            user = await users.create_user(site.database, CLI, email=f"ada{len(posted)}@example.com")
            await one_time_links.create_link(site.database, CLI, user.id, INVITATION, mail_base=BASE)
            await site.runtime.background.drain()
    # The first passes at the second try, the second is refused for good.
    assert (len(posted), statuses) == (3, [])
    assert b"To: ada0@example.com" in posted[1]
    await database.close()


async def test_a_template_of_the_hosts_replaces_ours(tmp_path: Path, sqlite_url: str) -> None:
    folder = tmp_path / "admin_auth" / "mail"
    folder.mkdir(parents=True)
    (folder / "invitation.html").write_text(TEMPLATE)
    database = Database(create_engine(sqlite_url))
    await upgrade(database)
    memory = MemoryMail(sender=SENDER)
    settings = {"database": sqlite_url, "mail": memory, "template_dirs": [tmp_path]}
    async with running(Litestar(plugins=[plugin(**settings)])) as site:
        user = await users.create_user(site.database, CLI, email="ada@example.com", name="Ada <b>")
        await one_time_links.create_link(site.database, CLI, user.id, INVITATION, mail_base=BASE)
        await site.runtime.background.drain()
    [mail] = memory.sent
    assert "Welcome to the crew, Ada &lt;b&gt;" in html_of(mail)
    assert f"{BASE}/invitation/" in html_of(mail)
    await database.close()


def test_each_mail_is_listed() -> None:
    listed = re.findall(r"^\| `(\w+)` \| (?:the user's|the old)", PAGE, re.MULTILINE)
    folder = templates_dir() / "admin_auth" / "mail"
    subjects = {path.name.removesuffix(".subject.txt") for path in folder.glob("*.subject.txt")}
    assert sorted(listed) == sorted(subjects)
    for name in subjects:
        assert (folder / f"{name}.txt").exists()
        assert (folder / f"{name}.html").exists()


def test_each_address_is_there() -> None:
    table = PAGE[PAGE.index("| JSON") : PAGE.index("A front end of your own")]
    listed = {f"{method} {path}" for method, path in re.findall(r"`(GET|POST) (/\S+)`", table)}
    routes = {str(route).replace("{user_id}", "{id}") for route in ROUTES}
    assert listed <= routes
    assert {route for route in routes if "password-reset" in route or "invitation" in route} <= listed


def test_the_lives_of_links_are_those_of_the_code() -> None:
    assert INVITATION_VALID_FOR.days == 3
    assert "three days (invitation)" in " ".join(PAGE.split())
    assert RESET_VALID_FOR.total_seconds() == 30 * 60
    assert "thirty minutes (reset)" in " ".join(PAGE.split())
    assert config().mail is None
