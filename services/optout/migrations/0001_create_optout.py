"""Creates the ledger, the suppression log and the lease holders.

Nobody may change or remove what is in the ledger or the log: no role is granted it, and the owner gives up its own right.
"""

from alembic import op

from shared.migrations.kit import create_kit_tables
from shared.migrations.policies import open_table, protect, role

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table ledger (
    subscriber_id uuid not null, chain_position bigint not null, entry_id uuid not null, kind text not null, location_id uuid, address_key text,
    person_id uuid, basis text, scope text, suppression_class text, channel text not null, policy_version text, evidence text not null,
    occurred_at timestamptz not null, recorded_at timestamptz not null, valid_until timestamptz,
    previous_hash bytea not null, hash bytea not null,
    constraint pk_ledger primary key (subscriber_id, chain_position),
    constraint uq_ledger_subscriber_id_entry_id unique (subscriber_id, entry_id),
    constraint ck_ledger_kind check (kind in ('consent', 'optout', 'lift')),
    constraint ck_ledger_complete check (case when kind = 'consent' then basis is not null and address_key is not null
        else scope is not null and suppression_class is not null end));
create index ix_ledger_address on ledger (subscriber_id, address_key);
create index ix_ledger_person on ledger (subscriber_id, person_id) where kind <> 'consent';
create table suppression_log (
    position bigint not null, entry_id uuid not null, kind text not null, subscriber_id uuid not null, location_id uuid, address_key text,
    person_id uuid, suppression_class text not null,
    constraint pk_suppression_log primary key (position),
    constraint uq_suppression_log_subscriber_id_entry_id unique (subscriber_id, entry_id));
create table suppression_head (
    singleton boolean not null default true, last_position bigint not null, constraint pk_suppression_head primary key (singleton));
insert into suppression_head (last_position) values (0);
create table lease_holders (
    holder uuid not null, after_position bigint not null, safe_position bigint not null, lease_until timestamptz not null,
    seen_at timestamptz not null, constraint pk_lease_holders primary key (holder));
"""


def upgrade() -> None:
    """Create everything."""
    create_kit_tables("optout")
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table in ("ledger", "suppression_log"):
        protect("optout", table, api=["select", "insert"], worker=["select", "insert"])
        op.execute(f"revoke update, delete, truncate on {table} from {role('optout', 'owner')}")
    open_table("optout", "suppression_head", api=["select", "update"], worker=["select", "update"])
    open_table("optout", "lease_holders", api=[], worker=["select", "insert", "update", "delete"])
