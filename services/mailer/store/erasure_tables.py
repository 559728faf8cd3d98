"""The table of erasures that optout ordered: whose content is blanked, and is taken in no more. Keyed hashes and ids only.

An order of the whole platform has PLATFORM for its subscriber, and every subscriber's role may read it.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, PrimaryKeyConstraint, Table, Text, Uuid, text

from services.mailer.store.metadata import metadata

PLATFORM: Final = UUID(int=0)

erasures = Table(
    "erasures",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("person_id", Uuid),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("records", Integer, nullable=False, server_default=text("0")),
    Column("done_at", DateTime(timezone=True)),
    Column("lifted_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("subscriber_id", "entry_id"),
)
"""`received_at`: messages accepted until then are blanked; none is accepted afterwards, until the person lifts it."""
Index("ix_erasures_address", erasures.c.address_key, postgresql_where=text("lifted_at is null"))
Index("ix_erasures_waiting", erasures.c.received_at, postgresql_where=text("done_at is null"))
