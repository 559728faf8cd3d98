"""The table of journal checkpoints: journals belong to machines, not to subscribers."""

from typing import Final

from sqlalchemy import BigInteger, Column, Table, Uuid

from services.optout.store.metadata import metadata

journal_checkpoints: Final = Table(
    "journal_checkpoints",
    metadata,
    Column("journal_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
)
