"""Create the scheduler's tables, policies and grants."""

from alembic import op

from shared.migrations.kit import create_kit_tables
from shared.migrations.policies import open_table, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table locations (
    subscriber_id uuid not null, location_id uuid not null, version bigint not null, subscriber_version bigint not null, zone text not null,
    hold_reason text, drawn_until date not null, constraint pk_locations primary key (subscriber_id, location_id));
create table open_days (
    subscriber_id uuid not null, location_id uuid not null, day date not null, back_to date, forward_to date,
    constraint pk_open_days primary key (subscriber_id, location_id, day));
create table consumers (
    subscriber_id uuid not null, consumer_id uuid not null, location_id uuid not null, status text not null, address_key text,
    address_problem text, recipient_id uuid, household_id uuid, language text not null, minor_until date, historic boolean not null,
    deleted boolean not null, constraint pk_consumers primary key (subscriber_id, consumer_id));
create index ix_consumers_address on consumers (subscriber_id, address_key);
create index ix_consumers_location on consumers (subscriber_id, location_id);
create index ix_consumers_recipient on consumers (subscriber_id, recipient_id) where recipient_id <> consumer_id;
create table appointments (
    subscriber_id uuid not null, appointment_id uuid not null, location_id uuid not null, consumer_id uuid, starts_at timestamptz,
    minutes integer, status text not null, booked_at timestamptz, historic boolean not null, deleted boolean not null,
    constraint pk_appointments primary key (subscriber_id, appointment_id));
create index ix_appointments_consumer on appointments (subscriber_id, consumer_id);
create index ix_appointments_location on appointments (subscriber_id, location_id);
create table visits (
    subscriber_id uuid not null, visit_id uuid not null, location_id uuid not null, consumer_id uuid, completed_at timestamptz,
    total_cents bigint, historic boolean not null, deleted boolean not null, constraint pk_visits primary key (subscriber_id, visit_id));
create index ix_visits_consumer on visits (subscriber_id, consumer_id);
create index ix_visits_location on visits (subscriber_id, location_id);
create table connections (
    subscriber_id uuid not null, connection_id uuid not null, location_id uuid not null, interval_minutes integer not null,
    last_success_at timestamptz, constraint pk_connections primary key (subscriber_id, connection_id));
create index ix_connections_location on connections (subscriber_id, location_id);
create table replans (
    subscriber_id uuid not null, consumer_id uuid not null, bulk boolean not null,
    constraint pk_replans primary key (subscriber_id, consumer_id));
create index ix_replans_bulk on replans (bulk);
create table campaigns (
    subscriber_id uuid not null, campaign_id uuid not null, location_id uuid not null, type text not null, state text not null,
    version integer not null, settings jsonb not null, activated_at timestamptz not null,
    constraint pk_campaigns primary key (subscriber_id, campaign_id));
create unique index uq_campaigns_running on campaigns (subscriber_id, location_id, type) where state <> 'ended';
create table campaign_versions (
    subscriber_id uuid not null, campaign_id uuid not null, version integer not null, state text not null, settings jsonb not null,
    changed_at timestamptz not null, changed_by text not null,
    constraint pk_campaign_versions primary key (subscriber_id, campaign_id, version));
create table touches (
    subscriber_id uuid not null, touch_id uuid not null, campaign_id uuid not null, campaign_type text not null, location_id uuid not null,
    step text not null, cycle text not null, consumer_id uuid not null, trigger_id uuid not null, kind text not null, counts boolean not null,
    rank smallint not null, about_at timestamptz not null, about_on date, zone text not null, planned_local timestamp not null,
    due_local timestamp not null, due_at timestamptz not null, next_at timestamptz not null, useful_until timestamptz not null,
    state text not null, reason text, withdraw_reason text, tries smallint not null default 0, rule_version integer not null,
    message_id uuid, final_at timestamptz,
    constraint pk_touches primary key (subscriber_id, touch_id),
    constraint uq_touches_once unique (subscriber_id, campaign_id, step, cycle, consumer_id));
create index ix_touches_consumer on touches (subscriber_id, consumer_id);
create index ix_touches_next on touches (next_at) where state in ('planned', 'held');
create index ix_touches_message on touches (subscriber_id, message_id) where message_id is not null;
create table messages (
    subscriber_id uuid not null, message_id uuid not null, campaign_id uuid not null, location_id uuid not null, address_key text not null,
    kind text not null, local_day date not null, counts boolean not null, state text not null, outcome text,
    attempts smallint not null default 0, lease_until timestamptz, content_id uuid, grouped_at timestamptz not null,
    submitted_at timestamptz, ended_at timestamptz, constraint pk_messages primary key (subscriber_id, message_id));
create unique index uq_messages_day on messages (subscriber_id, address_key, local_day) where counts and state <> 'void';
create index ix_messages_open on messages (state, grouped_at) where ended_at is null;
create table decisions (
    subscriber_id uuid not null, decision_id bigint generated always as identity, touch_id uuid not null, decided_at timestamptz not null,
    state text not null, reason text, due_at timestamptz not null, rule_version integer not null, message_id uuid,
    constraint pk_decisions primary key (subscriber_id, decision_id));
create index ix_decisions_touch on decisions (subscriber_id, touch_id);
create table published_contents (
    content_id uuid not null, published_at timestamptz not null, constraint pk_published_contents primary key (content_id));
"""
_FACTS = ("consumers", "appointments", "visits", "connections")


def upgrade() -> None:
    """Create everything; decisions are append-only for every role but the owner."""
    create_kit_tables("scheduler")
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table in _FACTS:
        protect("scheduler", table, api=["select"], worker=["select", "insert", "update"])
    protect("scheduler", "locations", api=["select"], worker=["select", "insert", "update"])
    protect("scheduler", "open_days", api=["select"], worker=["select", "insert", "delete"])
    protect("scheduler", "replans", api=["select", "insert", "update"], worker=["select", "insert", "update", "delete"])
    protect("scheduler", "campaigns", api=["select", "insert", "update"], worker=["select"])
    protect("scheduler", "campaign_versions", api=["select", "insert"], worker=["select"])
    protect("scheduler", "touches", api=["select", "update"], worker=["select", "insert", "update"])
    protect("scheduler", "messages", api=["select"], worker=["select", "insert", "update"])
    protect("scheduler", "decisions", api=["select"], worker=["select", "insert"])
    open_table("scheduler", "published_contents", api=["select"], worker=["select", "insert", "delete"])
