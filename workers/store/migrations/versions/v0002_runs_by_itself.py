"""What running by itself needs: kept collections, editions made again, silent deliveries and notices, owners."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "owner",
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", "person", name=op.f("pk_owner")),
    )
    op.create_table(
        "owner_code",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_owner_code")),
    )
    with op.batch_alter_table("edition") as table:
        table.add_column(sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("retracted_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("collection") as table:
        table.alter_column("made_up_on", new_column_name="used_on", existing_type=sa.Date())
        table.add_column(sa.Column("answer", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("reason", sa.Text(), nullable=True))
        table.add_column(sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("delivery") as table:
        table.add_column(sa.Column("silent", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("notice", sa.Text(), nullable=True))
        table.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
        table.alter_column("day", existing_type=sa.Date(), nullable=True)
    with op.batch_alter_table("rendering") as table:
        table.alter_column("day", existing_type=sa.Date(), nullable=True)
        table.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
        table.drop_constraint("uq_rendering_day_language_platform_layout_filter", type_="unique")
        table.create_unique_constraint(
            "uq_rendering_day_revision_language_platform_layout_filter",
            ["day", "revision", "language", "platform", "layout", "filter"],
        )
    with op.batch_alter_table("part") as table:
        table.alter_column(
            "rendering_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        )


def downgrade() -> None:
    op.execute("DELETE FROM part WHERE rendering_id IS NULL")
    op.execute("DELETE FROM part WHERE delivery_id IN (SELECT id FROM delivery WHERE day IS NULL)")
    op.execute("DELETE FROM delivery WHERE day IS NULL")
    op.execute("DELETE FROM rendering WHERE day IS NULL")
    with op.batch_alter_table("part") as table:
        table.alter_column(
            "rendering_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        )
    with op.batch_alter_table("rendering") as table:
        table.drop_constraint("uq_rendering_day_revision_language_platform_layout_filter", type_="unique")
        table.create_unique_constraint(
            "uq_rendering_day_language_platform_layout_filter", ["day", "language", "platform", "layout", "filter"]
        )
        table.drop_column("revision")
        table.alter_column("day", existing_type=sa.Date(), nullable=False)
    with op.batch_alter_table("delivery") as table:
        table.alter_column("day", existing_type=sa.Date(), nullable=False)
        table.drop_column("revision")
        table.drop_column("notice")
        table.drop_column("silent")
    with op.batch_alter_table("collection") as table:
        table.drop_column("retry_at")
        table.drop_column("reason")
        table.drop_column("answer")
        table.alter_column("used_on", new_column_name="made_up_on", existing_type=sa.Date())
    with op.batch_alter_table("edition") as table:
        table.drop_column("revision")
        table.drop_column("retracted_at")
        table.drop_column("wanted_at")
    op.drop_table("owner_code")
    op.drop_table("owner")
