"""A person who may sign in."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Index, String, and_, case, false, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from litestar_admin_auth.models.base import TABLE_PREFIX, Base, HasId

if TYPE_CHECKING:
    from litestar_admin_auth.models.role import UserRole


def _partial_index(name: str, condition: str, postgresql: str = "") -> Index:
    """Return an index of users for whom a condition holds, in the order in which lists come."""
    return Index(
        f"ix_admin_auth_user_{name}",
        "created_at",
        "id",
        sqlite_where=text(condition),
        postgresql_where=text(postgresql or condition),
    )


class User(HasId, Base):
    """A user. ``email`` is kept as typed; ``email_normalized`` is what is unique and looked up."""

    __tablename__ = TABLE_PREFIX + "user"

    email: Mapped[str] = mapped_column(String(320))
    # A filter on lower(email) could not use a plain index: the normalised form is stored and indexed.
    email_normalized: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str | None] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    #: Raised when every session of the user must end; a session that carries an older one is refused.
    security_epoch: Mapped[int] = mapped_column(default=0)
    last_login_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    #: The language of one's pages and mails, such as ``de``; None leaves it to the browser.
    language: Mapped[str | None] = mapped_column(String(20))
    #: The zone that times are shown in, such as ``Europe/Berlin``; None leaves it to the browser.
    time_zone: Mapped[str | None] = mapped_column(String(64))

    # lazy="raise": a page that forgets to load its rows fails in the test, not slowly in production.
    grants: Mapped[list["UserRole"]] = relationship(
        back_populates="user",
        lazy="raise",
        cascade="all, delete-orphan",
        passive_deletes=True,
        foreign_keys="UserRole.user_id",
    )

    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "last_login_at", "id"),
        Index(None, "name", "id"),
        # For lists of few among many; the conditions stand in has_status.
        _partial_index("suspended", "is_active = 0", "NOT is_active"),
        _partial_index("invited", "password_hash IS NULL AND last_login_at IS NULL"),
    )

    @hybrid_property
    def status(self) -> str:
        """``active``, ``suspended`` or ``invited`` (no password yet and never signed in)."""
        if not self.is_active:
            return "suspended"
        return "invited" if self.password_hash is None and self.last_login_at is None else "active"

    @status.inplace.expression
    @classmethod
    def _status_expression(cls) -> ColumnElement[str]:
        return case(
            (~cls.is_active, "suspended"),
            (and_(cls.password_hash.is_(None), cls.last_login_at.is_(None)), "invited"),
            else_="active",
        )

    @classmethod
    def has_status(cls, status: str) -> ColumnElement[bool]:
        """Return the condition that ``status`` is this one, in words for which there is an index."""
        invited = and_(cls.password_hash.is_(None), cls.last_login_at.is_(None))
        match status:
            case "suspended":
                return ~cls.is_active
            case "invited":
                return and_(cls.is_active, invited)
            case "active":
                return and_(cls.is_active, ~invited)
            case _:
                return false()

    def __repr__(self) -> str:
        # Never the hash: a user ends up in logs and tracebacks.
        return f"<User {self.id} {self.email!r}>"
