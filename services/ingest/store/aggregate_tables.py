"""Tables of released figures. They belong to no subscriber: no key, hash or text of a person or business is in them (S-102)."""

from sqlalchemy import BigInteger, Column, Date, DateTime, PrimaryKeyConstraint, Table, text

from services.ingest.store.metadata import metadata, word

aggregate_releases = Table(
    "aggregate_releases",
    metadata,
    Column("quarter_on", Date, primary_key=True),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("subscribers", BigInteger, nullable=False, server_default=text("0")),
)
"""One a quarter, for good: releases that could be asked for at will would be subtracted from each other (S-101). `subscribers`: of how many people
were counted."""
aggregate_cells = Table(
    "aggregate_cells",
    metadata,
    Column("quarter_on", Date, nullable=False),
    word("region"),
    word("vertical"),
    word("dimension"),
    word("band"),
    Column("consumers", BigInteger, nullable=False),
    PrimaryKeyConstraint("quarter_on", "region", "vertical", "dimension", "band"),
)
