"""A host's own users, as far as the host has told us how to reach them."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from advanced_alchemy.exceptions import NotFoundError
from litestar.exceptions import NotFoundException
from sqlalchemy.exc import NoResultFound

from litestar_admin_auth.auth.backend_checks import check_handler
from litestar_admin_auth.auth.principal import lacks
from litestar_admin_auth.auth.registry import LiveSession
from litestar_admin_auth.auth.tokens import is_id
from litestar_admin_auth.core.exceptions import ConfigError
from litestar_admin_auth.core.passwords import MAX_PASSWORD_LENGTH
from litestar_admin_auth.core.text import normalize_email

logger = logging.getLogger(__name__)

#: What a stranger's password is compared with at first: bcrypt, cost 12, of a random password that was thrown away.
NOBODYS_HASH = "$2b$12$uohFZFtcZ.53lTg9bGwF0uxxLt1EMUikWzMN402pQUrsvAUblqXZG"

#: How loaders say that there is no such user: a dict's way, SQLAlchemy's, Advanced Alchemy's and Litestar's.
_NOT_FOUND = (LookupError, NoResultFound, NotFoundError, NotFoundException)

UserLoader = Callable[[Any], Awaitable[Any]]
PasswordVerifier = Callable[[str, str], Awaitable[bool]]
PasswordHasher = Callable[[str], Awaitable[str]]
PasswordUpdater = Callable[[Any, str], Awaitable[None]]


class HostUsers:
    """Loads users, proves their passwords and, where the host gave both parts for it, changes them.

    Raises:
        ConfigError: ``AA009`` for a part that is not an async function; ``AA019`` when only one of ``password_hasher``
            and ``password_updater`` is given, or one of them without a verifier.
    """

    def __init__(
        self,
        user_loader: UserLoader,
        password_verifier: PasswordVerifier | None = None,
        password_hasher: PasswordHasher | None = None,
        password_updater: PasswordUpdater | None = None,
    ) -> None:
        check_handler(user_loader, "user_loader", "identifier")
        for name, part, arguments in (
            ("password_verifier", password_verifier, ("stored_hash", "password")),
            ("password_hasher", password_hasher, ("password",)),
            ("password_updater", password_updater, ("user", "stored_hash")),
        ):
            if part is not None:
                check_handler(part, name, *arguments)
        self.user_loader, self.password_verifier = user_loader, password_verifier
        # A stranger's password is compared with a hash of the kind that the host keeps, once one has been seen: an
        # Argon2 verifier answers at once to what is no hash of its kind, and the time would tell who is known.
        self._hash_of_the_kind = NOBODYS_HASH
        self.password_hasher, self.password_updater = password_hasher, password_updater
        given = [part is not None for part in (password_hasher, password_updater)]
        if any(given) and not all([*given, password_verifier is not None]):
            raise ConfigError(
                "AA019",
                "JWTAuthBackend can change passwords with a password_hasher, a password_updater and a"
                " password_verifier; one of them is missing.",
                hint="Give all three, or neither password_hasher nor password_updater.",
            )

    @property
    def passwords_can_change(self) -> bool:
        """Whether the host gave what it takes to change a password."""
        return self.password_updater is not None

    async def prove(self, email: str, password: str) -> Any:
        """Return the user whom an e-mail address and a password prove, or None."""
        if self.password_verifier is None or "@" not in email or not password:
            return None
        try:
            user = await self.user_loader(email)
        except Exception:
            # Many repositories raise for whom they do not know: that must look like every other refusal.
            logger.exception("user_loader raised; the login is refused")
            user = None
        # A loader may take ids too: whoever types an id for an address must not get that user.
        known = _is_active(user) and normalize_email(str(getattr(user, "email", ""))) == normalize_email(email)
        if known and (missing := lacks(user) or _id_is_no_claim(user)):
            logger.error("user_loader returned a %s without %s", type(user).__name__, ", ".join(missing))
            known = False
        return user if await self.verify(user if known else None, password) else None

    async def verify(self, user: Any, password: str) -> bool:
        """Tell whether this is the user's password. Nobody costs what somebody costs (ASVS 6.3.8)."""
        stored: str | None = getattr(user, "password_hash", None)
        if self.password_verifier is None or len(password) > MAX_PASSWORD_LENGTH:
            return False
        if stored:
            self._hash_of_the_kind = stored
        try:
            verdict = await self.password_verifier(stored or self._hash_of_the_kind, password)
        except Exception:
            # A verifier that fails has verified nothing: the login is refused, and the fault is in the log.
            if stored:
                logger.exception("password_verifier raised; the password counts as wrong")
            return False
        # Only True is a yes: a coroutine or a row that somebody forgot to look into is truthy too.
        return bool(stored) and verdict is True

    async def of(self, session: LiveSession) -> Any:
        """Return the user of a session as the host knows it now, or None when there is none any more."""
        try:
            user = await self.user_loader(session.subject if session.user_id is None else session.user_id)
        except _NOT_FOUND as error:
            # Many repositories raise where others answer None. Every other exception is a fault, and stays one.
            logger.warning("user_loader raised %s for the user of a session: nobody", type(error).__name__)
            return None
        # A loader that answers with somebody else must not make this session theirs.
        return user if _is_active(user) and str(user.id) == session.subject else None

    async def is_unchanged(self, user: Any, session: LiveSession) -> bool:
        """Tell whether the password that a user has just proven still is theirs, now that the session is written.

        Whoever changes the password ends the sessions after writing the hash, so that one of the two sees the other.
        """
        fresh = await self.of(session)
        return fresh is not None and getattr(fresh, "password_hash", None) == getattr(user, "password_hash", None)

    async def store_password(self, user: Any, password: str) -> None:
        """Hash a new password and hand it to the host."""
        if self.password_hasher is None or self.password_updater is None:
            msg = "this host has no password_hasher and password_updater"
            raise RuntimeError(msg)
        hashed = await self.password_hasher(password)
        if not isinstance(hashed, str) or hashed in ("", password):  # pyright: ignore[reportUnnecessaryIsInstance]
            msg = "password_hasher must return a hash, as a text"
            raise TypeError(msg)
        await self.password_updater(user, hashed)


def _id_is_no_claim(user: Any) -> list[str]:
    return [] if is_id(str(user.id)) else ["id that a token can carry"]


def _is_active(user: Any) -> bool:
    # A user object need not know the word; where it does, a suspended user is nobody.
    return user is not None and getattr(user, "is_active", True) is not False
