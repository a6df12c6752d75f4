"""Changes of many users at once."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from litestar_admin_auth.api.schemas.fields import Input, Moment, Reason, RoleName
from litestar_admin_auth.api.schemas.roles import ChangeGroup, UserChange

Word = Annotated[str, Meta(max_length=200)]


class UserMatch(Input, frozen=True):
    """The search and the filters of the list of users; without any, all users."""

    q: Word = ""
    status: Word = ""
    role: RoleName = ""
    ends: Word = ""
    last_login: Word = ""


class BulkChange(Input, frozen=True):
    """Either ``ids`` or ``matching`` says whom; ``role`` is for giving and taking, the two after it for giving alone.

    With the ``fingerprint`` of a preview the change is refused (409) when others match meanwhile.
    """

    action: Literal["suspend", "reactivate", "end_sessions", "give_role", "take_role"]
    ids: Annotated[list[UUID], Meta(min_length=1, max_length=10_000)] | UnsetType = UNSET
    matching: UserMatch | UnsetType = UNSET
    role: RoleName = ""
    reason: Reason = ""
    expires_at: Moment | None = None
    fingerprint: Annotated[str, Meta(max_length=64)] = ""


class Skipped(Struct, frozen=True):
    """``reason`` is ``yourself``, ``stronger``, ``last_superuser``, ``unchanged`` or ``gone``."""

    label: str
    reason: str


class BulkPreview(Struct, frozen=True):
    """``skipped`` names the first fifty, ``reasons`` counts all. The last four tell who gains and loses permissions."""

    selected: int
    changed: int
    skipped: list[Skipped]
    reasons: dict[str, int]
    fingerprint: str
    users: list[UserChange]
    users_total: int
    offset: int
    groups: list[ChangeGroup]


class BulkOutcome(Struct, frozen=True):
    """``stopped`` says, for people, what stopped it half way; ``not_reached`` counts those it did not come to."""

    changed: int
    reasons: dict[str, int]
    not_reached: int
    stopped: str
