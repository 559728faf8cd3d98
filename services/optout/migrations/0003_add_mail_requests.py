"""Mails of our own that were asked for, sealed for the mailer, kept until their time is over."""

from alembic import op

from shared.migrations.policies import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        "create table mail_requests (subscriber_id uuid not null, request_id uuid not null, origin text not null, address_key text not null, "
        "sealed text, requested_at timestamptz not null, useful_until timestamptz not null, "
        "constraint pk_mail_requests primary key (subscriber_id, request_id))"
    )
    protect("optout", "mail_requests", api=["select", "insert"], worker=["select", "update"])
