"""How far a paper's source is believed, and the links of papers without an arXiv id as keys."""

import json

import sqlalchemy as sa
from alembic import op

from workers.text.links import canonical_link

revision = "0009"
down_revision = "0008"

_LONGEST_KEY = 700


def upgrade() -> None:
    with op.batch_alter_table("paper") as batch:
        batch.add_column(sa.Column("authority", sa.Integer(), nullable=False, server_default="0"))
    # Only arXiv gave categories, and only Hugging Face votes.
    op.execute("UPDATE paper SET authority = 2 WHERE CAST(categories AS TEXT) <> '[]'")
    op.execute("UPDATE paper SET authority = 1 WHERE authority = 0 AND upvotes IS NOT NULL AND arxiv_id IS NOT NULL")
    _add_links()


def downgrade() -> None:
    op.execute("DELETE FROM paper_key WHERE kind IN ('link', 'guid')")
    with op.batch_alter_table("paper") as batch:
        batch.drop_column("authority")


def _add_links() -> None:
    """Papers without an arXiv id were known by their title alone: an item whose title was short came every day."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT id, CAST(links AS TEXT) AS links FROM paper WHERE arxiv_id IS NULL ORDER BY id")
    ).all()
    owners: dict[str, int] = {}
    for row in rows:
        for link in json.loads(row.links):
            value = canonical_link(link["url"])
            if 0 < len(value) <= _LONGEST_KEY:
                owners.setdefault(value, row.id)
    if owners:
        connection.execute(
            sa.text("INSERT INTO paper_key (kind, value, paper_id) VALUES ('link', :value, :paper_id)"),
            [{"value": value, "paper_id": paper_id} for value, paper_id in owners.items()],
        )
