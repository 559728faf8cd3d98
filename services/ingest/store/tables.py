"""The tables of ingest, because the database and the queries must agree on one description.

Row ids are keyed hashes of the source's keys, known before the merge; personal fields are one encrypted blob a row (architecture 5). The staging
tables belong to no subscriber: COPY cannot write under row-level security, they hold ciphertext, hashes and clear facts of the chunk in hand and
are emptied before each use; there are several so that connections do not wait for each other.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from services.ingest.store import (
    aggregate_tables,
    batch_tables,
    erasure_tables,
    export_tables,
    health_tables,
    model_tables,
    record_tables,
    write_back_tables,
)
from services.ingest.store.metadata import metadata, record_table

__all__ = [
    "aggregate_tables",
    "batch_tables",
    "erasure_tables",
    "export_tables",
    "health_tables",
    "metadata",
    "model_tables",
    "record_tables",
    "write_back_tables",
]

STAGING_SLOTS: Final = 4
"""How many chunks may merge side by side in one database."""

connections = Table(
    "connections",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("connector", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("interval_minutes", Integer, nullable=False),
    Column("go_live_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_success_at", DateTime(timezone=True)),
    Column("webhook_generation", Integer, nullable=False, server_default=text("0")),
    Column("ended_at", DateTime(timezone=True)),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    PrimaryKeyConstraint("subscriber_id", "connection_id"),
)

consumers = record_table(
    "consumers",
    Column("address_key", Text),
    Column("address_problem", Text),
    Column("status", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("household_id", Uuid),
    Column("guardian_id", Uuid),
    Column("minor_until", Date),
    Column("optout_pending", Boolean, nullable=False, server_default=text("false")),
    Column("birthday", SmallInteger),
    Column("merged_into", Uuid),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("first_seen_at", DateTime(timezone=True)),
)
"""`birthday` is month * 100 + day; `merged_into` the person that a merge made of this one (one step; SQL function `survivor` goes on)."""
Index(
    "ix_consumers_merged",
    consumers.c.subscriber_id,
    consumers.c.merged_into,
    postgresql_where=text("merged_into IS NOT NULL"),
)
Index(
    "ix_consumers_guardian",
    consumers.c.subscriber_id,
    consumers.c.guardian_id,
    postgresql_where=text("guardian_id IS NOT NULL"),
)
Index(
    "ix_consumers_minor",
    consumers.c.subscriber_id,
    consumers.c.minor_until,
    postgresql_where=text("minor_until IS NOT NULL"),
)
Index(
    "ix_consumers_address",
    consumers.c.subscriber_id,
    consumers.c.address_key,
    postgresql_where=text("address_key IS NOT NULL"),
)
Index(
    "ix_consumers_held",
    consumers.c.subscriber_id,
    consumers.c.connection_id,
    postgresql_where=text("status = 'held' or optout_pending"),
)

appointments = record_table(
    "appointments",
    Column("consumer_id", Uuid),
    Column("starts_at", DateTime(timezone=True)),
    Column("minutes", Integer),
    Column("status", Text, nullable=False),
    Column("booked_at", DateTime(timezone=True)),
    Column("announced", Text, nullable=False, server_default=text("''")),
    Column("parked", Boolean, nullable=False),
)
"""`announced` is the start as the source wrote it, wall time and offset: what the person was told, whatever rules of zones become."""
Index("ix_appointments_consumer", appointments.c.subscriber_id, appointments.c.consumer_id)
Index("ix_appointments_day", appointments.c.subscriber_id, appointments.c.location_id, appointments.c.starts_at)
model_tables.index_parked(appointments)

visits = record_table(
    "visits",
    Column("consumer_id", Uuid),
    Column("completed_at", DateTime(timezone=True)),
    Column("total_cents", BigInteger),
    Column("currency", Text, nullable=False),
    Column("parked", Boolean, nullable=False),
)
Index("ix_visits_consumer", visits.c.subscriber_id, visits.c.consumer_id)
model_tables.index_parked(visits)

consents = Table(
    "consents",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("consent_id", Uuid, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("subscriber_id", "person_id", "address_key", "location_id"),
)

source_optouts = Table(
    "source_optouts",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("optout_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("address_key", Text),
    Column("location_id", Uuid, nullable=False),
    Column("batch_id", Uuid, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("subscriber_id", "optout_id"),
)
Index(
    "ix_source_optouts_pending",
    source_optouts.c.subscriber_id,
    source_optouts.c.person_id,
    postgresql_where=text("confirmed_at IS NULL"),
)

row_keys = Table(
    "row_keys",
    metadata,
    Column("subscriber_id", Uuid, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

STAGING_COLUMNS: Final = (
    ("kind", SmallInteger),
    ("id", Uuid),
    ("source_updated_at", DateTime(timezone=True)),
    ("content_hash", LargeBinary),
    ("personal", LargeBinary),
    ("historic", Boolean),
    ("deleted", Boolean),
    ("status", Text),
    ("address_key", Text),
    ("address_problem", Text),
    ("language", Text),
    ("household_id", Uuid),
    ("person_id", Uuid),
    ("minor_until", Date),
    ("at", DateTime(timezone=True)),
    ("amount", BigInteger),
    ("booked_at", DateTime(timezone=True)),
    ("birthday", SmallInteger),
    ("word", Text),
    ("day", Date),
    ("other_id", Uuid),
    ("line", BigInteger),
)
"""`person_id` is a consumer's guardian or the parent of a child (a person, a reading's vehicle); which staged value a child's column takes stands in
store/child_kinds.py."""

for _slot in range(STAGING_SLOTS):
    Table(
        f"staging_{_slot}",
        metadata,
        *(Column(name, kind) for name, kind in STAGING_COLUMNS),
        prefixes=["UNLOGGED"],
    )
