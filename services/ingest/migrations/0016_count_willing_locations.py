"""Only people of locations that have switched it on are counted; a release says how many subscribers it rests on."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        "create or replace view counted_places as select subscriber_id, id::uuid as location_id, body ->> 'vertical' as vertical, "
        "body #>> '{postal_address,country}' || coalesce('-' || nullif(upper(trim(body #>> '{postal_address,region}')), ''), '') as region "
        "from directory where kind = 'location' and body ->> 'state' = 'live' and body ->> 'in_aggregates' = 'true'"
    )
    op.execute("alter table aggregate_releases add column subscribers bigint not null default 0")
