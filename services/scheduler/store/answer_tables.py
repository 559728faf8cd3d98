"""Tables of answers to mail: what a message announced, what was confirmed, for what another time was asked."""

from sqlalchemy import Column, DateTime, Index, MetaData, PrimaryKeyConstraint, Table, Uuid


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
        PrimaryKeyConstraint("subscriber_id", "message_id", "appointment_id"),
    )
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
