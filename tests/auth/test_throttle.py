"""Every door that takes a password goes through the one hook."""

from collections.abc import Iterator

import httpx
import pytest

from litestar_admin_auth.auth.throttle import Unlimited
from litestar_admin_auth.core.exceptions import TooManyTries
from litestar_admin_auth.models import User
from tests.auth.site import PASSWORD, Site, sign_in


class Recorder:
    """Writes down what it is told, and refuses when it is told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str, str]] = []
        self.refuses = False

    async def check(self, door: str, account: str, ip: str) -> None:
        self.calls.append(("check", door, account, ip))
        if self.refuses:
            raise TooManyTries(42)

    async def failed(self, door: str, account: str, ip: str) -> None:
        self.calls.append(("failed", door, account, ip))

    async def succeeded(self, door: str, account: str, ip: str) -> None:
        self.calls.append(("succeeded", door, account, ip))


@pytest.fixture
def throttle(site: Site) -> Iterator[Recorder]:
    site.runtime.throttle = recorder = Recorder()
    yield recorder
    site.runtime.throttle = Unlimited()


async def by_form(site: Site, user: User, password: str) -> httpx.Response:
    async with site.browser(**{"x-forwarded-for": "1.2.3.4"}) as browser:
        return await sign_in(browser, user.email.upper(), password)


async def by_json(site: Site, user: User, password: str) -> httpx.Response:
    async with site.browser(**{"x-forwarded-for": "1.2.3.4"}) as browser:
        return await browser.post("/admin/api/auth/login", json={"email": user.email.upper(), "password": password})


DOORS = pytest.mark.parametrize("door", [by_form, by_json])


@DOORS
@pytest.mark.parametrize(("password", "verdict"), [(PASSWORD, "succeeded"), ("wrong", "failed")])
async def test_each_try_is_checked_and_counted(
    site: Site, throttle: Recorder, door: object, password: str, verdict: str
) -> None:
    user = await site.add_user()
    await door(site, user, password)  # type: ignore[operator]
    what = ("login", user.email, "203.0.113.9")
    assert throttle.calls == [("check", *what), (verdict, *what)]


@DOORS
async def test_a_refusal_is_a_429_and_costs_no_hash_even_for_the_right_password(
    site: Site, throttle: Recorder, door: object
) -> None:
    user = await site.add_user()
    throttle.refuses, before = True, site.hasher.runs
    answer = await door(site, user, PASSWORD)  # type: ignore[operator]
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "42")
    assert site.hasher.runs == before
    assert await site.sessions_of(user) == []
    assert [call[0] for call in throttle.calls] == ["check"]


async def test_only_the_one_way_in_starts_sessions_from_passwords() -> None:
    from pathlib import Path

    package = Path(__file__).parents[2] / "litestar_admin_auth"
    callers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "backend.authenticate(" in path.read_text() or "verify_credentials(" in path.read_text()
    }
    assert callers == {"auth/login.py", "auth/host_backends.py", "auth/database_backend.py", "services/logins.py"}
