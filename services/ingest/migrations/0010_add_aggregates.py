"""Released figures, and the role that counts: it sees coarse columns of people, never a name, address, key or hash of one (S-102)."""

from alembic import op

from shared.migrations.policies import open_table

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ROLE = "dueback_ingest_aggregates"
_READABLE = {
    "consumers": "subscriber_id, id, connection_id, location_id, minor_until, language, status, deleted, merged_into",
    "visits": "subscriber_id, consumer_id, completed_at, deleted, parked",
    "vehicles": "subscriber_id, consumer_id, model_year, deleted, parked",
    "source_optouts": "subscriber_id, person_id",
    "write_backs": "subscriber_id, consumer_id, kind, state",
}


def upgrade() -> None:
    """Apply."""
    op.execute(
        "create table aggregate_releases (quarter_on date not null, made_at timestamptz not null, "
        "constraint pk_aggregate_releases primary key (quarter_on))"
    )
    op.execute(
        "create table aggregate_cells (quarter_on date not null, region text not null, vertical text not null, dimension text not null, "
        "band text not null, consumers bigint not null, "
        "constraint pk_aggregate_cells primary key (quarter_on, region, vertical, dimension, band))"
    )
    open_table("ingest", "aggregate_releases", api=["select"], worker=["select", "insert"])
    open_table("ingest", "aggregate_cells", api=["select"], worker=["select", "insert"])
    op.execute(
        "create view counted_places as select subscriber_id, id::uuid as location_id, body ->> 'vertical' as vertical, "
        "body #>> '{postal_address,country}' || coalesce('-' || nullif(upper(trim(body #>> '{postal_address,region}')), ''), '') as region "
        "from directory where kind = 'location' and body ->> 'state' = 'live'"
    )
    op.execute(f"grant select on counted_places to {_ROLE}")
    for table, columns in _READABLE.items():
        op.execute(f"grant select ({columns}) on {table} to {_ROLE}")
        op.execute(f"create policy {table}_aggregates on {table} for select to {_ROLE} using (true)")
