"""Erasures that keep people out, the look-up of people by address, and what a worker needs to erase."""

from alembic import op

from shared.migrations.policies import protect, role

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_STATEMENTS = """
create table erasures (
    subscriber_id uuid not null, entry_id uuid not null, address_key text, person_id uuid, keeps_out boolean not null,
    records integer not null, undecided integer not null, erased_at timestamptz not null, lifted_at timestamptz,
    constraint pk_erasures primary key (subscriber_id, entry_id));
create index ix_erasures_address on erasures (address_key) where keeps_out;
create table erased_rows (
    subscriber_id uuid not null, row_id uuid not null, entry_id uuid not null,
    constraint pk_erased_rows primary key (subscriber_id, row_id));
create index ix_erased_rows_entry on erased_rows (entry_id);
create index ix_contact_points_value on contact_points (subscriber_id, value_key) where value_key is not null
"""
_DELETED_FROM = ("consents", "source_optouts", "consumer_edits", "consumer_history")


def upgrade() -> None:
    """Apply."""
    for statement in _STATEMENTS.split(";\n"):
        op.execute(statement)
    protect("ingest", "erasures", api=["select"], worker=["select", "insert", "update"])
    protect("ingest", "erased_rows", api=["select", "insert"], worker=["select", "insert", "delete"])
    op.execute(
        f"create policy erasures_platform on erasures for select to {role('ingest', 'api')} "
        "using (subscriber_id = '00000000-0000-0000-0000-000000000000')"
    )
    for table in _DELETED_FROM:
        op.execute(f"grant delete on {table} to {role('ingest', 'worker')}")
    for slot in range(4):
        op.execute(f"grant update on staging_{slot} to {role('ingest', 'api')}")
        op.execute(f"grant truncate on staging_{slot} to {role('ingest', 'worker')}")
