"""Tables of sync health: which fields a source fills, because a column that came empty looks like people who lost their address (S-121)."""

from sqlalchemy import ARRAY, Column, DateTime, PrimaryKeyConstraint, Table, Text, Uuid

from services.ingest.store.metadata import metadata, word

source_columns = Table(
    "source_columns",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    word("entity"),
    Column("columns", ARRAY(Text), nullable=False),
    Column("gone", ARRAY(Text), nullable=False),
    Column("added", ARRAY(Text), nullable=False),
    Column("changed_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("subscriber_id", "connection_id", "entity"),
)
"""Our names of fields, never values. `gone` and `added` are the newest change and stand with `changed_at`, which is null before the first."""
