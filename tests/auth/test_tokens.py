"""Tokens against the attacks of RFC 8725."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from litestar_admin_auth.auth.jws import MAX_TOKEN_LENGTH
from litestar_admin_auth.auth.tokens import CLOCK_SKEW_SECONDS, TYPES, as_uuid, sign_access, sign_refresh, verify
from litestar_admin_auth.core.clock import now, set_clock
from litestar_admin_auth.core.exceptions import InvalidToken
from litestar_admin_auth.core.jwt_config import JWTConfig
from litestar_admin_auth.core.signing_keys import ASYMMETRIC_ALGORITHMS
from tests.keys import SECRET, key_for, private_pem, public_pem

CONFIG = JWTConfig(secret_key=SECRET)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
MISSING = object()


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    set_clock(lambda: NOW)
    yield
    set_clock(None)


def claims(**changes: Any) -> dict[str, Any]:
    good: dict[str, Any] = {
        "sub": "user", "sid": "session", "iat": MOMENT, "exp": MOMENT + 60, "jti": "id", "purpose": "access",
    }  # fmt: skip
    return {name: value for name, value in (good | changes).items() if value is not MISSING}


def encode(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def forge(payload: object, header: object = None, secret: str = SECRET, digest: Any = hashlib.sha256) -> str:
    """Sign with the right secret whatever the library would refuse to write."""
    signed = f"{encode(header or {'alg': 'HS256', 'typ': TYPES['access']})}.{encode(payload)}"
    return f"{signed}.{encode(hmac.digest(secret.encode(), signed.encode(), digest))}"


def refused(token: str, purpose: Any = "access", config: JWTConfig = CONFIG) -> bool:
    try:
        verify(config, token, purpose)
    except InvalidToken:
        return True
    return False


class TestOwnTokens:
    def test_an_access_token_says_who_and_which_session_and_nothing_else(self) -> None:
        token = sign_access(CONFIG, "user", "session")
        assert set(jwt.decode(token, options={"verify_signature": False})) == {
            "sub", "sid", "iat", "exp", "jti", "purpose",
        }  # fmt: skip
        assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "admin-access+jwt"}
        stated = verify(CONFIG, token, "access")
        assert (stated.subject, stated.session_id, stated.issued_at) == ("user", "session", MOMENT)
        assert stated.expires_at == MOMENT + CONFIG.token_expiry

    def test_a_forged_token_with_every_claim_right_is_taken(self) -> None:
        # Else the refusals below would prove nothing.
        assert not refused(forge(claims()))

    def test_two_access_tokens_differ(self) -> None:
        assert sign_access(CONFIG, "user", "session") != sign_access(CONFIG, "user", "session")

    def test_two_refresh_tokens_of_one_generation_are_equal(self) -> None:
        made = {"generation": 3, "rotated_at": NOW, "expires_at": NOW + timedelta(days=1)}
        one, other = (sign_refresh(CONFIG, "user", "session", **made) for _ in range(2))
        assert one == other
        assert verify(CONFIG, one, "refresh").generation == 3
        assert one != sign_refresh(CONFIG, "user", "session", **(made | {"generation": 4}))

    @pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
    def test_each_algorithm_of_the_configuration_works(self, algorithm: str) -> None:
        config = JWTConfig(secret_key=SECRET, algorithm=algorithm)
        assert not refused(sign_access(config, "user", "session"), config=config)

    @pytest.mark.parametrize("algorithm", ASYMMETRIC_ALGORITHMS)
    def test_each_asymmetric_algorithm_works_and_names_its_key(self, algorithm: str) -> None:
        config = JWTConfig(secret_key=private_pem(algorithm), algorithm=algorithm)
        token = sign_access(config, "user", "session")
        assert not refused(token, config=config)
        header = jwt.get_unverified_header(token)
        assert header == {"alg": algorithm, "typ": "admin-access+jwt", "kid": config.keys.current.kid}
        assert refused(token, config=JWTConfig(secret_key=private_pem(algorithm, 1), algorithm=algorithm))

    def test_refresh_tokens_of_one_generation_state_the_same_where_signatures_are_random(self) -> None:
        config = JWTConfig(secret_key=private_pem("ES256"), algorithm="ES256")
        made = {"generation": 3, "rotated_at": NOW, "expires_at": NOW + timedelta(days=1)}
        one, other = (sign_refresh(config, "user", "session", **made) for _ in range(2))
        assert one.rpartition(".")[0] == other.rpartition(".")[0]

    def test_a_token_lives_exactly_as_long_as_it_says(self) -> None:
        token = sign_access(CONFIG, "user", "session")
        set_clock(lambda: NOW + timedelta(seconds=CONFIG.token_expiry) - timedelta(microseconds=1))
        assert not refused(token)
        set_clock(lambda: NOW + timedelta(seconds=CONFIG.token_expiry))
        assert refused(token)

    def test_the_tests_clock_is_the_only_one(self) -> None:
        assert now() == NOW
        assert not refused(forge(claims(iat=MOMENT, exp=MOMENT + 1)))


class TestPurpose:
    def test_a_refresh_token_is_no_access_token_and_the_reverse(self) -> None:
        access = sign_access(CONFIG, "user", "session")
        refresh = sign_refresh(
            CONFIG, "user", "session", generation=0, rotated_at=NOW, expires_at=NOW + timedelta(days=1)
        )
        assert (refused(access, "access"), refused(access, "refresh")) == (False, True)
        assert (refused(refresh, "refresh"), refused(refresh, "access")) == (False, True)

    @pytest.mark.parametrize("typ", [MISSING, "JWT", "at+jwt", TYPES["refresh"], "ADMIN-ACCESS+JWT", None, 7])
    def test_another_typ_is_refused(self, typ: Any) -> None:
        header = {"alg": "HS256"} | ({} if typ is MISSING else {"typ": typ})
        assert refused(forge(claims(), header))

    @pytest.mark.parametrize("purpose", [MISSING, "refresh", "", None, ["access"], True])
    def test_another_purpose_is_refused_though_the_typ_is_right(self, purpose: Any) -> None:
        assert refused(forge(claims(purpose=purpose)))


class TestSignature:
    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
    def test_no_algorithm_is_refused(self, algorithm: str) -> None:
        unsigned = f"{encode({'alg': algorithm, 'typ': TYPES['access']})}.{encode(claims())}."
        assert refused(unsigned)
        assert refused(forge(claims(), {"alg": algorithm, "typ": TYPES["access"]}))

    def test_an_empty_signature_is_refused(self) -> None:
        assert refused(forge(claims()).rpartition(".")[0] + ".")

    def test_a_cut_signature_is_refused(self) -> None:
        assert refused(forge(claims())[:-4])

    def test_another_secret_is_refused(self) -> None:
        assert refused(forge(claims(), secret="another secret, which is also long enough"))

    @pytest.mark.parametrize(("algorithm", "digest"), [("HS384", hashlib.sha384), ("HS512", hashlib.sha512)])
    def test_another_algorithm_of_the_family_is_refused_though_the_secret_is_right(
        self, algorithm: str, digest: Any
    ) -> None:
        assert refused(forge(claims(), {"alg": algorithm, "typ": TYPES["access"]}, digest=digest))

    @pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "EdDSA", ["HS256"], None, 7])
    def test_an_asymmetric_algorithm_is_refused(self, algorithm: Any) -> None:
        assert refused(forge(claims(), {"alg": algorithm, "typ": TYPES["access"]}))

    @pytest.mark.parametrize(
        "extra",
        [
            {"kid": "../../dev/null"},
            {"kid": ""},
            {"kid": None},
            {"kid": ["a"]},
            {"kid": "' OR 1=1 --"},
            {"jku": "file:///etc/passwd"},
            {"x5t": "a"},
            {"x5t#S256": "a"},
            {"epk": {}},
            {"enc": "A256GCM"},
            {"admin": True},
            {"jku": "https://evil.example/keys"},
            {"jwk": {"kty": "oct", "k": encode(b"attacker")}},
            {"x5u": "https://evil.example/cert"},
            {"x5c": ["MII"]},
            {"crit": ["exp"], "exp": MOMENT},
            {"b64": True},
            {"crit": []},
            {"b64": False, "crit": ["b64"]},
            {"zip": "DEF"},
            {"cty": "JWT"},
        ],
    )
    def test_a_header_that_we_never_write_is_refused(self, extra: dict[str, Any]) -> None:
        assert refused(forge(claims(), {"alg": "HS256", "typ": TYPES["access"], **extra}))

    def test_changed_claims_are_refused(self) -> None:
        header, _, signature = forge(claims()).split(".")
        assert refused(f"{header}.{encode(claims(sub='admin'))}.{signature}")


class TestAsymmetricKeys:
    """What a known public key must not be good for."""

    PEM = private_pem("RS256")

    def forge(self, header: dict[str, Any], secret: str) -> str:
        digest = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(header["alg"], hashlib.sha256)
        return forge(claims(), {"typ": TYPES["access"], **header}, secret, digest)

    @pytest.mark.parametrize("kind", ["RS256", "PS256", "ES256", "EdDSA"])
    @pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
    def test_it_is_no_secret(self, kind: str, algorithm: str) -> None:
        config = JWTConfig(secret_key=private_pem(kind), algorithm=kind)
        public = public_pem(private_pem(kind))
        for secret in (public, public.strip(), public.replace("\n", ""), json.dumps(config.keys.public()[0])):
            for kid in ({}, {"kid": config.keys.current.kid}):
                assert refused(self.forge({"alg": algorithm, **kid}, secret), config=config)

    @pytest.mark.parametrize(
        "kid",
        ["", ".", "../../../../dev/null", "/etc/passwd", "https://evil.example/key", "a" * 43, None, 7, ["k"], {}],
    )
    def test_only_an_id_of_a_configured_key_is_known(self, kid: Any) -> None:
        config = JWTConfig(secret_key=private_pem("ES256"), algorithm="ES256")
        header = {"alg": "ES256", "typ": TYPES["access"]}
        assert refused(self.signed(config, header | {"kid": kid}), config=config)
        # Else it would be refused for its signature.
        assert not refused(self.signed(config, header | {"kid": config.keys.current.kid}), config=config)
        assert not refused(self.signed(config, header), config=config)

    def test_the_id_of_one_key_does_not_open_another(self) -> None:
        config = JWTConfig(
            secret_key=private_pem("ES256"), algorithm="ES256", previous_keys=[public_pem(private_pem("ES256", 1))]
        )
        other = JWTConfig(secret_key=private_pem("ES256", 1), algorithm="ES256")
        header = {"alg": "ES256", "typ": TYPES["access"]}
        assert refused(self.signed(config, header | {"kid": other.keys.current.kid}), config=config)
        assert refused(self.signed(other, header | {"kid": config.keys.current.kid}), config=config)

    @pytest.mark.parametrize("signature", [b"\0" * 64, b"\xff" * 64, b"", b"\0", b"\0" * 63, b"\0" * 65, b"\0" * 1000])
    @pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES256K", "ES512", "EdDSA"])
    def test_a_signature_of_nothing_is_refused(self, algorithm: str, signature: bytes) -> None:
        # r = s = 0 once passed for any message (CVE-2022-21449).
        config = JWTConfig(secret_key=private_pem(algorithm), algorithm=algorithm)
        signed = f"{encode({'alg': algorithm, 'typ': TYPES['access']})}.{encode(claims())}"
        assert refused(f"{signed}.{encode(signature)}", config=config)

    @pytest.mark.parametrize("other", ["RS384", "RS512", "PS256", "PS384"])
    def test_a_key_is_good_for_one_algorithm_only(self, other: str) -> None:
        config = JWTConfig(secret_key=self.PEM, algorithm="RS256")
        assert refused(sign_access(JWTConfig(secret_key=self.PEM, algorithm=other), "user", "session"), config=config)

    def signed(self, config: JWTConfig, header: dict[str, Any]) -> str:
        signed = f"{encode(header)}.{encode(claims())}"
        return f"{signed}.{encode(config.keys.current.sign(signed.encode()))}"


class TestRotation:
    @pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256", "EdDSA"])
    def test_an_old_key_verifies_and_never_signs(self, algorithm: str) -> None:
        old = JWTConfig(secret_key=key_for(algorithm), algorithm=algorithm)
        new = JWTConfig(secret_key=key_for(algorithm, 1), algorithm=algorithm, previous_keys=[key_for(algorithm)])
        only_new = JWTConfig(secret_key=key_for(algorithm, 1), algorithm=algorithm)
        assert not refused(sign_access(old, "user", "session"), config=new)
        assert refused(sign_access(old, "user", "session"), config=only_new)
        assert not refused(sign_access(new, "user", "session"), config=only_new)
        assert refused(sign_access(new, "user", "session"), config=old)

    def test_the_public_part_of_an_old_key_is_enough(self) -> None:
        old = JWTConfig(secret_key=private_pem("ES256"), algorithm="ES256")
        new = JWTConfig(
            secret_key=private_pem("ES256", 1), algorithm="ES256", previous_keys=[public_pem(private_pem("ES256"))]
        )
        assert not refused(sign_access(old, "user", "session"), config=new)

    def test_from_a_secret_to_a_private_key_nobody_is_signed_out(self) -> None:
        new = JWTConfig(secret_key=private_pem("ES256"), algorithm="ES256", previous_keys=[("HS256", SECRET)])
        assert not refused(sign_access(CONFIG, "user", "session"), config=new)
        assert not refused(sign_access(new, "user", "session"), config=new)
        # The secret is for HS256 only, and the public key is no secret now either.
        assert refused(forge(claims(), {"alg": "HS512", "typ": TYPES["access"]}, digest=hashlib.sha512), config=new)
        assert refused(forge(claims(), secret=public_pem(private_pem("ES256"))), config=new)

    def test_what_an_old_key_signed_is_held_to_the_same_rules(self) -> None:
        new = JWTConfig(secret_key=key_for("HS256", 1), previous_keys=[SECRET])
        assert not refused(forge(claims()), config=new)
        assert refused(forge(claims(exp=MOMENT)), config=new)
        assert refused(forge(claims(purpose="refresh")), config=new)


class TestClaims:
    @pytest.mark.parametrize("name", ["sub", "sid", "iat", "exp", "jti", "purpose"])
    @pytest.mark.parametrize("value", [MISSING, None])
    def test_each_claim_is_required(self, name: str, value: Any) -> None:
        assert refused(forge(claims(**{name: value})))

    @pytest.mark.parametrize("name", ["sub", "sid", "jti"])
    @pytest.mark.parametrize("value", ["", 7, True, ["user"], {"a": 1}])
    def test_an_id_is_a_text(self, name: str, value: Any) -> None:
        assert refused(forge(claims(**{name: value})))

    @pytest.mark.parametrize(
        "value",
        [
            1e300, float("inf"), float("nan"), 253_402_300_800, 10**300,
            MOMENT + 60.5, str(MOMENT + 60), [MOMENT + 60], {"t": 1}, True, False,
            0, -1, MOMENT, MOMENT - 1, -(10**30),
        ],
    )  # fmt: skip
    def test_a_bad_expiry_is_refused(self, value: Any) -> None:
        assert refused(forge(claims(exp=value)))

    @pytest.mark.parametrize(
        "value",
        [1e300, float("inf"), float("nan"), str(MOMENT), [MOMENT], True, -1, MOMENT + 3600, 10**400, float(MOMENT)],
    )
    def test_a_bad_or_future_issue_time_is_refused(self, value: Any) -> None:
        assert refused(forge(claims(iat=value, exp=MOMENT + 10**9)))

    def test_clocks_of_two_machines_may_differ_by_a_little(self) -> None:
        for name in ("iat", "nbf"):
            assert not refused(forge(claims(**{name: MOMENT + CLOCK_SKEW_SECONDS})))
            assert refused(forge(claims(**{name: MOMENT + CLOCK_SKEW_SECONDS + 1})))

    def test_a_leeway_moves_each_of_the_three_times_and_no_further(self) -> None:
        config = JWTConfig(secret_key=SECRET, leeway=30)
        for good, bad in (
            (claims(iat=MOMENT + 30), claims(iat=MOMENT + 31)),
            (claims(nbf=MOMENT + 30), claims(nbf=MOMENT + 31)),
            (claims(exp=MOMENT - 29), claims(exp=MOMENT - 30)),
        ):
            assert not refused(forge(good), config=config)
            assert refused(forge(bad), config=config)
            assert refused(forge(good))

    @pytest.mark.parametrize(
        "value",
        [MOMENT + 60, 10**12, 10**400, 1e300, float("nan"), str(MOMENT), [MOMENT], True, None, -1, MOMENT - 0.5],
    )
    def test_a_token_that_is_not_valid_yet_is_refused(self, value: Any) -> None:
        assert refused(forge(claims(nbf=value)))

    def test_a_token_that_has_become_valid_is_taken(self) -> None:
        assert not refused(forge(claims(nbf=MOMENT)))

    @pytest.mark.parametrize("name", ["sub", "sid", "jti"])
    @pytest.mark.parametrize("value", ["a\x00b", "\ud800", "x" * 256])
    def test_an_id_that_a_database_or_a_store_would_stumble_over_is_refused(self, name: str, value: str) -> None:
        assert refused(forge(claims(**{name: value})))

    @pytest.mark.parametrize("value", ["ü@example.com", "\U0001f511", "x" * 255])
    def test_an_id_of_any_alphabet_is_taken(self, value: str) -> None:
        token = sign_access(CONFIG, value, "session")
        assert verify(CONFIG, token, "access").subject == value

    @pytest.mark.parametrize("generation", ["1", 1.0, 1e300, True, None, [1], -1, 2**31, 10**400])
    def test_a_generation_is_a_whole_number(self, generation: Any) -> None:
        payload = claims(purpose="refresh", gen=generation)
        assert refused(forge(payload, {"alg": "HS256", "typ": TYPES["refresh"]}), "refresh")

    @pytest.mark.parametrize("issuer", [MISSING, None, "https://evil.example", "", ["https://us.example"], 7])
    def test_a_configured_issuer_is_required(self, issuer: Any) -> None:
        config = JWTConfig(secret_key=SECRET, issuer="https://us.example")
        assert refused(forge(claims(iss=issuer)), config=config)
        assert not refused(forge(claims(iss="https://us.example")), config=config)
        assert not refused(sign_access(config, "user", "session"), config=config)

    @pytest.mark.parametrize("audience", [MISSING, None, "other", "", ["other"], 7, {"admin": 1}])
    def test_a_configured_audience_is_required(self, audience: Any) -> None:
        config = JWTConfig(secret_key=SECRET, audience="admin")
        assert refused(forge(claims(aud=audience)), config=config)
        assert not refused(forge(claims(aud="admin")), config=config)
        assert not refused(sign_access(config, "user", "session"), config=config)

    @pytest.mark.parametrize("audience", ["another service", ["another service"], [], [None], "", 7, {}, None])
    def test_a_token_for_another_audience_is_refused_where_none_is_configured(self, audience: Any) -> None:
        # RFC 7519 section 4.1.3: whoever does not find himself in the audience must refuse.
        assert refused(forge(claims(aud=audience)))

    def test_one_of_several_audiences_is_enough(self) -> None:
        config = JWTConfig(secret_key=SECRET, audience="admin")
        assert not refused(forge(claims(aud=["other", "admin"])), config=config)
        assert refused(forge(claims(aud=["other", ["admin"], "administrator"])), config=config)

    @pytest.mark.parametrize("issuer", ["https://evil.example", "", ["https://us.example"], 7, None])
    def test_a_token_of_another_issuer_is_refused_where_none_is_configured(self, issuer: Any) -> None:
        assert refused(forge(claims(iss=issuer)))


class TestShape:
    @pytest.mark.parametrize(
        "token",
        [
            "", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d", "ü.ü.ü", "\x00", "\ud800.a.b", " ", "null", "=.=.=",
            encode([]) + "." + encode(claims()) + ".x",
        ],
    )  # fmt: skip
    def test_what_is_no_token_is_refused(self, token: str) -> None:
        assert refused(token)

    @pytest.mark.parametrize("payload", [[], "text", 7, None, True, b"\xff\xfe", b"{", b"{" * 1000])
    def test_claims_are_an_object(self, payload: object) -> None:
        assert refused(forge(payload))

    def test_a_token_has_one_spelling(self) -> None:
        token = forge(claims())
        header, payload, signature = token.split(".")
        # 32 bytes are 43 letters; the last four bits of the last one are dropped.
        last = signature[:-1] + chr(ord(signature[-1]) + 1)
        for spelling in (
            " " + token, token + "\n", token + "=", f"{header}=.{payload}.{signature}", f"{header}.{payload}.{last}",
            token.replace("_", "/").replace("-", "+") + "/", f"{header}.{payload}.{signature}.", f"\ufeff{token}",
            f"{header}.{payload}.{signature[:10]}\n{signature[10:]}", f"{header}.{payload}.{signature}%3D",
        ):  # fmt: skip
            assert refused(spelling), spelling

    @pytest.mark.parametrize("name", ["alg", "typ", "crit", "\\u0061lg"])
    def test_a_key_that_stands_twice_in_the_header_is_refused(self, name: str) -> None:
        good = json.dumps({"alg": "HS256", "typ": TYPES["access"]})
        value = json.dumps({"alg": "HS256", "typ": TYPES["access"]}.get(name, "HS256"))
        assert refused(forge(claims(), f'{{"{name}": {value}, {good[1:]}'.encode()))

    @pytest.mark.parametrize("name", ["sub", "exp", "purpose", "\\u0073ub"])
    def test_a_key_that_stands_twice_in_the_claims_is_refused(self, name: str) -> None:
        good = json.dumps(claims())
        value = json.dumps(claims().get(name, "user"))
        assert refused(forge(f'{{"{name}": {value}, {good[1:]}'.encode()))

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
    def test_what_is_no_json_is_refused_even_where_nobody_reads_it(self, value: float) -> None:
        assert refused(forge(claims(more=value)))

    def test_a_key_that_stands_twice_deeper_inside_is_refused(self) -> None:
        good = json.dumps(claims())
        assert refused(forge(f'{{"more": {{"a": 1, "a": 1}}, {good[1:]}'.encode()))
        assert not refused(forge(f'{{"more": {{"a": 1, "b": 1}}, {good[1:]}'.encode()))

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
    def test_only_utf_8_is_read(self, encoding: str) -> None:
        assert refused(forge(json.dumps(claims()).encode(encoding)))
        header = json.dumps({"alg": "HS256", "typ": TYPES["access"]}).encode(encoding)
        assert refused(forge(claims(), header))

    @pytest.mark.parametrize(
        "header", [b"[]", b"null", b'"a"', b"7", b"{", b"", b"\xff", b"[" * 2000, b'{"alg":' * 400]
    )
    def test_a_header_is_an_object(self, header: bytes) -> None:
        signed = f"{encode(header)}.{encode(claims())}"
        mac = encode(hmac.digest(SECRET.encode(), signed.encode(), hashlib.sha256))
        assert refused(f"{signed}.{mac}")

    def test_a_detached_payload_is_refused(self) -> None:
        header, payload, signature = forge(claims()).split(".")
        assert refused(f"{header}..{signature}")
        assert refused(f".{payload}.{signature}")

    def test_a_header_of_ten_kilobytes_is_refused(self) -> None:
        assert refused(forge(claims(), {"alg": "HS256", "typ": TYPES["access"], "kid": "k" * 10_000}))

    def test_a_huge_token_is_refused_before_it_is_parsed(self) -> None:
        token = forge(claims(more="x" * 10_000))
        assert len(token) > MAX_TOKEN_LENGTH
        assert refused(token)
        assert not refused(forge(claims(more="x" * 2000)))

    @pytest.mark.parametrize("payload", [b"[" * 2000, b'{"a":' * 500, b'{"exp":' + b"9" * 2900 + b"}"])
    def test_deep_nesting_and_long_numbers_are_refused(self, payload: bytes) -> None:
        assert refused(forge(payload))

    @pytest.mark.parametrize("value", ["", "user", "x" * 36, "{0}", "\x00"])
    def test_an_id_that_is_no_uuid_is_refused(self, value: str) -> None:
        with pytest.raises(InvalidToken):
            as_uuid(value)
