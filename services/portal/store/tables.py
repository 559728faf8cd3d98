"""Portal's tables beside the plumbing's; `subscriber_id` leads every key so that one database or many run the same code."""

from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.kit.tables import new_metadata

metadata = new_metadata()
PLATFORM: Final = UUID(int=0)
"""The subscriber of audit entries that belong to no subscriber."""

subscribers = Table(
    "subscribers",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("contact", LargeBinary, nullable=False),
    Column("postal_address", JSONB, nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("version", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("subscriber_id"),
)

agreements = Table(
    "agreements",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("agreement_id", Uuid, nullable=False),
    Column("version", Text, nullable=False),
    Column("accepted_by", LargeBinary, nullable=False),
    Column("accepted_at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "agreement_id"),
    ForeignKeyConstraint(["subscriber_id"], ["subscribers.subscriber_id"]),
)

locations = Table(
    "locations",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("vertical", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("website", Text, nullable=False),
    Column("postal_address", JSONB, nullable=False),
    Column("sender", JSONB, nullable=False),
    Column("hours", JSONB, nullable=False),
    Column("closures", JSONB, nullable=False),
    Column("procedure_names", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("link_hosts", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("open_on_public_holidays", Boolean, nullable=False, server_default=text("false")),
    Column("in_aggregates", Boolean, nullable=False, server_default=text("false")),
    Column("test_recipients", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("capacity", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("live_at", DateTime(timezone=True)),
    Column("version", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("subscriber_id", "location_id"),
    ForeignKeyConstraint(["subscriber_id"], ["subscribers.subscriber_id"]),
    CheckConstraint("vertical in ('dental', 'auto')", name="vertical"),
    CheckConstraint("state in ('onboarding', 'live', 'suspended', 'closed')", name="state"),
)
Index(None, locations.c.location_id)

clients = Table(
    "clients",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("client_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("location_ids", ARRAY(Uuid), nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("subscriber_id", "client_id"),
    ForeignKeyConstraint(["subscriber_id"], ["subscribers.subscriber_id"]),
)
Index(None, clients.c.client_id)

operators = Table(
    "operators",
    metadata,
    Column("client_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("client_id"),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("key_id", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("private_key", LargeBinary, nullable=False),
    Column("signs_from", DateTime(timezone=True), nullable=False),
    Column("not_after", DateTime(timezone=True)),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("key_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("thing_id", Text, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "entry_id"),
)

full_pushes = Table(
    "full_pushes",
    metadata,
    Column("service", Text, nullable=False),
    Column("asked", BigInteger, nullable=False),
    PrimaryKeyConstraint("service"),
)
