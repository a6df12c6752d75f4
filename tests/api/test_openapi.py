"""The API's own description is valid, complete, and true of what the API answers."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.middleware.session.server_side import ServerSideSessionConfig

from litestar_admin_auth.api.error_examples import ERRORS, REFUSALS
from litestar_admin_auth.api.examples import EXAMPLES
from litestar_admin_auth.auth import JWTAuthBackend, JWTConfig, SessionAuthBackend
from litestar_admin_auth.core.exceptions import TooManyTries
from tests.api.conftest import PERMISSIONS, Caller, SignIn
from tests.api.described import METHODS, Description
from tests.api.routes import ROUTES
from tests.api.test_auth import LOGIN, LOGOUT, ME, REFRESH_PATH, Ann, load_ann, verify
from tests.auth.site import ACCESS, PASSWORD, REFRESH, SECRET, Site, plugin, running, set_cookies

CHANGE = "/admin/api/auth/change-password"
JSON = {"content-type": "application/json"}


class Staff:
    id = 7
    email = Ann.email
    roles = ("editor",)
    permissions = ()


async def from_session(session: dict[str, Any], connection: Any) -> Staff | None:
    return Staff() if session["user_id"] == 7 else None


async def by_password(connection: Any, credentials: dict[str, str]) -> Staff | None:
    return Staff() if credentials == {"email": Ann.email, "password": PASSWORD} else None


class Badges:
    """A host's own backend, which answers as it likes."""

    async def authenticate(self, connection: Any, credentials: dict[str, str]) -> Any:
        return Ann() if credentials["password"] == PASSWORD else None

    async def get_current_user(self, connection: Any) -> Any:
        return Ann() if connection.cookies.get("badge") == "7" else None

    async def login(self, connection: Any, user: Any) -> dict[str, str]:
        return {"badge": str(user.id)}

    async def logout(self, connection: Any) -> None:
        return None

    async def refresh(self, connection: Any) -> dict[str, str] | None:
        return {"badge": "7"} if connection.cookies.get("badge") == "7" else None


def backend_of(kind: str) -> Any:
    if kind == "session":
        return SessionAuthBackend(from_session, authenticate_handler=by_password)
    if kind == "custom":
        return Badges()
    settings: dict[str, Any] = {
        "cookie": {"token_location": "cookie"},
        "header": {},
        "own header": {"token_header": "X-Admin-Token", "token_prefix": "Token"},
        "bare header": {"token_header": "X-Admin-Token", "token_prefix": ""},
    }[kind]
    return JWTAuthBackend(JWTConfig(secret_key=SECRET, **settings), load_ann, verify)


KINDS = ["cookie", "header", "own header", "bare header", "session", "custom"]


