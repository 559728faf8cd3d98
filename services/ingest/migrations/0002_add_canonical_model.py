"""Recare dues, vehicles with readings, service lines, relations, providers, contact points, consent signals, merges; versions ordered by sequence."""

from alembic import op

from shared.migrations.policies import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_RECORD = """
    subscriber_id uuid not null, id uuid not null, connection_id uuid not null, location_id uuid not null,
    source_updated_at timestamptz not null, content_hash bytea not null, personal bytea, historic boolean not null, deleted boolean not null,
"""
_CHILDREN = {
    "recare_dues": "consumer_id uuid, recare_kind text not null, due_on date, interval_days integer, status text not null",
    "vehicles": "consumer_id uuid, model_year integer, registration_ends_on date, status text not null",
    "odometer_readings": "vehicle_id uuid, read_at timestamptz, distance bigint, unit text not null",
    "service_lines": "consumer_id uuid, vehicle_id uuid, service_kind text not null, state text not null, stated_at timestamptz, "
    "total_cents bigint, currency text not null",
    "relations": "consumer_id uuid, related_id uuid, relation text not null",
    "contact_points": "consumer_id uuid, kind text not null, state text not null, value_key text, problem text, valid_from timestamptz, "
    "valid_to timestamptz",
    "consent_signals": "consumer_id uuid, scope text not null, answer text not null, said_at timestamptz",
    "merges": "consumer_id uuid, into_id uuid",
    "providers": "",
}
# A chain of merges has seldom two steps; after eight, or in a ring, nobody survives and nobody is written to.
_SURVIVOR = """
create function survivor(owner uuid, person uuid) returns uuid language sql stable as $$
    with recursive step (id, next, steps) as (
        select c.id, c.merged_into, 0 from consumers c where c.subscriber_id = $1 and c.id = $2
        union all
        select c.id, c.merged_into, steps + 1 from step join consumers c on c.subscriber_id = $1 and c.id = step.next where steps < 8
    )
    select coalesce((select id from step where next is null limit 1), $2)
$$
"""
_SLOTS = 4


def upgrade() -> None:
    """Create the tables, extend the old ones."""
    for table, columns in _CHILDREN.items():
        own = f"{columns}, " if columns else ""
        op.execute(
            f"create table {table} ({_RECORD} {own} parked boolean not null, sequence bigint not null default 0, "
            f"constraint pk_{table} primary key (subscriber_id, id))"
        )
        if columns:
            parent_id = columns.partition(" ")[0]
            op.execute(f"create index ix_{table}_parent on {table} (subscriber_id, {parent_id})")
            op.execute(f"create index ix_{table}_parked on {table} (subscriber_id, {parent_id}) where parked")
        protect("ingest", table, api=["select", "insert", "update"], worker=["select", "update"])
    for table in ("consumers", "appointments", "visits"):
        op.execute(f"alter table {table} add column sequence bigint not null default 0")
    op.execute(
        "alter table consumers add column birthday smallint, add column merged_into uuid, "
        "add column version bigint not null default 1, add column first_seen_at timestamptz"
    )
    op.execute(
        "create index ix_consumers_merged on consumers (subscriber_id, merged_into) where merged_into is not null"
    )
    op.execute("alter table appointments add column announced text not null default ''")
    for table in ("appointments", "visits"):
        op.execute(f"create index ix_{table}_parked on {table} (subscriber_id, consumer_id) where parked")
    for slot in range(_SLOTS):
        op.execute(
            f"alter table staging_{slot} add column birthday smallint, add column word text, add column day date, add column other_id uuid"
        )
    op.execute(_SURVIVOR)
