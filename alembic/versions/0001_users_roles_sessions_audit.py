"""Users, roles, permissions, sessions, one-time tokens and the audit log.

Revision ID: 0001
Revises:

It ships one role, ``superuser``, which holds ``*``, and no users: there is no default account.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "admin_auth_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("email_normalized", sa.String(320), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("security_epoch", sa.Integer(), nullable=False),
        sa.Column("last_login_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_admin_auth_user"),
        sa.UniqueConstraint("email_normalized", name="uq_admin_auth_user_email_normalized"),
    )
    op.create_index("ix_admin_auth_user_created_at_id", "admin_auth_user", ["created_at", "id"])
    op.create_index("ix_admin_auth_user_last_login_at_id", "admin_auth_user", ["last_login_at", "id"])
    op.create_index("ix_admin_auth_user_name_id", "admin_auth_user", ["name", "id"])

    op.create_table(
        "admin_auth_permission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(120), nullable=False),
        sa.Column("description", sa.String(500), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_admin_auth_permission"),
        sa.UniqueConstraint("code", name="uq_admin_auth_permission_code"),
    )

    role = op.create_table(
        "admin_auth_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("description", sa.String(500), nullable=False),
        sa.Column("is_system", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_admin_auth_role"),
        sa.UniqueConstraint("name", name="uq_admin_auth_role_name"),
    )

    role_permission = op.create_table(
        "admin_auth_role_permission",
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(120), nullable=False),
        sa.Column("granted_at", TIME, nullable=False),
        sa.Column("granted_by", sa.String(320), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["admin_auth_role.id"], name="fk_admin_auth_role_permission_role_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("role_id", "code", name="pk_admin_auth_role_permission"),
    )
    op.create_index("ix_admin_auth_role_permission_code", "admin_auth_role_permission", ["code"])

    op.create_table(
        "admin_auth_user_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("granted_at", TIME, nullable=False),
        sa.Column("granted_by", sa.String(320), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["admin_auth_user.id"], name="fk_admin_auth_user_role_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["admin_auth_role.id"], name="fk_admin_auth_user_role_role_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_admin_auth_user_role"),
        sa.UniqueConstraint("user_id", "role_id", name="uq_admin_auth_user_role_user_id_role_id"),
    )
    op.create_index("ix_admin_auth_user_role_role_id", "admin_auth_user_role", ["role_id"])

    op.create_table(
        "admin_auth_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.Column("idle_expires_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated_at", TIME, nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("user_agent", sa.String(400), nullable=False),
        sa.Column("auth_method", sa.String(40), nullable=False),
        sa.Column("security_epoch", sa.Integer(), nullable=False),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("revoked_reason", sa.String(100), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["admin_auth_user.id"], name="fk_admin_auth_session_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_admin_auth_session"),
    )
    op.create_index("ix_admin_auth_session_user_id_created_at", "admin_auth_session", ["user_id", "created_at"])
    op.create_index("ix_admin_auth_session_created_at_id", "admin_auth_session", ["created_at", "id"])

    op.create_table(
        "admin_auth_one_time_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("email_normalized", sa.String(320), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["admin_auth_user.id"], name="fk_admin_auth_one_time_token_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_admin_auth_one_time_token"),
        sa.UniqueConstraint("digest", name="uq_admin_auth_one_time_token_digest"),
    )
    op.create_index("ix_admin_auth_one_time_token_user_id", "admin_auth_one_time_token", ["user_id"])

    # No foreign keys: an event outlives everybody and everything it tells of.
    op.create_table(
        "admin_auth_audit_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(320), nullable=False),
        sa.Column("action", sa.String(80), nullable=False),
        sa.Column("target_type", sa.String(40), nullable=False),
        sa.Column("target_id", sa.String(64), nullable=False),
        sa.Column("target_label", sa.String(320), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_admin_auth_audit_event"),
    )
    op.create_index("ix_admin_auth_audit_event_at_id", "admin_auth_audit_event", ["at", "id"])
    op.create_index("ix_admin_auth_audit_event_action_at", "admin_auth_audit_event", ["action", "at"])
    op.create_index("ix_admin_auth_audit_event_actor_id_at", "admin_auth_audit_event", ["actor_id", "at"])
    op.create_index(
        "ix_admin_auth_audit_event_target_type_target_id_at",
        "admin_auth_audit_event",
        ["target_type", "target_id", "at"],
    )

    now, superuser = datetime.now(UTC), uuid7()
    op.bulk_insert(
        role,
        [
            {
                "id": superuser,
                "name": "superuser",
                "description": "May do everything",
                "is_system": True,
                "created_at": now,
                "updated_at": now,
                "version": 1,
            }
        ],
    )
    op.bulk_insert(
        role_permission,
        [{"role_id": superuser, "code": "*", "granted_at": now, "granted_by": "system"}],
    )


def downgrade() -> None:
    for table in (
        "admin_auth_audit_event",
        "admin_auth_one_time_token",
        "admin_auth_session",
        "admin_auth_user_role",
        "admin_auth_role_permission",
        "admin_auth_role",
        "admin_auth_permission",
        "admin_auth_user",
    ):
        op.drop_table(table)
