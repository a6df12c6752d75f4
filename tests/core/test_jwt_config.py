"""Each mistake in the settings of tokens stops the start, with an id, naming the field."""

import dataclasses
import subprocess
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa, x25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from litestar_admin_auth import core
from litestar_admin_auth.core import config as config_module
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.core.jwt_config import ALGORITHMS, JWTConfig
from litestar_admin_auth.core.signing_keys import ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS
from tests.keys import SECRET, key_for, private_pem, public_pem, to_pem

SHORT = 1024


def refusal(**settings: Any) -> ConfigError:
    with pytest.raises(ConfigError) as refused:
        JWTConfig(**({"secret_key": SECRET} | settings))
    assert refused.value.hint
    return refused.value


def encrypted(algorithm: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase")).decode()


class TestDefaults:
    def test_they_are_those_of_the_documentation(self) -> None:
        config = JWTConfig(secret_key=SECRET)
        assert (config.algorithm, config.token_expiry, config.refresh_token_expiry) == ("HS256", 3600, 86400)
        assert (config.token_location, config.token_header, config.token_prefix) == (
            "header",
            "Authorization",
            "Bearer",
        )
        assert (config.issuer, config.audience) == (None, None)
        assert (config.cookie_secure, config.cookie_httponly, config.cookie_samesite) == (True, True, "lax")
        assert (config.cookie_path, config.cookie_domain) == ("/", None)
        assert (config.leeway, list(config.previous_keys), config.jwks_endpoint) == (0, [], False)

    def test_it_is_still_found_where_it_was(self) -> None:
        assert config_module.JWTConfig is JWTConfig
        assert core.config.JWTConfig is JWTConfig

    def test_no_key_is_printed(self) -> None:
        old = private_pem("ES256", 1)
        config = JWTConfig(secret_key=private_pem("ES256"), algorithm="ES256", previous_keys=[old])
        shown = repr(config) + repr(config.keys.current) + repr(vars(config.keys)["current"])
        assert "PRIVATE" not in shown
        assert config.keys.current.root.decode() not in shown
        assert SECRET not in repr(JWTConfig(secret_key=SECRET)) + repr(JWTConfig(secret_key=SECRET).keys.current)

    def test_a_changed_copy_has_the_changed_key(self) -> None:
        config = JWTConfig(secret_key=SECRET)
        changed = dataclasses.replace(config, secret_key=key_for("HS256", 1))
        assert changed.keys.current != config.keys.current


class TestSecret:
    @pytest.mark.parametrize(
        ("secret", "check_id"),
        [
            ("", "AA001"),
            (None, "AA001"),
            ("hunter2", "AA002"),
            ("x" * 31, "AA002"),
            (b"bytes that are long enough for the rule", "AA002"),
            ("your-super-secret-key-change-in-production", "AA002"),
        ],
    )
    def test_a_bad_secret_stops_the_start_and_says_how_to_make_one(self, secret: Any, check_id: str) -> None:
        refused = refusal(secret_key=secret)
        assert (refused.check_id, "JWTConfig.secret_key" in refused.message) == (check_id, True)
        assert "token_urlsafe" in refused.hint
        assert not secret or str(secret) not in str(refused)

    def test_the_length_counts_in_bytes(self) -> None:
        assert JWTConfig(secret_key="ü" * 16)

    @pytest.mark.parametrize("algorithm", HMAC_ALGORITHMS)
    def test_the_hmac_family_is_taken(self, algorithm: str) -> None:
        assert JWTConfig(secret_key=SECRET, algorithm=algorithm).keys.public() == []

    @pytest.mark.parametrize("algorithm", HMAC_ALGORITHMS)
    @pytest.mark.parametrize("kind", ["RS256", "ES256", "EdDSA"])
    @pytest.mark.parametrize("part", ["private", "public"])
    def test_a_pem_is_no_secret(self, algorithm: str, kind: str, part: str) -> None:
        # Everybody knows the public key: with it as the secret, everybody signs.
        pem = private_pem(kind) if part == "private" else public_pem(private_pem(kind))
        refused = refusal(secret_key=pem, algorithm=algorithm)
        assert refused.check_id == "AA003"
        assert refused.message.startswith("JWTConfig.secret_key ")
        assert "JWTConfig.algorithm" in refused.hint
        assert pem.splitlines()[1] not in str(refused)

    @pytest.mark.parametrize(
        "key",
        [
            "  \n" + public_pem(private_pem("ES256")),
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPL8V3ZTVVpvf4WdPnsFZGIYaJjSZ9XwBDJvTq3m5v3k a@b",
            public_pem(private_pem("RS256")).replace("\n", "\\n"),
            private_pem("EdDSA").replace("\n", " "),
            public_pem(private_pem("RS256")).rpartition("-----END")[0],
            '{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}',
        ],
        ids=["indented", "ssh", "escaped", "one line", "cut", "jwk"],
    )
    def test_keys_in_other_wrappings_are_no_secrets_either(self, key: str) -> None:
        assert refusal(secret_key=key).check_id == "AA003"


class TestAsymmetricKeys:
    @pytest.mark.parametrize("algorithm", ASYMMETRIC_ALGORITHMS)
    def test_each_algorithm_takes_its_private_key(self, algorithm: str) -> None:
        keys = JWTConfig(secret_key=private_pem(algorithm), algorithm=algorithm).keys
        assert keys.current.verify(b"message", keys.current.sign(b"message"))
        assert not keys.current.verify(b"massage", keys.current.sign(b"message"))

    def test_every_algorithm_of_the_library_is_supported_but_none(self) -> None:
        # ES521 is a misspelling of ES512 that no standard knows; RFC 9864 names the curves of EdDSA.
        theirs = set(jwt.algorithms.get_default_algorithms()) - {"none", "ES521"}
        assert set(ALGORITHMS) == theirs | {"Ed25519", "Ed448"}

    def test_eddsa_takes_both_curves_and_their_own_names_one_each(self) -> None:
        for curve, other in (("Ed25519", "Ed448"), ("Ed448", "Ed25519")):
            published = JWTConfig(secret_key=private_pem(curve), algorithm="EdDSA").keys.public()[0]
            assert (published["crv"], published["alg"]) == (curve, "EdDSA")
            assert JWTConfig(secret_key=private_pem(curve), algorithm=curve).keys.public()[0]["alg"] == curve
            assert "another kind" in refusal(secret_key=private_pem(curve), algorithm=other).message

    @pytest.mark.parametrize("algorithm", ASYMMETRIC_ALGORITHMS)
    def test_a_public_key_alone_cannot_sign(self, algorithm: str) -> None:
        refused = refusal(secret_key=public_pem(private_pem(algorithm)), algorithm=algorithm)
        assert (refused.check_id, refused.message) == (
            "AA003",
            "JWTConfig.secret_key is a public key, which cannot sign.",
        )

    @pytest.mark.parametrize("kind", ["RS256", "ES256", "ES384", "ES256K", "EdDSA", "DSA", "X25519"])
    def test_a_key_of_another_kind_is_refused(self, kind: str) -> None:
        others = {"DSA": lambda: dsa.generate_private_key(2048), "X25519": x25519.X25519PrivateKey.generate}
        pem = to_pem(others[kind]()) if kind in others else private_pem(kind)
        taken_by = {kind, *(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] if kind == "RS256" else ())}
        if kind == "EdDSA":
            taken_by.add("Ed25519")
        for algorithm in set(ASYMMETRIC_ALGORITHMS) - taken_by:
            refused = refusal(secret_key=pem, algorithm=algorithm)
            assert refused.check_id == "AA003", algorithm
            assert refused.message.startswith("JWTConfig.secret_key "), algorithm
            assert algorithm in refused.hint

    @pytest.mark.parametrize("algorithm", ["RS256", "PS512"])
    def test_a_short_rsa_key_is_refused(self, algorithm: str) -> None:
        refused = refusal(secret_key=to_pem(rsa.generate_private_key(65537, SHORT)), algorithm=algorithm)
        assert (refused.check_id, refused.message) == ("AA003", "JWTConfig.secret_key is an RSA key of 1024 bits.")
        assert "2048" in refused.hint

    @pytest.mark.parametrize(
        ("secret", "check_id"),
        [
            ("", "AA001"),
            (None, "AA001"),
            (SECRET, "AA003"),
            (b"-----BEGIN PRIVATE KEY-----", "AA003"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "AA003"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "AA003"),
            (private_pem("ES256").replace("\n", "\\n"), "AA003"),
            (private_pem("ES256")[:-40], "AA003"),
            ("\ud800" * 40, "AA003"),
            ("/etc/ssl/private/key.pem", "AA003"),
        ],
    )
    def test_what_is_no_key_is_refused_and_not_repeated(self, secret: Any, check_id: str) -> None:
        refused = refusal(secret_key=secret, algorithm="ES256")
        assert refused.check_id == check_id
        assert refused.message.startswith("JWTConfig.secret_key ")
        assert "openssl" in refused.hint
        assert not secret or str(secret)[:60] not in str(refused)

    def test_an_encrypted_key_says_so(self) -> None:
        refused = refusal(secret_key=encrypted("ES256"), algorithm="ES256")
        assert "encrypted" in refused.message
        assert "passphrase" in refused.hint

    @pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448"])
    def test_the_command_of_the_hint_makes_a_key_that_is_taken(self, algorithm: str, tmp_path: Path) -> None:
        command = refusal(secret_key=SECRET, algorithm=algorithm).hint.partition("in PEM: ")[2].split()
        key = tmp_path / "key.pem"
        subprocess.run([*command, "-out", str(key)], check=True, capture_output=True)
        assert JWTConfig(secret_key=key.read_text(), algorithm=algorithm)

    def test_a_key_is_parsed_once_and_not_at_each_use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        config = JWTConfig(secret_key=private_pem("ES256"), algorithm="ES256")
        monkeypatch.setattr("litestar_admin_auth.core.signing_keys.load_pem_private_key", None)
        assert config.keys is config.keys


