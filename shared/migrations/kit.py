"""The plumbing's tables as migration steps: those of each service's 0001, and what was added since."""

from alembic import op

from shared.migrations.policies import open_table, protect, role

_TABLES = """
create table changes (
    xid xid8 not null default pg_current_xact_id(), position bigint generated always as identity, subscriber_id uuid, kind text not null,
    key uuid not null, body jsonb, constraint pk_changes primary key (xid, position));
create table cursors (feed text not null, epoch uuid not null, cursor text not null, constraint pk_cursors primary key (feed));
create table outbox (
    id bigint generated always as identity, destination text not null, method text not null, path text not null, body jsonb not null,
    attempts integer not null default 0, next_at timestamptz not null default now(), refused text, constraint pk_outbox primary key (id));
create index ix_outbox_due on outbox (next_at, id) where refused is null;
create table directory (
    kind text not null, id text not null, subscriber_id uuid, version bigint not null, body jsonb not null,
    constraint pk_directory primary key (kind, id));
create table idempotency (
    caller text not null, key text not null, request_hash bytea not null, status integer, headers jsonb, body text,
    created_at timestamptz not null default now(), constraint pk_idempotency primary key (caller, key));
create table leases (name text not null, holder uuid not null, expires_at timestamptz not null, constraint pk_leases primary key (name));
create table service_state (
    singleton boolean not null default true, epoch uuid not null, identity text not null, on_hold boolean not null default false,
    constraint pk_service_state primary key (singleton));
create table data_keys (
    subscriber_id uuid not null, key_number smallint not null, wrapped bytea not null,
    constraint pk_data_keys primary key (subscriber_id, key_number));
"""

_CLEANING = """
create index ix_idempotency_created_at on idempotency (created_at);
create table feed_marks (marked_at timestamptz not null, position bigint not null, constraint pk_feed_marks primary key (marked_at));
create table feed_readers (
    reader text not null, epoch uuid not null, xid xid8 not null, position bigint not null, constraint pk_feed_readers primary key (reader));
"""


def create_kit_tables(service: str) -> None:
    """Create the plumbing's tables with their grants."""
    _execute_all(_TABLES)
    open_table(service, "changes", api=["select", "insert"], worker=["select", "insert", "delete"])
    open_table(service, "cursors", api=["select"], worker=["select", "insert", "update", "delete"])
    open_table(service, "outbox", api=["select", "insert"], worker=["select", "insert", "update", "delete"])
    open_table(service, "directory", api=["select", "insert", "update"], worker=["select", "insert", "update"])
    open_table(service, "idempotency", api=["select", "insert", "update"], worker=["select", "delete"])
    open_table(service, "leases", api=["select"], worker=["select", "insert", "update", "delete"])
    open_table(service, "service_state", api=["select", "insert", "update"], worker=["select", "insert", "update"])
    protect(service, "data_keys", api=["select", "insert", "delete"], worker=["select", "insert", "delete"])


def add_cleaning(service: str) -> None:
    """Add what the cleaning of answered keys and of the feed goes by."""
    _execute_all(_CLEANING)
    open_table(service, "feed_marks", api=[], worker=["select", "insert", "delete"])
    open_table(
        service, "feed_readers", api=["select", "insert", "update"], worker=["select", "insert", "update", "delete"]
    )
    op.execute(f"grant select on sequence changes_position_seq to {role(service, 'worker')}")


def _execute_all(statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            op.execute(statement)
