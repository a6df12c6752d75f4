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

from litestar_admin_auth.auth.tokens import MAX_TOKEN_LENGTH, TYPES, as_uuid, sign_access, sign_refresh, verify
from litestar_admin_auth.core.clock import now, set_clock
from litestar_admin_auth.core.config import JWTConfig
from litestar_admin_auth.core.exceptions import InvalidToken

SECRET = "a secret of the tests, long enough for HS256, and for the longer ones"
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
    @pytest.mark.filterwarnings("default::jwt.InsecureKeyLengthWarning")
    def test_each_algorithm_of_the_configuration_works(self, algorithm: str) -> None:
        config = JWTConfig(secret_key=SECRET, algorithm=algorithm)
        assert not refused(sign_access(config, "user", "session"), config=config)

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
            {"jku": "https://evil.example/keys"},
            {"jwk": {"kty": "oct", "k": encode(b"attacker")}},
            {"x5u": "https://evil.example/cert"},
            {"x5c": ["MII"]},
            {"crit": ["exp"]},
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
            1e300, float("inf"), float("nan"), MOMENT + 60.5, str(MOMENT + 60), [MOMENT + 60], {"t": 1}, True, False,
            0, -1, MOMENT, MOMENT - 1, -(10**30),
        ],
    )  # fmt: skip
    def test_a_bad_expiry_is_refused(self, value: Any) -> None:
        assert refused(forge(claims(exp=value)))

    @pytest.mark.parametrize(
        "value",
        [1e300, float("inf"), float("nan"), str(MOMENT), [MOMENT], True, MOMENT + 3600, 10**400, float(MOMENT)],
    )
    def test_a_bad_or_future_issue_time_is_refused(self, value: Any) -> None:
        assert refused(forge(claims(iat=value, exp=10**401)))

    def test_clocks_of_two_machines_may_differ_by_a_minute(self) -> None:
        assert not refused(forge(claims(iat=MOMENT + 60, exp=MOMENT + 120)))
        assert refused(forge(claims(iat=MOMENT + 61, exp=MOMENT + 120)))

    def test_a_token_that_is_not_valid_yet_is_refused(self) -> None:
        assert refused(forge(claims(nbf=10**12)))

    @pytest.mark.parametrize("generation", ["1", 1.0, True, None, [1]])
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

    def test_a_token_for_another_audience_is_refused_where_none_is_configured(self) -> None:
        # RFC 7519 section 4.1.3: whoever does not find himself in the audience must refuse.
        assert refused(forge(claims(aud="another service")))


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

    def test_whitespace_around_a_token_is_refused(self) -> None:
        token = forge(claims())
        assert refused(" " + token)
        assert refused(token + "\n")

    def test_a_huge_token_is_refused_before_it_is_parsed(self) -> None:
        token = forge(claims(more="x" * 10_000))
        assert len(token) > MAX_TOKEN_LENGTH
        assert refused(token)
        assert not refused(forge(claims(more="x" * 2000)))

    @pytest.mark.parametrize("payload", [b"[" * 3000, b'{"a":' * 500, b'{"exp":' + b"9" * 2900 + b"}"])
    def test_deep_nesting_and_long_numbers_are_refused(self, payload: bytes) -> None:
        assert refused(forge(payload))

    @pytest.mark.parametrize("value", ["", "user", "x" * 36, "{0}", "\x00"])
    def test_an_id_that_is_no_uuid_is_refused(self, value: str) -> None:
        with pytest.raises(InvalidToken):
            as_uuid(value)