class TestKeyIds:
    def test_they_are_thumbprints_that_another_implementation_computes_too(self) -> None:
        from joserfc.jwk import import_key

        for algorithm, kind in (("RS256", "RSA"), ("ES256", "EC"), ("ES512", "EC"), ("EdDSA", "OKP")):
            pem = private_pem(algorithm)
            key = import_key(pem, kind)
            current = JWTConfig(secret_key=pem, algorithm=algorithm).keys.current
            assert current.kid == key.thumbprint()
            assert current.jwk is not None
            public = key.as_dict(private=False)
            assert {name: public[name] for name in public if name in ("kty", "n", "e", "crv", "x", "y")} == {
                name: value for name, value in current.jwk.items() if name not in ("kid", "use", "alg")
            }

    def test_a_secret_has_none(self) -> None:
        # A digest of the secret in each token would be a gift.
        assert JWTConfig(secret_key=SECRET).keys.current.kid is None

    def test_the_public_keys_hold_nothing_private(self) -> None:
        previous = [private_pem("ES256", 1), ("RS256", private_pem("RS256")), ("HS256", SECRET)]
        config = JWTConfig(secret_key=private_pem("ES256"), algorithm="ES256", previous_keys=previous)
        published = config.keys.public()
        assert [key["alg"] for key in published] == ["ES256", "ES256", "RS256"]
        assert published[0]["kid"] == config.keys.current.kid
        allowed = {"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"}
        assert all(set(key) <= allowed and key["kty"] != "oct" and key["use"] == "sig" for key in published)

    def test_one_rsa_key_with_two_algorithms_is_published_with_both(self) -> None:
        pem = private_pem("RS256")
        published = JWTConfig(secret_key=pem, algorithm="RS256", previous_keys=[("PS256", pem), pem]).keys.public()
        assert [key["alg"] for key in published] == ["RS256", "PS256"]

    def test_the_same_key_in_another_wrapping_is_the_same_key(self) -> None:
        pem = private_pem("ES256")
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        wrapped = to_pem(load_pem_private_key(pem.encode(), None), PrivateFormat.TraditionalOpenSSL)
        one, other = (JWTConfig(secret_key=key, algorithm="ES256").keys.current for key in (pem, wrapped))
        assert wrapped != pem
        assert (one.kid, one.root) == (other.kid, other.root)


