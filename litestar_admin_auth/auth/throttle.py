"""The one hook through which every door that takes a credential goes: form, JSON, password change, links."""

from typing import Protocol


class Throttle(Protocol):
    """Counts tries.

    ``door`` names the purpose, such as ``login`` or ``change_password``; ``account`` the normalised e-mail or the
    user's id; ``ip`` the client.
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


class Unlimited:
    """Counts nothing. The default until a policy is chosen; ``litestar admin check --deploy`` says so."""

    async def check(self, door: str, account: str, ip: str) -> None:
        return None

    async def failed(self, door: str, account: str, ip: str) -> None:
        return None

    async def succeeded(self, door: str, account: str, ip: str) -> None:
        return None
