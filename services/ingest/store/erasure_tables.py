"""Tables of erasures: which orders were carried out and keep somebody out, the row ids of who was erased, and of their vehicles, and hashes by
which they are known again. No name, no address.

An order of the whole platform has PLATFORM for its subscriber, and every subscriber's role may read it.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, PrimaryKeyConstraint, Table, Text, Uuid, text

from services.ingest.store.metadata import metadata

PLATFORM: Final = UUID(int=0)

erasures = Table(
    "erasures",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("address_key", Text),
    Column("person_id", Uuid),
    Column("keeps_out", Boolean, nullable=False),
    Column("records", Integer, nullable=False),
    Column("undecided", Integer, nullable=False),
    Column("erased_at", DateTime(timezone=True), nullable=False),
    Column("lifted_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("subscriber_id", "entry_id"),
)
"""`keeps_out`: nobody new with this address is kept, whatever a source says; false where others live at it, and after a lift."""
Index("ix_erasures_address", erasures.c.address_key, postgresql_where=text("keeps_out"))

erased_rows = Table(
    "erased_rows",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("row_id", Uuid, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "row_id"),
)
Index("ix_erased_rows_entry", erased_rows.c.entry_id)

erased_people = Table(
    "erased_people",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("person_key", Uuid, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "person_key"),
)
"""Keyed hashes of how an erased person would describe themselves (domain/same_person.py)."""
Index("ix_erased_people_entry", erased_people.c.entry_id)
