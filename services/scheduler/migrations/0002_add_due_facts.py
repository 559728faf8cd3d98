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
    subscriber_id uuid not null, recare_id uuid not null, location_id uuid not null, consumer_id uuid, type text not null, due_on date,
    interval_months integer, disabled_until date, disabled boolean not null, historic boolean not null, deleted boolean not null,
    constraint pk_recares primary key (subscriber_id, recare_id));
create index ix_recares_consumer on recares (subscriber_id, consumer_id);
create table recare_cycles (
    subscriber_id uuid not null, consumer_id uuid not null, type text not null, began_with date not null, due_on date not null,
    constraint pk_recare_cycles primary key (subscriber_id, consumer_id, type));
create table vehicles (
    subscriber_id uuid not null, vehicle_id uuid not null, location_id uuid not null, consumer_id uuid, label text not null, state text not null,
    inspection_on date, historic boolean not null, deleted boolean not null, miles_a_day double precision, readings_used integer not null default 0,
    readings_ignored integer not null default 0, constraint pk_vehicles primary key (subscriber_id, vehicle_id));
create index ix_vehicles_consumer on vehicles (subscriber_id, consumer_id);
create table odometers (
    subscriber_id uuid not null, reading_id uuid not null, vehicle_id uuid not null, read_on date not null, value bigint not null,
    unit text not null, deleted boolean not null, constraint pk_odometers primary key (subscriber_id, reading_id));
create index ix_odometers_vehicle on odometers (subscriber_id, vehicle_id);
create table service_lines (
    subscriber_id uuid not null, line_id uuid not null, location_id uuid not null, consumer_id uuid, vehicle_id uuid, state text not null,
    category text not null, is_safety boolean not null, noted_at timestamptz, historic boolean not null, deleted boolean not null,
    constraint pk_service_lines primary key (subscriber_id, line_id));
create index ix_service_lines_consumer on service_lines (subscriber_id, consumer_id);
create index ix_service_lines_vehicle on service_lines (subscriber_id, vehicle_id);
"""
_FACTS = ("recares", "recare_cycles", "vehicles", "odometers", "service_lines")


def upgrade() -> None:
    """Add columns and tables; facts are written by the worker alone."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table in _FACTS:
        protect("scheduler", table, api=["select"], worker=["select", "insert", "update"])
