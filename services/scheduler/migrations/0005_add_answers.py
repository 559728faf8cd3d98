"""What messages announced, confirmations, and requests for another time."""

from alembic import op

from shared.migrations.policies import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = """
create table announcements (
    subscriber_id uuid not null, message_id uuid not null, appointment_id uuid not null, consumer_id uuid not null,
    starts_at timestamptz not null, announced_at timestamptz not null,
    constraint pk_announcements primary key (subscriber_id, message_id, appointment_id));
create index ix_announcements_appointment on announcements (subscriber_id, appointment_id);
create table confirmations (
    subscriber_id uuid not null, appointment_id uuid not null, starts_at timestamptz not null, consumer_id uuid not null,
    confirmation_id uuid not null, message_id uuid not null, confirmed_at timestamptz not null,
    constraint pk_confirmations primary key (subscriber_id, appointment_id, starts_at));
create index ix_confirmations_consumer on confirmations (subscriber_id, consumer_id);
create table time_requests (
    subscriber_id uuid not null, appointment_id uuid not null, starts_at timestamptz not null, consumer_id uuid not null,
    message_id uuid not null, asked_at timestamptz not null,
    constraint pk_time_requests primary key (subscriber_id, appointment_id, starts_at));
create index ix_time_requests_asked on time_requests (subscriber_id, asked_at)
"""


def upgrade() -> None:
    """Add the tables. A page writes answers in its own subscriber's context; the worker announces, plans by answers, and drops them."""
    for statement in _TABLES.split(";\n"):
        op.execute(statement)
    protect("scheduler", "announcements", api=["select"], worker=["select", "insert", "delete"])
    protect("scheduler", "confirmations", api=["select", "insert"], worker=["select", "delete"])
    protect("scheduler", "time_requests", api=["select", "insert", "update", "delete"], worker=["select", "delete"])
