"""Mutated tokens, the same ones on each run: a token is taken or refused, and nothing else ever happens."""

import base64
import json
import random
from typing import Any

import pytest

from litestar_admin_auth.auth.tokens import TYPES, Claims, sign_access, verify
from litestar_admin_auth.core.clock import now
from litestar_admin_auth.core.exceptions import InvalidToken
from litestar_admin_auth.core.jwt_config import JWTConfig
from tests.keys import SECRET, key_for, private_pem, public_pem

CONFIGS = {
    "HS256": JWTConfig(secret_key=SECRET, previous_keys=[key_for("HS256", 1)]),
    "RS256": JWTConfig(secret_key=private_pem("RS256"), algorithm="RS256"),
    "ES256": JWTConfig(
        secret_key=private_pem("ES256"), algorithm="ES256", previous_keys=[public_pem(private_pem("ES256", 1))]
    ),
    "EdDSA": JWTConfig(secret_key=private_pem("EdDSA"), algorithm="EdDSA", previous_keys=[("HS256", SECRET)]),
}
LETTERS = "ABCabc019-_.=+/ \n\0%\"'{}[]ü\ud800\u2028"

#: What may stand where something else should.
VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e300, -1e300, float("nan"), float("inf"), 2**31, 2**63, 10**400, "", " ", "\0",
    "\ud800", "a" * 300, "none", "HS256", "../../dev/null", "https://evil.example", [], [[]], {}, {"a": {"b": []}},
    ["HS256"], [None], "2026-01-01", "١٢", "🔑", "' OR 1=1 --", "-----BEGIN PUBLIC KEY-----",
]  # fmt: skip
NAMES = [
    "alg", "typ", "kid", "jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "sub", "sid", "iat", "exp", "nbf", "jti",
    "gen", "purpose", "iss", "aud", "", "\0", "constructor", "__proto__",
]  # fmt: skip


def outcome(config: JWTConfig, token: str) -> Claims | None:
    """The claims, or None for a refusal; any other exception is the bug that this file looks for."""
    try:
        return verify(config, token, "access")
    except InvalidToken:
        return None


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def mutated_text(chance: random.Random, token: str) -> str:
    at, other = chance.randrange(len(token)), chance.randrange(len(token))
    return chance.choice(
        [
            lambda: token[:at] + chance.choice(LETTERS) + token[at + 1 :],
            lambda: token[:at] + chance.choice(LETTERS) + token[at:],
            lambda: token[:at] + token[at + 1 :],
            lambda: token[: min(at, other)] + token[max(at, other) :],
            lambda: token[:at] + token[min(at, other) : max(at, other)] + token[at:],
            lambda: token[at:] + token[:at],
            lambda: ".".join(chance.sample(token.split("."), 3)),
            lambda: token[:at] + "." + token[at:],
            lambda: token * chance.randrange(2, 30),
        ]
    )()


def mutated_object(chance: random.Random, good: dict[str, Any]) -> bytes:
    changed = dict(good)
    for _ in range(chance.randrange(1, 4)):
        name = chance.choice([*NAMES, *good])
        if chance.random() < 0.2:
            changed.pop(name, None)
        else:
            changed[name] = chance.choice(VALUES)
    raw = json.dumps(changed, ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass")
    if chance.random() < 0.1:
        at = chance.randrange(len(raw))
        raw = raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]
    return raw


def unchanged(_chance: random.Random, good: dict[str, Any]) -> bytes:
    return json.dumps(good).encode()


@pytest.mark.parametrize("algorithm", CONFIGS)
class TestMutations:
    def test_a_changed_letter_is_always_refused(self, algorithm: str) -> None:
        chance, config = random.Random(7), CONFIGS[algorithm]
        genuine = sign_access(config, "user", "session")
        assert outcome(config, genuine)
        for _ in range(1500):
            token = mutated_text(chance, genuine)
            if token != genuine:
                assert outcome(config, token) is None, token

    def test_whatever_is_signed_is_taken_for_what_it_says_or_refused(self, algorithm: str) -> None:
        # Signed with the right key, so that the mutations reach everything behind the signature.
        chance, config = random.Random(11), CONFIGS[algorithm]
        key, taken = config.keys.current, 0
        moment = int(now().timestamp())
        header = {"alg": key.algorithm, "typ": TYPES["access"], **({"kid": key.kid} if key.kid else {})}
        claims = {
            "sub": "user", "sid": "session", "iat": moment, "exp": moment + 3600, "jti": "id", "purpose": "access",
        }  # fmt: skip
        for _ in range(1500):
            writers = [(mutated_object, unchanged), (unchanged, mutated_object), (mutated_object, mutated_object)]
            write_header, write_claims = chance.choice(writers)
            raw = write_header(chance, header), write_claims(chance, claims)
            signed = f"{encode(raw[0])}.{encode(raw[1])}"
            stated = outcome(config, f"{signed}.{encode(key.sign(signed.encode()))}")
            if stated is not None:
                taken += 1
                read = json.loads(raw[1])
                assert (stated.subject, stated.session_id, stated.issued_at) == (read["sub"], read["sid"], read["iat"])
                assert json.loads(raw[0]).keys() <= {"alg", "typ", "kid"}
                assert read["exp"] > moment
                assert all(type(read[name]) is str and read[name] for name in ("sub", "sid", "jti"))
        # Claims that we do not know are no reason to refuse.
        assert taken > 20
