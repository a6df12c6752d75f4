"""Password hashing: bcrypt over an HMAC pre-hash, off the event loop.

bcrypt reads 72 bytes and stops at NUL, so the password first becomes 44 base64 characters by HMAC-SHA-256. The HMAC
key is fixed and public: it separates our pre-hashes from the bare SHA-256 lists of other leaks, so that they cannot be
tried here as they are ("password shucking"). Source: OWASP ASVS 5.0, 11.4.2; NIST SP 800-63B-4, 3.1.1.2.
"""

# ruff: noqa: A002 - the parameter names are those of pwdlib's protocol

import asyncio
import base64
import hashlib
import hmac

import bcrypt
from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.base import HasherProtocol, ensure_bytes, ensure_str
from pwdlib.hashers.bcrypt import BcryptHasher

_DOMAIN_KEY = b"litestar-admin-auth/password/v1"
_PREFIX = "$hmac-sha256"

COST = 12
#: Longer passwords are refused at the door: hashing megabytes for strangers is a denial of service.
MAX_PASSWORD_LENGTH = 1024
#: ASVS 6.2.1 and NIST 3.1.1.2: fifteen characters where the password is the only factor.
MIN_PASSWORD_LENGTH = 15


class PrehashedBcryptHasher(HasherProtocol):
    """bcrypt for passwords of any length; hashes read ``$hmac-sha256$2b$12$...``."""

    def __init__(self, rounds: int = COST) -> None:
        self.rounds = rounds

    @classmethod
    def identify(cls, hash: str | bytes) -> bool:
        text = ensure_str(hash)
        return text.startswith(_PREFIX) and BcryptHasher.identify(text.removeprefix(_PREFIX))

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        digest = bcrypt.hashpw(_prehash(password), salt or bcrypt.gensalt(self.rounds))
        return _PREFIX + digest.decode()

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:
        return bcrypt.checkpw(_prehash(password), ensure_bytes(ensure_str(hash).removeprefix(_PREFIX)))

    def check_needs_rehash(self, hash: str | bytes) -> bool:
        return BcryptHasher(self.rounds).check_needs_rehash(ensure_str(hash).removeprefix(_PREFIX))


def _prehash(password: str | bytes) -> bytes:
    return base64.b64encode(hmac.digest(_DOMAIN_KEY, ensure_bytes(password), hashlib.sha256))


class Passwords:
    """Hashes and verifies; the first hasher is the policy, the others are read and upgraded at login.

    Args:
        hashers: pwdlib hashers in order of preference.
    """

    def __init__(self, hashers: tuple[HasherProtocol, ...] = (PrehashedBcryptHasher(), BcryptHasher())) -> None:
        self._hash = PasswordHash(hashers)
        # Verified against when there is no user, so that an unknown address costs what a wrong password costs.
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Return the stored form of a password."""
        return await asyncio.to_thread(self._hash.hash, password)

    async def verify(self, stored: str | None, password: str) -> tuple[bool, str | None]:
        """Check a password in the same time whether or not there is a hash to check it against.

        Longer than ``MAX_PASSWORD_LENGTH`` is nobody's, at the same cost: what bcrypt alone would cut off counts too.

        Args:
            stored: The stored hash, or None for an unknown user or one without a password.
            password: What was typed, verbatim.

        Returns:
            Whether it is right, and a new hash to store when the policy has risen since.
        """
        if len(password) > MAX_PASSWORD_LENGTH:
            stored, password = None, password[:MAX_PASSWORD_LENGTH]
        return await asyncio.to_thread(self._verify, stored, password)

    def _verify(self, stored: str | None, password: str) -> tuple[bool, str | None]:
        if stored is not None:
            try:
                return self._hash.verify_and_update(password, stored)
            except (UnknownHashError, ValueError):
                # A damaged hash lets nobody in; ValueError is bcrypt's word for a foreign hash and a 73rd byte.
                pass
        if self._nobody is None:
            # Making a hash costs what checking one costs: the first stranger pays no more than the next.
            self._nobody = self._hash.hash("nobody has this password")
        else:
            self._hash.verify(password, self._nobody)
        return False, None
