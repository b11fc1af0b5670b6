"""Counters of what models cost and of questions, vectors, and what labels cost; an answer has no cost of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_COSTS = ("input_tokens", "cached_tokens", "output_tokens", "cost_usd")


def upgrade() -> None:
    op.create_table(
        "model_use",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_usd", sa.Float(), nullable=False),
        sa.Column("held_tokens", sa.BigInteger(), nullable=False),
        sa.Column("held_usd", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("day", "model", "purpose", name=op.f("pk_model_use")),
    )
    op.create_table(
        "vector",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_vector")),
    )
    op.create_index(op.f("ix_vector_kept_at"), "vector", ["kept_at"])
    op.create_table(
        "question_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "key", name=op.f("pk_question_count")),
    )
    op.create_table(
        "question_salt",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_question_salt")),
    )
    op.execute(
        "INSERT INTO model_use SELECT day, model, purpose, count(*), 0, sum(input_tokens), sum(cached_tokens),"
        " sum(output_tokens), sum(cost_usd), 0, 0 FROM model_call GROUP BY day, model, purpose"
    )
    # A call whose answer could not be used had a row without an answer.
    op.execute("DELETE FROM model_call WHERE answer = ''")
    with op.batch_alter_table("model_call") as table:
        for name in _COSTS:
            table.drop_column(name)
    with op.batch_alter_table("edition") as table:
        table.add_column(sa.Column("label_use", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("edition") as table:
        table.drop_column("label_use")
    with op.batch_alter_table("model_call") as table:
        for name in _COSTS:
            kind = sa.Float() if name == "cost_usd" else sa.Integer()
            table.add_column(sa.Column(name, kind, nullable=False, server_default="0"))
    for name in ("question_salt", "question_count", "vector", "model_use"):
        op.drop_table(name)
