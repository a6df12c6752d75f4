"""Our tokens under a second implementation, joserfc, and its tokens under ours, for every algorithm."""

from typing import Any

import pytest
from joserfc import jwt as jose
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, import_key

from litestar_admin_auth.auth.tokens import TYPES, sign_access, verify
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.exceptions import InvalidToken
from litestar_admin_auth.core.jwt_config import ALGORITHMS, JWTConfig
from tests.keys import key_for, private_pem, public_pem

# RFC 9864 has new names for it; both libraries still take the old one.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


def config(algorithm: str, **settings: Any) -> JWTConfig:
    return JWTConfig(secret_key=key_for(algorithm), algorithm=algorithm, issuer="https://us", audience="us", **settings)


def their_key(algorithm: str, number: int = 0, *, public: bool = False) -> Key:
    kind = {"H": "oct", "R": "RSA", "P": "RSA"}.get(algorithm[0], "OKP" if algorithm.startswith("Ed") else "EC")
    key = key_for(algorithm, number)
    return import_key(public_pem(key) if public and kind != "oct" else key, kind)


def claims(**changes: Any) -> dict[str, Any]:
    moment = int(now().timestamp())
    return {
        "iss": "https://us", "aud": "us", "sub": "7", "sid": "session", "jti": "id", "purpose": "access",
        "iat": moment, "exp": moment + 60, **changes,
    }  # fmt: skip


@pytest.mark.parametrize("algorithm", ALGORITHMS)
class TestEachAlgorithm:
    def test_our_token_verifies_there_with_the_public_key_alone(self, algorithm: str) -> None:
        token = sign_access(config(algorithm), "7", "session")
        theirs = jose.decode(token, their_key(algorithm, public=True), algorithms=[algorithm])
        assert theirs.header["typ"] == "admin-access+jwt"
        assert (theirs.claims["sub"], theirs.claims["sid"], theirs.claims["aud"]) == ("7", "session", "us")
        rules = jose.JWTClaimsRegistry(iss={"essential": True, "value": "https://us"}, aud={"value": "us"})
        rules.validate(theirs.claims)

    def test_our_token_does_not_verify_there_with_another_key(self, algorithm: str) -> None:
        token = sign_access(config(algorithm), "7", "session")
        with pytest.raises(JoseError):
            jose.decode(token, their_key(algorithm, 1, public=True), algorithms=[algorithm])

    @pytest.mark.parametrize("with_kid", [True, False])
    def test_their_token_with_our_claims_verifies_here(self, algorithm: str, with_kid: bool) -> None:
        ours = config(algorithm)
        header = {"alg": algorithm, "typ": TYPES["access"]}
        if with_kid and ours.keys.current.kid:
            header["kid"] = ours.keys.current.kid
        token = jose.encode(header, claims(), their_key(algorithm), algorithms=[algorithm])
        stated = verify(ours, token, "access")
        assert (stated.subject, stated.session_id) == ("7", "session")

    def test_their_token_of_another_key_does_not(self, algorithm: str) -> None:
        header = {"alg": algorithm, "typ": TYPES["access"]}
        token = jose.encode(header, claims(), their_key(algorithm, 1), algorithms=[algorithm])
        with pytest.raises(InvalidToken):
            verify(config(algorithm), token, "access")

    def test_their_token_without_our_claims_does_not(self, algorithm: str) -> None:
        header = {"alg": algorithm, "typ": TYPES["access"]}
        for changes in ({"purpose": "other"}, {"iss": "https://them"}, {"sid": None}, {"aud": ["them"]}):
            token = jose.encode(header, claims(**changes), their_key(algorithm), algorithms=[algorithm])
            with pytest.raises(InvalidToken):
                verify(config(algorithm), token, "access")


def test_a_list_of_audiences_with_us_in_it_is_for_us() -> None:
    header = {"alg": "ES256", "typ": TYPES["access"]}
    token = jose.encode(header, claims(aud=["them", "us"]), their_key("ES256"), algorithms=["ES256"])
    assert verify(config("ES256"), token, "access")


def test_their_reading_of_our_key_set_finds_the_key_by_its_id() -> None:
    previous = [private_pem("ES256", 1), ("RS256", private_pem("RS256"))]
    ours = config("ES256", previous_keys=previous)
    published = KeySet.import_key_set({"keys": ours.keys.public()})
    theirs = jose.decode(sign_access(ours, "7", "session"), published, algorithms=["ES256"])
    assert theirs.claims["sub"] == "7"
    old = JWTConfig(secret_key=private_pem("ES256", 1), algorithm="ES256", audience="us")
    assert jose.decode(sign_access(old, "8", "session"), published, algorithms=["ES256"]).claims["sub"] == "8"


def test_what_they_can_write_and_we_never_do_is_refused() -> None:
    attacker = their_key("ES256", 1)
    for extra in (
        {"jwk": attacker.as_dict(private=False)},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/certificate"},
        {"kid": "../../../dev/null"},
    ):
        header = {"alg": "ES256", "typ": TYPES["access"], **extra}
        for key in (attacker, their_key("ES256")):
            token = jose.encode(header, claims(), key, algorithms=["ES256"])
            with pytest.raises(InvalidToken):
                verify(config("ES256"), token, "access")