@asynccontextmanager
async def of_kind(kind: str) -> AsyncGenerator[tuple[httpx.AsyncClient, Description]]:
    """Somebody at a host with users of its own, signed in, and the description of its API."""
    app = Litestar(
        plugins=[plugin(auth_backend=backend_of(kind), secret_key="")],
        middleware=[ServerSideSessionConfig().middleware],
    )
    async with running(app) as host, host.browser() as client:
        answer = await client.post(LOGIN, json={"email": Ann.email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        token = answer.json().get("access_token", "")
        if kind == "header":
            client.headers["authorization"] = f"Bearer {token}"
        elif kind == "own header":
            client.headers["x-admin-token"] = f"Token {token}"
        elif kind == "bare header":
            client.headers["x-admin-token"] = token
        elif kind == "custom":
            client.cookies.update(answer.json())
        description = await Description.of(client)
        description.check(answer)
        yield client, description


class TestDocument:
    def test_describes_every_route(self, description: Description) -> None:
        described = {
            f"{method.upper()} {path.removeprefix('/admin/api')}"
            for path, item in description.document["paths"].items()
            for method in item
            if method in METHODS
        }
        assert described == {str(route) for route in ROUTES}

    def test_each_operation_says_what_it_takes_and_how_it_refuses(self, description: Description) -> None:
        for path, item in description.document["paths"].items():
            for method, operation in item.items():
                where = f"{method} {path}"
                assert operation["summary"], where
                assert operation["description"], where
                assert operation["operationId"], where
                assert {"401", "404", "429"} & operation["responses"].keys(), where
                for code, answer in operation["responses"].items():
                    if int(code) >= 400:
                        (content,) = answer["content"].values()
                        assert content["schema"] == {"$ref": "#/components/schemas/Error"}, where
                        assert content["example"]["status_code"] == int(code), where

    def test_each_body_has_an_example(self, description: Description) -> None:
        schemas = description.document["components"]["schemas"]
        without = [
            name for name, schema in schemas.items() if "examples" not in schema and not name.startswith("Listing")
        ]
        assert without == []

    def test_each_scheme_that_is_asked_for_is_explained(self, description: Description) -> None:
        explained = description.document["components"]["securitySchemes"].keys()
        for path, item in description.document["paths"].items():
            for operation in item.values():
                for alternative in operation.get("security", []):
                    assert alternative.keys() <= explained, path

    async def test_is_not_for_strangers(self, stranger: httpx.AsyncClient) -> None:
        assert (await stranger.get("/admin/api/schema")).status_code == 401

    async def test_can_be_switched_off(self, site: Site) -> None:
        app = Litestar(plugins=[plugin(database=site.runtime.config.database, openapi=False, permissions=PERMISSIONS)])
        async with running(app) as host, host.browser() as client:
            user = await host.add_user()
            await client.post(LOGIN, json={"email": user.email, "password": PASSWORD})
            assert (await client.get(ME)).status_code == 200
            assert (await client.get("/admin/api/schema")).status_code == 404


class TestExamples:
    @pytest.mark.parametrize("struct", EXAMPLES, ids=lambda struct: struct.__name__)
    def test_each_is_what_it_is_an_example_of(self, struct: Any) -> None:
        msgspec.convert(EXAMPLES[struct], struct, strict=False)
        assert EXAMPLES[struct].keys() <= {field.encode_name for field in msgspec.structs.fields(struct)}

    def test_each_error_has_the_shape_of_errors(self, description: Description) -> None:
        for error in [*ERRORS.values(), *(one for refusals in REFUSALS.values() for one in refusals.values())]:
            description.validate(error, {"$ref": "#/components/schemas/Error"}, str(error))

    async def test_the_refusals_are_those_that_are_given(self, site: Site, nobody: Caller) -> None:
        async with site.browser() as stranger, site.browser(origin="https://evil.example") as foreign:
            given = {
                ("login", "401"): await stranger.post(LOGIN, json={"email": "a@example.com", "password": "b"}),
                ("login", "403"): await foreign.post(LOGIN, json={"email": "a@example.com", "password": "b"}),
                ("logout", "403"): await foreign.post(LOGOUT),
                ("refresh", "400"): await stranger.post(REFRESH_PATH, json={"refresh_token": 1}),
                ("refresh", "403"): await foreign.post(REFRESH_PATH),
                ("change-password", "403"): await foreign.post(CHANGE, json={}),
                ("change-password", "400"): await nobody.call(
                    "POST", "/auth/change-password", {"current_password": "wrong", "new_password": "b" * 30}
                ),
            }
        for (tail, code), answer in given.items():
            assert answer.json() == REFUSALS[tail][code], tail
        assert ERRORS["401"] == (await stranger_me(site)).json()


async def stranger_me(site: Site) -> httpx.Response:
    async with site.browser() as client:
        return await client.get(ME)


class Full:
    """A throttle that has had enough."""

    async def check(self, door: str, account: str, ip: str) -> None:
        raise TooManyTries(30)

    async def failed(self, door: str, account: str, ip: str) -> None: ...

    async def succeeded(self, door: str, account: str, ip: str) -> None: ...


class TestAnswers:
    async def test_of_signing_in_and_out_are_as_described(
        self, site: Site, description: Description, sign_in_as: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = await site.add_user()
        right = {"email": user.email, "password": PASSWORD}
        seen: set[tuple[str, int]] = set()

        async with site.browser() as client, site.browser(origin="https://evil.example") as foreign:

            async def ask(method: str, path: str, expected: int, by: httpx.AsyncClient = client, **more: Any) -> None:
                answer = await by.request(method, path, **more)
                assert answer.status_code == expected, answer.text
                description.check(answer)
                seen.add((path.rpartition("/")[2], expected))

            form = {"content": b"a=b", "headers": {"content-type": "application/x-www-form-urlencoded"}}
            huge = {"content": b'{"a": "' + b"x" * 1_100_000 + b'"}', "headers": JSON}
            for path in (LOGIN, LOGOUT, REFRESH_PATH):
                await ask("POST", path, 403, foreign, json={})
                await ask("POST", path, 415, **form)
                await ask("POST", path, 413, **huge)
                await ask("POST", path, 400, json={"surprise": 1})
            for path in (LOGOUT, REFRESH_PATH):
                await ask("POST", path, 401)
            await ask("GET", ME, 401)
            await ask("POST", CHANGE, 401, json={})
            await ask("POST", LOGIN, 401, json=right | {"password": "wrong"})
            await ask("POST", LOGIN, 200, json=right)
            await ask("GET", ME, 200)
            await ask("POST", CHANGE, 400, json={})
            await ask("POST", CHANGE, 415, **form)
            await ask("POST", CHANGE, 413, **huge)
            new = {"current_password": PASSWORD, "new_password": "seven lamps above the harbour"}
            await ask("POST", CHANGE, 200, json=new)
            await ask("POST", REFRESH_PATH, 200)
            await ask("POST", REFRESH_PATH, 401, json={"refresh_token": "another"})
            await ask("POST", LOGOUT, 200)
            monkeypatch.setattr(site.runtime, "throttle", Full())
            await ask("POST", LOGIN, 429, json=right)
        described = {
            (path.rpartition("/")[2], int(code))
            for path, item in description.document["paths"].items()
            if "/api/auth/" in path
            for operation in item.values()
            for code in operation["responses"]
        }
        never_seen = described - seen
        # The throttle of the password is asked last; a foreign page's change is refused like every other.
        assert never_seen == {("change-password", 403), ("change-password", 429)}

    @pytest.mark.parametrize("kind", KINDS)
    async def test_with_each_kind_of_backend_are_as_described(self, kind: str) -> None:
        async with of_kind(kind) as (client, description):
            for method, path, body in [
                ("GET", ME, None),
                ("POST", LOGIN, {"email": Ann.email, "password": "wrong"}),
                ("POST", LOGIN, {"email": 1}),
                ("POST", REFRESH_PATH, None),
                ("POST", LOGOUT, None),
                ("GET", ME, None),
                ("POST", LOGOUT, None),
                ("POST", REFRESH_PATH, None),
            ]:
                description.check(await client.request(method, path, json=body))

    @pytest.mark.parametrize("kind", KINDS)
    async def test_the_first_scheme_is_how_one_gets_in(self, kind: str) -> None:
        async with of_kind(kind) as (client, description):
            operation = description.operation("GET", ME)
            assert operation is not None
            security = operation.get("security", description.document["security"])
            scheme = description.document["components"]["securitySchemes"][next(iter(security[0]))]
            assert (await client.get(ME)).status_code == 200
            if scheme["type"] == "http":
                assert scheme["scheme"] == "bearer"
                sent = {"authorization": client.headers["authorization"]}
            elif scheme["in"] == "cookie":
                sent = {"cookie": f"{scheme['name']}={client.cookies[scheme['name']]}"}
            elif scheme["name"] == "Cookie":
                sent = {"cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
            else:
                sent = {scheme["name"]: client.headers[scheme["name"]]}
            async with httpx.AsyncClient(transport=client._transport, base_url=client.base_url, headers=sent) as other:
                assert (await other.get(ME)).status_code == 200

    async def test_the_cookies_are_named_as_they_are_set(self, site: Site, description: Description) -> None:
        async with site.browser() as client:
            user = await site.add_user()
            answer = await client.post(LOGIN, json={"email": user.email, "password": PASSWORD})
        schemes = description.document["components"]["securitySchemes"]
        assert {schemes["cookie"]["name"], schemes["refreshCookie"]["name"]} == set(set_cookies(answer))
        assert set(set_cookies(answer)) == {ACCESS, REFRESH}

    async def test_of_every_route_that_reads_are_as_described(
        self, site: Site, description: Description, superuser: Caller, nobody: Caller
    ) -> None:
        ids = {
            "user_id": nobody.id,
            "role_id": (await superuser.get("/roles")).json()["items"][0]["id"],
            "code": "orders:read",
            "token": "made-up",
        }
        reading = [route for route in ROUTES if route.method == "GET"]
        assert len(reading) > 10
        for route in reading:
            for caller in (superuser, nobody):
                description.check(await caller.call("GET", route.at(ids)))
