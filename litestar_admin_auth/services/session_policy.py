"""How long sessions live, and what a refresh token of an old generation means: one rule, wherever sessions are kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

#: What becomes of a refresh: the next generation, the one that a parallel caller was given, or the session's end.
Verdict = Literal["rotate", "same_successor", "reused"]

#: A session ends after this whatever happens, unless somebody says otherwise.
LIFETIME = timedelta(days=14)

#: For parallel tabs.
GRACE = timedelta(seconds=10)


@dataclass(frozen=True)
class SessionPolicy:
    """How long sessions live.

    Args:
        idle: An unused session ends after this.
        absolute: A session ends after this whatever happens.
        grace: For how long the last refresh token answers with its successor once more.
    """

    idle: timedelta = timedelta(days=1)
    absolute: timedelta = LIFETIME
    grace: timedelta = GRACE

    @classmethod
    def of(
        cls, *, refresh_expiry: timedelta, lifetime: timedelta | None = None, grace: timedelta = GRACE
    ) -> "SessionPolicy":
        """Return the policy that a host's settings mean.

        Args:
            refresh_expiry: How long a refresh token lives.
            lifetime: The longest life of a session, if the host has said one. Else a refresh token that is meant to
                outlive the usual one makes it longer: it must not die earlier than its setting says.
            grace: As above.
        """
        return cls(refresh_expiry, lifetime or max(LIFETIME, refresh_expiry), grace)

    def idle_end(self, moment: datetime, absolute_end: datetime) -> datetime:
        """Return when a session used at a moment ends if nothing happens any more."""
        return min(moment + self.idle, absolute_end)

    def judge(self, presented: int, current: int, rotated_at: datetime, moment: datetime) -> Verdict:
        """Decide what a refresh token's generation means. This is the one rule, wherever sessions are kept.

        Args:
            presented: The generation that the token states.
            current: The session's generation.
            rotated_at: Since when that is the current one.
            moment: Now.
        """
        if presented == current:
            return "rotate"
        # A tab that asked at the same moment as the one that won. Two generations back is nobody's tab.
        if presented == current - 1 and moment - rotated_at <= self.grace:
            return "same_successor"
        # Reuse means theft: somebody else has used this token before, or uses it now.
        return "reused"
