"""Sign-ups, counted tries, and what was understood of a privacy mail with the day by which a person has to answer it."""

from alembic import op

from shared.migrations.policies import open_table, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = """
create table signups (
    subscriber_id uuid not null, signup_id uuid not null, location_id uuid not null, address_key text not null, sealed bytea,
    language text not null, wording text not null, policy_version text not null, network text not null,
    requested_at timestamptz not null, expires_at timestamptz not null, confirmed_at timestamptz,
    constraint pk_signups primary key (subscriber_id, signup_id));
create index ix_signups_confirmed on signups (subscriber_id, confirmed_at, signup_id) where confirmed_at is not null;
create table door_tries (
    window_name text not null, ends_at timestamptz not null, tries integer not null,
    constraint pk_door_tries primary key (window_name));
alter table privacy_mails add column classification text not null default 'other';
alter table privacy_mails add column due_at timestamptz;
"""


def upgrade() -> None:
    """Apply."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    protect("optout", "signups", api=["select", "insert"], worker=["select", "update", "delete"])
    open_table("optout", "door_tries", api=[], worker=["select", "insert", "update", "delete"])
