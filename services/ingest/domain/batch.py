"""A batch as ingest speaks of it: what was sent, what became of each record, and why a batch may be refused."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from shared.kit.errors import ConflictError, NotFoundError, Problem
from shared.schemas.ingest import Entity

MOST_REJECTIONS: Final = 1000
"""So many rejections a report lists; all are counted (I2)."""
MOST_REASONS: Final = 100_000
"""So many rejections are kept with field and code, for the download of results."""
Mode = Literal["delta", "snapshot"]
DateOrder = Literal["iso", "mdy", "dmy"]
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


class ConnectionEndedError(Problem):
    """The connection was ended for good."""

    status, code, title = (
        410,
        "connection_ended",
        "This connection was ended; what it brought can be read, and nothing more comes from it.",
    )


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


class BatchRunningElsewhereError(BatchRunningError):
    """As above, found before a single octet of this body was read: waiting and asking again is possible."""


class BatchIdReusedError(Problem):
    """The id belongs to a batch with other content or of another connection."""

    status, code, title = 422, "batch_id_reused", "This batch id was used for another body."


class MediaTypeUnknownError(Problem):
    """Neither NDJSON nor CSV, or packed by something else than gzip."""

    status, code, title = 415, "media_type_unknown", "Send application/x-ndjson or text/csv, plain or with gzip."


class EntityNeededError(Problem):
    """CSV rows do not say what they are."""

    status, code, title = 422, "entity_needed", "Say with `entity` what the rows of the CSV are."


class SnapshotNotPossibleError(Problem):
    """A snapshot is of one entity, not of merges, and is sent whole."""

    status, code = 422, "snapshot_not_possible"
    title = "A snapshot names one `entity`, not `merge`, and is sent from its start."


class ResumeOffsetWrongError(ConflictError):
    """The body goes on somewhere else than where the batch stands."""

    code, title = "resume_offset_wrong", "The batch stands at another octet; its report says at which."


class NotQuarantinedError(ConflictError):
    """There is nothing to decide."""

    code, title = "batch_not_quarantined", "This batch is not in quarantine."


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
    mode: Mode = "delta"
    complete: bool = False
    announced_count: int | None = None
    announced_sha256: str | None = None
    charset: str = "utf-8"
    dates: DateOrder = "iso"
    from_octet: int | None = None

    @property
    def is_load(self) -> bool:
        """Whether it is much at once: such uploads leave places free for news (N-90)."""
        return self.historic or self.mode == "snapshot"


COUNTS: Final = (
    *("received", "applied", "unchanged", "superseded", "parked", "rejected", "optouts", "unidentified", "absent"),
)


@dataclass(slots=True)
class Tally:
    """The running account of a batch: received = applied + unchanged + superseded + parked + rejected, always (I2).

    Of the rejected `unidentified` had no readable key; `absent` are rows that a snapshot did not name, deleted.
    """

    received: int = 0
    applied: int = 0
    unchanged: int = 0
    superseded: int = 0
    parked: int = 0
    rejected: int = 0
    optouts: int = 0
    unidentified: int = 0
    absent: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add a chunk's account."""
        for name in COUNTS:
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
    """A chunk ready to be merged: rows for staging (store/tables.py), at most one per row id, and the account of the rest.

    `outcomes` holds a letter by line (domain/outcome.py), `refused` the row ids of refused records that had a readable key, `erased` those of people
    who describe themselves as somebody who was erased, with the order.
    """

    last_line: int
    lines_hash: bytes
    octets: int
    tally: Tally = field(default_factory=Tally)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    kinds: set[int] = field(default_factory=set)
    rejections: list[tuple[int, str, str]] = field(default_factory=list)
    optouts: list[SourceOptout] = field(default_factory=list)
    outcomes: dict[int, str] = field(default_factory=dict)
    refused: list[UUID] = field(default_factory=list)
    erased: list[tuple[UUID, UUID]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to process a batch, with where an earlier try got to."""

    claim_id: UUID
    started_at: datetime
    lines: int
    lines_hash: bytes | None
    tally: Tally
    rejections: int
    octets: int = 0
    header: bytes | None = None


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
