"""The table of what belongs into practice systems too: opt-outs, their lifting, confirmed bookings."""

from sqlalchemy import Column, DateTime, Index, Integer, PrimaryKeyConstraint, Table, Text, Uuid, text

from services.ingest.store.metadata import metadata, word

write_backs = Table(
    "write_backs",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("write_back_id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("consumer_id", Uuid, nullable=False),
    word("kind"),
    word("scope"),
    Column("appointment_id", Uuid),
    Column("starts_at", DateTime(timezone=True)),
    Column("suppression_class", Text),
    Column("address_key", Text),
    Column("person_id", Uuid),
    Column("scope_location_id", Uuid),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    word("state"),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("claim_id", Uuid),
    Column("answer", Text, nullable=False, server_default=text("''")),
    Column("answered_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("subscriber_id", "write_back_id"),
)
"""The id follows from what was decided and for whom, so that a feed read again makes no second one. `scope`, `address_key`, `person_id`
and `scope_location_id` are the place of the opt-out, by which a lift finds it. `next_at`: when it is offered, or offered again."""
Index(
    "ix_write_backs_open",
    write_backs.c.subscriber_id,
    write_backs.c.connection_id,
    write_backs.c.next_at,
    postgresql_where=text("state in ('waiting', 'claimed')"),
)
Index("ix_write_backs_consumer", write_backs.c.subscriber_id, write_backs.c.consumer_id)
