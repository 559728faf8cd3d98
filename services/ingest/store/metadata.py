"""Where all of ingest's tables are known, and what every table of records has."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.schema import SchemaItem

from shared.kit.tables import new_metadata

metadata: Final[MetaData] = new_metadata()
Index("ix_changes_key", metadata.tables["changes"].c.key)


def record_table(name: str, *columns: SchemaItem) -> Table:
    """A table of records that arrive in batches. Versions are ordered by `source_updated_at`, then by the batch's `sequence` (N-78, N-79)."""
    return Table(
        name,
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("id", Uuid, nullable=False),
        Column("connection_id", Uuid, nullable=False),
        Column("location_id", Uuid, nullable=False),
        Column("source_updated_at", DateTime(timezone=True), nullable=False),
        Column("content_hash", LargeBinary, nullable=False),
        Column("personal", LargeBinary),
        Column("historic", Boolean, nullable=False),
        Column("deleted", Boolean, nullable=False),
        *columns,
        Column("sequence", BigInteger, nullable=False, server_default=text("0")),
        PrimaryKeyConstraint("subscriber_id", "id"),
    )


def word(name: str) -> Column[str]:
    """A column of machine words, for a deletion that says none empty."""
    return Column(name, Text, nullable=False)
