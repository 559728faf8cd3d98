"""Ingest's wire: what was decided here and belongs into the practice system too (S-034, S-122): opt-outs, their lifting, confirmed bookings."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.schemas.ingest import ForeignId
from shared.schemas.optout import SuppressionClass
from shared.schemas.wire import Instant, Wire

WriteBackKind = Literal["optout", "optout_lifted", "confirmation"]
WriteBackState = Literal[
    "waiting", "claimed", "written", "already_there", "refused", "unsupported", "withdrawn", "gone"
]
"""`waiting` to be claimed, `claimed` by a connector; then what the source answered. `withdrawn`: lifted before it was written. `gone`: its
person or booking is not there any more, or the booking was moved."""
WriteResult = Literal["written", "already_there", "refused", "unsupported", "later"]
SourceAnswer = Annotated[str, StringConstraints(max_length=80, pattern=r"^[A-Za-z0-9_.:/-]*$")]
"""The source's own code or reference: machine words, never text of or about a person."""


class WriteBackClaim(Wire):
    """Ask for work of one connection. What is claimed is not offered again for `lease_minutes`, then it is."""

    connection_id: UUID
    limit: int = Field(default=50, ge=1, le=200)
    lease_minutes: int = Field(default=10, ge=1, le=60)


class WriteBack(Wire):
    """One thing to write. `write_back_id` is the same at every try: where the source takes an idempotency key, it is this one.

    `foreign_id` is the source's key of the person, `appointment` that of the booking of a confirmation. `suppression_class` is `all` or
    `commercial`: a source with one flag for everything answers `unsupported` to `commercial`, or its flag comes back as an opt-out from reminders.
    """

    write_back_id: UUID
    connection_id: UUID
    consumer_id: UUID
    foreign_id: ForeignId
    kind: WriteBackKind
    suppression_class: SuppressionClass | None
    appointment: ForeignId | None
    starts_at: Instant | None
    decided_at: Instant
    tries: int = Field(
        description="1 the first time; more means that an earlier try may have been written: look before writing"
    )
    claim_id: UUID


class WriteBacks(Wire):
    """What was claimed, oldest first; empty when nothing waits."""

    items: list[WriteBack]


class WriteBackAnswer(Wire):
    """What the source said. `later` puts it back, to be offered after a growing pause; the rest is final. Said again it is harmless."""

    claim_id: UUID
    result: WriteResult
    answer: SourceAnswer = ""


class WriteBackStatus(Wire):
    """Where one stands; for a practice whose system cannot be written it is a list of what to enter by hand."""

    write_back_id: UUID
    connection_id: UUID
    consumer_id: UUID
    kind: WriteBackKind
    suppression_class: SuppressionClass | None
    appointment_id: UUID | None
    decided_at: Instant
    state: WriteBackState
    tries: int
    answer: str
    answered_at: Instant | None


class Confirmation(Wire):
    """A booking that its person confirmed here. `starts_at` is the start that was confirmed: a booking moved since is not confirmed."""

    confirmation_id: UUID
    appointment_id: UUID
    starts_at: Instant
    confirmed_at: Instant


class ConfirmationsInput(Wire):
    """Confirmations of one subscriber, from the scheduler; `confirmation_id` makes a repeat harmless."""

    subscriber_id: UUID
    confirmations: list[Confirmation] = Field(min_length=1, max_length=500)


class ConfirmationsKept(Wire):
    """`kept` are new, `repeated` were on file; `pointless` name no present booking of a source at that time."""

    kept: int
    repeated: int
    pointless: int
