"""The specification of the authentication, to the letter: every block of its code runs, against a live application.

The blocks stand in ``seed-authentication.txt``. Each runs with ``litestar_admin`` replaced by ``litestar_admin_auth``
and with the substitutions of :data:`SUBSTITUTIONS`, and no others. What the text leaves to the reader (a repository, a
session maker, two services) is given to a block by name, as the arguments of :func:`run` show.
"""

import dataclasses
import inspect
import json
import re
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import uuid4

import bcrypt
import httpx
import jwt
import pytest
from litestar import Litestar, Request, post
from litestar.connection import ASGIConnection
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.stores.redis import RedisStore
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from litestar_admin_auth import AdminConfig, AdminPlugin
from litestar_admin_auth.auth import (
    AdminUser,
    AdminUserProtocol,
    AuthBackend,
    JWTAuthBackend,
    JWTConfig,
    SessionAuthBackend,
)
from litestar_admin_auth.core.exceptions import ConfigError
from tests.auth.site import ORIGIN, Clock, alive, form_token, set_cookies, stated

TEXT = (Path(__file__).parent / "seed-authentication.txt").read_text("utf-8")
BLOCKS: dict[str, str] = dict(re.findall(r"^## ([^\n]*)\n\n```\w+\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
#: The text itself, where it lies beside the checkout.
REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "seed-authentication.txt"

SECRET = "the secret of the contract's tests, which nobody else has"
PASSWORD = "secret123"
BASE = "/admin/api/auth"
LOGIN, LOGOUT, REFRESH, ME = (f"{BASE}/{name}" for name in ("login", "logout", "refresh", "me"))

_ELIDED = ('"..."', repr(SECRET))

#: Each block with what is put in the place of what, and why. ``*`` is every block.
SUBSTITUTIONS: dict[str, list[tuple[str, str]]] = {
    # The example's secret can be read by everybody, so that it is refused (AA002), as its own comment wants.
    "quick setup": [('"your-super-secret-key-change-in-production"', repr(SECRET))],
    # Elided secrets.
    "algorithm": [_ELIDED],
    "token_expiry": [_ELIDED],
    "refresh_token_expiry": [_ELIDED],
    "token_location header": [_ELIDED],
    "token_location cookie": [_ELIDED],
    "token_header": [_ELIDED],
    "token_prefix": [_ELIDED],
    "issuer": [_ELIDED],
    "audience": [_ELIDED],
    # These leave the required secret out altogether.
    "cookie_secure": [("JWTConfig(", f"JWTConfig(secret_key={SECRET!r}, ")],
    "short expiry": [("JWTConfig(", f"JWTConfig(secret_key={SECRET!r}, ")],
    "cookie_httponly": [("JWTConfig(", f"JWTConfig(secret_key={SECRET!r}, ")],
    "cookie_samesite": [("JWTConfig(", f"JWTConfig(secret_key={SECRET!r}, ")],
    "complete JWT example": [
        # Where Litestar 2.25 has them, and under which name; the example uses neither.
        (
            "from litestar.plugins.sqlalchemy import SQLAlchemyConfig, SQLAlchemyPlugin",
            "from advanced_alchemy.extensions.litestar import SQLAlchemyAsyncConfig, SQLAlchemyPlugin",
        ),
        # "User model (simplified)": select() needs a mapped class.
        (
            "@dataclass\nclass User:\n    id: int\n",
            "class User(Base):\n    __tablename__ = 'user'\n    id: Mapped[int] = mapped_column(primary_key=True)\n",
        ),
        ("    email: str\n", "    email: Mapped[str]\n"),
        ("    password_hash: str\n", "    password_hash: Mapped[str]\n"),
        ("    is_admin: bool\n", "    is_admin: Mapped[bool]\n"),
        # The elided body; what "async with" enters is no coroutine.
        (
            "async def get_db_session() -> AsyncSession:\n    ...",
            "def get_db_session() -> AsyncSession:\n    return session_maker()",
        ),
    ],
    # The Redis server of the tests.
    "complete session example": [('"redis://localhost"', "redis_url")],
}


def source_of(name: str) -> str:
    source = BLOCKS[name].replace("litestar_admin", "litestar_admin_auth")
    for old, new in SUBSTITUTIONS.get(name, []):
        assert source.count(old) == 1, f"{name}: {old!r}"
        source = source.replace(old, new)
    return source


def run(name: str, **given: Any) -> Any:
    """Run a block as a module, in which ``given`` is there already; returns the module."""
    module = ModuleType(f"seed_{uuid4().hex}")
    vars(module).update(given)
    # Where dataclasses and SQLAlchemy look annotations up.
    sys.modules[module.__name__] = module
    exec(compile(source_of(name), f"<{name}>", "exec"), vars(module))  # noqa: S102 - our own text
    return module


def value_of(name: str, **given: Any) -> Any:
    """Run a block that is one expression, perhaps after imports; returns its value."""
    *imports, expression = re.split(r"^(?=JWTConfig\()", source_of(name), flags=re.MULTILINE)
    module: dict[str, Any] = {"JWTConfig": JWTConfig, **given}
    exec("".join(imports), module)  # noqa: S102 - our own text
    return eval(expression, module)  # noqa: S307 - our own text


@dataclasses.dataclass
class Person:
    """The administrator of the text's examples."""

    id: Any = 1
    email: str = "admin@example.com"
    password_hash: str = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    roles: list[str] = dataclasses.field(default_factory=lambda: ["admin"])
    permissions: list[str] = dataclasses.field(default_factory=lambda: ["models:read", "models:write"])
    is_admin: bool = True


ADMIN = Person()
CREDENTIALS = {"email": ADMIN.email, "password": PASSWORD}


async def load_admin(identifier: str | int) -> Any:
    return ADMIN if identifier in (1, ADMIN.email) else None


async def verify(stored: str, password: str) -> bool:
    return bcrypt.checkpw(password.encode(), stored.encode())


@asynccontextmanager
async def visiting(app: Litestar, **headers: str) -> AsyncGenerator[httpx.AsyncClient]:
    async with alive(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN} | headers
        ) as client:
            yield client


def with_config(config: JWTConfig, load: Any = load_admin) -> Litestar:
    backend = JWTAuthBackend(config=config, user_loader=load, password_verifier=verify)
    return Litestar(plugins=[AdminPlugin(config=AdminConfig(auth_backend=backend))])


async def tokens_of(client: httpx.AsyncClient) -> dict[str, str]:
    answer = await client.post(LOGIN, json=CREDENTIALS)
    assert answer.status_code == 200, answer.text
    return answer.json()


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the package is given, the text gives it."""
    for name in ("ADMIN_AUTH_SECRET_KEY", "ADMIN_AUTH_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JWT_SECRET_KEY", SECRET)


def squeezed(text: str) -> str:
    return "".join(text.split())


if REFERENCE.exists():

    @pytest.mark.parametrize("name", BLOCKS)
    def test_each_block_is_the_texts_own(name: str) -> None:
        assert squeezed(BLOCKS[name]) in squeezed(REFERENCE.read_text("utf-8"))

    def test_no_block_of_the_text_is_left_out() -> None:
        rest = squeezed(REFERENCE.read_text("utf-8"))
        for block in BLOCKS.values():
            rest = rest.replace(squeezed(block), "")
        code = re.findall(
            r"JWTConfig\(|JWTAuthBackend\(|AdminConfig\(|asyncdef|from[a-z_.]+import|@property|returnself", rest
        )
        assert code == []


def test_no_substitution_is_for_a_block_that_is_not_there() -> None:
    assert SUBSTITUTIONS.keys() <= BLOCKS.keys()
    assert len(BLOCKS) == 32


class TestQuickSetup:
    """ "The fastest way to add authentication"."""

    def setup(self, loaded: list[Any] | None = None) -> Any:
        async def get(identifier: Any) -> Any:
            if loaded is not None:
                loaded.append(identifier)
            return await load_admin(identifier)

        return run("quick setup", user_repository=SimpleNamespace(get=get))

    async def test_it_runs_and_nobody_is_let_in_unchecked(self) -> None:
        seed = self.setup()
        app = Litestar(plugins=[AdminPlugin(config=seed.admin_config)])
        async with visiting(app) as client:
            for password in (PASSWORD, "anything", ADMIN.password_hash):
                answer = await client.post(LOGIN, json=CREDENTIALS | {"password": password})
                assert answer.status_code == 401, "there is no verifier: no password can be right"
            assert "Secure Admin" in (await client.get("/admin/login")).text

    async def test_the_loader_is_given_an_id_or_an_address(self) -> None:
        loaded: list[Any] = []
        seed = self.setup(loaded)
        assert seed.auth_backend.config is seed.jwt_config
        assert seed.admin_config.auth_backend is seed.auth_backend
        app = with_config(seed.jwt_config, load=seed.load_user)
        async with visiting(app) as client:
            tokens = await tokens_of(client)
            assert (await client.get(ME, headers=bearer(tokens["access_token"]))).status_code == 200
        assert set(loaded) == {ADMIN.email, 1}

    def test_the_example_secret_itself_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="AA002"):
            JWTConfig(secret_key="your-super-secret-key-change-in-production")


class TestNames:
    """Each name, argument and default of the text."""

    def test_the_settings_of_tokens(self) -> None:
        defaults = {field.name: field.default for field in dataclasses.fields(JWTConfig)}
        named = {
            "secret_key": dataclasses.MISSING,
            "algorithm": "HS256",
            "token_expiry": 3600,
            "refresh_token_expiry": 86400,
            "token_location": "header",
            "token_header": "Authorization",
            "token_prefix": "Bearer",
            "issuer": None,
            "audience": None,
            # The text names these three; the design says that they are safe by default.
            "cookie_secure": True,
            "cookie_httponly": True,
        }
        assert {name: defaults[name] for name in named} == named
        assert defaults["cookie_samesite"] in ("lax", "strict")
        assert dataclasses.is_dataclass(JWTConfig)

    @pytest.mark.parametrize(
        ("callable_", "arguments"),
        [
            (JWTAuthBackend, {"config": ..., "user_loader": ..., "password_verifier": None}),
            (
                SessionAuthBackend,
                {"retrieve_user_handler": ..., "session_key": "user_id", "authenticate_handler": None},
            ),
            (AdminPlugin, {"config": None}),
        ],
    )
    def test_the_arguments_of_constructors(self, callable_: Any, arguments: dict[str, Any]) -> None:
        parameters = inspect.signature(callable_).parameters
        for name, default in arguments.items():
            expected = inspect.Parameter.empty if default is ... else default
            assert parameters[name].default == expected, name
        required = [name for name, found in parameters.items() if found.default is inspect.Parameter.empty]
        assert required == [name for name, default in arguments.items() if default is ...]

    def test_the_title_and_the_backend_of_the_admin(self) -> None:
        assert {"title", "auth_backend"} <= {field.name for field in dataclasses.fields(AdminConfig)}

    def test_one_protocol_has_two_names(self) -> None:
        assert AdminUser is AdminUserProtocol
        assert isinstance(ADMIN, AdminUser)

    @pytest.mark.parametrize(
        ("method", "arguments"),
        [
            ("authenticate", ["connection", "credentials"]),
            ("get_current_user", ["connection"]),
            ("login", ["connection", "user"]),
            ("logout", ["connection"]),
            ("refresh", ["connection"]),
        ],
    )
    def test_the_methods_of_a_backend(self, method: str, arguments: list[str]) -> None:
        for backend in (AuthBackend, JWTAuthBackend, SessionAuthBackend):
            found = getattr(backend, method)
            assert list(inspect.signature(found).parameters) == ["self", *arguments]
            assert inspect.iscoroutinefunction(found)


class TestTokenSettings:
    async def test_the_secret_signs(self) -> None:
        async with visiting(with_config(value_of("secret_key"))) as client:
            token = (await tokens_of(client))["access_token"]
            jwt.decode(token, SECRET, algorithms=["HS256"])
            with pytest.raises(jwt.InvalidSignatureError):
                jwt.decode(token, SECRET[::-1], algorithms=["HS256"])

    def test_the_secret_is_required(self) -> None:
        with pytest.raises(TypeError, match="secret_key"):
            JWTConfig()  # type: ignore[call-arg]

    async def test_the_algorithm(self) -> None:
        async with visiting(with_config(value_of("algorithm"))) as client:
            tokens = await tokens_of(client)
            for name in ("access_token", "refresh_token"):
                assert jwt.get_unverified_header(tokens[name])["alg"] == "HS512"

    @pytest.mark.parametrize(
        ("name", "seconds"), [("token_expiry", 1800), ("short expiry", 1800), ("secret_key", 3600)]
    )
    async def test_the_life_of_an_access_token(self, name: str, seconds: int, later: Clock) -> None:
        async with visiting(with_config(value_of(name))) as client:
            tokens = await tokens_of(client)
            assert tokens["expires_in"] == str(seconds)
            claims = stated(tokens["access_token"])
            assert claims["exp"] - claims["iat"] == seconds
            later.forward(seconds=seconds - 1)
            assert (await client.get(ME, headers=bearer(tokens["access_token"]))).status_code == 200
            later.forward(seconds=2)
            assert (await client.get(ME, headers=bearer(tokens["access_token"]))).status_code == 401

    @pytest.mark.parametrize(("name", "seconds"), [("refresh_token_expiry", 604800), ("secret_key", 86400)])
    async def test_the_life_of_a_refresh_token(self, name: str, seconds: int, later: Clock) -> None:
        async with visiting(with_config(value_of(name))) as client:
            tokens = await tokens_of(client)
            claims = stated(tokens["refresh_token"])
            assert claims["exp"] - claims["iat"] == pytest.approx(seconds, abs=1)
            later.forward(seconds=seconds - 5)
            answer = await client.post(REFRESH, headers={"X-Refresh-Token": tokens["refresh_token"]})
            assert answer.status_code == 200
            later.forward(seconds=seconds + 5)
            answer = await client.post(REFRESH, headers={"X-Refresh-Token": answer.json()["refresh_token"]})
            assert answer.status_code == 401

    @pytest.mark.parametrize("name", ["token_location header", "secret_key"])
    async def test_in_a_header_nothing_travels_by_cookie(self, name: str) -> None:
        async with visiting(with_config(value_of(name))) as client:
            answer = await client.post(LOGIN, json=CREDENTIALS)
            tokens = answer.json()
            assert set_cookies(answer) == {}
            cookies = {"cookie": f"admin_auth={tokens['access_token']}; __Host-admin_auth={tokens['access_token']}"}
            assert (await client.get(ME, headers=cookies)).status_code == 401
            assert (await client.get(ME, headers=bearer(tokens["access_token"]))).status_code == 200

    async def test_in_cookies_nothing_travels_in_a_body_or_a_header(self) -> None:
        async with visiting(with_config(value_of("token_location cookie"))) as client:
            answer = await client.post(LOGIN, json=CREDENTIALS)
            assert answer.json() == {"token_type": "bearer", "expires_in": "3600"}
            cookies = set_cookies(answer)
            access = cookies["__Host-admin_auth"].partition("=")[2].partition(";")[0]
            assert (await client.get(ME)).status_code == 200
            client.cookies.clear()
            assert (await client.get(ME, headers=bearer(access))).status_code == 401

    async def test_another_header(self) -> None:
        async with visiting(with_config(value_of("token_header"))) as client:
            token = (await tokens_of(client))["access_token"]
            assert (await client.get(ME, headers={"X-Admin-Token": f"Bearer {token}"})).status_code == 200
            assert (await client.get(ME, headers=bearer(token))).status_code == 401

    async def test_the_prefix(self) -> None:
        async with visiting(with_config(value_of("token_prefix"))) as client:
            token = (await tokens_of(client))["access_token"]
            for value, status in [
                (f"Bearer {token}", 200),
                (token, 401),
                (f"Basic {token}", 401),
                (f"JWT {token}", 401),
            ]:
                assert (await client.get(ME, headers={"authorization": value})).status_code == status

    @pytest.mark.parametrize(
        ("name", "claim", "value"), [("issuer", "iss", "https://myapp.com"), ("audience", "aud", "myapp-admin")]
    )
    async def test_an_optional_claim_is_written_and_required(self, name: str, claim: str, value: str) -> None:
        async with (
            visiting(with_config(value_of(name))) as client,
            visiting(with_config(value_of("secret_key"))) as plain,
        ):
            token = (await tokens_of(client))["access_token"]
            assert stated(token)[claim] == value
            assert (await client.get(ME, headers=bearer(token))).status_code == 200
            without = (await tokens_of(plain))["access_token"]
            assert claim not in stated(without)
            assert (await client.get(ME, headers=bearer(without))).status_code == 401


class TestBestPractices:
    def test_a_strong_secret_is_taken(self) -> None:
        seed = run("strong secret")
        assert JWTConfig(secret_key=seed.secret_key).secret_key == seed.secret_key

    def test_a_secret_from_the_environment_is_taken(self) -> None:
        assert value_of("secret from the environment").secret_key == SECRET

    @pytest.mark.parametrize(
        ("name", "attribute"),
        [("cookie_secure", "Secure"), ("cookie_httponly", "HttpOnly"), ("cookie_samesite", "SameSite=strict")],
    )
    async def test_a_cookie_setting_is_seen_on_the_cookie(self, name: str, attribute: str) -> None:
        config = dataclasses.replace(value_of(name), token_location="cookie")
        async with visiting(with_config(config)) as client:
            cookies = set_cookies(await client.post(LOGIN, json=CREDENTIALS))
            assert len(cookies) == 2
            for cookie in cookies.values():
                assert attribute in cookie.split("; ")


class TestBackend:
    """ "Constructor Arguments"."""

    async def test_the_loader_and_the_verifier(self) -> None:
        db = SimpleNamespace(get_user=load_admin)
        loader = run("user_loader", db=db, AdminUser=AdminUser)
        assert inspect.get_annotations(loader.load_user)["return"] == AdminUser | None
        seed = run(
            "password_verifier",
            bcrypt=bcrypt,
            JWTAuthBackend=JWTAuthBackend,
            jwt_config=JWTConfig(secret_key=SECRET),
            load_user=loader.load_user,
        )
        app = Litestar(plugins=[AdminPlugin(AdminConfig(auth_backend=seed.backend))])
        async with visiting(app) as client:
            assert (await client.post(LOGIN, json=CREDENTIALS)).status_code == 200
            for password in ("wrong", "x" * 200):  # bcrypt 5 raises for more than 72 bytes
                answer = await client.post(LOGIN, json=CREDENTIALS | {"password": password})
                assert answer.status_code == 401


class TestUsers:
    """ "The AdminUser Protocol" and its "Example Implementation"."""

    async def signs_in(self, user: Any) -> dict[str, Any]:
        async def load(identifier: Any) -> Any:
            return user if identifier in (user.id, user.email) else None

        backend = JWTAuthBackend(config=JWTConfig(secret_key=SECRET), user_loader=load, password_verifier=verify)
        async with visiting(Litestar(plugins=[AdminPlugin(AdminConfig(auth_backend=backend))])) as client:
            return (await client.get(ME, headers=bearer((await tokens_of(client))["access_token"]))).json()

    @pytest.mark.parametrize("user_id", [1, "u-1"])
    async def test_the_protocol(self, user_id: str | int) -> None:
        user = run("protocol").User()
        user._id, user._email, user._roles, user._permissions = user_id, ADMIN.email, ["admin"], ["models:read"]
        user.password_hash = ADMIN.password_hash
        assert isinstance(user, AdminUser)
        assert await self.signs_in(user) == {
            "id": user_id, "email": ADMIN.email, "roles": ["admin"], "permissions": ["models:read"],
        }  # fmt: skip

    async def test_the_example(self) -> None:
        seed = run("example implementation")
        user = seed.AdminUserModel(1, ADMIN.email, ADMIN.password_hash, ["admin"], ["models:read", "models:write"])
        assert isinstance(user, AdminUser)
        assert await self.signs_in(user) == eval(BLOCKS["me response"])  # noqa: S307 - our own text


class Base(DeclarativeBase):
    """The host's."""


@pytest.fixture
async def complete(tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """The complete JWT example, on a database of its own."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'host.sqlite3'}")
    session_maker = async_sessionmaker(engine)
    Base.metadata.clear()
    Base.registry.dispose()
    seed = run(
        "complete JWT example", Base=Base, Mapped=Mapped, mapped_column=mapped_column, session_maker=session_maker
    )
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with session_maker() as db:
        db.add(seed.User(id=1, email=ADMIN.email, password_hash=ADMIN.password_hash, is_admin=True))
        db.add(seed.User(id=2, email="viewer@example.com", password_hash=ADMIN.password_hash, is_admin=False))
        await db.commit()
    async with visiting(seed.app) as client:
        yield client
    await engine.dispose()


class TestCompleteExample:
    """The complete JWT example and "Auth API Endpoints", request by request."""

    async def test_the_bodies_are_those_of_the_text(self, complete: httpx.AsyncClient) -> None:
        request, login, logout, refresh, me = (
            json.loads(BLOCKS[name])
            for name in ("login request", "login response", "logout response", "refresh response", "me response")
        )
        answer = await complete.post("/admin/api/auth/login", json=request)
        assert answer.status_code == 200
        tokens = answer.json()
        assert tokens.keys() == login.keys()
        assert (tokens["token_type"], tokens["expires_in"]) == (login["token_type"], login["expires_in"])
        assert all(tokens[name].startswith("eyJ") for name in ("access_token", "refresh_token"))

        answer = await complete.get("/admin/api/auth/me", headers=bearer(tokens["access_token"]))
        assert answer.status_code == 200
        assert answer.json() == me | {"permissions": ["models:read", "models:write", "models:delete"]}

        header = BLOCKS["refresh request"].partition(":")[0]
        answer = await complete.post("/admin/api/auth/refresh", headers={header: tokens["refresh_token"]})
        assert answer.status_code == 200
        renewed = answer.json()
        # The design: since refresh tokens rotate, the next one comes along.
        assert renewed.keys() == refresh.keys() | {"refresh_token"}
        assert (renewed["token_type"], renewed["expires_in"]) == (refresh["token_type"], refresh["expires_in"])
        assert renewed["refresh_token"] != tokens["refresh_token"]

        answer = await complete.post("/admin/api/auth/logout", headers=bearer(renewed["access_token"]))
        assert (answer.status_code, answer.json()) == (200, logout)

    async def test_a_logout_invalidates_the_session(self, complete: httpx.AsyncClient) -> None:
        tokens = await tokens_of(complete)
        await complete.post(LOGOUT, headers=bearer(tokens["access_token"]))
        assert (await complete.get(ME, headers=bearer(tokens["access_token"]))).status_code == 401
        answer = await complete.post(REFRESH, headers={"X-Refresh-Token": tokens["refresh_token"]})
        assert answer.status_code == 401
        assert (await complete.post(LOGOUT, headers=bearer(tokens["access_token"]))).status_code == 401

    async def test_only_the_right_password_of_an_address_signs_in(self, complete: httpx.AsyncClient) -> None:
        for email, password in [
            (ADMIN.email, "wrong"),
            (ADMIN.email, ADMIN.password_hash),
            ("nobody@example.com", PASSWORD),
            ("viewer@example.com", PASSWORD + " "),
        ]:
            answer = await complete.post(LOGIN, json={"email": email, "password": password})
            assert answer.status_code == 401
        # The example's loader takes ids too; a login name must be an address.
        assert (await complete.post(LOGIN, json={"email": "1", "password": PASSWORD})).status_code == 400

    async def test_a_viewer_is_a_viewer(self, complete: httpx.AsyncClient) -> None:
        answer = await complete.post(LOGIN, json={"email": "viewer@example.com", "password": PASSWORD})
        me = await complete.get(ME, headers=bearer(answer.json()["access_token"]))
        assert me.json() == {
            "id": 2, "email": "viewer@example.com", "roles": ["viewer"], "permissions": ["models:read"],
        }  # fmt: skip

    async def test_its_expiries(self, complete: httpx.AsyncClient) -> None:
        tokens = await tokens_of(complete)
        lives = {name: stated(tokens[name])["exp"] - stated(tokens[name])["iat"] for name in tokens if "_token" in name}
        assert lives == {"access_token": 3600, "refresh_token": pytest.approx(86400 * 7, abs=1)}

    @pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
    @pytest.mark.parametrize("path", [LOGIN, LOGOUT, REFRESH])
    async def test_they_are_posted_to(self, complete: httpx.AsyncClient, method: str, path: str) -> None:
        assert (await getattr(complete, method)(path)).status_code == 405

    async def test_who_nobody_is(self, complete: httpx.AsyncClient) -> None:
        assert (await complete.get(ME)).status_code == 401

    async def test_the_pages_sign_in_by_cookie_all_the_same(self, complete: httpx.AsyncClient) -> None:
        data = CREDENTIALS | {"csrf_token": await form_token(complete)}
        answer = await complete.post("/admin/login", data=data)
        assert answer.status_code == 303
        assert len(set_cookies(answer)) == 2


@post("/host/login/{user_id:str}", status_code=200)
async def host_login(request: Request[Any, Any, Any]) -> None:
    request.session["user_id"] = request.path_params["user_id"]


@post("/host/logout", status_code=200)
async def host_logout(request: Request[Any, Any, Any]) -> None:
    request.session.clear()


STAFF = {
    "7": Person("7", "admin@example.com"),
    "8": Person("8", "viewer@example.com", is_admin=False),
}


async def load_staff(user_id: str) -> Any:
    return STAFF.get(user_id)


HIDDEN = ["/admin", "/admin/", "/admin/login", "/admin/users", f"{BASE}/me", f"{BASE}/login", "/admin/static/x/y.css"]


class TestSession:
    """ "Session Authentication (SSO)"."""

    def app(self, seed: Any, backend: Any = None) -> Litestar:
        plugin = seed.admin_plugin if backend is None else AdminPlugin(AdminConfig(auth_backend=backend))
        return Litestar([host_login, host_logout], plugins=[plugin], middleware=[ServerSideSessionConfig().middleware])

    async def test_the_quick_setup_hides_the_admin_from_all_but_administrators(self) -> None:
        async with visiting(self.app(run("session quick setup", load_user_from_db=load_staff))) as client:
            # Nobody, somebody who is no administrator, somebody whom the host does not know.
            for who in (None, "8", "9"):
                if who is not None:
                    await client.post(f"/host/login/{who}")
                for path in HIDDEN:
                    assert (await client.get(path)).status_code == 404, (who, path)
            await client.post("/host/login/7")
            assert (await client.get("/admin")).status_code == 200
            assert (await client.get(ME)).json() == {
                "id": "7", "email": "admin@example.com", "roles": ["admin"], "permissions": STAFF["7"].permissions,
            }  # fmt: skip
            await client.post("/host/logout")
            assert (await client.get(ME)).status_code == 404

    async def test_without_the_key_the_handler_is_not_asked(self) -> None:
        asked: list[str] = []

        async def load(user_id: str) -> Any:
            asked.append(user_id)
            return STAFF.get(user_id)

        async with visiting(self.app(run("session quick setup", load_user_from_db=load))) as client:
            await client.get("/admin")
            assert asked == []
            await client.post("/host/login/7")
            await client.get("/admin")
            assert asked == ["7"]

    async def test_the_handler_is_given_the_session_and_the_connection(self) -> None:
        seen: list[Any] = []

        async def retrieve(session: Any, connection: Any) -> Any:
            seen.append((session, connection))
            return STAFF["7"]

        async with visiting(self.app(None, SessionAuthBackend(retrieve_user_handler=retrieve))) as client:
            await client.post("/host/login/7")
            await client.get(ME)
        ((session, connection),) = seen
        assert session == {"user_id": "7"}
        assert isinstance(connection, ASGIConnection)
        assert connection.session is session

    async def test_the_form_signs_in_where_there_is_a_handler_for_it(self) -> None:
        async def verify_and_load(email: str, password: str) -> Any:
            return STAFF["7"] if (email, password) == (ADMIN.email, PASSWORD) else None

        quick = run("session quick setup", load_user_from_db=load_staff)
        seed = run(
            "authenticate_handler",
            SessionAuthBackend=SessionAuthBackend,
            retrieve_user_handler=quick.retrieve_user_handler,
            verify_and_load=verify_and_load,
        )
        async with visiting(self.app(None, seed.backend)) as client:
            for password, status in (("wrong", 401), (PASSWORD, 303)):
                data = {"email": ADMIN.email, "password": password, "csrf_token": await form_token(client)}
                assert (await client.post("/admin/login", data=data)).status_code == status
            assert (await client.get(ME)).json()["email"] == ADMIN.email

    async def test_the_complete_example(self, redis_url: str) -> None:
        people = {
            "7": SimpleNamespace(id=7, email=ADMIN.email, is_admin=True, roles=[SimpleNamespace(name="staff")]),
            "8": SimpleNamespace(id=8, email="b@example.com", is_admin=False, roles=[]),
        }

        async def load_user(user_id: str) -> Any:
            return people.get(user_id)

        seed = run("complete session example", load_user=load_user, redis_url=redis_url)
        seed.app.register(host_login)
        assert isinstance(seed.app.stores.get("sessions"), RedisStore)
        async with visiting(seed.app) as client:
            assert (await client.get(ME)).status_code == 404
            await client.post("/host/login/8")
            assert (await client.get(ME)).status_code == 404
            await client.post("/host/login/7")
            assert (await client.get(ME)).json() == {
                "id": "7", "email": ADMIN.email, "roles": ["staff"], "permissions": ["admin:access"],
            }  # fmt: skip


class Services:
    """The two services that the custom backend is written for."""

    def __init__(self) -> None:
        self.sessions: dict[str, Any] = {}

    async def authenticate(self, email: str, password: str) -> Any:
        return ADMIN if (email, password) == (ADMIN.email, PASSWORD) else None

    async def get_user(self, session_id: str) -> Any:
        return self.sessions.get(session_id)

    async def create_session(self, user: Any) -> str:
        session_id = uuid4().hex
        self.sessions[session_id] = user
        return session_id

    async def destroy_session(self, session_id: str) -> None:
        self.sessions.pop(session_id, None)


class TestCustomBackend:
    @asynccontextmanager
    async def client(self) -> AsyncGenerator[tuple[httpx.AsyncClient, Services]]:
        services = Services()
        seed = run(
            "custom backend",
            ASGIConnection=ASGIConnection,
            your_auth_service=services,
            your_session_service=services,
        )
        backend = seed.CustomAuthBackend()
        assert isinstance(backend, AuthBackend)
        async with visiting(Litestar(plugins=[AdminPlugin(AdminConfig(auth_backend=backend))])) as client:
            yield client, services

    async def test_the_api_answers_what_the_backend_says(self) -> None:
        async with self.client() as (client, services):
            assert (await client.get(ME)).status_code == 401
            assert (await client.post(LOGIN, json=CREDENTIALS | {"password": "wrong"})).status_code == 401
            answer = await client.post(LOGIN, json=CREDENTIALS)
            (session_id,) = services.sessions
            assert (answer.json(), set_cookies(answer)) == ({"session_id": session_id}, {})
            client.cookies.set("session_id", session_id)
            assert (await client.get(ME)).json()["email"] == ADMIN.email
            assert (await client.post(REFRESH)).status_code == 401, "the example returns None"
            answer = await client.post(LOGOUT)
            assert (answer.status_code, answer.json()) == (200, {"message": "Logged out successfully"})
            assert services.sessions == {}
            assert (await client.get(ME)).status_code == 401
            assert (await client.post(LOGOUT)).status_code == 401

    async def test_the_form_keeps_what_login_returns_as_cookies(self) -> None:
        async with self.client() as (client, services):
            data = CREDENTIALS | {"csrf_token": await form_token(client)}
            answer = await client.post("/admin/login", data=data)
            assert answer.status_code == 303
            (session_id,) = services.sessions
            assert set_cookies(answer)["session_id"].startswith(f"session_id={session_id};")
            assert "HttpOnly" in set_cookies(answer)["session_id"]
            assert (await client.get("/admin/login")).status_code == 303
            assert (await client.get(ME)).json()["id"] == 1
