"""The register of disclosures: three append-only tables, so that an approval is never taken back in silence. The register is the platform's."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from services.optout.store.metadata import metadata

disclosures: Final = Table(
    "disclosures",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("disclosure_id", Uuid, nullable=False),
    Column("concerns_id", Uuid),
    Column("reason", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("subscriber_id", "disclosure_id"),
    CheckConstraint(
        "reason in ('protect_rights', 'judicial_proceeding', 'court_order', 'legal_process')", name="reason"
    ),
)
Index("ix_disclosures_requested", disclosures.c.subscriber_id, disclosures.c.requested_at, disclosures.c.disclosure_id)

disclosure_approvals: Final = Table(
    "disclosure_approvals",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("disclosure_id", Uuid, nullable=False),
    Column("approver", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("remark", Text, nullable=False),
    Column("approved_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("subscriber_id", "disclosure_id", "approver"),
    CheckConstraint("approver <> requested_by", name="two_people"),
)

disclosure_releases: Final = Table(
    "disclosure_releases",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("disclosure_id", Uuid, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("octets", BigInteger, nullable=False),
    Column("description", Text, nullable=False),
    Column("released_by", Text, nullable=False),
    Column("released_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("subscriber_id", "disclosure_id"),
)
