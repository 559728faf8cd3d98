"""Optout's wire about privacy cases: what people ask about their own data, who has it in hand, what was done, and who has carried it out."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt, StringConstraints

from shared.schemas.ledger import GivenAddress
from shared.schemas.optout import Country
from shared.schemas.wire import AddressKey, Instant, Line, Slug, Wire

CaseKind = Literal["access", "correction", "erasure", "stop_processing", "complaint", "unclear"]
"""`unclear` is what a mail asks that no machine understood: a person says what it is."""
ProvenKind = Literal["access", "erasure", "stop_processing"]
CaseState = Literal["open", "awaiting_proof", "proven", "held", "executing", "closed"]
"""`awaiting_proof`: a link is in the person's mailbox; `held`: a legal hold forbids the erasure that was proven; `executing`: not all services have
acknowledged it."""
CaseOutcome = Literal["answered", "corrected", "refused", "withdrawn", "not_identified", "executed"]
ClosingOutcome = Literal["answered", "corrected", "refused", "withdrawn", "not_identified"]
CaseNote = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$", max_length=4000)]
"""What a person said, kept sealed and shredded when they are erased."""
Remark = Annotated[Line, Field(max_length=200, description="for the history, which is never altered: no personal data")]


class CaseInput(Wire):
    """Opens a case. `address` is the person's own mailbox: where the proof goes and whose data it is about.

    `consumer_ids` narrow it to some of the people who are reached there. `subscriber_id` null: the caller's own business, for the operator the
    whole platform.
    """

    kind: CaseKind
    address: GivenAddress
    subscriber_id: UUID | None = None
    consumer_ids: list[UUID] = Field(default=[], max_length=20)
    location_id: UUID | None = None
    language: str = Field(default="en", pattern=r"^[a-z]{2}$", description="of the mail that asks for proof")
    country: Country | None = Field(
        default=None, description="where the person lives, if known; the stricter law counts"
    )
    note: CaseNote = ""


class CaseEvent(Wire):
    """One line of a case's history: who did what. Never altered, never deleted."""

    at: Instant
    actor: str
    action: Slug
    detail: str


class CaseAcknowledgement(Wire):
    """A service that has carried an erasure out; `records`: how many rows it blanked."""

    service: Slug
    acknowledged_at: Instant
    records: StrictInt


class CaseListed(Wire):
    """A case as a list shows it, without what is personal. `due_at` is the earliest that a law asks for; `law` names it."""

    case_id: UUID
    subscriber_id: UUID | None = Field(description="null: the whole platform")
    kind: CaseKind
    state: CaseState
    owner: str
    location_id: UUID | None
    channel: Slug
    law: Slug
    opened_at: Instant
    due_at: Instant
    is_overdue: StrictBool
    outcome: CaseOutcome | None


class PrivacyCase(CaseListed):
    """A case with all that a case worker needs. `address` and `note` are gone once the person has been erased.

    `held_because`: the reason of the legal hold that
    forbids the erasure, or `people_not_named` where several share the mailbox. `awaited`: services that have not acknowledged an erasure yet.
    """

    version: StrictInt
    opened_by: str
    address: str | None
    note: str
    consumer_ids: list[UUID]
    privacy_mail_id: UUID | None
    proof_sent_at: Instant | None
    proven_at: Instant | None
    executed_at: Instant | None
    closed_at: Instant | None
    extended: StrictBool
    held_because: Slug | None
    acknowledged: list[CaseAcknowledgement]
    awaited: list[Slug]
    history: list[CaseEvent]


class CaseChange(Wire):
    """Gives a case an owner, says what an unclear one is, or prolongs it once by what its law allows, which the person must be told.

    `consumer_ids` names whom it is about, of the people who share the mailbox: before the proof, or where an erasure waits for it.
    """

    owner: Annotated[Line, Field(min_length=1, max_length=100)] | None = None
    kind: CaseKind | None = None
    extend_because: Annotated[Remark, Field(min_length=3)] | None = None
    consumer_ids: Annotated[list[UUID], Field(min_length=1, max_length=20)] | None = None


class CaseClosure(Wire):
    """Ends a case; an erasure that was proven ends by being carried out, never by hand."""

    outcome: ClosingOutcome
    remark: Remark = ""


class ProofMailInput(Wire):
    """Asks for the mail that proves whose a case is."""

    language: str = Field(pattern=r"^[a-z]{2}$", description="of the mail; English where it is none of ours")


class CaseRemark(Wire):
    """A line for the history."""

    remark: Annotated[Remark, Field(min_length=1)]


class EraseOrder(Wire):
    """Feed kind `erase`: erase the people reached at this address, or of them `person_id` alone, and keep them out (S-036).

    `subscriber_id` null: at every business. Carried out and acknowledged by ingest and mailer; told again after a restore, harmless then.
    """

    entry_id: UUID
    subscriber_id: UUID | None
    address_key: AddressKey | None
    person_id: UUID | None
    ordered_at: Instant


class ErasureDone(Wire):
    """One order carried out: nothing of it is left, or can come back, at the caller. `records`: rows blanked or removed.

    `undecided`: people who share the address, where the order names none of them: they are left alone, because one must not act on another.
    """

    entry_id: UUID
    subscriber_id: UUID | None = None
    records: StrictInt = Field(ge=0, le=2**31 - 1)
    undecided: StrictInt = Field(default=0, ge=0, le=2**31 - 1)


class ErasuresDone(Wire):
    """At most 1,000 a call."""

    done: list[ErasureDone] = Field(min_length=1, max_length=1000)


class ErasuresNoted(Wire):
    """`noted`: acknowledgements that were new; `closed`: cases that ended by them."""

    noted: StrictInt
    closed: StrictInt


HoldReason = Literal["protect_rights", "judicial_proceeding", "court_order", "legal_process"]
"""The four reasons of S-111, for a legal hold and for a disclosure."""


class LegalHoldInput(Wire):
    """Keeps the data of an address from being erased. `subscriber_id` null: at every business."""

    subscriber_id: UUID | None = None
    address: GivenAddress
    reason: HoldReason
    reference: Remark = ""


class LegalHold(Wire):
    """A legal hold on an address, which is kept as its hash."""

    hold_id: UUID
    subscriber_id: UUID | None
    reason: HoldReason
    reference: str
    placed_by: str
    placed_at: Instant
    ended_by: str | None
    ended_because: str | None
    ended_at: Instant | None


class LegalHoldEnd(Wire):
    """Why a hold ends; `subscriber_id` as it was placed."""

    subscriber_id: UUID | None = None
    because: Annotated[Remark, Field(min_length=3)]
