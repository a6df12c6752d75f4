"""Keys of every kind that tokens are signed with, made once a run."""

from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

SECRET = "a secret of the tests, long enough for HS256, and for the longer ones"

_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "ES256": ec.SECP256R1,
    "ES384": ec.SECP384R1,
    "ES512": ec.SECP521R1,
    "ES256K": ec.SECP256K1,
}


@cache
def private_pem(algorithm: str, number: int = 0) -> str:
    """A private key for an algorithm; another number is another key."""
    return to_pem(_make(algorithm))


def _make(algorithm: str) -> Any:
    if algorithm in ("EdDSA", "Ed25519"):
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == "Ed448":
        return ed448.Ed448PrivateKey.generate()
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm]())
    return rsa.generate_private_key(65537, 2048)


def to_pem(key: Any, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def public_pem(pem: str) -> str:
    """The public part of a private key."""
    public = load_pem_private_key(pem.encode(), None).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_for(algorithm: str, number: int = 0) -> str:
    """What ``JWTConfig.secret_key`` takes with an algorithm."""
    return f"{SECRET} {number}" if algorithm.startswith("HS") else private_pem(algorithm, number)
