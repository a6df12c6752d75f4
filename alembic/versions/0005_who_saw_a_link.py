"""Who was shown a one-time link that was not mailed.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("admin_auth_one_time_token") as table:
        table.add_column(sa.Column("shown_to", sa.Uuid(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("admin_auth_one_time_token") as table:
        table.drop_column("shown_to")
