"""The start of a delivery's lease or pause, so that one that begins in the future is void."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("leased_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    with op.batch_alter_table("delivery") as batch:
        batch.drop_column("leased_at")
