"""Tables of the doors that anybody may knock at: sign-ups waiting for their confirmation or confirmed, and tries counted against limits.

`door_tries` belong to no subscriber: their limits hold over all businesses.
"""

from typing import Final

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)

from services.optout.store.metadata import metadata

signups: Final = Table(
    "signups",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("signup_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("language", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("subscriber_id", "signup_id"),
)
Index(
    "ix_signups_confirmed",
    signups.c.subscriber_id,
    signups.c.confirmed_at,
    signups.c.signup_id,
    postgresql_where=text("confirmed_at is not null"),
)
Index("ix_signups_address", signups.c.address_key)
door_tries: Final = Table(
    "door_tries",
    metadata,
    Column("window_name", Text, primary_key=True),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("tries", Integer, nullable=False),
)
