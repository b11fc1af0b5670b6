"""What was learned of the parameters that a model at an endpoint takes."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "model_dialect",
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("learned", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("address", "model", name=op.f("pk_model_dialect")),
    )


def downgrade() -> None:
    op.drop_table("model_dialect")
