"""Plain names for columns and tables, and the states of a subscription as columns instead of sentences."""

import json
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_KEYS = {"wanted": "include", "unwanted": "exclude", "most": "limit"}
"""Keys of a view's filter: old → new."""
_TABLES = {"collection": "source_answer", "reading": "paper_text", "inbox": "platform_update"}
"""Tables: old → new."""
_WAITING = "waits for an owner's word"
_UNSUBSCRIBED = "unsubscribed"
_REMOVED = "put out of the chat"
_GONE_FROM_DISCORD = tuple(f"({code})" for code in (10003, 10004, 50001, 50007))
"""Discord's codes for a channel or server that is gone or closed to the bot, as the old reasons held them."""


def upgrade() -> None:
    for table in ("delivery", "question"):
        _rename_unique_column(table, "cause", "idempotency_key")
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("kind", sa.String(length=8), nullable=False, server_default="edition"))
    op.execute("UPDATE delivery SET kind = 'notice', layout = 'sections' WHERE notice IS NOT NULL")
    op.execute("UPDATE delivery SET kind = 'answer', layout = 'sections' WHERE question_id IS NOT NULL")
    op.execute("UPDATE rendering SET layout = 'sections' WHERE layout IN ('notice', 'answer')")
    with op.batch_alter_table("subscription") as batch:
        batch.add_column(sa.Column("approval", sa.String(length=8), nullable=False, server_default="granted"))
        batch.add_column(sa.Column("status", sa.String(length=16), nullable=False, server_default="active"))
    _states_of_sentences()
    with op.batch_alter_table("subscription") as batch:
        batch.drop_column("active")
    for table in ("subscription", "delivery"):
        _filters(table, lambda chosen: {_KEYS.get(key, key): value for key, value in chosen.items()})
    for old, new in _TABLES.items():
        _rename_table(old, new)


def downgrade() -> None:
    for old, new in _TABLES.items():
        _rename_table(new, old)
    back = {new: old for old, new in _KEYS.items()}
    for table in ("subscription", "delivery"):
        _filters(table, lambda chosen: {back.get(key, key): value for key, value in chosen.items()})
    with op.batch_alter_table("subscription") as batch:
        batch.add_column(sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
    _sentences_of_states()
    with op.batch_alter_table("subscription") as batch:
        batch.alter_column("active", server_default=None, existing_type=sa.Boolean())
        batch.drop_column("status")
        batch.drop_column("approval")
    op.execute("UPDATE delivery SET layout = kind WHERE kind <> 'edition'")
    op.execute("UPDATE rendering SET layout = 'notice' WHERE filter LIKE 'notice %'")
    op.execute("UPDATE rendering SET layout = 'answer' WHERE filter LIKE 'answer %'")
    with op.batch_alter_table("delivery") as batch:
        batch.drop_column("kind")
    for table in ("delivery", "question"):
        _rename_unique_column(table, "idempotency_key", "cause")


def _rename_unique_column(table: str, old: str, new: str) -> None:
    """In two steps: a batch cannot name a column that it renames."""
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(f"uq_{table}_{old}"), type_="unique")
        batch.alter_column(old, new_column_name=new, existing_type=sa.String(200), existing_nullable=False)
    with op.batch_alter_table(table) as batch:
        batch.create_unique_constraint(op.f(f"uq_{table}_{new}"), [new])


def _states_of_sentences() -> None:
    """`active` and the sentence in `reason` become `approval`, `status` and what is left of the reason.

    The old sentence did not say whether the bot had been removed or could not write; Telegram's "Forbidden" and four
    of Discord's codes mean the first. Both end when the bot is let in again.
    """
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, active, reason FROM subscription")).all()
    for row in rows:
        approval, status, reason = "granted", "active", None
        if row.reason == _WAITING:
            approval = "waiting"
        elif not row.active:
            status, reason = _status(row.reason or ""), row.reason
            if row.reason in {_UNSUBSCRIBED, _REMOVED}:
                reason = None
        connection.execute(
            sa.text("UPDATE subscription SET approval = :approval, status = :status, reason = :reason WHERE id = :id"),
            {"approval": approval, "status": status, "reason": reason, "id": row.id},
        )


def _status(reason: str) -> str:
    if reason == _UNSUBSCRIBED:
        return "unsubscribed"
    removed = reason in {"", _REMOVED} or reason.startswith("Forbidden") or any(c in reason for c in _GONE_FROM_DISCORD)
    return "removed" if removed else "not_writable"


def _sentences_of_states() -> None:
    connection = op.get_bind()
    for condition, reason in (
        ("approval <> 'granted'", _WAITING),
        ("approval = 'granted' AND status = 'unsubscribed'", _UNSUBSCRIBED),
        ("approval = 'granted' AND status IN ('removed', 'not_writable') AND reason IS NULL", _REMOVED),
    ):
        connection.execute(sa.text(f"UPDATE subscription SET reason = :reason WHERE {condition}"), {"reason": reason})  # noqa: S608 - constants above
    inactive = sa.text("UPDATE subscription SET active = :no WHERE approval <> 'granted' OR status <> 'active'")
    connection.execute(inactive.bindparams(sa.bindparam("no", False, type_=sa.Boolean())))


def _filters(table: str, changed: Callable[[dict[str, object]], dict[str, object]]) -> None:
    """Rewrite each filter that occurs; a year of deliveries has few different ones."""
    connection = op.get_bind()
    filters = connection.execute(sa.text(f"SELECT DISTINCT CAST(filter AS TEXT) FROM {table}")).scalars().all()  # noqa: S608 - our own table names
    for stored in filters:
        new = json.dumps(changed(json.loads(stored)), ensure_ascii=False)
        value = ":new" if connection.dialect.name == "sqlite" else "CAST(:new AS JSON)"
        connection.execute(
            sa.text(f"UPDATE {table} SET filter = {value} WHERE CAST(filter AS TEXT) = :old"),  # noqa: S608 - our own table names
            {"new": new, "old": stored},
        )


def _rename_table(old: str, new: str) -> None:
    """With its constraints: SQLite copies a table to rename them, PostgreSQL renames each."""
    op.rename_table(old, new)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT pk_{old} TO pk_{new}")
        if "paper_text" in {old, new}:
            op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT fk_{old}_paper_id TO fk_{new}_paper_id")
