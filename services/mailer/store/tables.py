"""Mailer's tables. Without a subscriber in front of their key stand contents (stock content is the platform's), claims and the follower's state
(a worker's), suppressions (platform scope has none) and stops (one stops all). Those of operations stand in a file of their own."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
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
from sqlalchemy.dialects.postgresql import JSONB

from services.mailer.store import erasure_tables, operations_tables, routing_tables
from services.mailer.store.metadata import metadata

__all__ = ["erasure_tables", "metadata", "operations_tables", "routing_tables"]

contents = Table(
    "contents",
    metadata,
    Column("content_id", Uuid, primary_key=True),
    Column("subscriber_id", Uuid),
    Column("slug", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("vertical", Text, nullable=False),
    Column("message_class", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("mjml", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("shown_fields", ARRAY(Text)),
    Column("findings", JSONB, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("class_reason", JSONB),
)

messages = Table(
    "messages",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("campaign_id", Uuid),
    Column("content_id", Uuid, nullable=False),
    Column("origin", Text, nullable=False),
    Column("message_class", Text, nullable=False),
    Column("touch_ids", ARRAY(Uuid), nullable=False),
    Column("person_ids", ARRAY(Uuid), nullable=False),
    Column("address_key", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("state", Text, nullable=False, server_default="accepted"),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("useful_until", DateTime(timezone=True), nullable=False),
    Column("recheck_after", DateTime(timezone=True), nullable=False),
    Column("accepted_at", DateTime(timezone=True), nullable=False),
    Column("claim_id", Uuid),
    Column("marked_at", DateTime(timezone=True)),
    Column("final_at", DateTime(timezone=True)),
    Column("sha256", LargeBinary),
    Column("pace_key", Text, nullable=False, server_default=""),
    Column("topic", Text),
    Column(
        "stage",
        Text,
        Computed("case when state in ('claimed', 'handing_over') then 'held' else state end"),
        nullable=False,
    ),
    PrimaryKeyConstraint("subscriber_id", "message_id"),
)
Index(
    "ix_messages_due",
    messages.c.next_at,
    messages.c.message_id,
    postgresql_where=text("stage in ('accepted', 'deferred')"),
)
Index(
    "ix_messages_waiting",
    messages.c.subscriber_id,
    messages.c.campaign_id,
    messages.c.next_at,
    messages.c.message_id,
    postgresql_where=text("stage in ('accepted', 'deferred')"),
)
Index(
    "ix_messages_deferred", messages.c.subscriber_id, messages.c.message_id, postgresql_where=text("stage = 'deferred'")
)
Index(
    "ix_messages_uncertain", messages.c.subscriber_id, messages.c.final_at, postgresql_where=text("stage = 'uncertain'")
)
Index("ix_messages_tests", messages.c.subscriber_id, messages.c.accepted_at, postgresql_where=text("origin = 'test'"))
Index("ix_messages_without_touch", messages.c.address_key, postgresql_where=text("touch_ids = '{}'"))

message_touches = Table(
    "message_touches",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("touch_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("live", Boolean, nullable=False, server_default=text("true")),
    Column("address_key", Text, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "touch_id", "message_id"),
)
Index("ix_message_touches_person_id", message_touches.c.person_id)
Index("ix_message_touches_address_key", message_touches.c.address_key)
Index(
    "uq_message_touches_live",
    message_touches.c.subscriber_id,
    message_touches.c.touch_id,
    unique=True,
    postgresql_where=text("live"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("attempt_id", Uuid, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True), nullable=False),
    Column("phase", Text, nullable=False),
    Column("reply_code", Integer),
    Column("enhanced_code", Text),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("route", Text),
    PrimaryKeyConstraint("subscriber_id", "message_id", "attempt_id"),
)

claims = Table(
    "claims",
    metadata,
    Column("claim_id", Uuid, primary_key=True),
    Column("worker_id", Uuid, nullable=False),
    Column("lease_until", DateTime(timezone=True), nullable=False),
    Column("subscriber_ids", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column("message_ids", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("entry_id", Uuid, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("subscriber_id", Uuid),
    Column("location_id", Uuid),
    Column("address_key", Text),
    Column("person_id", Uuid),
    Column("suppression_class", Text, nullable=False),
    Column("topic", Text),
)
Index(
    "uq_suppressions_entry",
    suppressions.c.subscriber_id,
    suppressions.c.entry_id,
    unique=True,
    postgresql_nulls_not_distinct=True,
)
Index("ix_suppressions_address_key", suppressions.c.address_key, postgresql_where=text("address_key is not null"))
Index("ix_suppressions_person_id", suppressions.c.person_id, postgresql_where=text("person_id is not null"))

follower_state = Table(
    "follower_state",
    metadata,
    Column("singleton", Boolean, primary_key=True, server_default=text("true")),
    Column("holder", Uuid, nullable=False),
    Column("server_started_at", DateTime(timezone=True), nullable=False),
    Column("epoch", Uuid),
    Column("received", BigInteger, nullable=False, server_default=text("0")),
    Column("safe", BigInteger, nullable=False, server_default=text("0")),
    Column("lease_until", DateTime(timezone=True)),
)

stops = Table(
    "stops",
    metadata,
    Column("scope", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("stopped_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("scope", "id"),
)

sender_domains = Table(
    "sender_domains",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("domain", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("checked_at", DateTime(timezone=True)),
    Column("next_check_at", DateTime(timezone=True), nullable=False),
    Column("findings", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    PrimaryKeyConstraint("subscriber_id", "domain"),
)
Index("ix_sender_domains_next_check_at", sender_domains.c.next_check_at)

sender_keys = Table(
    "sender_keys",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("domain", Text, nullable=False),
    Column("selector", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("public", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("record", Text, nullable=False, server_default="unchecked"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("activated_at", DateTime(timezone=True)),
    Column("retire_at", DateTime(timezone=True)),
    Column("missing_since", DateTime(timezone=True)),
    PrimaryKeyConstraint("subscriber_id", "domain", "selector"),
)

reports = Table(
    "reports",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("report_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("blame", Text),
    Column("status", Text),
    Column("reason", Text),
    Column("reported_at", DateTime(timezone=True), nullable=False),
    Column("is_told", Boolean, nullable=False, server_default="false"),
    PrimaryKeyConstraint("subscriber_id", "report_id"),
)
Index("ix_reports_untold", reports.c.reported_at, postgresql_where=text("kind = 'bounce' and not is_told"))
Index("ix_reports_message_id", reports.c.subscriber_id, reports.c.message_id)
Index("ix_reports_address_key", reports.c.subscriber_id, reports.c.address_key, reports.c.reported_at)
Index("ix_reports_complaints", reports.c.reported_at, postgresql_where=text("kind = 'complaint'"))
Index("ix_messages_bounced", messages.c.final_at, postgresql_where=text("stage = 'bounced'"))

unreachable = Table(
    "unreachable",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True)),
    Column("cleared_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("subscriber_id", "address_key"),
)

settlements = Table(
    "settlements",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("settlement_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("source", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("settled_by", Text, nullable=False),
    Column("sealed_note", LargeBinary),
    Column("settled_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("subscriber_id", "settlement_id"),
)
Index("ix_settlements_message_id", settlements.c.subscriber_id, settlements.c.message_id)


complaint_days = Table(
    "complaint_days",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("domain", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("sent", BigInteger, nullable=False, server_default=text("0")),
    Column("complaints", BigInteger, nullable=False, server_default=text("0")),
    Column("is_alarming", Boolean, nullable=False, server_default="false"),
    PrimaryKeyConstraint("subscriber_id", "domain", "day"),
)

complaint_pauses = Table(
    "complaint_pauses",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("domain", Text, nullable=False),
    Column("paused_at", DateTime(timezone=True), nullable=False),
    Column("released_at", DateTime(timezone=True)),
    Column("released_by", Text),
    PrimaryKeyConstraint("subscriber_id", "domain", "paused_at"),
)
