"""Signing secrets: how long they must be, and how to make one."""

from litestar_admin_auth.core.exceptions import ConfigError

MIN_SECRET_BYTES = 32

#: Secrets that stand in documentation: whoever copies one has none.
EXAMPLE_SECRETS = frozenset(
    {
        "your-super-secret-key-change-in-production",
        "change-me-change-me-change-me-change-me",
    }
)

_HOW = 'Make one with: python -c "import secrets; print(secrets.token_urlsafe(32))"'


def check_secret(secret: str, setting: str) -> None:
    """Refuse a missing, short or published secret (RFC 7518 section 3.2; ASVS 13.3.1).

    Args:
        secret: The signing secret.
        setting: The name of the setting, for the message.

    Raises:
        ConfigError: ``AA001`` when empty, ``AA002`` when no text, short or taken from an example.
    """
    given: object = secret
    if not given:
        raise ConfigError("AA001", f"{setting} is not set.", hint=_HOW)
    if not isinstance(given, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError("AA002", f"{setting} is not a text.", hint=_HOW)
    if len(given.encode(errors="replace")) < MIN_SECRET_BYTES:
        raise ConfigError("AA002", f"{setting} is shorter than {MIN_SECRET_BYTES} bytes.", hint=_HOW)
    if given in EXAMPLE_SECRETS:
        raise ConfigError("AA002", f"{setting} is an example that everybody can read.", hint=_HOW)
