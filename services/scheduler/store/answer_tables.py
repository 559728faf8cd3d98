"""Tables of answers to mail: what a message announced, what was confirmed, for what another time was asked, how surveys were answered."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Uuid,
    text,
)


def add_answer_tables(metadata: MetaData) -> None:
    """Add them to the scheduler's metadata."""
    announcements = Table(
        "announcements",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("message_id", Uuid, nullable=False),
        Column("appointment_id", Uuid, nullable=False),
        Column("consumer_id", Uuid, nullable=False),
        Column("starts_at", DateTime(timezone=True), nullable=False),
        Column("announced_at", DateTime(timezone=True), nullable=False),
        Column("minutes", Integer),
        Column("sequence", Integer, nullable=False, server_default=text("0")),
        Column("is_cancelled", Boolean, nullable=False, server_default=text("false")),
        PrimaryKeyConstraint("subscriber_id", "message_id", "appointment_id"),
    )
    Index("ix_announcements_consumer", announcements.c.subscriber_id, announcements.c.consumer_id)
    Index("ix_announcements_appointment", announcements.c.subscriber_id, announcements.c.appointment_id)
    confirmations = Table(
        "confirmations",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("appointment_id", Uuid, nullable=False),
        Column("starts_at", DateTime(timezone=True), nullable=False),
        Column("consumer_id", Uuid, nullable=False),
        Column("confirmation_id", Uuid, nullable=False),
        Column("message_id", Uuid, nullable=False),
        Column("confirmed_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("subscriber_id", "appointment_id", "starts_at"),
    )
    Index("ix_confirmations_consumer", confirmations.c.subscriber_id, confirmations.c.consumer_id)
    requests = Table(
        "time_requests",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("appointment_id", Uuid, nullable=False),
        Column("starts_at", DateTime(timezone=True), nullable=False),
        Column("consumer_id", Uuid, nullable=False),
        Column("message_id", Uuid, nullable=False),
        Column("asked_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("subscriber_id", "appointment_id", "starts_at"),
    )
    Index("ix_time_requests_asked", requests.c.subscriber_id, requests.c.asked_at)
    surveys = Table(
        "survey_answers",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("message_id", Uuid, nullable=False),
        Column("campaign_id", Uuid, nullable=False),
        Column("location_id", Uuid, nullable=False),
        Column("consumer_ids", ARRAY(Uuid), nullable=False),
        Column("score", SmallInteger, nullable=False),
        Column("sealed", LargeBinary),
        Column("answered_at", DateTime(timezone=True), nullable=False),
        Column("changed_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("subscriber_id", "message_id"),
    )
    Index("ix_survey_answers_answered", surveys.c.subscriber_id, surveys.c.answered_at, surveys.c.message_id)
