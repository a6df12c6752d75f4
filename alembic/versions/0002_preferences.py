"""The language and the time zone that a user prefers.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("admin_auth_user") as table:
        table.add_column(sa.Column("language", sa.String(20), nullable=True))
        table.add_column(sa.Column("time_zone", sa.String(64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("admin_auth_user") as table:
        table.drop_column("time_zone")
        table.drop_column("language")
