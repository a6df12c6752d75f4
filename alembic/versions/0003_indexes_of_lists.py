"""Indexes for the filters and orders of the lists.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

EVENTS, USERS, SESSIONS = "admin_auth_audit_event", "admin_auth_user", "admin_auth_session"

#: Replaced by the same with the id at the end, which breaks ties in the order of a list.
SHORTER = (("action", "at"), ("actor_id", "at"), ("target_type", "target_id", "at"))


def name(table: str, *columns: str) -> str:
    return f"ix_{table}_{'_'.join(columns)}"


def upgrade() -> None:
    for columns in SHORTER:
        op.drop_index(name(EVENTS, *columns), EVENTS)
        op.create_index(name(EVENTS, *columns, "id"), EVENTS, [*columns, "id"])
    op.create_index(name(EVENTS, "actor", "at", "id"), EVENTS, ["actor", "at", "id"])
    op.create_index(name(SESSIONS, "last_seen_at", "id"), SESSIONS, ["last_seen_at", "id"])
    op.create_index(
        "ix_admin_auth_user_suspended",
        USERS,
        ["created_at", "id"],
        sqlite_where=sa.text("is_active = 0"),
        postgresql_where=sa.text("NOT is_active"),
    )
    op.create_index(
        "ix_admin_auth_user_invited",
        USERS,
        ["created_at", "id"],
        sqlite_where=sa.text("password_hash IS NULL AND last_login_at IS NULL"),
        postgresql_where=sa.text("password_hash IS NULL AND last_login_at IS NULL"),
    )
    op.drop_index(name(SESSIONS, "user_id", "created_at"), SESSIONS)
    op.create_index(name(SESSIONS, "user_id", "created_at", "id"), SESSIONS, ["user_id", "created_at", "id"])


def downgrade() -> None:
    op.drop_index(name(SESSIONS, "user_id", "created_at", "id"), SESSIONS)
    op.create_index(name(SESSIONS, "user_id", "created_at"), SESSIONS, ["user_id", "created_at"])
    op.drop_index("ix_admin_auth_user_invited", USERS)
    op.drop_index("ix_admin_auth_user_suspended", USERS)
    op.drop_index(name(SESSIONS, "last_seen_at", "id"), SESSIONS)
    op.drop_index(name(EVENTS, "actor", "at", "id"), EVENTS)
    for columns in SHORTER:
        op.drop_index(name(EVENTS, *columns, "id"), EVENTS)
        op.create_index(name(EVENTS, *columns), EVENTS, list(columns))
