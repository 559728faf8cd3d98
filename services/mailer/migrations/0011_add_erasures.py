"""Erasures that optout ordered; and a worker may read who looked at content, for a report to the person."""

from alembic import op

from shared.migrations.policies import protect, role

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_STATEMENTS = """
create table erasures (
    subscriber_id uuid not null, entry_id uuid not null, address_key text not null, person_id uuid, received_at timestamptz not null,
    records integer not null default 0, done_at timestamptz, lifted_at timestamptz,
    constraint pk_erasures primary key (subscriber_id, entry_id));
create index ix_erasures_address on erasures (address_key) where lifted_at is null;
create index ix_erasures_waiting on erasures (received_at) where done_at is null
"""


def upgrade() -> None:
    """Apply."""
    for statement in _STATEMENTS.split(";\n"):
        op.execute(statement)
    protect("mailer", "erasures", api=["select"], worker=["select", "insert", "update"])
    op.execute(
        f"create policy erasures_platform on erasures for select to {role('mailer', 'api')} "
        "using (subscriber_id = '00000000-0000-0000-0000-000000000000')"
    )
    op.execute(f"grant update (sealed_note) on settlements to {role('mailer', 'worker')}")
    op.execute(f"grant select on content_views to {role('mailer', 'worker')}")
    op.execute(
        f"create policy content_views_worker on content_views for select to {role('mailer', 'worker')} using (true)"
    )
