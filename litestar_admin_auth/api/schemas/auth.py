"""Signing in and out, passwords, links and public keys."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from litestar_admin_auth.api.schemas.fields import Email, Input, Password


class Credentials(Input, frozen=True):
    email: Email
    password: Password


class RefreshToken(Input, frozen=True):
    """Where the refresh token travels neither in ``X-Refresh-Token`` nor in its cookie."""

    # Far longer than a token: what is too long for one shall get the answer that every bad token gets, a 401.
    refresh_token: Annotated[str, Meta(max_length=2**16)] = ""


class PasswordChange(Input, frozen=True):
    current_password: Password
    new_password: Password


class NewPassword(Input, frozen=True):
    new_password: Password


class ResetRequest(Input, frozen=True):
    email: Email


class InvitedPerson(Struct, frozen=True):
    email: str
    name: str


class Me(Struct, frozen=True):
    id: str | int
    email: str
    roles: list[str]
    permissions: list[str]


class PublicKey(Struct, frozen=True):
    """A JWK; RSA has ``n`` and ``e``, elliptic curves have ``crv`` and ``x``, some of them ``y``."""

    kty: str
    kid: str
    use: str
    alg: str
    n: str | UnsetType = UNSET
    e: str | UnsetType = UNSET
    crv: str | UnsetType = UNSET
    x: str | UnsetType = UNSET
    y: str | UnsetType = UNSET


class KeySet(Struct, frozen=True):
    keys: list[PublicKey]
