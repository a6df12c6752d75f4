"""Every bad token at every door that takes one: 401, never a fault, and the session it names lives on."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from litestar_admin_auth.auth import JWTAuthBackend, JWTConfig
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.database import Database, create_engine
from litestar_admin_auth.core.signing_keys import SigningKey
from litestar_admin_auth.services import one_time_links
from litestar_admin_auth.services.actor import Actor
from litestar_admin_auth.services.migrations import upgrade
from tests.auth.conftest import private
from tests.auth.site import ORIGIN, PASSWORD, Site, plugin, running
from tests.keys import SECRET, private_pem, public_pem

MISSING = object()
HMAC = {"secret_key": SECRET, "issuer": "https://us.example", "audience": "us"}
ASYMMETRIC = {**HMAC, "secret_key": private_pem("ES256"), "algorithm": "ES256", "jwks_endpoint": True}


def encode(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")


def decode(segment: str) -> dict[str, Any]:
    return json.loads(urlsafe_b64decode(segment + "=="))


@dataclass(frozen=True)
class Forger:
    """Has a genuine token of a living session, and our key: what it forges is wrong in one respect only."""

    genuine: str
    other_purpose: str
    key: SigningKey
    link: str

    def forge(self, header: Any = None, claims: Any = None, *, key: Any = None) -> str:
        """A token with changes to header and claims (a dict), or with quite another header or payload (bytes)."""
        parts = self.genuine.split(".")
        segments = [
            encode(changes if isinstance(changes, bytes) else self._changed(decode(part), changes or {}))
            for part, changes in zip(parts[:2], (header, claims), strict=True)
        ]
        signed = ".".join(segments)
        return f"{signed}.{encode((key or self.key.sign)(signed.encode()))}"

    def twice(self, part: int, name: str) -> bytes:
        """The header or the claims as JSON, with one name standing in it twice."""
        good = decode(self.genuine.split(".")[part])
        return f'{{"{name}": {json.dumps(good[name])}, {json.dumps(good)[1:]}'.encode()

    @staticmethod
    def _changed(good: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in (good | changes).items() if value is not MISSING}


def moment() -> int:
    return int(now().timestamp())


def with_secret(secret: str, digest: Any = hashlib.sha256) -> Callable[[bytes], bytes]:
    return lambda message: hmac.digest(secret.encode(), message, digest)


def no_signature(_message: bytes) -> bytes:
    return b""


PUBLIC = public_pem(private_pem("ES256"))
ATTACKER = JWTConfig(secret_key=private_pem("ES256", 1), algorithm="ES256").keys.current
OTHER_SECRET = with_secret("another secret, which is also long enough")

HOSTILE: dict[str, Callable[[Forger], str]] = {
    "alg none": lambda f: f.forge({"alg": "none"}, key=no_signature),
    "alg None, signed": lambda f: f.forge({"alg": "None"}),
    "alg NONE": lambda f: f.forge({"alg": "NONE"}, key=no_signature),
    "alg nOnE with other claims": lambda f: f.forge({"alg": "nOnE"}, {"sub": "1"}, key=no_signature),
    "no alg": lambda f: f.forge({"alg": MISSING}),
    "alg null": lambda f: f.forge({"alg": None}),
    "alg list": lambda f: f.forge({"alg": ["HS256", "ES256"]}),
    "alg number": lambda f: f.forge({"alg": 256}),
    "alg in small letters": lambda f: f.forge({"alg": "hs256"}),
    "alg of another family": lambda f: f.forge({"alg": "RS256"}),
    "alg of the same family": lambda f: f.forge({"alg": "HS512"}, key=with_secret(SECRET, hashlib.sha512)),
    "empty signature": lambda f: f.genuine.rpartition(".")[0] + ".",
    "no signature at all": lambda f: f.genuine.rpartition(".")[0],
    "signature of zeros": lambda f: f.forge(key=lambda _m: b"\0" * 64),
    "huge signature": lambda f: f.forge(key=lambda _m: b"\0" * 1500),
    "cut signature": lambda f: f.genuine[:-4],
    "padded signature": lambda f: f.genuine + "==",
    "signature of other claims": lambda f: f.genuine.replace(f.genuine.split(".")[1], encode({"sub": "1"})),
    "HS256 with the public key": lambda f: f.forge({"alg": "HS256"}, key=with_secret(PUBLIC)),
    "HS256 with the public key, no kid": lambda f: f.forge({"alg": "HS256", "kid": MISSING}, key=with_secret(PUBLIC)),
    "HS256 with an empty secret": lambda f: f.forge({"alg": "HS256"}, key=with_secret("")),
    "another secret": lambda f: f.forge({"alg": "HS256", "kid": MISSING}, key=OTHER_SECRET),
    "another private key": lambda f: f.forge({"alg": "ES256", "kid": ATTACKER.kid}, key=ATTACKER.sign),
    "kid traversal": lambda f: f.forge({"kid": "../../../../../dev/null"}),
    "kid traversal with an empty secret": lambda f: f.forge({"alg": "HS256", "kid": "/dev/null"}, key=with_secret("")),
    "kid of SQL": lambda f: f.forge({"kid": "x' UNION SELECT 'secret' --"}),
    "kid address": lambda f: f.forge({"kid": "https://evil.example/key"}),
    "kid number": lambda f: f.forge({"kid": 7}),
    "kid null": lambda f: f.forge({"kid": None}),
    "kid list": lambda f: f.forge({"kid": ["a"]}),
    "jwk": lambda f: f.forge({"alg": "ES256", "kid": MISSING, "jwk": ATTACKER.jwk}, key=ATTACKER.sign),
    "jku": lambda f: f.forge({"jku": "https://evil.example/jwks.json"}),
    "x5u": lambda f: f.forge({"x5u": "https://evil.example/certificate"}),
    "x5c": lambda f: f.forge({"x5c": ["MIIB"]}),
    "crit": lambda f: f.forge({"crit": ["exp"]}),
    "crit empty": lambda f: f.forge({"crit": []}),
    "b64 false": lambda f: f.forge({"b64": False, "crit": ["b64"]}),
    "zip": lambda f: f.forge({"zip": "DEF"}),
    "header of 10 KB": lambda f: f.forge({"kid": "k" * 10_000}),
    "header of 3 KB": lambda f: f.forge({"more": "k" * 2_000}),
    "claims of 10 KB": lambda f: f.forge(None, {"more": "c" * 10_000}),
    "deep nesting": lambda f: f.forge(None, b"[" * 2000 + b"]" * 200),
    "deep header": lambda f: f.forge(b'{"alg":' * 300),
    "header is a list": lambda f: f.forge(b"[]"),
    "header is empty": lambda f: "." + f.genuine.split(".", 1)[1],
    "header is no UTF-8": lambda f: f.forge(b"\xff\xfe"),
    "header has alg twice": lambda f: f.forge(f.twice(0, "alg")),
    "claims are a list": lambda f: f.forge(None, b"[]"),
    "claims are a number": lambda f: f.forge(None, b"7"),
    "claims are empty": lambda f: f.forge(None, b""),
    "claims are no JSON": lambda f: f.forge(None, b"{"),
    "claims in UTF-16": lambda f: f.forge(None, json.dumps(decode(f.genuine.split(".")[1])).encode("utf-16")),
    "claims have sub twice": lambda f: f.forge(None, f.twice(1, "sub")),
    "claims have exp twice": lambda f: f.forge(None, f.twice(1, "exp")),
    "exp 1e300": lambda f: f.forge(None, {"exp": 1e300}),
    "exp NaN": lambda f: f.forge(None, {"exp": float("nan")}),
    "exp Infinity": lambda f: f.forge(None, {"exp": float("inf")}),
    "exp text": lambda f: f.forge(None, {"exp": str(moment() + 60)}),
    "exp list": lambda f: f.forge(None, {"exp": [moment() + 60]}),
    "exp true": lambda f: f.forge(None, {"exp": True}),
    "exp null": lambda f: f.forge(None, {"exp": None}),
    "exp float": lambda f: f.forge(None, {"exp": moment() + 60.0}),
    "exp negative": lambda f: f.forge(None, {"exp": -moment()}),
    "exp of 400 digits": lambda f: f.forge(None, {"exp": 10**400}),
    "exp of 3000 digits": lambda f: f.forge(None, b'{"exp":' + b"9" * 2_900 + b"}"),
    "no exp": lambda f: f.forge(None, {"exp": MISSING}),
    "iat in the future": lambda f: f.forge(None, {"iat": moment() + 3600}),
    "iat 1e300": lambda f: f.forge(None, {"iat": 1e300}),
    "iat text": lambda f: f.forge(None, {"iat": str(moment())}),
    "no iat": lambda f: f.forge(None, {"iat": MISSING}),
    "nbf in the future": lambda f: f.forge(None, {"nbf": moment() + 3600}),
    "nbf list": lambda f: f.forge(None, {"nbf": [0]}),
    "no sub": lambda f: f.forge(None, {"sub": MISSING}),
    "sub number": lambda f: f.forge(None, {"sub": 7}),
    "sub of somebody else": lambda f: f.forge(None, {"sub": "01976f3c-8a5e-7c41-9d2b-6f1f5f0f7a10"}),
    "sub no UUID": lambda f: f.forge(None, {"sub": "admin"}),
    "sub with NUL": lambda f: f.forge(None, {"sub": "a\0b"}),
    "sub lone surrogate": lambda f: f.forge(None, {"sub": "\ud800"}),
    "no sid": lambda f: f.forge(None, {"sid": MISSING}),
    "sid list": lambda f: f.forge(None, {"sid": ["a"]}),
    "sid no UUID": lambda f: f.forge(None, {"sid": "../../etc/passwd"}),
    "sid with NUL": lambda f: f.forge(None, {"sid": "\0" * 36}),
    "sid lone surrogate": lambda f: f.forge(None, {"sid": "\udfff" * 32}),
    "sid of a made-up session": lambda f: f.forge(None, {"sid": "01976f3c-8a5e-7c41-9d2b-6f1f5f0f7a12"}),
    "no jti": lambda f: f.forge(None, {"jti": MISSING}),
    "gen text": lambda f: f.forge(None, {"gen": "0"}),
    "gen 1e300": lambda f: f.forge(None, {"gen": 1e300}),
    "gen beyond 32 bits": lambda f: f.forge(None, {"gen": 2**31}),
    "gen beyond 64 bits": lambda f: f.forge(None, {"gen": 10**30}),
    "gen negative": lambda f: f.forge(None, {"gen": -1}),
    "another issuer": lambda f: f.forge(None, {"iss": "https://evil.example"}),
    "no issuer": lambda f: f.forge(None, {"iss": MISSING}),
    "another audience": lambda f: f.forge(None, {"aud": "them"}),
    "no audience": lambda f: f.forge(None, {"aud": MISSING}),
    "typ JWT": lambda f: f.forge({"typ": "JWT"}),
    "no typ": lambda f: f.forge({"typ": MISSING}),
    "no purpose": lambda f: f.forge(None, {"purpose": MISSING}),
    "purpose of another token": lambda f: f.forge(None, {"purpose": "reset"}),
    "a token of the other purpose": lambda f: f.other_purpose,
    "typ of the one and purpose of the other": lambda f: f.forge({"typ": decode(f.other_purpose.split(".")[0])["typ"]}),
    "a one-time link": lambda f: f.link,
    "four parts": lambda f: f.genuine + ".e30",
    "five parts, as encrypted": lambda f: "e30.." + f.genuine,
    "in brackets": lambda f: f"[{f.genuine}]",
    "as JSON": lambda f: json.dumps({"payload": f.genuine.split(".")[1]}),
    "percent-encoded twice": lambda f: f.genuine.replace(".", "%252E"),
    "undefined": lambda f: "undefined",
}  # fmt: skip


@dataclass
class Door:
    """A way for a token to come in."""

    method: str
    path: str
    #: Where the token stands: header, cookie, refresh header, refresh cookie or refresh body.
    place: str
    body: dict[str, str] | None = field(default=None)

    async def knock(self, site: Site, token: str | bytes) -> httpx.Response:
        config, raw = config_of(site), token.encode() if isinstance(token, str) else token
        cookies = site.runtime.cookies
        if self.place == "refresh body":
            # Bytes that are no text cannot stand in JSON.
            body = {"refresh_token": raw.decode(errors="replace")}
            async with site.browser() as client:
                return await client.request(self.method, self.path, json=body)
        name, value = {
            "header": (config.token_header, b"Bearer " + raw),
            "cookie": ("cookie", cookies.access.encode() + b"=" + raw),
            "refresh header": ("x-refresh-token", raw),
            "refresh cookie": ("cookie", cookies.refresh.encode() + b"=" + raw),
        }[self.place]
        headers = httpx.Headers([(name.encode(), value), (b"origin", ORIGIN.encode())])
        async with site.browser(origin=None) as client:
            return await client.request(self.method, self.path, headers=headers, json=self.body)


PASSWORDS = {"current_password": PASSWORD, "new_password": "seven lamps above the harbour"}


def access_doors(place: str) -> list[Door]:
    return [
        Door("GET", "/admin/api/auth/me", place),
        Door("GET", "/private", place),
        Door("GET", "/admin/api/users", place),
        Door("GET", "/admin/api/account", place),
        Door("POST", "/admin/api/auth/change-password", place, PASSWORDS),
        Door("POST", "/admin/api/auth/logout", place),
    ]


def refresh_doors(place: str) -> list[Door]:
    doors = [
        Door("POST", "/admin/api/auth/refresh", "refresh header"),
        Door("POST", "/admin/api/auth/logout", "refresh header"),
        Door("POST", "/admin/api/auth/refresh", "refresh body"),
        Door("POST", "/admin/api/auth/logout", "refresh body"),
    ]
    if place == "cookie":
        doors += [
            Door("POST", "/admin/api/auth/refresh", "refresh cookie"),
            Door("POST", "/admin/api/auth/logout", "refresh cookie"),
            # Where an access token has run out, this is what renews it.
            Door("GET", "/private", "refresh cookie"),
            Door("GET", "/admin/api/users", "refresh cookie"),
        ]
    return doors


def config_of(site: Site) -> JWTConfig:
    backend = site.runtime.backend
    assert isinstance(backend, JWTAuthBackend)
    return backend.config


@pytest.fixture(scope="module")
async def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("hostile") / "test.sqlite3"
    database = Database(create_engine(f"sqlite+aiosqlite:///{path}"))
    await upgrade(database)
    await database.close()
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="module", params=["HS256", "ES256"])
def settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    return HMAC if request.param == "HS256" else ASYMMETRIC


@pytest.fixture(scope="module", params=["header", "cookie"])
async def hostile_site(request: pytest.FixtureRequest, url: str, settings: dict[str, Any]) -> AsyncGenerator[Site]:
    jwt = JWTConfig(**settings, token_location=request.param)
    app = Litestar([private], plugins=[plugin(database=url, jwt=jwt, secret_key="")], logging_config=None)
    async with running(app) as site:
        yield site


@pytest.fixture(scope="module")
async def genuine(hostile_site: Site) -> tuple[str, str]:
    """The tokens of a superuser who is signed in."""
    return await signed_in(hostile_site, "superuser")


async def signed_in(site: Site, *roles: str) -> tuple[str, str]:
    user = await site.add_user(*roles)
    async with site.browser() as browser:
        answer = await browser.post("/admin/api/auth/login", json={"email": user.email, "password": PASSWORD})
        assert answer.status_code == 200
        if config_of(site).token_location == "header":
            return answer.json()["access_token"], answer.json()["refresh_token"]
        return browser.cookies[site.runtime.cookies.access], browser.cookies[site.runtime.cookies.refresh]


@pytest.fixture(scope="module")
async def link(hostile_site: Site) -> str:
    user = await hostile_site.add_user()
    return (
        await one_time_links.create_link(hostile_site.database, Actor.system("test"), user.id, one_time_links.RESET)
    ).token


def answers_401(answer: httpx.Response) -> bool:
    return answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"


class TestEveryTokenAtEveryDoor:
    async def test_the_genuine_ones_come_in(self, hostile_site: Site) -> None:
        # Else the refusals below would prove nothing.
        place = config_of(hostile_site).token_location
        for door in [*access_doors(place), *refresh_doors(place)]:
            access, refresh = await signed_in(hostile_site, "superuser")
            answer = await door.knock(hostile_site, refresh if "refresh" in door.place else access)
            assert answer.status_code == 200, (door, answer.text)

    async def test_what_is_forged_without_a_change_comes_in(self, hostile_site: Site, genuine: tuple[str, str]) -> None:
        forger = Forger(genuine[0], genuine[1], config_of(hostile_site).keys.current, "")
        door = access_doors(config_of(hostile_site).token_location)[0]
        assert (await door.knock(hostile_site, forger.forge())).status_code == 200
        assert (await door.knock(hostile_site, forger.forge(None, {"jti": "other"}))).status_code == 200

    @pytest.mark.parametrize("name", HOSTILE)
    async def test_a_hostile_one_does_not(
        self, hostile_site: Site, genuine: tuple[str, str], link: str, name: str
    ) -> None:
        config, (access, refresh) = config_of(hostile_site), genuine
        place = config.token_location
        for doors, one, other in (
            (access_doors(place), access, refresh),
            (refresh_doors(place), refresh, access),
        ):
            token = HOSTILE[name](Forger(one, other, config.keys.current, link))
            for door in doors:
                answer = await door.knock(hostile_site, token)
                assert answers_401(answer), (door, answer.status_code, answer.text)
        assert (await access_doors(place)[0].knock(hostile_site, access)).status_code == 200

    async def test_an_expired_one_is_good_for_signing_out_and_nothing_else(self, hostile_site: Site) -> None:
        config = config_of(hostile_site)
        access, refresh = await signed_in(hostile_site, "superuser")
        expired = Forger(access, refresh, config.keys.current, "").forge(None, {"exp": moment() - 1})
        *doors, logout = access_doors(config.token_location)
        for door in doors:
            assert answers_401(await door.knock(hostile_site, expired))
        assert (await logout.knock(hostile_site, expired)).status_code == 200
        assert answers_401(await doors[0].knock(hostile_site, access))

    async def test_neither_does_an_expired_refresh_token(self, hostile_site: Site, genuine: tuple[str, str]) -> None:
        config = config_of(hostile_site)
        expired = Forger(genuine[1], genuine[0], config.keys.current, "").forge(None, {"exp": moment() - 1})
        for door in refresh_doors(config.token_location):
            assert answers_401(await door.knock(hostile_site, expired)), door

    @pytest.mark.parametrize(
        "raw", [b"", b"\xff\xfe", b"\xc3\xbc.\xc3\xbc.\xc3\xbc", b"a" * 20_000, b"." * 4000, b"null", b"=", b"%00"]
    )
    async def test_neither_do_bytes_that_are_no_token(self, hostile_site: Site, raw: bytes) -> None:
        place = config_of(hostile_site).token_location
        for door in [*access_doors(place), *refresh_doors(place)]:
            answer = await door.knock(hostile_site, raw)
            assert answers_401(answer), (door, answer.status_code)

    async def test_a_token_is_no_link(self, hostile_site: Site, genuine: tuple[str, str]) -> None:
        async with hostile_site.browser() as browser:
            for token in genuine:
                for kind in ("invitation", "password-reset"):
                    assert (await browser.get(f"/admin/api/{kind}/{token}")).status_code == 404


class TestOtherSites:
    """Sites that share something with ours, but not the realm."""

    @pytest.mark.parametrize(
        ("changes", "elsewhere"),
        [
            ({"secret_key": "another secret, which is also long enough"}, {}),
            ({"issuer": "https://them.example"}, {}),
            ({"issuer": None}, {}),
            ({"audience": "them"}, {}),
            ({"audience": None}, {}),
            ({}, {"path": "/backoffice"}),
        ],
        ids=["secret", "issuer", "no issuer", "audience", "no audience", "path"],
    )
    async def test_their_tokens_are_worthless_here_and_ours_there(
        self, url: str, tmp_path: Path, changes: dict[str, Any], elsewhere: dict[str, Any]
    ) -> None:
        their_url = f"sqlite+aiosqlite:///{tmp_path / 'theirs.sqlite3'}"
        database = Database(create_engine(their_url))
        await upgrade(database)
        await database.close()
        ours = Litestar([private], plugins=[plugin(database=url, jwt=JWTConfig(**HMAC))])
        theirs = Litestar([], plugins=[plugin(database=their_url, jwt=JWTConfig(**(HMAC | changes)), **elsewhere)])
        async with running(ours) as us, running(theirs) as them:
            our_token = (await signed_in(us))[0]
            user = await them.add_user()
            api = f"{elsewhere.get('path', '/admin')}/api/auth"
            async with them.browser(origin=None) as script:
                login = await script.post(f"{api}/login", json={"email": user.email, "password": PASSWORD})
                their_token = login.json()["access_token"]
                for token, status in ((their_token, 200), (our_token, 401)):
                    bearer = {"authorization": f"Bearer {token}"}
                    assert (await script.get(f"{api}/me", headers=bearer)).status_code == status
            assert answers_401(await Door("GET", "/admin/api/auth/me", "header").knock(us, their_token))
            assert answers_401(await Door("GET", "/private", "header").knock(us, their_token))


@pytest.fixture(scope="module", params=["header", "cookie"])
async def hmac_site(request: pytest.FixtureRequest, url: str) -> AsyncGenerator[Site]:
    app = Litestar([private], plugins=[plugin(database=url, jwt=JWTConfig(**HMAC, token_location=request.param))])
    async with running(app) as site:
        yield site


class TestTwoPlaces:
    """Only the configured place counts, whatever stands in the other."""

    async def ask(self, site: Site, header: str, cookie: str, path: str = "/admin/api/auth/me") -> httpx.Response:
        headers = {"authorization": header, "cookie": f"{site.runtime.cookies.access}={cookie}"}
        async with site.browser() as client:
            return await client.get(path, headers=headers)

    async def test_of_two_genuine_tokens_the_one_at_the_configured_place_counts(self, hmac_site: Site) -> None:
        (one, _), (other, _) = await signed_in(hmac_site), await signed_in(hmac_site)
        counts = one if config_of(hmac_site).token_location == "header" else other
        for path in ("/admin/api/auth/me", "/private"):
            answer = await self.ask(hmac_site, f"Bearer {one}", other, path)
            alone = await access_doors(config_of(hmac_site).token_location)[0].knock(hmac_site, counts)
            assert answer.status_code == 200
            assert alone.json()["email"] in answer.text

    async def test_a_bad_token_there_is_not_made_good_by_a_genuine_one_elsewhere(self, hmac_site: Site) -> None:
        token, _ = await signed_in(hmac_site)
        by_header = config_of(hmac_site).token_location == "header"
        for bad in ("x.y.z", "", token[:-4]):
            header, cookie = (f"Bearer {bad}", token) if by_header else (f"Bearer {token}", bad)
            for path in ("/admin/api/auth/me", "/private"):
                assert (await self.ask(hmac_site, header, cookie, path)).status_code == 401

    async def test_a_bad_token_elsewhere_does_no_harm(self, hmac_site: Site) -> None:
        token, _ = await signed_in(hmac_site)
        by_header = config_of(hmac_site).token_location == "header"
        for bad in ("x.y.z", "", token[:-4]):
            header, cookie = (f"Bearer {token}", bad) if by_header else (f"Bearer {bad}", token)
            assert (await self.ask(hmac_site, header, cookie)).status_code == 200

    async def test_another_scheme_is_not_ours_however_genuine_the_token(self, hmac_site: Site) -> None:
        token, _ = await signed_in(hmac_site)
        credentials = urlsafe_b64encode(f"{token}:".encode()).decode()
        for header in (f"Basic {token}", f"Basic {credentials}", f"Digest {token}", f"Token {token}", token):
            for path in ("/admin/api/auth/me", "/private"):
                assert (await self.ask(hmac_site, header, "", path)).status_code == 401

    async def test_a_bad_refresh_token_is_not_made_good_by_a_genuine_one_elsewhere(self, hmac_site: Site) -> None:
        _, refresh = await signed_in(hmac_site)
        cookie = {"cookie": f"{hmac_site.runtime.cookies.refresh}={refresh}"}
        async with hmac_site.browser() as client:
            for headers, body in (
                ({"x-refresh-token": "x.y.z", **cookie}, None),
                (cookie, {"refresh_token": "x.y.z"}),
                ({"x-refresh-token": "x.y.z"}, {"refresh_token": refresh}),
                ({"x-refresh-token": refresh}, {"refresh_token": "x.y.z"}),
            ):
                answer = await client.post("/admin/api/auth/refresh", headers=headers, json=body)
                assert answer.status_code == 401
