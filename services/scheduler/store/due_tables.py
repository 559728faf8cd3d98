"""Tables of what falls due: recare dates and their cycles, vehicles with the pace told from their odometers, service lines; and relations."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)


def add_due_tables(metadata: MetaData) -> None:
    """Add them to the scheduler's metadata."""
    _add_recares(metadata)
    _add_vehicles(metadata)
    lines = Table(
        "service_lines",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("service_line_id", Uuid, nullable=False),
        Column("location_id", Uuid, nullable=False),
        Column("consumer_id", Uuid),
        Column("vehicle_id", Uuid),
        Column("service_kind", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("stated_at", DateTime(timezone=True)),
        Column("total_cents", BigInteger),
        Column("historic", Boolean, nullable=False),
        Column("deleted", Boolean, nullable=False),
        PrimaryKeyConstraint("subscriber_id", "service_line_id"),
    )
    Index("ix_service_lines_consumer", lines.c.subscriber_id, lines.c.consumer_id)
    Index("ix_service_lines_vehicle", lines.c.subscriber_id, lines.c.vehicle_id)
    relations = Table(
        "relations",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("relation_id", Uuid, nullable=False),
        Column("location_id", Uuid, nullable=False),
        Column("consumer_id", Uuid),
        Column("related_id", Uuid),
        Column("relation", Text, nullable=False),
        Column("historic", Boolean, nullable=False),
        Column("deleted", Boolean, nullable=False),
        PrimaryKeyConstraint("subscriber_id", "relation_id"),
    )
    Index("ix_relations_consumer", relations.c.subscriber_id, relations.c.consumer_id)


def _add_recares(metadata: MetaData) -> None:
    recares = Table(
        "recares",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("recare_due_id", Uuid, nullable=False),
        Column("location_id", Uuid, nullable=False),
        Column("consumer_id", Uuid),
        Column("recare_kind", Text, nullable=False),
        Column("due_on", Date),
        Column("interval_days", Integer),
        Column("status", Text, nullable=False),
        Column("historic", Boolean, nullable=False),
        Column("deleted", Boolean, nullable=False),
        PrimaryKeyConstraint("subscriber_id", "recare_due_id"),
    )
    Index("ix_recares_consumer", recares.c.subscriber_id, recares.c.consumer_id)
    Table(
        "recare_cycles",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("consumer_id", Uuid, nullable=False),
        Column("recare_kind", Text, nullable=False),
        Column("began_with", Date, nullable=False),
        Column("due_on", Date, nullable=False),
        PrimaryKeyConstraint("subscriber_id", "consumer_id", "recare_kind"),
    )


def _add_vehicles(metadata: MetaData) -> None:
    vehicles = Table(
        "vehicles",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("vehicle_id", Uuid, nullable=False),
        Column("location_id", Uuid, nullable=False),
        Column("consumer_id", Uuid),
        Column("registration_ends_on", Date),
        Column("status", Text, nullable=False),
        Column("historic", Boolean, nullable=False),
        Column("deleted", Boolean, nullable=False),
        Column("miles_a_day", Double),
        Column("readings_used", Integer, nullable=False, server_default=text("0")),
        Column("readings_ignored", Integer, nullable=False, server_default=text("0")),
        PrimaryKeyConstraint("subscriber_id", "vehicle_id"),
    )
    Index("ix_vehicles_consumer", vehicles.c.subscriber_id, vehicles.c.consumer_id)
    odometers = Table(
        "odometers",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("odometer_reading_id", Uuid, nullable=False),
        Column("vehicle_id", Uuid),
        Column("read_at", DateTime(timezone=True)),
        Column("distance", BigInteger),
        Column("unit", Text, nullable=False),
        Column("deleted", Boolean, nullable=False),
        PrimaryKeyConstraint("subscriber_id", "odometer_reading_id"),
    )
    Index("ix_odometers_vehicle", odometers.c.subscriber_id, odometers.c.vehicle_id)
