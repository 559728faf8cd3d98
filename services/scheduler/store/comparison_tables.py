"""Table of decided comparisons: one row an occasion, never changed."""

from sqlalchemy import Column, Date, DateTime, Double, Integer, MetaData, PrimaryKeyConstraint, Table, Text, Uuid


def add_comparison_tables(metadata: MetaData) -> None:
    """Add it to the scheduler's metadata."""
    Table(
        "comparisons",
        metadata,
        Column("subscriber_id", Uuid, nullable=False),
        Column("campaign_id", Uuid, nullable=False),
        Column("cycle", Text, nullable=False),
        Column("location_id", Uuid, nullable=False),
        Column("version", Integer, nullable=False),
        Column("decides_on", Date, nullable=False),
        Column("decided_at", DateTime(timezone=True), nullable=False),
        Column("winner", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("a_people", Integer, nullable=False),
        Column("a_responded", Integer, nullable=False),
        Column("b_people", Integer, nullable=False),
        Column("b_responded", Integer, nullable=False),
        Column("difference", Double),
        Column("lower", Double),
        Column("upper", Double),
        PrimaryKeyConstraint("subscriber_id", "campaign_id", "cycle"),
    )
