"""The table of what subscribers took out: who, when, what for, and whether it arrived whole."""

from sqlalchemy import BigInteger, Column, DateTime, PrimaryKeyConstraint, Table, Text, Uuid

from services.ingest.store.metadata import metadata, word

record_exports = Table(
    "record_exports",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("export_id", Uuid, nullable=False),
    word("entity"),
    word("format"),
    Column("location_id", Uuid),
    Column("purpose", Text, nullable=False),
    word("requested_by"),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("rows", BigInteger),
    Column("finished_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("subscriber_id", "export_id"),
)
