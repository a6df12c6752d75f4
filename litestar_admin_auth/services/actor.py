"""Who does something."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID


@dataclass(frozen=True)
class Actor:
    """Whoever a change is done by and booked to.

    Args:
        label: An e-mail address, or ``cli``, ``system``, ``demo``: what the audit log shows for ever.
        user_id: The user; their permissions are read from the database inside each transaction, never from here.
        session_id: The session that the request came with.
        ip: The address that the request came from, already freed of headers that nobody vouches for.
        vouched: What somebody holds who is no user of ours: a host that brings its own users says so of each of them.
        is_system: Whether the operator's own code acts: it may do everything. Nothing in a request sets this.
    """

    label: str
    user_id: UUID | None = None
    session_id: UUID | None = None
    ip: str = ""
    vouched: frozenset[str] = frozenset()
    is_system: bool = False

    @classmethod
    def system(cls, label: str) -> Self:
        """Return an actor for the command line (``cli``) or the start-up (``system``)."""
        return cls(label=label, is_system=True)
