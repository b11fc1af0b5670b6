"""What papers say, as it was read, and who is answering a question."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reading",
        sa.Column("paper_id", _ID, nullable=False),
        sa.Column("read", sa.String(length=10), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_reading_paper_id")),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_reading")),
    )
    op.create_table(
        "passage",
        sa.Column("paper_id", _ID, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("anchor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_passage_paper_id")),
        sa.PrimaryKeyConstraint("paper_id", "n", name=op.f("pk_passage")),
    )
    with op.batch_alter_table("question") as batch:
        batch.add_column(sa.Column("keyed", sa.JSON(), nullable=False, server_default="{}"))
        batch.add_column(sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("question") as batch:
        for name in ("lease_until", "attempt", "keyed"):
            batch.drop_column(name)
    op.drop_table("passage")
    op.drop_table("reading")
