"""The table of what was handed over from the ledger, to whom and by whom: append-only, like the ledger."""

from typing import Final

from sqlalchemy import Column, DateTime, PrimaryKeyConstraint, Table, Text, Uuid

from services.optout.store.metadata import metadata

ledger_exports: Final = Table(
    "ledger_exports",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("export_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("subscriber_id", "export_id"),
)
