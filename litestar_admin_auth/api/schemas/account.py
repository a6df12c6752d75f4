"""The own account."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from litestar_admin_auth.api.schemas.fields import Input, Name
from litestar_admin_auth.api.schemas.users import User


class Profile(Input, frozen=True):
    name: Name


class PreferencesChange(Input, frozen=True):
    language: Annotated[str, Meta(max_length=20)] | UnsetType | None = UNSET
    time_zone: Annotated[str, Meta(max_length=64)] | UnsetType | None = UNSET


class Preferences(Struct, frozen=True):
    """Null leaves it to the browser."""

    language: str | None
    time_zone: str | None


class Account(User, frozen=True, kw_only=True):
    """The own user."""

    #: When, between the login before this session's and this session's, an old refresh token came back and ended a
    #: session: somebody may have a copy. Null when nothing of the kind happened.
    refresh_reused_at: datetime | None = None
