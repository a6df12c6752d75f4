"""Published examples (RFC 7515 appendix A, RFC 7519 section 3.1 and 6.1, RFC 8037 appendix A) against our own layer."""

import base64
import json
from typing import Any

import jwt
import pytest

from litestar_admin_auth.auth.jws import open_signed, sign
from litestar_admin_auth.auth.tokens import verify
from litestar_admin_auth.core.exceptions import InvalidToken
from litestar_admin_auth.core.jwt_config import JWTConfig
from litestar_admin_auth.core.signing_keys import SigningKey, SigningKeys
from tests.keys import SECRET, to_pem

#: The claims of RFC 7515 A.1 to A.3 and of RFC 7519: {"iss":"joe", "exp":1300819380, ".../is_root":true}.
JOE = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

HS256_KEY = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
HS256_TOKEN = f"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{JOE}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

RSA_KEY = {
    "kty": "RSA",
    "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ"
    "S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca"
    "pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h"
    "4FRWyuXpoQ",
    "e": "AQAB",
    "d": "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_G"
    "O-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjud"
    "U2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1Dh"
    "OVRuOopznQ",
}
RS256_TOKEN = (
    f"eyJhbGciOiJSUzI1NiJ9.{JOE}."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t"
    "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j"
    "zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQ"
    "Ge77Rw"
)

P256_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
}
ES256_TOKEN = (
    f"eyJhbGciOiJFUzI1NiJ9.{JOE}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)

P521_KEY = {
    "kty": "EC",
    "crv": "P-521",
    "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
    "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
    "d": "AY5pb7A0UFiB3RELSD64fTLOSV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53vM9mE15j2C",
}
ES512_TOKEN = (
    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA."
    "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZC"
    "PEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"
)

ED25519_KEY = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
}
EDDSA_TOKEN = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)

UNSECURED_TOKEN = f"eyJhbGciOiJub25lIn0.{JOE}."

ASYMMETRIC = [
    pytest.param("RS256", RSA_KEY, RS256_TOKEN, id="RFC7515-A.2"),
    pytest.param("ES256", P256_KEY, ES256_TOKEN, id="RFC7515-A.3"),
    pytest.param("ES512", P521_KEY, ES512_TOKEN, id="RFC7515-A.4"),
    pytest.param("EdDSA", ED25519_KEY, EDDSA_TOKEN, id="RFC8037-A.4"),
]


def decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "==")


def keys_of(algorithm: str, jwk: dict[str, str]) -> SigningKeys:
    """The configuration that a host would write with the example's key."""
    pem = to_pem(jwt.get_algorithm_by_name(algorithm).from_jwk(jwk))
    return JWTConfig(secret_key=pem, algorithm=algorithm).keys


def hs256_keys() -> SigningKeys:
    # Its secret is no text, as a setting has to be.
    hmac, secret = jwt.get_algorithm_by_name("HS256"), decoded(HS256_KEY)
    return SigningKeys(SigningKey("HS256", None, None, secret, hmac, secret, secret))


class TestSigned:
    def test_a1_hs256(self) -> None:
        header, payload = open_signed(hs256_keys(), HS256_TOKEN)
        assert header == {"typ": "JWT", "alg": "HS256"}
        assert json.loads(payload) == {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}

    @pytest.mark.parametrize(("algorithm", "jwk", "token"), ASYMMETRIC)
    def test_asymmetric(self, algorithm: str, jwk: dict[str, str], token: str) -> None:
        header, payload = open_signed(keys_of(algorithm, jwk), token)
        assert header == {"alg": algorithm}
        assert payload == decoded(token.split(".")[1])

    @pytest.mark.parametrize(("algorithm", "jwk", "token"), ASYMMETRIC)
    def test_a_change_of_any_part_is_seen(self, algorithm: str, jwk: dict[str, str], token: str) -> None:
        keys = keys_of(algorithm, jwk)
        for position in range(len(token)):
            changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
            with pytest.raises(InvalidToken):
                open_signed(keys, changed)

    @pytest.mark.parametrize(
        ("algorithm", "jwk", "token"), [ASYMMETRIC[0], ASYMMETRIC[3]]
    )  # ECDSA signatures are random
    def test_we_sign_as_the_examples_do(self, algorithm: str, jwk: dict[str, str], token: str) -> None:
        signed, _, signature = token.rpartition(".")
        assert keys_of(algorithm, jwk).current.sign(signed.encode()) == decoded(signature)

    def test_the_thumbprint_of_rfc_8037_a3(self) -> None:
        assert keys_of("EdDSA", ED25519_KEY).current.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


class TestRefused:
    @pytest.mark.parametrize("keys", [hs256_keys(), keys_of("ES256", P256_KEY)])
    def test_a5_unsecured(self, keys: SigningKeys) -> None:
        # Also RFC 7519 section 6.1.
        with pytest.raises(InvalidToken):
            open_signed(keys, UNSECURED_TOKEN)

    @pytest.mark.parametrize("token", [HS256_TOKEN, RS256_TOKEN, ES256_TOKEN, EDDSA_TOKEN])
    def test_a_genuine_token_of_another_key(self, token: str) -> None:
        with pytest.raises(InvalidToken):
            open_signed(JWTConfig(secret_key=SECRET).keys, token)

    @pytest.mark.parametrize("purpose", ["access", "refresh"])
    @pytest.mark.parametrize(("algorithm", "jwk", "token"), ASYMMETRIC)
    def test_a_genuine_token_of_our_key_that_is_none_of_our_tokens(
        self, purpose: Any, algorithm: str, jwk: dict[str, str], token: str
    ) -> None:
        config = JWTConfig(
            secret_key=to_pem(jwt.get_algorithm_by_name(algorithm).from_jwk(jwk)), algorithm=algorithm, issuer="joe"
        )
        with pytest.raises(InvalidToken):
            verify(config, token, purpose)

    def test_the_general_and_flattened_serialisations_of_a6_and_a7(self) -> None:
        header, payload, signature = ES256_TOKEN.split(".")
        flattened = {"payload": payload, "protected": header, "signature": signature}
        general = {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}
        for serialised in (json.dumps(flattened), json.dumps(general)):
            with pytest.raises(InvalidToken):
                open_signed(keys_of("ES256", P256_KEY), serialised)

    def test_the_unencoded_payload_of_rfc_7797(self) -> None:
        keys = hs256_keys()
        header = base64.urlsafe_b64encode(b'{"alg":"HS256","b64":false,"crit":["b64"]}').rstrip(b"=").decode()
        for payload in ("$.02", "", "e30"):
            mac = base64.urlsafe_b64encode(keys.current.sign(f"{header}.{payload}".encode())).rstrip(b"=").decode()
            for sent in (payload, ""):
                with pytest.raises(InvalidToken):
                    open_signed(keys, f"{header}.{sent}.{mac}")

    def test_what_we_sign_we_read(self) -> None:
        # Else the refusals above would prove nothing.
        keys = hs256_keys()
        assert open_signed(keys, sign(keys, "JWT", {"iss": "joe"})) == (
            {"alg": "HS256", "typ": "JWT"},
            b'{"iss":"joe"}',
        )
