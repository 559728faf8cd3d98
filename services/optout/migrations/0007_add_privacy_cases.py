"""Privacy cases with their history, legal holds, who has carried an erasure out; and what of optout's own is found by address."""

from alembic import op

from shared.migrations.policies import protect, role

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATEMENTS = """
create table privacy_cases (
    subscriber_id uuid not null, case_id uuid not null, version integer not null, kind text not null, state text not null,
    channel text not null, opened_by text not null, owner text not null, law text not null, language text not null, location_id uuid,
    country text, address_keys text[] not null, person_ids uuid[] not null, sealed bytea, privacy_mail_id uuid,
    opened_at timestamptz not null, due_at timestamptz not null, latest_at timestamptz not null, extended_at timestamptz,
    proof_id uuid, proof_sent_at timestamptz, proof_until timestamptz, proven_at timestamptz, executed_at timestamptz,
    closed_at timestamptz, outcome text, held_because text, entry_ids uuid[] not null default '{}',
    constraint pk_privacy_cases primary key (subscriber_id, case_id));
create index ix_privacy_cases_opened on privacy_cases (subscriber_id, opened_at, case_id);
create index ix_privacy_cases_due on privacy_cases (due_at) where closed_at is null;
create index ix_privacy_cases_held on privacy_cases (state) where state in ('held', 'executing');
create unique index uq_privacy_cases_address on privacy_cases (subscriber_id, (address_keys[1]), kind) where closed_at is null;
create unique index uq_privacy_cases_proof on privacy_cases (subscriber_id, proof_id) where proof_id is not null;
create table case_events (
    subscriber_id uuid not null, case_id uuid not null, position bigint generated always as identity, at timestamptz not null,
    actor text not null, action text not null, detail text not null,
    constraint pk_case_events primary key (subscriber_id, case_id, position));
create table erasure_acknowledgements (
    subscriber_id uuid not null, entry_id uuid not null, service text not null, acknowledged_at timestamptz not null,
    records integer not null, undecided integer not null,
    constraint pk_erasure_acknowledgements primary key (subscriber_id, entry_id, service));
create table legal_holds (
    subscriber_id uuid not null, hold_id uuid not null, address_keys text[] not null, reason text not null, reference text not null,
    placed_by text not null, placed_at timestamptz not null, ended_by text, ended_because text, ended_at timestamptz,
    constraint pk_legal_holds primary key (subscriber_id, hold_id));
alter table privacy_mails add column address_key text;
alter table privacy_mails alter column sealed drop not null;
create index ix_privacy_mails_address on privacy_mails (address_key) where address_key is not null;
create index ix_signups_address on signups (address_key);
create index ix_mail_requests_address on mail_requests (address_key);
"""
_APPEND_ONLY = ("case_events", "erasure_acknowledgements")


def upgrade() -> None:
    """Apply."""
    for statement in _STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(f"grant update on privacy_mails to {role('optout', 'api')}")
    op.execute(f"grant select, update on privacy_mails to {role('optout', 'worker')}")
    protect("optout", "privacy_cases", api=["select", "insert", "update"], worker=["select", "insert", "update"])
    protect("optout", "legal_holds", api=["select", "insert", "update"], worker=["select"])
    for table in _APPEND_ONLY:
        protect("optout", table, api=["select", "insert"], worker=["select", "insert"])
        op.execute(f"revoke update, delete, truncate on {table} from {role('optout', 'owner')}")
