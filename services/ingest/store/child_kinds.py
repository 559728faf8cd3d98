"""Records that hang on a person or a vehicle, one row a kind: where they are kept and which staged value each column takes.

The merge and the parking of children (store/merge.py) are written once for all of them.
"""

from dataclasses import dataclass
from typing import Final

from services.ingest.domain.batch import (
    APPOINTMENT,
    CONSENT_SIGNAL,
    CONTACT_POINT,
    MERGE,
    ODOMETER_READING,
    PROVIDER,
    RECARE_DUE,
    RELATION,
    SERVICE_LINE,
    VEHICLE,
    VISIT,
)


@dataclass(frozen=True, slots=True)
class ChildKind:
    """`columns` are pairs of our column and the staged one. `parent` is the table whose row `parent_id` names; without it nothing is parked.

    What is no news to planning stays out of the feed.
    """

    name: str
    table: str
    columns: tuple[tuple[str, str], ...]
    parent: str | None = "consumers"
    parent_id: str = "consumer_id"
    is_news: bool = True

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All columns of its own, the parent's first."""
        return ((self.parent_id, "person_id"), *self.columns) if self.parent else self.columns


CHILDREN: Final[dict[int, ChildKind]] = {
    APPOINTMENT: ChildKind(
        "appointment",
        "appointments",
        (
            *(("starts_at", "at"), ("minutes", "amount"), ("status", "status"), ("booked_at", "booked_at")),
            ("announced", "word"),
        ),
    ),
    VISIT: ChildKind("visit", "visits", (("completed_at", "at"), ("total_cents", "amount"), ("currency", "language"))),
    RECARE_DUE: ChildKind(
        "recare_due",
        "recare_dues",
        (("recare_kind", "word"), ("due_on", "day"), ("interval_days", "amount"), ("status", "status")),
    ),
    VEHICLE: ChildKind(
        "vehicle", "vehicles", (("model_year", "amount"), ("registration_ends_on", "day"), ("status", "status"))
    ),
    ODOMETER_READING: ChildKind(
        "odometer_reading",
        "odometer_readings",
        (("read_at", "at"), ("distance", "amount"), ("unit", "word")),
        parent="vehicles",
        parent_id="vehicle_id",
    ),
    SERVICE_LINE: ChildKind(
        "service_line",
        "service_lines",
        (
            *(("vehicle_id", "other_id"), ("service_kind", "word"), ("state", "status"), ("stated_at", "at")),
            *(("total_cents", "amount"), ("currency", "language")),
        ),
    ),
    RELATION: ChildKind("relation", "relations", (("related_id", "other_id"), ("relation", "word"))),
    PROVIDER: ChildKind("provider", "providers", (), parent=None, is_news=False),
    CONTACT_POINT: ChildKind(
        "contact_point",
        "contact_points",
        (
            *(("kind", "word"), ("state", "status"), ("value_key", "address_key"), ("problem", "address_problem")),
            *(("valid_from", "at"), ("valid_to", "booked_at")),
        ),
        is_news=False,
    ),
    CONSENT_SIGNAL: ChildKind(
        "consent_signal",
        "consent_signals",
        (("scope", "word"), ("answer", "status"), ("said_at", "at")),
        is_news=False,
    ),
    MERGE: ChildKind("merge", "merges", (("into_id", "other_id"),), is_news=False),
}
"""Vehicles stand before their readings, merges last: the order in which a chunk's kinds are merged."""
