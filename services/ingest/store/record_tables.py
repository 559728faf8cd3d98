"""Tables of records as a front desk works with them.

A term is 64 bits of a keyed hash with a key per subscriber (domain/search_terms.py): equality of bigints is what an index may be asked for under
row-level security, and two names that meet by chance cost a look, because hits are read and compared.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from services.ingest.store.metadata import metadata, word

search_terms = Table(
    "search_terms",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("term", BigInteger, nullable=False),
    Column("consumer_id", Uuid, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "term", "consumer_id"),
)
Index("ix_search_terms_consumer", search_terms.c.subscriber_id, search_terms.c.consumer_id)

consumer_edits = Table(
    "consumer_edits",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("consumer_id", Uuid, nullable=False),
    Column("field", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("base_hash", LargeBinary, nullable=False),
    Column("edited_at", DateTime(timezone=True), nullable=False),
    word("edited_by"),
    PrimaryKeyConstraint("subscriber_id", "consumer_id", "field"),
)
"""`base_hash` is a keyed hash of the source's value when the edit was made: another value later is a change at the source (S-123)."""

consumer_history = Table(
    "consumer_history",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("consumer_id", Uuid, nullable=False),
    Column("position", BigInteger, Identity(always=True)),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    word("source"),
    word("changed_by"),
    Column("fields", ARRAY(Text), nullable=False),
    PrimaryKeyConstraint("subscriber_id", "consumer_id", "position"),
)
"""Which fields changed and by whom, never their values: `source` is `connection`, `front_desk` or `merge`; `changed_by` its id or a credential."""
