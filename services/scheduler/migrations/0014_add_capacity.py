"""Capacity of locations, how long their days are, and which messages invite: invitations are paced by what is free."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        "alter table locations add column chairs_or_bays smallint not null default 0, "
        "add column visit_minutes smallint not null default 60, add column invitations_per_visit smallint not null default 3"
    )
    op.execute("alter table open_days add column open_minutes smallint not null default 0")
    # Calendars are drawn anew with the length of their days: as in 0008, a column that is rewritten meets all rows.
    op.execute("alter table locations alter column drawn_until type date using date '2000-01-01'")
    op.execute("alter table messages add column invites boolean not null default false")
    op.execute(
        "create index ix_messages_invitations on messages (subscriber_id, location_id, local_day) where invites and state <> 'void'"
    )
    # What waited for room comes up again at one moment: who was due first is looked at first.
    op.execute("drop index ix_touches_next")
    op.execute("create index ix_touches_next on touches (next_at, about_at) where state in ('planned', 'held')")
    op.execute("drop index ix_appointments_location")
    op.execute("create index ix_appointments_location on appointments (subscriber_id, location_id, starts_at)")
