"""A batch as ingest speaks of it: what was sent, what became of each record, and why a batch may be refused."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from shared.kit.errors import ConflictError, NotFoundError, Problem
from shared.schemas.ingest import Entity

MOST_REJECTIONS: Final = 1000
"""So many rejections are listed; all are counted (I2)."""
CONSUMER: Final = 1
APPOINTMENT: Final = 2
VISIT: Final = 3
RECARE_DUE: Final = 4
VEHICLE: Final = 5
ODOMETER_READING: Final = 6
SERVICE_LINE: Final = 7
RELATION: Final = 8
PROVIDER: Final = 9
CONTACT_POINT: Final = 10
CONSENT_SIGNAL: Final = 11
MERGE: Final = 12


class AgreementRequiredError(Problem):
    """No upload before the subscriber has accepted an agreement (S-052)."""

    status, code, title = 403, "agreement_required", "The subscriber has not accepted the agreement yet."


class SubscriberInactiveError(Problem):
    """The subscription has ended."""

    status, code, title = 403, "subscriber_inactive", "This subscriber is not active."


class ConnectionUnknownError(NotFoundError):
    """No such connection for this caller."""

    code, title = "connection_unknown", "There is no such connection."


class LocationUnknownError(NotFoundError):
    """No such location for this caller."""

    code, title = "location_unknown", "There is no such location."


class BatchUnknownError(NotFoundError):
    """No such batch for this caller."""

    code, title = "batch_unknown", "There is no such batch."


class BatchRunningError(ConflictError):
    """A twin of this batch is being read; ask again for its report (N-80)."""

    code, title = "batch_running", "This batch is being processed by another request."
    headers = {"Retry-After": "2"}  # noqa: RUF012


class BatchIdReusedError(Problem):
    """The id belongs to a batch with other content or of another connection."""

    status, code, title = 422, "batch_id_reused", "This batch id was used for another body."


class MediaTypeUnknownError(Problem):
    """Neither NDJSON nor CSV, or packed by something else than gzip."""

    status, code, title = 415, "media_type_unknown", "Send application/x-ndjson or text/csv, plain or with gzip."


class EntityNeededError(Problem):
    """CSV rows do not say what they are."""

    status, code, title = 422, "entity_needed", "Say with `entity` what the rows of the CSV are."


@dataclass(frozen=True, slots=True)
class Upload:
    """What the request says of a batch before its first octet is read."""

    subscriber_id: UUID
    connection_id: UUID
    batch_id: UUID
    media: Literal["ndjson", "csv"]
    gzipped: bool
    entity: Entity | None
    source_time: datetime | None
    sequence: int = 0
    historic: bool = False


@dataclass(slots=True)
class Tally:
    """The running account of a batch: received = applied + unchanged + superseded + parked + rejected, always (I2)."""

    received: int = 0
    applied: int = 0
    unchanged: int = 0
    superseded: int = 0
    parked: int = 0
    rejected: int = 0
    optouts: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add a chunk's account."""
        for name in ("received", "applied", "unchanged", "superseded", "parked", "rejected", "optouts"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.dropped += other.dropped
        self.flagged += other.flagged


@dataclass(frozen=True, slots=True)
class SourceOptout:
    """An opt-out that a record reports; `optout_id` is the same for the same person and address, so that repeats are harmless."""

    optout_id: UUID
    person_id: UUID
    address_key: str | None
    occurred_at: datetime


@dataclass(slots=True)
class Prepared:
    """A chunk ready to be merged: rows for staging (store/tables.py), at most one per row id, and the account of the rest."""

    last_line: int
    lines_hash: bytes
    tally: Tally = field(default_factory=Tally)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    kinds: set[int] = field(default_factory=set)
    rejections: list[tuple[int, str, str]] = field(default_factory=list)
    optouts: list[SourceOptout] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to process a batch, with where an earlier try got to."""

    claim_id: UUID
    started_at: datetime
    lines: int
    lines_hash: bytes | None
    tally: Tally
    rejections: int


@dataclass(frozen=True, slots=True)
class Source:
    """The connection that a batch comes from, the day it is read on, and what the batch says of all its records.

    `sequence` orders versions of the same instant (N-79); `historic` marks all of them as older than go-live.
    """

    connection_id: UUID
    location_id: UUID
    go_live_at: datetime | None
    now: datetime
    today: date
    sequence: int = 0
    historic: bool = False

    def is_history(self, moment: datetime) -> bool:
        """Tell whether what happened then is history, no cause to write (N-36)."""
        return self.historic or (self.go_live_at is not None and moment < self.go_live_at)
