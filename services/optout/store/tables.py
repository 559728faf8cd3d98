"""The tables of the opt-out service, beside the plumbing's.

`ledger` is the truth, one hash chain per subscriber and one for the platform; bounces and complaints are facts in it that permission never reads;
`suppression_log` is what followers poll, positions gap-free in commit order under the row lock of `suppression_head`; `lease_holders` says who may
send until when; `privacy_mails` are requests of people whom we may not know, so they belong to no subscriber.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from services.optout.store import case_tables, disclosure_tables, door_tables, export_tables, journal_tables
from services.optout.store.metadata import metadata

__all__ = ["case_tables", "disclosure_tables", "door_tables", "export_tables", "journal_tables", "metadata"]

ledger: Final = Table(
    "ledger",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("chain_position", BigInteger, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("location_id", Uuid),
    Column("address_key", Text),
    Column("person_id", Uuid),
    Column("basis", Text),
    Column("scope", Text),
    Column("suppression_class", Text),
    Column("channel", Text, nullable=False),
    Column("policy_version", Text),
    Column("evidence", Text, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("valid_until", DateTime(timezone=True)),
    Column("wording", Text),
    Column("bounce_class", Text),
    Column("topic", Text),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "chain_position"),
    UniqueConstraint("subscriber_id", "entry_id"),
    CheckConstraint("kind in ('consent', 'optout', 'lift', 'bounce', 'complaint', 'erasure')", name="kind"),
    CheckConstraint(
        "case kind when 'consent' then basis is not null and address_key is not null "
        "when 'bounce' then address_key is not null and bounce_class is not null and scope is null and basis is null "
        "when 'complaint' then address_key is not null and scope is null and basis is null "
        "when 'erasure' then scope in ('business', 'platform') and suppression_class = 'all' "
        "else scope is not null and suppression_class is not null end",
        name="complete",
    ),
    CheckConstraint("topic is null or kind in ('optout', 'lift') and suppression_class = 'all'", name="topic"),
    CheckConstraint("kind <> 'lift' or channel in ('undo', 'signup', 'preferences')", name="own_act"),
)
Index("ix_ledger_address", ledger.c.subscriber_id, ledger.c.address_key)
Index("ix_ledger_person", ledger.c.subscriber_id, ledger.c.person_id, postgresql_where=text("kind <> 'consent'::text"))

suppression_log: Final = Table(
    "suppression_log",
    metadata,
    Column("position", BigInteger, nullable=False, autoincrement=False),
    Column("entry_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subscriber_id", Uuid, nullable=False),
    Column("location_id", Uuid),
    Column("address_key", Text),
    Column("person_id", Uuid),
    Column("suppression_class", Text, nullable=False),
    Column("topic", Text),
    PrimaryKeyConstraint("position"),
    UniqueConstraint("subscriber_id", "entry_id"),
)

mail_requests: Final = Table(
    "mail_requests",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("request_id", Uuid, nullable=False),
    Column("origin", Text, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("sealed", Text),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("useful_until", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("subscriber_id", "request_id"),
)
Index("ix_mail_requests_address", mail_requests.c.address_key)

suppression_head: Final = Table(
    "suppression_head",
    metadata,
    Column("singleton", Boolean, primary_key=True, server_default=text("true")),
    Column("last_position", BigInteger, nullable=False),
)

lease_holders: Final = Table(
    "lease_holders",
    metadata,
    Column("holder", Uuid, primary_key=True),
    Column("after_position", BigInteger, nullable=False),
    Column("safe_position", BigInteger, nullable=False),
    Column("lease_until", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)

privacy_mails: Final = Table(
    "privacy_mails",
    metadata,
    Column("mail_id", Uuid, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default="open"),
    Column("sealed", LargeBinary),
    Column("classification", Text, nullable=False, server_default="other"),
    Column("due_at", DateTime(timezone=True)),
    Column("address_key", Text),
)
Index(
    "ix_privacy_mails_address",
    privacy_mails.c.address_key,
    postgresql_where=text("address_key is not null"),
)
Index(
    "ix_privacy_mails_open",
    privacy_mails.c.received_at,
    privacy_mails.c.mail_id,
    postgresql_where=text("state = 'open'::text"),
)