class TestPreviousKeys:
    def test_each_kind_of_key_is_taken(self) -> None:
        JWTConfig(secret_key=SECRET, previous_keys=[key_for("HS256", 1), ("ES256", private_pem("ES256"))])
        JWTConfig(secret_key=SECRET, previous_keys=(("EdDSA", public_pem(private_pem("EdDSA"))),))
        es256 = {"secret_key": private_pem("ES256"), "algorithm": "ES256"}
        JWTConfig(**es256, previous_keys=[public_pem(private_pem("ES256", 1)), ("HS512", SECRET)])

    @pytest.mark.parametrize(
        ("previous", "check_id"),
        [
            (key_for("HS256", 1), "AA003"),
            (None, "AA003"),
            ({"HS256": SECRET}, "AA003"),
            ([""], "AA001"),
            ([None], "AA001"),
            (["short"], "AA002"),
            ([7], "AA002"),
            ([b"bytes that are long enough for the rule"], "AA002"),
            ([SECRET, "your-super-secret-key-change-in-production"], "AA002"),
            ([public_pem(private_pem("ES256"))], "AA003"),
            ([("none", SECRET)], "AA003"),
            ([("ES256", SECRET)], "AA003"),
            ([("ES384", private_pem("ES256"))], "AA003"),
            ([("HS256", SECRET, "more")], "AA003"),
            ([()], "AA003"),
            ([(["HS256"], SECRET)], "AA003"),
            ([("RS256", to_pem(rsa.generate_private_key(65537, SHORT)))], "AA003"),
        ],
    )
    def test_a_bad_one_is_refused_as_a_signing_key_is(self, previous: Any, check_id: str) -> None:
        refused = refusal(previous_keys=previous)
        assert refused.check_id == check_id
        assert refused.message.startswith("JWTConfig.previous_keys")

    def test_the_message_says_which(self) -> None:
        assert "previous_keys[1]" in refusal(previous_keys=[key_for("HS256", 1), "short"]).message


