"""The register of disclosures to authorities."""

from alembic import op

from shared.migrations.policies import protect, role

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_STATEMENTS = """
create table disclosures (
    subscriber_id uuid not null, disclosure_id uuid not null, concerns_id uuid, reason text not null, authority text not null,
    reference text not null, sealed bytea not null, requested_by text not null, requested_at timestamptz not null,
    constraint pk_disclosures primary key (subscriber_id, disclosure_id),
    constraint ck_disclosures_reason check (reason in ('protect_rights', 'judicial_proceeding', 'court_order', 'legal_process')));
create index ix_disclosures_requested on disclosures (subscriber_id, requested_at, disclosure_id);
create table disclosure_approvals (
    subscriber_id uuid not null, disclosure_id uuid not null, approver text not null, requested_by text not null, remark text not null,
    approved_at timestamptz not null, constraint pk_disclosure_approvals primary key (subscriber_id, disclosure_id, approver),
    constraint ck_disclosure_approvals_two_people check (approver <> requested_by));
create table disclosure_releases (
    subscriber_id uuid not null, disclosure_id uuid not null, sha256 text not null, octets bigint not null, description text not null,
    released_by text not null, released_at timestamptz not null,
    constraint pk_disclosure_releases primary key (subscriber_id, disclosure_id))
"""


def upgrade() -> None:
    """Apply."""
    for statement in _STATEMENTS.split(";\n"):
        op.execute(statement)
    for table in ("disclosures", "disclosure_approvals", "disclosure_releases"):
        protect("optout", table, api=["select", "insert"], worker=["select"])
        op.execute(f"revoke update, delete, truncate on {table} from {role('optout', 'owner')}")
