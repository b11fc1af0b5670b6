"""What each chat wants to see, what an edition passed over, and questions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_BOTH = ("subscription", "delivery")


def upgrade() -> None:
    for table in _BOTH:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("filter", sa.JSON(), nullable=False, server_default="{}"))
            batch.add_column(sa.Column("place", sa.String(length=16), nullable=False, server_default="private"))
            batch.add_column(sa.Column("notify", sa.String(length=8), nullable=False, server_default="first"))
    with op.batch_alter_table("subscription") as batch:
        batch.add_column(sa.Column("person", sa.String(length=64), nullable=False, server_default=""))
        batch.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "candidate",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("paper_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["day"], ["edition.day"], name=op.f("fk_candidate_day")),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_candidate_paper_id")),
        sa.PrimaryKeyConstraint("day", "paper_id", name=op.f("pk_candidate")),
    )
    op.create_index(op.f("ix_candidate_paper_id"), "candidate", ["paper_id"], unique=False)
    op.create_table(
        "question",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("chat", sa.String(length=64), nullable=False),
        sa.Column("thread", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("papers", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("cause", name=op.f("uq_question_cause")),
    )
    op.create_index(op.f("ix_question_platform_person"), "question", ["platform", "person"], unique=False)
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch.add_column(sa.Column("reply_to", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_foreign_key(op.f("fk_delivery_question_id"), "question", ["question_id"], ["id"])
        batch.create_index(op.f("ix_delivery_question_id"), ["question_id"], unique=False)
    op.create_index(op.f("ix_part_message_id"), "part", ["message_id"], unique=False)
    op.create_table(
        "comment_root",
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("chat", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("origin_chat", sa.String(length=64), nullable=False),
        sa.Column("origin_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("platform", "chat", "message_id", name=op.f("pk_comment_root")),
    )
    op.create_table(
        "prompt",
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("chat", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", "chat", "message_id", name=op.f("pk_prompt")),
    )


def downgrade() -> None:
    op.drop_table("prompt")
    op.drop_table("comment_root")
    op.drop_index(op.f("ix_part_message_id"), table_name="part")
    op.execute("DELETE FROM part WHERE delivery_id IN (SELECT id FROM delivery WHERE question_id IS NOT NULL)")
    op.execute("DELETE FROM delivery WHERE question_id IS NOT NULL")
    with op.batch_alter_table("delivery") as batch:
        batch.drop_index(op.f("ix_delivery_question_id"))
        batch.drop_constraint(op.f("fk_delivery_question_id"), type_="foreignkey")
        for name in ("urgent", "reply_to", "question_id", "notify", "place", "filter"):
            batch.drop_column(name)
    with op.batch_alter_table("subscription") as batch:
        for name in ("failures", "person", "notify", "place", "filter"):
            batch.drop_column(name)
    op.drop_table("question")
    op.drop_table("candidate")
