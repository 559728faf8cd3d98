"""Create ingest: connections, batches, people and what happened to them, consents announced, opt-outs reported, staging."""

from alembic import op

from shared.migrations.kit import create_kit_tables
from shared.migrations.policies import open_table, protect

revision = "0001"
down_revision = None

_RECORD = """
    subscriber_id uuid not null, id uuid not null, connection_id uuid not null, location_id uuid not null,
    source_updated_at timestamptz not null, content_hash bytea not null, personal bytea, historic boolean not null, deleted boolean not null,
"""
_TABLES = f"""
create table connections (
    subscriber_id uuid not null, connection_id uuid not null, location_id uuid not null, connector text not null, name text not null,
    interval_minutes integer not null, go_live_at timestamptz, created_at timestamptz not null, last_success_at timestamptz,
    constraint pk_connections primary key (subscriber_id, connection_id));
create table batches (
    subscriber_id uuid not null, batch_id uuid not null, connection_id uuid not null, state text not null, claim_id uuid not null,
    claimed_until timestamptz not null, body_hash bytea, lines bigint not null default 0, lines_hash bytea,
    received bigint not null default 0, applied bigint not null default 0, unchanged bigint not null default 0,
    superseded bigint not null default 0, parked bigint not null default 0, rejected bigint not null default 0,
    optouts bigint not null default 0, dropped_fields jsonb not null default '{{}}', flagged_addresses jsonb not null default '{{}}',
    started_at timestamptz not null, finished_at timestamptz, constraint pk_batches primary key (subscriber_id, batch_id));
create table rejections (
    subscriber_id uuid not null, batch_id uuid not null, line bigint not null, field text not null, code text not null,
    constraint pk_rejections primary key (subscriber_id, batch_id, line));
create table consumers ({_RECORD}
    address_key text, address_problem text, status text not null, language text not null, household_id uuid, guardian_id uuid,
    minor_until date, optout_pending boolean not null default false, constraint pk_consumers primary key (subscriber_id, id));
create index ix_consumers_guardian on consumers (subscriber_id, guardian_id) where guardian_id is not null;
create index ix_consumers_minor on consumers (subscriber_id, minor_until) where minor_until is not null;
create table appointments ({_RECORD}
    consumer_id uuid, starts_at timestamptz, minutes integer, status text not null, booked_at timestamptz, parked boolean not null,
    constraint pk_appointments primary key (subscriber_id, id));
create index ix_appointments_consumer on appointments (subscriber_id, consumer_id);
create table visits ({_RECORD}
    consumer_id uuid, completed_at timestamptz, total_cents bigint, currency text not null, parked boolean not null,
    constraint pk_visits primary key (subscriber_id, id));
create index ix_visits_consumer on visits (subscriber_id, consumer_id);
create table consents (
    subscriber_id uuid not null, person_id uuid not null, address_key text not null, location_id uuid not null, consent_id uuid not null,
    evidence text not null, occurred_at timestamptz not null,
    constraint pk_consents primary key (subscriber_id, person_id, address_key, location_id));
create table source_optouts (
    subscriber_id uuid not null, optout_id uuid not null, person_id uuid not null, address_key text, location_id uuid not null,
    batch_id uuid not null, occurred_at timestamptz not null, confirmed_at timestamptz,
    constraint pk_source_optouts primary key (subscriber_id, optout_id));
create index ix_source_optouts_pending on source_optouts (subscriber_id, person_id) where confirmed_at is null;
create table row_keys (subscriber_id uuid not null, sealed bytea not null, constraint pk_row_keys primary key (subscriber_id));
"""
_STAGING = """
create unlogged table staging_{slot} (
    kind smallint, id uuid, source_updated_at timestamptz, content_hash bytea, personal bytea, historic boolean, deleted boolean, status text,
    address_key text, address_problem text, language text, household_id uuid, person_id uuid, minor_until date, at timestamptz,
    amount bigint, booked_at timestamptz)
"""
_SLOTS = 4


def upgrade() -> None:
    """Create everything with its grants and policies."""
    create_kit_tables("ingest")
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table in ("connections", "batches", "consumers", "appointments", "visits", "source_optouts"):
        protect("ingest", table, api=["select", "insert", "update"], worker=["select", "update"])
    protect("ingest", "rejections", api=["select", "insert"], worker=["select", "delete"])
    protect("ingest", "consents", api=["select", "insert"], worker=["select", "insert"])
    protect("ingest", "row_keys", api=["select", "insert"], worker=["select"])
    for slot in range(_SLOTS):
        op.execute(_STAGING.format(slot=slot))
        open_table("ingest", f"staging_{slot}", api=["select", "insert"], worker=[])
        op.execute(f"grant truncate on staging_{slot} to dueback_ingest_api")
