"""What a host may replace."""

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class AdminUserProtocol(Protocol):
    """Whoever is signed in. Both names, ``AdminUser`` and ``AdminUserProtocol``, are this protocol."""

    @property
    def id(self) -> Any:
        """The user's unique identifier, a string, an integer or a UUID."""
        ...

    @property
    def email(self) -> str:
        """The user's e-mail address."""
        ...

    @property
    def roles(self) -> list[str]:
        """Names of the user's roles."""
        ...

    @property
    def permissions(self) -> list[str]:
        """Codes and wildcards that the user holds, such as ``articles:read``, ``articles:*`` or ``*``."""
        ...


@runtime_checkable
class AuthBackend(Protocol):
    """How people are authenticated. ``connection`` is a Litestar ``ASGIConnection``.

    A backend answers in three ways: a value, None ("not mine" or "no"), or an exception.
    """

    async def authenticate(self, connection: Any, credentials: dict[str, str]) -> AdminUserProtocol | None:
        """Return the user whom ``email`` and ``password`` prove, or None."""
        ...

    async def get_current_user(self, connection: Any) -> AdminUserProtocol | None:
        """Return the user whose credential the connection carries, or None."""
        ...

    async def login(self, connection: Any, user: Any) -> dict[str, str]:
        """Start a session for an authenticated user and return its tokens."""
        ...

    async def logout(self, connection: Any) -> None:
        """End the session that the connection carries."""
        ...

    async def refresh(self, connection: Any) -> dict[str, str] | None:
        """Return new tokens for the refresh token that the connection carries, or None."""
        ...
