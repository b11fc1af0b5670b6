"""What chat platforms need: updates stored before they are confirmed, and files uploaded once."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("update_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", "update_id", name=op.f("pk_inbox")),
    )
    op.create_table(
        "upload",
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("picture", sa.String(length=80), nullable=False),
        sa.Column("file_id", sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint("platform", "picture", name=op.f("pk_upload")),
    )


def downgrade() -> None:
    op.drop_table("upload")
    op.drop_table("inbox")
