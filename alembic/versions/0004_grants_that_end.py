"""An index for roles that end soon, or have ended: few among all that were given.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NAME = "ix_admin_auth_user_role_expires_at_user_id"


def upgrade() -> None:
    op.create_index(NAME, "admin_auth_user_role", ["expires_at", "user_id"])


def downgrade() -> None:
    op.drop_index(NAME, "admin_auth_user_role")
