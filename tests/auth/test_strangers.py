"""A stranger on a host's route: a browser goes to the login and comes back, everything else is told 401."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar import Litestar, WebSocket, get, post, websocket
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.enums import ScopeType
from litestar.middleware.session.server_side import ServerSideSessionConfig

from litestar_admin_auth.auth import AdminUser, JWTAuthBackend, JWTConfig, SessionAuthBackend
from litestar_admin_auth.auth.guards import stranger
from litestar_admin_auth.auth.navigation import wants_page
from litestar_admin_auth.dependencies import current_user, optional_user
from litestar_admin_auth.guards import requires_authentication
from tests.auth.site import ORIGIN, SECRET, Site, plugin, set_cookies, sign_in

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("destination", "accept", "page"),
    [
        ("document", "*/*", True),
        ("document", "application/json", True),
        ("document", None, True),
        ("empty", BROWSER, False),  # fetch(), and HTMX
        ("iframe", BROWSER, False),  # the login page cannot be framed
        ("image", BROWSER, False),
        ("script", BROWSER, False),
        ("websocket", BROWSER, False),
        ("Document", BROWSER, False),  # no browser writes it so
        (None, BROWSER, True),
        (None, "text/html", True),
        (None, "TEXT/HTML", True),
        (None, "text/html;q=0.9, application/json;q=0.1", True),
        (None, "application/json, text/html;q=0.1", False),
        (None, "application/json", False),
        (None, "application/json, text/plain, */*", False),
        (None, "*/*", False),
        (None, "text/*", False),
        (None, "", False),
        (None, None, False),
    ],
)
def test_who_gets_a_page(destination: str | None, accept: str | None, page: bool) -> None:
    given = {"sec-fetch-dest": destination, "accept": accept}
    headers = [(name.encode(), value.encode()) for name, value in given.items() if value is not None]
    scope: Any = {"type": ScopeType.HTTP, "headers": headers}
    assert wants_page(ASGIConnection(scope)) is page


@get("/host/page", guards=[requires_authentication])
async def page() -> str:
    return "page"


@post("/host/order", guards=[requires_authentication], status_code=200)
async def order() -> str:
    return "ordered"


@get("/host/mine", dependencies={"user": Provide(current_user)})
async def mine(user: NamedDependency[AdminUser]) -> str:
    return user.email


@get("/host/anybody", dependencies={"user": Provide(optional_user)})
async def anybody(user: NamedDependency[AdminUser | None]) -> str:
    return user.email if user is not None else "nobody"


@websocket("/host/socket", dependencies={"user": Provide(current_user)})
async def socket(socket: WebSocket[Any, Any, Any], user: NamedDependency[AdminUser]) -> None:
    await socket.accept()
    await socket.send_text(user.email)
    await socket.close()


def host(**settings: Any) -> Litestar:
    async def nobody(_: Any) -> None:
        return None

    backend = JWTAuthBackend(JWTConfig(secret_key=SECRET, token_location="cookie"), nobody)
    given = {"auth_backend": backend, "secret_key": ""} | settings
    return Litestar([page, order, mine, anybody, socket], plugins=[plugin(**given)])


async def ask(app: Litestar, method: str, path: str, **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with app.lifespan():
        transport = httpx.ASGITransport(app, root_path=sent.pop("root-path", ""))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return await client.request(method, path, headers=sent)


def way_back(location: str) -> str:
    parts = urlsplit(location)
    assert parts.path.endswith("/admin/login"), location
    (target,) = parse_qs(parts.query)["next"]
    return target


class TestBrowser:
    @pytest.mark.parametrize("path", ["/host/page", "/host/mine"])
    @pytest.mark.parametrize("query", ["", "?a=1&b=2", "?q=%C3%BC%26x", "?next=/elsewhere", "?a=b%23c"])
    @pytest.mark.parametrize("headers", [{"accept": BROWSER}, {"sec_fetch_dest": "document"}])
    async def test_is_sent_to_the_login_with_the_whole_address(
        self, path: str, query: str, headers: dict[str, str]
    ) -> None:
        answer = await ask(host(), "GET", path + query, **headers)
        assert answer.status_code == 303
        assert way_back(answer.headers["location"]) == path + query

    async def test_comes_back_to_where_it_wanted_to_go(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser(accept=BROWSER) as browser:
            answer = await browser.get("/private?a=1&b=%C3%BC")
            login = await browser.get(answer.headers["location"])
            assert 'value="/private?a=1&amp;b=%C3%BC"' in login.text
            answer = await sign_in(browser, user, next=way_back(answer.headers["location"]))
            assert (answer.status_code, answer.headers["location"]) == (303, "/private?a=1&b=%C3%BC")
            assert (await browser.get(answer.headers["location"])).json()["user"] == user.email

    async def test_is_told_nothing_of_the_cookies_that_have_ended_but_loses_them(self, site: Site) -> None:
        user = await site.add_user()
        async with site.browser(accept=BROWSER) as browser:
            await sign_in(browser, user)
            await site.change(user, security_epoch=5)
            answer = await browser.get("/private")
            assert answer.status_code == 303
            assert all("Max-Age=0" in cookie for cookie in set_cookies(answer).values())

    @pytest.mark.parametrize(
        ("referer", "target"),
        [
            (f"{ORIGIN}/host/basket?step=2#pay", "/host/basket?step=2"),
            (ORIGIN, "/"),
            ("https://evil.example/host/basket", "/"),
            ("https://shop.example.evil.example/", "/"),
            ("https://evil.example@shop.example/", "/"),
            ("", "/"),
            ("no address", "/"),
        ],
    )
    async def test_a_posted_form_is_lost_and_the_way_back_is_its_page(self, referer: str, target: str) -> None:
        answer = await ask(host(), "POST", "/host/order", accept=BROWSER, referer=referer)
        assert answer.status_code == 303
        assert way_back(answer.headers["location"]) == target

    async def test_behind_the_path_of_a_proxy(self) -> None:
        answer = await ask(host(), "GET", "/host/page", accept=BROWSER, root_path="/shop")
        assert answer.headers["location"].startswith("/shop/admin/login?")
        assert way_back(answer.headers["location"]) == "/shop/host/page"

    async def test_with_another_path_of_the_admin(self) -> None:
        answer = await ask(host(path="/back/office"), "GET", "/host/page", accept=BROWSER)
        assert answer.headers["location"] == "/back/office/login?next=/host/page"


class TestProgram:
    @pytest.mark.parametrize("route", ["GET /host/page", "POST /host/order", "GET /host/mine"])
    @pytest.mark.parametrize("headers", [{}, {"accept": "application/json"}, {"sec_fetch_dest": "empty"}])
    async def test_is_told_401(self, route: str, headers: dict[str, str]) -> None:
        answer = await ask(host(), *route.split(), **headers)
        assert answer.status_code == 401
        assert answer.json()["extra"] == {"code": "not_authenticated"}
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "location" not in answer.headers
        assert "hx-redirect" not in answer.headers


class TestHTMX:
    async def test_leaves_the_page_for_the_login_and_comes_back_to_it(self) -> None:
        url = f"{ORIGIN}/host/list?q=a#b"
        headers = {"hx_request": "true", "hx_current_url": url, "accept": "text/html", "sec_fetch_dest": "empty"}
        answer = await ask(host(), "GET", "/host/page", **headers)
        assert answer.status_code == 401
        assert way_back(answer.headers["hx-redirect"]) == "/host/list?q=a"

    async def test_of_a_foreign_address_only_the_path_is_kept(self) -> None:
        url = "https://evil.example//evil.example/x"
        answer = await ask(host(), "POST", "/host/order", hx_request="true", hx_current_url=url)
        # The login page looks at it once more: it leads to its own host or nowhere.
        assert answer.headers["hx-redirect"] == "/admin/login?next=//evil.example/x"


class TestDependency:
    async def test_it_is_the_user_of_the_request(self, site: Site) -> None:
        user = await site.add_user()
        app = Litestar([mine, anybody], plugins=[plugin(database=site.runtime.config.database)])
        async with app.lifespan():
            other = Site(app)
            async with other.browser() as browser:
                assert (await browser.get("/host/anybody")).text == "nobody"
                from tests.auth.site import use_fast_hashes

                use_fast_hashes(app)
                await sign_in(browser, user)
                assert (await browser.get("/host/mine")).text == user.email
                assert (await browser.get("/host/anybody")).text == user.email

    def test_it_is_registered_under_no_name_by_itself(self) -> None:
        """A host's handler may have a parameter of that name already."""
        assert set(host().dependencies) == set(Litestar([]).dependencies)


class TestConcealedAdmin:
    @pytest.mark.parametrize("headers", [{"accept": BROWSER}, {"hx_request": "true"}])
    async def test_nobody_is_told_where_it_is(self, headers: dict[str, str]) -> None:
        """Where the host's session is the only way in, the admin does not exist for strangers."""

        async def retrieve(session: dict[str, Any], connection: Any) -> None:
            return None

        app = Litestar(
            [page],
            plugins=[plugin(auth_backend=SessionAuthBackend(retrieve), secret_key="")],
            middleware=[ServerSideSessionConfig().middleware],
        )
        answer = await ask(app, "GET", "/host/page", **headers)
        assert answer.status_code == 401
        assert "admin" not in f"{answer.headers} {answer.text}"


def test_without_the_plugin_there_is_nowhere_to_send_anybody() -> None:
    scope: Any = {"type": ScopeType.HTTP, "headers": [(b"accept", b"text/html"), (b"hx-request", b"true")]}
    scope |= {"litestar_app": Litestar([]), "method": "GET"}
    assert getattr(stranger(ASGIConnection(scope)), "status_code", None) == 401
