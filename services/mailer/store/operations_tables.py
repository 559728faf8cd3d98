"""Tables of operations: cancellations (one of all has no subscriber), sender facts that mail was written with, and who looked at content."""

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, PrimaryKeyConstraint, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from services.mailer.store.metadata import metadata

cancellations = Table(
    "cancellations",
    metadata,
    Column("scope", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("cancelled", BigInteger, nullable=False, server_default=text("0")),
    Column("seen_at", DateTime(timezone=True)),
    Column("seen_id", Uuid),
    Column("in_pass", BigInteger, nullable=False, server_default=text("0")),
    Column("finished_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("scope", "id"),
)

sender_facts = Table(
    "sender_facts",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("facts_hash", LargeBinary, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("first_used_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("subscriber_id", "location_id", "facts_hash"),
)

content_views = Table(
    "content_views",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("view_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("viewed_by", Text, nullable=False),
    Column("viewed_at", DateTime(timezone=True), nullable=False),
    Column("proof", Text, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "view_id"),
)
Index("ix_content_views_viewed_at", content_views.c.viewed_at, content_views.c.view_id)
Index("ix_content_views_message_id", content_views.c.message_id)
