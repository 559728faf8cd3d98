"""Tables of routes, the processes' shares of them, and paces: the operator's, without a subscriber (a sender's pace names it in its key)."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)

from services.mailer.store.metadata import metadata

routes = Table(
    "routes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary),
    Column("weight", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("max_connections", Integer),
    Column("state", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)

route_shares = Table(
    "route_shares",
    metadata,
    Column("route", Text, nullable=False),
    Column("worker_id", Uuid, nullable=False),
    Column("granted", Integer, nullable=False),
    Column("open", Integer, nullable=False),
    Column("reason", Text),
    Column("lease_until", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("route", "worker_id"),
)

paces = Table(
    "paces",
    metadata,
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("per_second", Double),
    Column("per_hour", Integer),
    Column("per_day", Integer),
    Column("ramps", Boolean, nullable=False, server_default=text("false")),
    Column("ramp_from", DateTime(timezone=True)),
    Column("rate", Double),
    Column("peak", Double),
    Column("slowed_at", DateTime(timezone=True)),
    Column("tokens", Double, nullable=False, server_default=text("0")),
    Column("refilled_at", DateTime(timezone=True)),
    Column("booked_until", DateTime(timezone=True)),
    Column("hour_at", DateTime(timezone=True)),
    Column("hour_used", Integer, nullable=False, server_default=text("0")),
    Column("day_at", DateTime(timezone=True)),
    Column("day_used", Integer, nullable=False, server_default=text("0")),
    Column("changed_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("kind", "key"),
)
