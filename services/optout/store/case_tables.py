"""Tables of privacy cases, legal holds and erasures. A platform-wide case has PLATFORM for its subscriber, like the ledger's chain.

`case_events` and `erasure_acknowledgements` are append-only, by their grants; `privacy_cases.sealed` is all that is personal in a case.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.optout.store.metadata import metadata


def _instant(name: str, *, needed: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=not needed)


privacy_cases: Final = Table(
    "privacy_cases",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("law", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("location_id", Uuid),
    Column("country", Text),
    Column("address_keys", ARRAY(Text), nullable=False),
    Column("person_ids", ARRAY(Uuid), nullable=False),
    Column("sealed", LargeBinary),
    Column("privacy_mail_id", Uuid),
    _instant("opened_at", needed=True),
    _instant("due_at", needed=True),
    _instant("latest_at", needed=True),
    _instant("extended_at"),
    Column("proof_id", Uuid),
    _instant("proof_sent_at"),
    _instant("proof_until"),
    _instant("proven_at"),
    _instant("executed_at"),
    _instant("closed_at"),
    Column("outcome", Text),
    Column("held_because", Text),
    Column("entry_ids", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    PrimaryKeyConstraint("subscriber_id", "case_id"),
)
_OPEN: Final = text("closed_at is null")
Index("ix_privacy_cases_opened", privacy_cases.c.subscriber_id, privacy_cases.c.opened_at, privacy_cases.c.case_id)
Index("ix_privacy_cases_due", privacy_cases.c.due_at, postgresql_where=_OPEN)
Index("ix_privacy_cases_held", privacy_cases.c.state, postgresql_where=text("state in ('held', 'executing')"))
Index(
    "uq_privacy_cases_address",
    privacy_cases.c.subscriber_id,
    text("(address_keys[1])"),
    privacy_cases.c.kind,
    unique=True,
    postgresql_where=_OPEN,
)
Index(
    "uq_privacy_cases_proof",
    privacy_cases.c.subscriber_id,
    privacy_cases.c.proof_id,
    unique=True,
    postgresql_where=text("proof_id is not null"),
)

case_events: Final = Table(
    "case_events",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    _instant("at", needed=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "case_id", "position"),
)

erasure_acknowledgements: Final = Table(
    "erasure_acknowledgements",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("service", Text, nullable=False),
    _instant("acknowledged_at", needed=True),
    Column("records", Integer, nullable=False),
    Column("undecided", Integer, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "entry_id", "service"),
)

legal_holds: Final = Table(
    "legal_holds",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("hold_id", Uuid, nullable=False),
    Column("address_keys", ARRAY(Text), nullable=False),
    Column("reason", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    _instant("placed_at", needed=True),
    Column("ended_by", Text),
    Column("ended_because", Text),
    _instant("ended_at"),
    PrimaryKeyConstraint("subscriber_id", "hold_id"),
)
