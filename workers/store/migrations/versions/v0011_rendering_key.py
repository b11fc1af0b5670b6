"""A key for renderings that is never NULL, and the bot that an upload or an update belongs to.

A unique constraint does not compare NULLs, and notices and answers have no day: some have two equal rows here, which
become one.
"""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_UPDATE = "platform, update_id, body, done, received_at"
_OLD = ["day", "revision", "language", "platform", "layout", "filter"]


def upgrade() -> None:
    with op.batch_alter_table("rendering") as batch:
        batch.add_column(sa.Column("key", sa.String(length=200), nullable=True))
    _fill_keys()
    with op.batch_alter_table("rendering") as batch:
        batch.alter_column("key", existing_type=sa.String(length=200), nullable=False)
        batch.drop_constraint(op.f("uq_rendering_day_revision_language_platform_layout_filter"), type_="unique")
        batch.create_unique_constraint(op.f("uq_rendering_key"), ["key"])
    op.drop_table("upload")  # of which bot they are is not known; each file is uploaded again when it is needed
    _create_uploads(per_bot=True)
    op.execute("CREATE TABLE moved AS SELECT * FROM platform_update")
    op.drop_table("platform_update")
    _create_updates(per_bot=True)
    op.execute(f"INSERT INTO platform_update ({_UPDATE}) SELECT {_UPDATE} FROM moved")  # noqa: S608 - constants
    op.drop_table("moved")


def downgrade() -> None:
    op.drop_table("upload")
    _create_uploads(per_bot=False)
    op.execute("CREATE TABLE moved AS SELECT * FROM platform_update")
    op.drop_table("platform_update")
    _create_updates(per_bot=False)
    op.execute(
        f"INSERT INTO platform_update ({_UPDATE}) SELECT {_UPDATE} FROM moved AS one WHERE NOT EXISTS"  # noqa: S608 - constants
        " (SELECT 1 FROM moved AS other WHERE other.platform = one.platform"
        " AND other.update_id = one.update_id AND other.bot < one.bot)"
    )
    op.drop_table("moved")
    with op.batch_alter_table("rendering") as batch:
        batch.drop_constraint(op.f("uq_rendering_key"), type_="unique")
        batch.create_unique_constraint(op.f("uq_rendering_day_revision_language_platform_layout_filter"), _OLD)
        batch.drop_column("key")


def _create_uploads(per_bot: bool) -> None:
    op.create_table(
        "upload",
        sa.Column("platform", sa.String(length=16), nullable=False),
        *_bot(per_bot),
        sa.Column("picture", sa.String(length=80), nullable=False),
        sa.Column("file_id", sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint("platform", *(["bot"] if per_bot else []), "picture", name=op.f("pk_upload")),
    )


def _create_updates(per_bot: bool) -> None:
    op.create_table(
        "platform_update",
        sa.Column("platform", sa.String(length=16), nullable=False),
        *_bot(per_bot),
        sa.Column("update_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "platform", *(["bot"] if per_bot else []), "update_id", name=op.f("pk_platform_update")
        ),
    )


def _bot(per_bot: bool) -> list[sa.Column[str]]:
    return [sa.Column("bot", sa.String(length=32), nullable=False, server_default="")] if per_bot else []


def _fill_keys() -> None:
    """Give each rendering its key; of several with one key keep the longest, which has a message for every part."""
    connection = op.get_bind()
    columns = ", ".join(_OLD)
    rows = connection.execute(sa.text(f"SELECT id, {columns} FROM rendering ORDER BY id")).all()  # noqa: S608 - constants above
    same: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        same[_key(row)].append(row.id)
    for key, ids in same.items():
        kept = ids[0] if len(ids) == 1 else _longest(ids)
        for other in ids:
            if other != kept:
                connection.execute(
                    sa.text("UPDATE part SET rendering_id = :kept WHERE rendering_id = :other"),
                    {"kept": kept, "other": other},
                )
                connection.execute(sa.text("DELETE FROM rendering WHERE id = :other"), {"other": other})
        connection.execute(sa.text("UPDATE rendering SET key = :key WHERE id = :id"), {"key": key, "id": kept})


def _key(row: Any) -> str:
    """As `workers.store.renderings` writes it; the filter of a notice or an answer names its delivery."""
    if row.day is None:
        return f"{row.filter} {row.revision}"
    return f"{row.day} {row.revision} {row.language} {row.platform} {row.layout} {row.filter}"


def _longest(ids: list[int]) -> int:
    renderings = sa.table("rendering", sa.column("id"), sa.column("messages", sa.JSON()))
    query = sa.select(renderings.c.id, renderings.c.messages).where(renderings.c.id.in_(ids))
    lengths = {row.id: len(row.messages) for row in op.get_bind().execute(query)}
    return max(ids, key=lambda each: (lengths[each], -each))
