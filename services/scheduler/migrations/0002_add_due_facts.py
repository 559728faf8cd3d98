"""What falls due: recare dates and their cycles, vehicles and odometers, service lines; why a touch is due on its day."""

from alembic import op

from shared.migrations.policies import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = """
alter table locations add column swept_on date not null default '2000-01-01';
alter table touches add column basis jsonb;
create table recares (
    subscriber_id uuid not null, recare_due_id uuid not null, location_id uuid not null, consumer_id uuid, recare_kind text not null, due_on date,
    interval_days integer, status text not null, historic boolean not null, deleted boolean not null,
    constraint pk_recares primary key (subscriber_id, recare_due_id));
create index ix_recares_consumer on recares (subscriber_id, consumer_id);
create table recare_cycles (
    subscriber_id uuid not null, consumer_id uuid not null, recare_kind text not null, began_with date not null, due_on date not null,
    constraint pk_recare_cycles primary key (subscriber_id, consumer_id, recare_kind));
create table vehicles (
    subscriber_id uuid not null, vehicle_id uuid not null, location_id uuid not null, consumer_id uuid, registration_ends_on date,
    status text not null, historic boolean not null, deleted boolean not null, miles_a_day double precision,
    readings_used integer not null default 0, readings_ignored integer not null default 0,
    constraint pk_vehicles primary key (subscriber_id, vehicle_id));
create index ix_vehicles_consumer on vehicles (subscriber_id, consumer_id);
create table odometers (
    subscriber_id uuid not null, odometer_reading_id uuid not null, vehicle_id uuid, read_at timestamptz, distance bigint,
    unit text not null, deleted boolean not null, constraint pk_odometers primary key (subscriber_id, odometer_reading_id));
create index ix_odometers_vehicle on odometers (subscriber_id, vehicle_id);
create table service_lines (
    subscriber_id uuid not null, service_line_id uuid not null, location_id uuid not null, consumer_id uuid, vehicle_id uuid,
    service_kind text not null, state text not null, stated_at timestamptz, total_cents bigint, historic boolean not null, deleted boolean not null,
    constraint pk_service_lines primary key (subscriber_id, service_line_id));
create index ix_service_lines_consumer on service_lines (subscriber_id, consumer_id);
create index ix_service_lines_vehicle on service_lines (subscriber_id, vehicle_id);
create table relations (
    subscriber_id uuid not null, relation_id uuid not null, location_id uuid not null, consumer_id uuid, related_id uuid, relation text not null,
    historic boolean not null, deleted boolean not null, constraint pk_relations primary key (subscriber_id, relation_id));
create index ix_relations_consumer on relations (subscriber_id, consumer_id);
"""
_FACTS = ("recares", "recare_cycles", "vehicles", "odometers", "service_lines", "relations")


def upgrade() -> None:
    """Add columns and tables; facts are written by the worker alone."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table in _FACTS:
        protect("scheduler", table, api=["select"], worker=["select", "insert", "update"])
