"""Keys that sign and verify tokens: parsed once, at the start, and each good for one algorithm only (RFC 8725, 3.1)."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from jwt.algorithms import Algorithm

from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.core.secrets import check_secret

#: One secret, known to whoever signs and whoever verifies.
HMAC_ALGORITHMS = ("HS256", "HS384", "HS512")

#: A private key signs; whoever verifies needs the public one only. Each with the key it takes and how to make one.
_RSA = ("an RSA key of at least 2048 bits", "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072")
_ASYMMETRIC: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), _RSA),
    "ES256": ("a P-256 key", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
    "ES384": ("a P-384 key", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384"),
    "ES512": ("a P-521 key", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521"),
    "ES256K": ("a secp256k1 key", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1"),
    # RFC 9864 gives each curve a name of its own; EdDSA is what most libraries still call both.
    "EdDSA": ("an Ed25519 or Ed448 key", "openssl genpkey -algorithm ED25519"),
    "Ed25519": ("an Ed25519 key", "openssl genpkey -algorithm ED25519"),
    "Ed448": ("an Ed448 key", "openssl genpkey -algorithm ED448"),
}
ASYMMETRIC_ALGORITHMS = tuple(_ASYMMETRIC)

MIN_RSA_BITS = 2048
#: Above this a single signature takes longer than a login.
MAX_RSA_BITS = 8192

# RFC 7638 section 3.2 and RFC 8037 section 2: what of a key makes it that key.
_THUMBPRINT_MEMBERS = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}


@dataclass(frozen=True)
class SigningKey:
    """One key and the one algorithm that it is used with.

    Args:
        algorithm: The ``alg`` of its tokens.
        kid: Its RFC 7638 thumbprint; None for a secret, of which not even a digest is given away.
        jwk: Its public part as a JWK; None for a secret.
        root: What other keys may be derived from; empty where only the public part is known.
    """

    algorithm: str
    kid: str | None
    jwk: dict[str, str] | None
    root: bytes = field(repr=False)
    _algorithm: Algorithm = field(repr=False)
    _private: Any = field(repr=False)
    _public: Any = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message."""
        return self._algorithm.sign(message, self._private)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Tell whether a signature of a message was made by this key."""
        return self._algorithm.verify(message, self._public, signature)


class SigningKeys:
    """The key that signs, and those that only verify any more.

    Args:
        current: Signs, and verifies.
        previous: Verify what they signed before they were replaced.
    """

    def __init__(self, current: SigningKey, previous: Sequence[SigningKey] = ()) -> None:
        self.current = current
        self._all = (current, *previous)

    def candidates(self, algorithm: object, kid: object = None) -> list[SigningKey]:
        """Return the keys that a token's header may mean: ours or none. The header chooses among them, never adds one.

        Args:
            algorithm: The header's ``alg``.
            kid: The header's ``kid``, or None where it has none. It is compared, never looked up anywhere.
        """
        return [key for key in self._all if key.algorithm == algorithm and kid in (None, key.kid)]

    def public(self) -> list[dict[str, str]]:
        """Return the public keys as JWKs (RFC 7517), the signing one first; secrets are never among them."""
        unique = {(key.kid, key.algorithm): key.jwk for key in self._all if key.jwk is not None}
        return list(unique.values())


def load_key(algorithm: str, text: str, setting: str, *, signs: bool) -> SigningKey:
    """Return the key that a setting holds.

    Args:
        algorithm: One of ``HMAC_ALGORITHMS`` or ``ASYMMETRIC_ALGORITHMS``.
        text: The secret, or a key in PEM.
        setting: The name of the setting, for the message.
        signs: Whether it must be able to sign; else a public key is enough.

    Raises:
        ConfigError: ``AA001`` to ``AA003``, naming the setting, never repeating its value.
    """
    if algorithm in HMAC_ALGORITHMS:
        return secret_key(algorithm, text, setting)
    return _asymmetric_key(algorithm, text, setting, signs=signs)


def secret_key(algorithm: str, text: str, setting: str) -> SigningKey:
    """Return the key of an HMAC algorithm.

    Raises:
        ConfigError: As :func:`load_key`.
    """
    check_secret(text, setting)
    hmac = jwt.get_algorithm_by_name(algorithm)
    try:
        # Knows PEM, SSH, DER and JWK. A public key for a secret is the classic confusion (RFC 8725 section 2.1):
        # everybody knows it, so everybody could sign.
        secret: bytes = hmac.prepare_key(text)
        # One that was cut on its way through an environment variable is no secret either.
        if "-----BEGIN" in text:
            raise ValueError
    except (jwt.InvalidKeyError, ValueError) as error:
        raise ConfigError(
            "AA003",
            f"{setting} is no secret for {algorithm}, but a key or certificate.",
            hint="Set JWTConfig.algorithm to the key's, such as ES256, or make a secret: "
            'python -c "import secrets; print(secrets.token_urlsafe(32))"',
        ) from error
    return SigningKey(algorithm, None, None, secret, hmac, secret, secret)


def _asymmetric_key(algorithm: str, text: str, setting: str, *, signs: bool) -> SigningKey:
    wanted, command = _ASYMMETRIC[algorithm]
    hint = f"{algorithm} takes {wanted} in PEM: {command}"
    given: object = text
    if not given:
        raise ConfigError("AA001", f"{setting} is not set.", hint=hint)
    if not isinstance(given, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError("AA003", f"{setting} is not a text.", hint=hint)
    private, public = _load_pem(given.encode(errors="replace"), setting, hint)
    if private is None and signs:
        raise ConfigError(
            "AA003", f"{setting} is a public key, which cannot sign.", hint=f"Give the private key. {hint}"
        )
    signature_of = jwt.get_algorithm_by_name("EdDSA" if algorithm in ("Ed25519", "Ed448") else algorithm)
    other_kind = ConfigError("AA003", f"{setting} is a key of another kind.", hint=hint)
    try:
        signature_of.prepare_key(public)
    except (jwt.InvalidKeyError, TypeError) as error:
        raise other_kind from error
    if isinstance(public, RSAPublicKey) and not MIN_RSA_BITS <= public.key_size <= MAX_RSA_BITS:
        raise ConfigError("AA003", f"{setting} is an RSA key of {public.key_size} bits.", hint=hint)
    described = cast("dict[str, str]", signature_of.to_jwk(public, as_dict=True))
    if algorithm in ("Ed25519", "Ed448") and described["crv"] != algorithm:
        raise other_kind
    members = {name: described[name] for name in _THUMBPRINT_MEMBERS[described["kty"]]}
    kid = _thumbprint(members)
    # Not the PEM's letters: the same key in another wrapping must derive the same.
    root = signature_of.to_jwk(private, as_dict=True)["d"].encode() if private is not None else b""
    jwk = {**members, "kid": kid, "use": "sig", "alg": algorithm}
    return SigningKey(algorithm, kid, jwk, root, signature_of, private, public)


def _load_pem(pem: bytes, setting: str, hint: str) -> tuple[Any, Any]:
    """Return the private key, or None, and the public key of a PEM text."""
    try:
        private = load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise ConfigError(
            "AA003", f"{setting} is encrypted.", hint="Give it without a passphrase: openssl pkey -in key.pem"
        ) from error
    except (ValueError, UnsupportedAlgorithm):
        pass
    else:
        return private, private.public_key()
    try:
        return None, load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        # The value is a secret: not a letter of it goes into a log.
        raise ConfigError("AA003", f"{setting} is no key that can be read.", hint=hint) from error


def _thumbprint(members: dict[str, str]) -> str:
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    return urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
