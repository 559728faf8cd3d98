"""Bounces, complaints and tombstones in the ledger, the wording of a consent, lifts by the person's own act only; and what was exported.

Alters no row: the new columns are empty in old entries, whose hashes stay as they are.
"""

from alembic import op

from shared.migrations.policies import protect, role

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATEMENTS = """
alter table ledger add column wording text, add column bounce_class text;
alter table ledger drop constraint ck_ledger_kind, drop constraint ck_ledger_complete;
alter table ledger
    add constraint ck_ledger_kind check (kind in ('consent', 'optout', 'lift', 'bounce', 'complaint', 'erasure')),
    add constraint ck_ledger_complete check (case kind
        when 'consent' then basis is not null and address_key is not null
        when 'bounce' then address_key is not null and bounce_class is not null and scope is null and basis is null
        when 'complaint' then address_key is not null and scope is null and basis is null
        when 'erasure' then scope in ('business', 'platform') and suppression_class = 'all'
        else scope is not null and suppression_class is not null end),
    add constraint ck_ledger_own_act check (kind <> 'lift' or channel in ('undo', 'signup', 'preferences'));
create table ledger_exports (
    subscriber_id uuid not null, export_id uuid not null, kind text not null, purpose text not null, requested_by text not null,
    made_at timestamptz not null, constraint pk_ledger_exports primary key (subscriber_id, export_id))
"""


def upgrade() -> None:
    """Apply."""
    for statement in _STATEMENTS.split(";\n"):
        op.execute(statement)
    protect("optout", "ledger_exports", api=["select", "insert"], worker=["select"])
    op.execute(f"revoke update, delete, truncate on ledger_exports from {role('optout', 'owner')}")
