"""Create portal's tables, row-level security and grants."""

from alembic import op

from shared.migrations.kit import create_kit_tables
from shared.migrations.policies import open_table, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """
    create table subscribers (
        subscriber_id uuid not null, name text not null, contact bytea not null, postal_address jsonb not null,
        active boolean not null default true, version bigint not null, created_at timestamptz not null, changed_at timestamptz not null,
        constraint pk_subscribers primary key (subscriber_id))
    """,
    """
    create table agreements (
        subscriber_id uuid not null, agreement_id uuid not null, version text not null, accepted_by bytea not null,
        accepted_at timestamptz not null, actor text not null,
        constraint pk_agreements primary key (subscriber_id, agreement_id),
        constraint fk_agreements_subscriber_id foreign key (subscriber_id) references subscribers (subscriber_id))
    """,
    """
    create table locations (
        subscriber_id uuid not null, location_id uuid not null, name text not null, vertical text not null, state text not null,
        zone text not null, language text not null, phone text not null, website text not null, postal_address jsonb not null,
        sender jsonb not null, hours jsonb not null, closures jsonb not null, live_at timestamptz, version bigint not null,
        created_at timestamptz not null, changed_at timestamptz not null,
        constraint pk_locations primary key (subscriber_id, location_id),
        constraint fk_locations_subscriber_id foreign key (subscriber_id) references subscribers (subscriber_id),
        constraint ck_locations_vertical check (vertical in ('dental', 'auto')),
        constraint ck_locations_state check (state in ('onboarding', 'live', 'suspended', 'closed')))
    """,
    "create index ix_locations_location_id on locations (location_id)",
    """
    create table clients (
        subscriber_id uuid not null, client_id uuid not null, name text not null, scopes text[] not null, location_ids uuid[] not null,
        secret_hash bytea not null, created_at timestamptz not null, revoked_at timestamptz,
        constraint pk_clients primary key (subscriber_id, client_id),
        constraint fk_clients_subscriber_id foreign key (subscriber_id) references subscribers (subscriber_id))
    """,
    "create index ix_clients_client_id on clients (client_id)",
    """
    create table signing_keys (
        key_id text not null, public_key bytea not null, private_key bytea not null, signs_from timestamptz not null,
        not_after timestamptz, changed_at timestamptz not null, constraint pk_signing_keys primary key (key_id))
    """,
    """
    create table audit (
        subscriber_id uuid not null, entry_id uuid not null, at timestamptz not null, actor text not null, action text not null,
        thing_id text not null, constraint pk_audit primary key (subscriber_id, entry_id))
    """,
    "create table full_pushes (service text not null, asked bigint not null, constraint pk_full_pushes primary key (service))",
)


def upgrade() -> None:
    """Apply."""
    create_kit_tables("portal")
    for statement in _TABLES:
        op.execute(statement)
    protect("portal", "subscribers", api=["select", "insert", "update"], worker=["select"])
    protect("portal", "agreements", api=["select", "insert"], worker=["select"])
    protect("portal", "locations", api=["select", "insert", "update"], worker=["select"])
    protect("portal", "clients", api=["select", "insert", "update"], worker=["select"])
    protect("portal", "audit", api=["select", "insert"], worker=["select"])
    open_table("portal", "signing_keys", api=["select"], worker=["select", "insert", "update"])
    open_table("portal", "full_pushes", api=["select", "insert", "update"], worker=["select"])
