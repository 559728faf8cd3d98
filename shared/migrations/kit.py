"""The plumbing's tables as a migration step, called by each service's 0001."""

from alembic import op

from shared.migrations.policies import open_table, protect

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


def create_kit_tables(service: str) -> None:
    """Create the plumbing's tables with their grants."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    open_table(service, "changes", api=["select", "insert"], worker=["select", "insert", "delete"])
    open_table(service, "cursors", api=["select"], worker=["select", "insert", "update", "delete"])
    open_table(service, "outbox", api=["select", "insert"], worker=["select", "insert", "update", "delete"])
    open_table(service, "directory", api=["select", "insert", "update"], worker=["select", "insert", "update"])
    open_table(service, "idempotency", api=["select", "insert", "update"], worker=["select", "delete"])
    open_table(service, "leases", api=["select"], worker=["select", "insert", "update", "delete"])
    open_table(service, "service_state", api=["select", "insert", "update"], worker=["select", "insert", "update"])
    protect(service, "data_keys", api=["select", "insert", "delete"], worker=["select", "insert", "delete"])
