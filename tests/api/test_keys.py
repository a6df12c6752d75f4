"""The public keys, for services that verify tokens by themselves."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from joserfc import jwt as jose
from joserfc.jwk import KeySet
from litestar import Litestar

from litestar_admin_auth.auth import JWTAuthBackend, JWTConfig, SessionAuthBackend
from tests.api.conftest import error_of
from tests.auth.site import Site, plugin, running
from tests.keys import SECRET, private_pem, public_pem

PATH = "/admin/api/auth/jwks.json"
ES256 = {"secret_key": private_pem("ES256"), "algorithm": "ES256"}


class Ann:
    id = 7
    email = "ann@example.com"
    roles = ()
    permissions = ()
    password_hash = "hash"


async def load(_identifier: Any) -> Ann:
    return Ann()


async def verify(_stored: str, _password: str) -> bool:
    return True


async def nobody(*_args: Any) -> None:
    return None


@asynccontextmanager
async def host(backend: Any = None, /, **jwt: Any) -> AsyncGenerator[Site]:
    backend = backend or JWTAuthBackend(JWTConfig(**jwt), load, verify)
    async with running(Litestar(plugins=[plugin(auth_backend=backend, secret_key="")])) as site:
        yield site


async def document(site: Site) -> dict[str, Any]:
    """What the API says of itself, to somebody who is signed in."""
    async with site.browser() as client:
        login = await client.post("/admin/api/auth/login", json={"email": Ann.email, "password": "any"})
        bearer = {"authorization": f"Bearer {login.json()['access_token']}"}
        return (await client.get("/admin/api/schema", headers=bearer)).json()


class TestKeySet:
    async def test_anybody_may_read_it_and_keep_it_for_a_while(self) -> None:
        async with host(**ES256, jwks_endpoint=True) as site, site.browser(origin=None) as other:
            answer = await other.get(PATH)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/jwk-set+json"
        assert answer.headers["cache-control"] == "max-age=900, public"
        assert "set-cookie" not in answer.headers

    async def test_it_holds_the_signing_key_and_those_being_replaced_and_nothing_private(self) -> None:
        previous = [("EdDSA", public_pem(private_pem("EdDSA"))), private_pem("ES256", 1), ("HS256", SECRET)]
        async with host(**ES256, jwks_endpoint=True, previous_keys=previous) as site, site.browser() as other:
            answer = await other.get(PATH)
        keys = answer.json()["keys"]
        assert answer.json().keys() == {"keys"}
        assert [key["alg"] for key in keys] == ["ES256", "EdDSA", "ES256"]
        assert [set(key) for key in keys] == [
            {"kty", "kid", "use", "alg", "crv", "x", "y"},
            {"kty", "kid", "use", "alg", "crv", "x"},
            {"kty", "kid", "use", "alg", "crv", "x", "y"},
        ]
        assert len({key["kid"] for key in keys}) == 3

    async def test_rsa_keys_have_modulus_and_exponent_only(self) -> None:
        settings = {"secret_key": private_pem("RS256"), "algorithm": "RS256", "jwks_endpoint": True}
        async with host(**settings) as site, site.browser() as other:
            (key,) = (await other.get(PATH)).json()["keys"]
        assert set(key) == {"kty", "kid", "use", "alg", "n", "e"}

    async def test_another_library_verifies_our_tokens_with_it(self) -> None:
        async with host(**ES256, jwks_endpoint=True) as site, site.browser() as other:
            published = KeySet.import_key_set((await other.get(PATH)).json())
            from litestar_admin_auth.auth.tokens import sign_access

            token = sign_access(site.runtime.backend.config, "7", "session")  # type: ignore[attr-defined]
        assert jose.decode(token, published, algorithms=["ES256"]).claims["sub"] == "7"

    async def test_head_is_answered_and_nothing_else(self) -> None:
        async with host(**ES256, jwks_endpoint=True) as site, site.browser() as other:
            assert (await other.head(PATH)).status_code == 200
            for method in ("POST", "PUT", "DELETE"):
                error_of(await other.request(method, PATH), 405)

    async def test_a_bad_credential_is_no_obstacle(self) -> None:
        async with host(**ES256, jwks_endpoint=True) as site, site.browser() as other:
            assert (await other.get(PATH, headers={"authorization": "Bearer x.y.z"})).status_code == 200


class TestAbsence:
    @pytest.mark.parametrize("settings", [{"secret_key": SECRET}, ES256])
    async def test_it_is_off_by_default(self, settings: dict[str, Any]) -> None:
        async with host(**settings) as site, site.browser() as other:
            error_of(await other.get(PATH), 404)
            assert "/admin/api/auth/me" in (paths := (await document(site))["paths"])
            assert PATH not in paths

    async def test_other_backends_have_none(self) -> None:
        async with host(SessionAuthBackend(nobody)) as site, site.browser() as other:
            assert (await other.get(PATH)).status_code == 404


class TestDescription:
    async def test_it_is_described_as_open_to_all(self) -> None:
        async with host(**ES256, jwks_endpoint=True) as site:
            described = await document(site)
        operation = described["paths"][PATH]["get"]
        assert operation["security"] == []
        assert operation["responses"].keys() == {"200"}
        schema = operation["responses"]["200"]["content"]["application/jwk-set+json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/KeySet"}
        assert described["components"]["schemas"]["KeySet"]["examples"]
        required = described["components"]["schemas"]["PublicKey"]["required"]
        assert set(required) == {"kty", "kid", "use", "alg"}
