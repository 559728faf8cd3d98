"""Ingest's wire: broad figures about consumers that point at nobody (S-100 to S-103)."""

from datetime import date

from pydantic import Field

from shared.schemas.wire import Wire


class AggregateCell(Wire):
    """People of one band in one region and vertical, rounded down to a multiple of `least_consumers`. A band left out is not zero: it is not said."""

    region: str = Field(description="country and state or province, as `US-CA`")
    vertical: str
    dimension: str
    band: str
    consumers: int


class Aggregates(Wire):
    """One quarter's release, whole and for good. Every figure stands for so many people of so many businesses at least, no business with more
    than half of them; people with an opt-out of any kind, and of locations that have not switched it on (`in_aggregates`), are not counted."""

    quarter_on: date | None
    least_consumers: int
    least_subscribers: int
    contributing_subscribers: int = Field(default=0, description="businesses whose people were counted in this release")
    cells: list[AggregateCell]
