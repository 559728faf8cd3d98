"""Tables of locations: what planning needs of each, its calendar, and its weeks that once looked quiet, measured anew every day until they begin."""

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
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)


def add_location_tables(metadata: MetaData) -> None:
    """Add them to the scheduler's metadata."""
    Table(
        "locations",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("location_id", Uuid, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("subscriber_version", BigInteger, nullable=False),
        Column("zone", Text, nullable=False),
        Column("hold_reason", Text),
        Column("drawn_until", Date, nullable=False),
        Column("swept_on", Date, nullable=False, server_default=text("'2000-01-01'")),
        Column("measured_on", Date, nullable=False, server_default=text("'2000-01-01'")),
        Column("vertical", Text, nullable=False, server_default=text("''")),
        Column("chairs_or_bays", SmallInteger, nullable=False, server_default=text("0")),
        Column("visit_minutes", SmallInteger, nullable=False, server_default=text("60")),
        Column("invitations_per_visit", SmallInteger, nullable=False, server_default=text("3")),
        PrimaryKeyConstraint("subscriber_id", "location_id"),
    )
    open_days = Table(
        "open_days",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("location_id", Uuid, nullable=False),
        Column("day", Date, nullable=False),
        Column("back_to", Date),
        Column("forward_to", Date),
        Column("ordinal", Integer, nullable=False, server_default=text("0")),
        Column("open_minutes", SmallInteger, nullable=False, server_default=text("0")),
        PrimaryKeyConstraint("subscriber_id", "location_id", "day"),
    )
    Index(
        "ix_open_days_ordinal",
        open_days.c.subscriber_id,
        open_days.c.location_id,
        open_days.c.ordinal,
        postgresql_where=text("back_to = day"),
    )
    Table(
        "slow_weeks",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("location_id", Uuid, nullable=False),
        Column("week_on", Date, nullable=False),
        Column("booked", Integer, nullable=False),
        Column("usual", Double, nullable=False),
        Column("basis", Text, nullable=False),
        Column("compared_weeks", Integer, nullable=False),
        Column("is_slow", Boolean, nullable=False),
        Column("noticed_at", DateTime(timezone=True), nullable=False),
        Column("measured_at", DateTime(timezone=True), nullable=False),
        Column("told_at", DateTime(timezone=True)),
        Column("dismissed_at", DateTime(timezone=True)),
        PrimaryKeyConstraint("subscriber_id", "location_id", "week_on"),
    )
