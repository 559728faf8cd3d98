"""Which source of a location is the primary, whose bookings and due dates count (N-89); the oldest where nobody has said."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "alter table connections add column is_primary boolean not null default false",
    "alter table connections no force row level security",  # the owner sees no row otherwise
    "update connections set is_primary = true where (subscriber_id, connection_id) in ("
    "select distinct on (subscriber_id, location_id) subscriber_id, connection_id from connections where ended_at is null "
    "order by subscriber_id, location_id, created_at, connection_id)",
    "alter table connections force row level security",
    "create unique index ix_connections_primary on connections (subscriber_id, location_id) where is_primary",
)


def upgrade() -> None:
    """Apply."""
    for statement in _STATEMENTS:
        op.execute(statement)
