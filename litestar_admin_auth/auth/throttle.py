"""The one hook through which every door goes where tries are counted: logins, password changes, links, exports."""

from datetime import datetime
from typing import Protocol, runtime_checkable


class Throttle(Protocol):
    """Counts tries.

    ``door`` names the purpose: ``login``, ``change_password``, ``password_reset`` and ``export`` (each question for a
    link and each file counts as a failure, whatever came of it), ``invitation`` and ``reset`` (links that are none).
    ``account`` is the normalised e-mail or the user's id, empty where nobody is named; ``ip`` the client.
    """

    async def check(self, door: str, account: str, ip: str) -> None:
        """Raise :class:`~litestar_admin_auth.core.exceptions.TooManyTries` when no further try is allowed now."""
        ...

    async def failed(self, door: str, account: str, ip: str) -> None:
        """Count a try that failed."""
        ...

    async def succeeded(self, door: str, account: str, ip: str) -> None:
        """Forget the failures of an account that has proven itself."""
        ...


@runtime_checkable
class KnowsLocks(Protocol):
    """A throttle that can also say for how long it refuses; the page of a user then tells."""

    async def locked_until(self, door: str, account: str) -> datetime | None:
        """Return until when no further try of an account is allowed, or None when one is."""
        ...


class Unlimited:
    """Counts nothing. The default until a policy is chosen; ``litestar admin check --deploy`` says so."""

    async def check(self, door: str, account: str, ip: str) -> None:
        return None

    async def failed(self, door: str, account: str, ip: str) -> None:
        return None

    async def succeeded(self, door: str, account: str, ip: str) -> None:
        return None
