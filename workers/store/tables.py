"""The tables, as they are after the newest migration."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
Id = BigInteger().with_variant(Integer, "sqlite")
"""The type of row ids: SQLite assigns ids only to a column of type INTEGER."""


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware moment, stored in UTC. SQLite stores it without a zone, and reading adds UTC again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


paper = Table(
    "paper",
    metadata,
    Column("id", Id, primary_key=True),
    Column("arxiv_id", String(40)),
    Column("version", Integer),
    Column("doi", String(200)),
    Column("title", Text, nullable=False),
    Column("abstract", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("links", JSON, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("sources", JSON, nullable=False),
    Column("comment", Text, nullable=False),
    Column("upvotes", Integer),
    Column("label", String(80)),
    Column("first_seen", Date, nullable=False),
    Column("authority", Integer, nullable=False, server_default="0"),  # of the source that its words come from
)

paper_key = Table(
    "paper_key",
    metadata,
    Column("kind", String(10), primary_key=True),
    Column("value", String(700), primary_key=True),
    Column("paper_id", ForeignKey("paper.id"), nullable=False),
    Index(None, "paper_id"),
)

seen = Table(
    "seen",
    metadata,
    Column("paper_id", ForeignKey("paper.id"), primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("day", Date, nullable=False),
    Index(None, "day"),
)

edition = Table(
    "edition",
    metadata,
    Column("day", Date, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("retry_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("collected", Integer),
    Column("new", Integer),
    Column("skipped", JSON),
    Column("sources", JSON),
    Column("label_use", JSON),  # what a model cost that labelled its papers
    Column("progress", JSON, nullable=False),
    Column("wanted_at", UtcDateTime),  # when the scheduler asked for it; null where a person did
    Column("retracted_at", UtcDateTime),
    Column("revision", Integer, nullable=False, server_default="0"),  # how often it was made again
)

listing = Table(
    "listing",
    metadata,
    Column("day", ForeignKey("edition.day"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("paper_id", ForeignKey("paper.id"), nullable=False, unique=True),  # a paper is in one edition only
    Column("label", String(80), nullable=False),
)

candidate = Table(
    "candidate",
    metadata,
    Column("day", ForeignKey("edition.day"), primary_key=True),
    Column("paper_id", ForeignKey("paper.id"), primary_key=True, index=True),  # new that day, but not listed
)

source_answer = Table(
    "source_answer",
    metadata,
    Column("day", Date, primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("status", String(10), nullable=False),
    Column("reason", Text),
    Column("used_on", Date),  # the edition that used it; null while it failed or is unused
    Column("answer", LargeBinary),  # compressed JSON; null once an edition has used it
    Column("retry_at", UtcDateTime),
)

text = Table(
    "text",
    metadata,
    Column("day", ForeignKey("edition.day"), primary_key=True),
    Column("language", String(8), primary_key=True),
    Column("digest", Text, nullable=False),
    Column("chart", LargeBinary),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("chat", String(64), nullable=False),
    Column("thread", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("slot", String(5), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("weekdays", JSON, nullable=False),
    Column("layout", String(16), nullable=False),
    Column("approval", String(8), nullable=False, server_default="granted"),
    Column("status", String(16), nullable=False, server_default="active"),
    Column("reason", Text),  # why it is not active, in the platform's words
    Column("due_at", UtcDateTime, nullable=False),
    Column("had", Date),
    Column("filter", JSON, nullable=False, server_default="{}"),  # what a `View` has beside language and layout
    Column("place", String(16), nullable=False, server_default="private"),
    Column("notify", String(8), nullable=False, server_default="first"),
    Column("person", String(64), nullable=False, server_default=""),  # who subscribed it
    Column("failures", Integer, nullable=False, server_default="0"),  # deliveries refused one after the other
    UniqueConstraint("platform", "chat", "thread"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("idempotency_key", String(200), nullable=False, unique=True),
    Column("kind", String(8), nullable=False, server_default="edition"),
    Column("platform", String(16), nullable=False),
    Column("chat", String(64), nullable=False),
    Column("thread", String(64), nullable=False),
    Column("day", ForeignKey("edition.day")),  # none for a notice
    Column("language", String(8), nullable=False),
    Column("layout", String(16), nullable=False),
    Column("silent", Boolean, nullable=False, server_default=false()),
    Column("notice", Text),
    Column("revision", Integer, nullable=False, server_default="0"),  # of the edition, as its parts are
    Column("attempt", Integer, nullable=False),
    Column("leased_at", UtcDateTime),  # when the lease or the pause began
    Column("lease_until", UtcDateTime),
    Column("done_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("filter", JSON, nullable=False, server_default="{}"),
    Column("place", String(16), nullable=False, server_default="private"),
    Column("notify", String(8), nullable=False, server_default="first"),
    Column("question_id", ForeignKey("question.id"), index=True),
    Column("reply_to", String(64)),
    Column("urgent", Boolean, nullable=False, server_default=false()),  # somebody waits for it
    Index(None, "platform", "done_at"),
)

rendering = Table(
    "rendering",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),  # of the columns below; day is null for a notice
    Column("day", ForeignKey("edition.day")),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("language", String(8), nullable=False),
    Column("platform", String(16), nullable=False),
    Column("layout", String(16), nullable=False),
    Column("filter", String(200), nullable=False),
    Column("messages", JSON, nullable=False),
)

part = Table(
    "part",
    metadata,
    Column("id", Id, primary_key=True),
    Column("delivery_id", ForeignKey("delivery.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("rendering_id", ForeignKey("rendering.id")),  # none: what was posted is to be taken back
    Column("state", String(10), nullable=False),
    Column("reason", Text),
    Column("message_id", String(64), index=True),
    Column("papers", JSON, nullable=False),
    UniqueConstraint("delivery_id", "n"),
)

question = Table(
    "question",
    metadata,
    Column("id", Id, primary_key=True),
    Column("idempotency_key", String(200), nullable=False, unique=True),
    Column("platform", String(16), nullable=False),
    Column("chat", String(64), nullable=False),
    Column("thread", String(64), nullable=False),
    Column("person", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("text", Text, nullable=False),
    Column("message_id", String(64)),  # the reader's own message
    Column("day", Date),  # of the post that was answered
    Column("papers", JSON, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("answer", JSON(none_as_null=True)),
    Column("revision", Integer, nullable=False),
    Column("keyed", JSON, nullable=False, server_default="{}"),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("lease_until", UtcDateTime),
    Index(None, "platform", "person"),
)

paper_text = Table(
    "paper_text",
    metadata,
    Column("paper_id", ForeignKey("paper.id"), primary_key=True),
    Column("read", String(10), nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
)

passage = Table(
    "passage",
    metadata,
    Column("paper_id", ForeignKey("paper.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("section", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("anchor", String(80), nullable=False),
)

comment_root = Table(
    "comment_root",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("chat", String(64), primary_key=True),
    Column("message_id", String(64), primary_key=True),  # of a channel's post where its comments are
    Column("origin_chat", String(64), nullable=False),
    Column("origin_id", String(64), nullable=False),
)

prompt = Table(
    "prompt",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("chat", String(64), primary_key=True),
    Column("message_id", String(64), primary_key=True),
    Column("line", Text, nullable=False),  # the command that a reply to the message ends
    Column("kept_at", UtcDateTime, nullable=False),
)

owner = Table(
    "owner",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("person", String(64), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
)

owner_code = Table(
    "owner_code",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("good_until", UtcDateTime, nullable=False),
)

gate = Table(
    "gate",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("free_at", UtcDateTime, nullable=False),
    Column("turn", BigInteger, nullable=False),
)

http_cache = Table(
    "http_cache",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("content_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
)

model_call = Table(
    "model_call",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("purpose", String(40), nullable=False),
    Column("model", String(200), nullable=False),
    Column("day", Date, nullable=False),
    Column("answer", Text, nullable=False),
    Index(None, "day"),
)

model_use = Table(
    "model_use",
    metadata,
    Column("day", Date, primary_key=True),
    Column("model", String(200), primary_key=True),
    Column("purpose", String(40), primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost_usd", Float, nullable=False),
    Column("held_tokens", BigInteger, nullable=False),  # set aside for calls that are not over
    Column("held_usd", Float, nullable=False),
)

vector = Table(
    "vector",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("numbers", LargeBinary, nullable=False),  # little-endian floats of 32 bits
    Column("kept_at", UtcDateTime, nullable=False, index=True),
)

question_count = Table(
    "question_count",
    metadata,
    Column("day", Date, primary_key=True),
    Column("key", String(64), primary_key=True),  # of a person or chat, made with the day's salt
    Column("count", Integer, nullable=False),
)

question_salt = Table(
    "question_salt",
    metadata,
    Column("day", Date, primary_key=True),
    Column("salt", String(64), nullable=False),
)

model_dialect = Table(
    "model_dialect",
    metadata,
    Column("address", String(300), primary_key=True),
    Column("model", String(200), primary_key=True),
    Column("learned", JSON, nullable=False),
)

platform_update = Table(
    "platform_update",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("bot", String(32), primary_key=True, server_default=""),  # each bot counts its updates from its own start
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
)

upload = Table(
    "upload",
    metadata,
    Column("platform", String(16), primary_key=True),
    Column("bot", String(32), primary_key=True, server_default=""),  # another bot cannot use the file
    Column("picture", String(80), primary_key=True),
    Column("file_id", String(250), nullable=False),
)

failure = Table(
    "failure",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("about", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("retry_at", UtcDateTime),
    Column("tell", Boolean, nullable=False),
    Column("told_at", UtcDateTime),
)
