"""The tables that plumbing needs in every service's database, created by each service's first migration.

`changes` is the feed, `feed_marks` how far it was at a time, `feed_readers` how far it has been read, `cursors` where our own followers stand,
`outbox` commands on their way downhill, `directory` facts pushed to us, `idempotency` answered keys, `leases` leadership, `service_state` epoch
and HOLD, `data_keys` wrapped keys.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id; read it as text."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "XID8"


ischema_names["xid8"] = Xid8  # so that reflection (the drift test) knows it


def new_metadata() -> MetaData:
    """Return a service's MetaData with our constraint names and the plumbing's tables."""
    metadata = MetaData(naming_convention=NAMING)
    _add_feed(metadata)
    _add_commands(metadata)
    _add_state(metadata)
    return metadata


def _add_feed(metadata: MetaData) -> None:
    Table(
        "changes",
        metadata,
        Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
        Column("position", BigInteger, Identity(always=True), nullable=False),
        Column("subscriber_id", Uuid),
        Column("kind", Text, nullable=False),
        Column("key", Uuid, nullable=False),
        Column("body", JSONB),
        PrimaryKeyConstraint("xid", "position"),
    )
    Table(
        "feed_marks",
        metadata,
        Column("marked_at", DateTime(timezone=True), primary_key=True),
        Column("position", BigInteger, nullable=False),
    )
    Table(
        "feed_readers",
        metadata,
        Column("reader", Text, primary_key=True),
        Column("epoch", Uuid, nullable=False),
        Column("xid", Xid8, nullable=False),
        Column("position", BigInteger, nullable=False),
    )
    Table(
        "cursors",
        metadata,
        Column("feed", Text, primary_key=True),
        Column("epoch", Uuid, nullable=False),
        Column("cursor", Text, nullable=False),
    )


def _add_commands(metadata: MetaData) -> None:
    outbox = Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("destination", Text, nullable=False),
        Column("method", Text, nullable=False),
        Column("path", Text, nullable=False),
        Column("body", JSONB, nullable=False),
        Column("attempts", Integer, nullable=False, server_default=text("0")),
        Column("next_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("refused", Text),
    )
    Index("ix_outbox_due", outbox.c.next_at, outbox.c.id, postgresql_where=text("refused IS NULL"))


def _add_state(metadata: MetaData) -> None:
    Table(
        "directory",
        metadata,
        Column("kind", Text, nullable=False),
        Column("id", Text, nullable=False),
        Column("subscriber_id", Uuid),
        Column("version", BigInteger, nullable=False),
        Column("body", JSONB, nullable=False),
        PrimaryKeyConstraint("kind", "id"),
    )
    idempotency = Table(
        "idempotency",
        metadata,
        Column("caller", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("request_hash", LargeBinary, nullable=False),
        Column("status", Integer),
        Column("headers", JSONB),
        Column("body", Text),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        PrimaryKeyConstraint("caller", "key"),
    )
    Index("ix_idempotency_created_at", idempotency.c.created_at)
    Table(
        "leases",
        metadata,
        Column("name", Text, primary_key=True),
        Column("holder", Uuid, nullable=False),
        Column("expires_at", DateTime(timezone=True), nullable=False),
    )
    Table(
        "service_state",
        metadata,
        Column("singleton", Boolean, primary_key=True, server_default=text("true")),
        Column("epoch", Uuid, nullable=False),
        Column("identity", Text, nullable=False),
        Column("on_hold", Boolean, nullable=False, server_default=text("false")),
    )
    Table(
        "data_keys",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("key_number", SmallInteger, nullable=False),
        Column("wrapped", LargeBinary, nullable=False),
        PrimaryKeyConstraint("subscriber_id", "key_number"),
    )
