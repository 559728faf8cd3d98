"""Table of looks at a campaign as a consumer would get it."""

from sqlalchemy import Column, DateTime, Index, MetaData, PrimaryKeyConstraint, Table, Text, Uuid


def add_view_tables(metadata: MetaData) -> None:
    """Add it to the scheduler's metadata."""
    views = Table(
        "campaign_views",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("view_id", Uuid, nullable=False),
        Column("campaign_id", Uuid, nullable=False),
        Column("consumer_id", Uuid, nullable=False),
        Column("viewed_by", Text, nullable=False),
        Column("viewed_at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("subscriber_id", "view_id"),
    )
    Index("ix_campaign_views_consumer", views.c.subscriber_id, views.c.consumer_id)
