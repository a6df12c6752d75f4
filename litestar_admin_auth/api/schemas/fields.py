"""The bounds of what clients may send: a type for each kind of field, and the root of all bodies."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from litestar_admin_auth.core.passwords import MAX_PASSWORD_LENGTH
from litestar_admin_auth.core.permissions import MAX_CODE_LENGTH
from litestar_admin_auth.core.text import (
    MAX_DESCRIPTION_LENGTH,
    MAX_EMAIL_LENGTH,
    MAX_NAME_LENGTH,
    MAX_REASON_LENGTH,
    MAX_ROLE_NAME_LENGTH,
)

#: The largest INTEGER of PostgreSQL: a greater one would be a fault of the driver.
MAX_VERSION = 2**31 - 1

Email = Annotated[str, Meta(max_length=MAX_EMAIL_LENGTH)]
Name = Annotated[str, Meta(max_length=MAX_NAME_LENGTH)]
RoleName = Annotated[str, Meta(max_length=MAX_ROLE_NAME_LENGTH)]
Description = Annotated[str, Meta(max_length=MAX_DESCRIPTION_LENGTH)]
Reason = Annotated[str, Meta(max_length=MAX_REASON_LENGTH)]
Password = Annotated[str, Meta(max_length=MAX_PASSWORD_LENGTH)]
Code = Annotated[str, Meta(max_length=MAX_CODE_LENGTH)]
RoleNames = Annotated[list[RoleName], Meta(max_length=500)]
Codes = Annotated[list[Code], Meta(max_length=5000)]
Version = Annotated[int, Meta(ge=1, le=MAX_VERSION)]
#: A time with its zone, such as ``2030-01-31T12:00:00Z``.
Moment = Annotated[datetime, Meta(tz=True)]


class Input(Struct, frozen=True, forbid_unknown_fields=True):
    """The root of what clients send."""
