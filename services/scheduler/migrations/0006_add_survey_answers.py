"""Answers to surveys: a score, and a comment sealed with the subscriber's data key."""

from alembic import op

from shared.migrations.policies import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLE = """
create table survey_answers (
    subscriber_id uuid not null, message_id uuid not null, campaign_id uuid not null, location_id uuid not null, consumer_ids uuid[] not null,
    score smallint not null, sealed bytea, answered_at timestamptz not null, changed_at timestamptz not null,
    constraint pk_survey_answers primary key (subscriber_id, message_id),
    constraint ck_survey_answers_score check (score between 0 and 10));
create index ix_survey_answers_answered on survey_answers (subscriber_id, answered_at, message_id)
"""


def upgrade() -> None:
    """Add the table. The page writes in its own subscriber's context; the worker tells people what is held and drops it on erasure."""
    for statement in _TABLE.split(";\n"):
        op.execute(statement)
    protect("scheduler", "survey_answers", api=["select", "insert", "update"], worker=["select", "delete"])
