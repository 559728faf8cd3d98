"""The scheduler's tables: facts without names or addresses, campaigns, touches, frozen messages and the decisions behind them.

`subscriber_id` leads every key, so that the same tables distribute by subscriber (architecture 10).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.scheduler.store.answer_tables import add_answer_tables
from services.scheduler.store.comparison_tables import add_comparison_tables
from services.scheduler.store.due_tables import add_due_tables
from services.scheduler.store.location_tables import add_location_tables
from services.scheduler.store.view_tables import add_view_tables
from shared.kit.tables import new_metadata

metadata = new_metadata()
add_due_tables(metadata)
add_answer_tables(metadata)
add_view_tables(metadata)
add_comparison_tables(metadata)
add_location_tables(metadata)


def _instant(name: str, *, needed: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=not needed)


consumers = Table(
    "consumers",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("consumer_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("address_key", Text),
    Column("address_problem", Text),
    Column("recipient_id", Uuid),
    Column("household_id", Uuid),
    Column("language", Text, nullable=False),
    Column("minor_until", Date),
    Column("historic", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("birth_month", SmallInteger),
    Column("birth_day", SmallInteger),
    _instant("addressed_at", needed=False),
    PrimaryKeyConstraint("subscriber_id", "consumer_id"),
)
Index("ix_consumers_address", consumers.c.subscriber_id, consumers.c.address_key)
Index("ix_consumers_location", consumers.c.subscriber_id, consumers.c.location_id)
Index(
    "ix_consumers_recipient",
    consumers.c.subscriber_id,
    consumers.c.recipient_id,
    postgresql_where=text("recipient_id <> consumer_id"),
)
appointments = Table(
    "appointments",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("appointment_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("consumer_id", Uuid),
    _instant("starts_at", needed=False),
    Column("minutes", Integer),
    Column("status", Text, nullable=False),
    _instant("booked_at", needed=False),
    Column("historic", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False),
    _instant("status_at", needed=False),
    PrimaryKeyConstraint("subscriber_id", "appointment_id"),
)
Index("ix_appointments_consumer", appointments.c.subscriber_id, appointments.c.consumer_id)
Index("ix_appointments_location", appointments.c.subscriber_id, appointments.c.location_id, appointments.c.starts_at)
visits = Table(
    "visits",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("visit_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("consumer_id", Uuid),
    _instant("completed_at", needed=False),
    Column("total_cents", BigInteger),
    Column("historic", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "visit_id"),
)
Index("ix_visits_consumer", visits.c.subscriber_id, visits.c.consumer_id)
Index("ix_visits_location", visits.c.subscriber_id, visits.c.location_id)
connections = Table(
    "connections",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("interval_minutes", Integer, nullable=False),
    _instant("last_success_at", needed=False),
    PrimaryKeyConstraint("subscriber_id", "connection_id"),
)
Index("ix_connections_location", connections.c.subscriber_id, connections.c.location_id)
replans = Table(
    "replans",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("consumer_id", Uuid, nullable=False),
    Column("bulk", Boolean, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "consumer_id"),
)
Index("ix_replans_order", replans.c.bulk, replans.c.subscriber_id, replans.c.consumer_id)
campaigns = Table(
    "campaigns",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("campaign_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("settings", JSONB, nullable=False),
    _instant("activated_at"),
    PrimaryKeyConstraint("subscriber_id", "campaign_id"),
)
Index(
    "uq_campaigns_running",
    campaigns.c.subscriber_id,
    campaigns.c.location_id,
    campaigns.c.type,
    unique=True,
    postgresql_where=text("state IN ('active', 'paused')"),
)
Index(
    "ix_campaigns_comparing",
    campaigns.c.subscriber_id,
    campaigns.c.campaign_id,
    postgresql_where=text("settings ? 'comparison'"),
)
Table(
    "campaign_versions",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("campaign_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("settings", JSONB, nullable=False),
    _instant("changed_at"),
    Column("changed_by", Text, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "campaign_id", "version"),
)
touches = Table(
    "touches",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("touch_id", Uuid, nullable=False),
    Column("campaign_id", Uuid, nullable=False),
    Column("campaign_type", Text, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("step", Text, nullable=False),
    Column("cycle", Text, nullable=False),
    Column("consumer_id", Uuid, nullable=False),
    Column("trigger_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("counts", Boolean, nullable=False),
    Column("rank", SmallInteger, nullable=False),
    _instant("about_at"),
    Column("about_on", Date),
    Column("zone", Text, nullable=False),
    Column("planned_local", DateTime, nullable=False),
    Column("due_local", DateTime, nullable=False),
    _instant("due_at"),
    _instant("next_at"),
    _instant("useful_until"),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("withdraw_reason", Text),
    Column("tries", SmallInteger, nullable=False, server_default=text("0")),
    Column("rule_version", Integer, nullable=False),
    Column("message_id", Uuid),
    _instant("final_at", needed=False),
    Column("basis", JSONB),
    Column("arm", Text),
    Column("variant", Text),
    PrimaryKeyConstraint("subscriber_id", "touch_id"),
    # Once a campaign, step, cycle and person; the type in it only finds a person's touches of a type.
    UniqueConstraint(
        "subscriber_id", "consumer_id", "campaign_type", "campaign_id", "step", "cycle", name="uq_touches_once"
    ),
)
Index(
    "ix_touches_compared",
    touches.c.subscriber_id,
    touches.c.campaign_id,
    touches.c.cycle,
    postgresql_where=text("arm IS NOT NULL"),
)
Index("ix_touches_next", touches.c.next_at, touches.c.about_at, postgresql_where=text("state IN ('planned', 'held')"))
Index(
    "ix_touches_message",
    touches.c.subscriber_id,
    touches.c.message_id,
    postgresql_where=text("message_id IS NOT NULL"),
)
messages = Table(
    "messages",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("campaign_id", Uuid, nullable=False),
    Column("location_id", Uuid, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("local_day", Date, nullable=False),
    Column("counts", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("outcome", Text),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    _instant("lease_until", needed=False),
    Column("content_id", Uuid),
    _instant("grouped_at"),
    _instant("submitted_at", needed=False),
    _instant("ended_at", needed=False),
    Column("commercial", Boolean, nullable=False, server_default=text("false")),
    _instant("complained_at", needed=False),
    Column("invites", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("subscriber_id", "message_id"),
)
Index(
    "ix_messages_complained",
    messages.c.subscriber_id,
    messages.c.complained_at,
    postgresql_where=text("complained_at IS NOT NULL"),
)
Index(
    "uq_messages_day",
    messages.c.subscriber_id,
    messages.c.address_key,
    messages.c.local_day,
    unique=True,
    postgresql_where=text("counts AND state <> 'void'"),
)
Index(
    "ix_messages_invitations",
    messages.c.subscriber_id,
    messages.c.location_id,
    messages.c.local_day,
    postgresql_where=text("invites AND state <> 'void'"),
)
Index("ix_messages_open", messages.c.state, messages.c.grouped_at, postgresql_where=text("ended_at IS NULL"))
Table(
    "decisions",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("decision_id", BigInteger, Identity(always=True), nullable=False),
    Column("touch_id", Uuid, nullable=False),
    _instant("decided_at"),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    _instant("due_at"),
    Column("rule_version", Integer, nullable=False),
    Column("message_id", Uuid),
    Column("decider_id", Uuid),
    PrimaryKeyConstraint("subscriber_id", "touch_id", "decision_id"),
)
Table(
    "published_contents",
    metadata,
    Column("content_id", Uuid, primary_key=True),
    _instant("published_at"),
)