class TestMistakes:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("algorithm", "none"),
            ("algorithm", "hs256"),
            ("algorithm", "ES521"),
            ("algorithm", ["HS256"]),
            ("algorithm", None),
            ("token_expiry", 0),
            ("token_expiry", -1),
            ("token_expiry", True),
            ("token_expiry", 1.5),
            ("token_expiry", "3600"),
            ("token_expiry", 10**10),
            # Longer than a refresh token lives, and with it an unused session.
            ("token_expiry", 86_401),
            ("refresh_token_expiry", 0),
            ("leeway", -1),
            ("leeway", 301),
            ("leeway", 1.5),
            ("leeway", True),
            ("leeway", None),
            ("jwks_endpoint", True),
            ("jwks_endpoint", "yes"),
            ("token_location", "query"),
            ("token_location", ["header"]),
            ("token_header", ""),
            ("token_header", "X Token"),
            ("token_header", "X-Token\r\nX-Other"),
            ("token_header", "X-Token\n"),
            ("token_header", None),
            ("token_prefix", "Bearer "),
            ("token_prefix", None),
            ("issuer", ""),
            ("issuer", "i" * 256),
            ("issuer", "ü" * 43),
            ("audience", 7),
            ("audience", ["admin"]),
            ("cookie_name", "a;b"),
            ("cookie_name", "a=b"),
            ("cookie_name", ""),
            ("cookie_secure", "false"),
            ("cookie_secure", None),
            ("cookie_httponly", 0),
            ("cookie_samesite", "None"),
            ("cookie_samesite", None),
            ("cookie_path", ""),
            ("cookie_path", "admin"),
            ("cookie_path", "/admin; Domain=evil.example"),
            ("cookie_path", "/admin\n"),
            ("cookie_path", "/ädmin"),
            ("cookie_path", None),
            ("cookie_domain", ""),
            ("cookie_domain", "example"),
            ("cookie_domain", ".shop.example"),
            ("cookie_domain", "https://shop.example"),
            ("cookie_domain", "shop.example:443"),
            ("cookie_domain", "Shop.example"),
            ("cookie_domain", "shop.example\n"),
            ("cookie_domain", "shop..example"),
            ("cookie_domain", 7),
        ],
    )
    def test_each_names_its_field(self, field: str, value: Any) -> None:
        refused = refusal(**{field: value})
        assert refused.check_id == "AA003"
        assert refused.message.startswith(f"JWTConfig.{field} ")

    def test_a_cookie_for_other_sites_needs_https(self) -> None:
        assert JWTConfig(secret_key=SECRET, cookie_samesite="none")
        refused = refusal(cookie_samesite="none", cookie_secure=False)
        assert refused.message.startswith("JWTConfig.cookie_samesite ")
        assert "cookie_secure" in refused.hint

    def test_public_keys_can_be_published_only_where_there_are_some(self) -> None:
        assert JWTConfig(secret_key=private_pem("ES256"), algorithm="ES256", jwks_endpoint=True)
        assert "no public key" in refusal(jwks_endpoint=True).hint
        # The one to come is published before it signs.
        coming = [("ES256", private_pem("ES256"))]
        assert JWTConfig(secret_key=SECRET, jwks_endpoint=True, previous_keys=coming)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("token_prefix", ""),
            ("cookie_path", "/back/office"),
            ("cookie_domain", "shop.example"),
            ("leeway", 300),
            ("issuer", "https://us.example/ü"),
        ],
    )
    def test_values_that_work(self, field: str, value: Any) -> None:
        assert getattr(JWTConfig(secret_key=SECRET, **{field: value}), field) == value
