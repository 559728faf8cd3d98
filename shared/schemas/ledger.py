"""Optout's wire about the ledger as proof: what is on file, why a mail was or was not allowed, bounces, and what is handed over to others."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt

from shared.schemas.optout import Basis, BounceClass, Country, Evidence, Scope, SuppressionClass
from shared.schemas.token import MessageClass
from shared.schemas.topics import Topic
from shared.schemas.wire import AddressKey, Instant, Line, Slug, Wire

GivenAddress = Annotated[Line, Field(min_length=3, max_length=254)]
"""An e-mail address in a body: hashed at once, never stored, never repeated."""


class EntryView(Wire):
    """One entry as it stands in the subscriber's chain; `hash` lets a copy be compared later."""

    entry_id: UUID
    chain_position: int
    kind: Slug
    location_id: UUID | None
    person_id: UUID | None
    basis: Basis | None
    scope: Scope | None
    suppression_class: SuppressionClass | None
    channel: Slug
    policy_version: str | None
    evidence: str
    occurred_at: Instant
    recorded_at: Instant
    valid_until: Instant | None
    wording: str | None = None
    bounce_class: BounceClass | None = None
    topic: Topic | None = None
    hash: str


class AddressEvidence(Wire):
    """A page of the entries of one subscriber for one address, oldest first; empty for an address never heard of."""

    address_key: AddressKey
    entries: list[EntryView]
    next: str | None = Field(default=None, description="opaque cursor; pass it as `after`")


class EvidenceSearch(Wire):
    """Asks what is on file for an address."""

    address: GivenAddress
    after: str | None = Field(default=None, max_length=300, description="`next` of the page before")
    limit: StrictInt = Field(default=50, ge=1, le=200)


class DecisionQuestion(Wire):
    """Why was a mail to this address allowed, or not, at an instant? By `address` or, for a message on file, by its `address_key`."""

    address: GivenAddress | None = None
    address_key: AddressKey | None = None
    location_id: UUID
    person_ids: list[UUID] = Field(default=[], max_length=100)
    message_class: MessageClass
    topic: Topic | None = None
    jurisdiction: Country | None = None
    at: Instant


class DecisionProof(Wire):
    """The answer of that instant, worked out again from the entries on file by then.

    `rests_on` is the entry of `entry_id`; null where it is the platform's, whose chain tells of other businesses.
    """

    answer: Literal["allowed", "refused", "no_permission_yet"]
    reason: Slug
    entry_id: UUID | None
    rests_on: EntryView | None
    jurisdictions: list[Slug] = Field(description="the laws that held; the strictest decided")
    considered: StrictInt = Field(description="entries on file by then about this address and these people")
    at: Instant


class BounceInput(Wire):
    """A fact about reaching an address. It never permits or denies: reachability and permission share nothing."""

    bounce_id: UUID
    location_id: UUID | None = None
    address_key: AddressKey
    bounce_class: BounceClass
    channel: Slug = Field(description="how it came: `smtp_reply`, `report`")
    evidence: Evidence
    occurred_at: Instant


class BouncesInput(Wire):
    """Bounces of one subscriber's mail, at most 5,000 a call."""

    subscriber_id: UUID
    bounces: list[BounceInput] = Field(min_length=1, max_length=5000)


class ExportInput(Wire):
    """Asks for an export; `purpose` says for whom and why, and is kept with it. No personal data."""

    purpose: Line = Field(min_length=3, max_length=200)


class ExportRecord(Wire):
    """What was handed over, when and by whom."""

    export_id: UUID
    kind: Literal["chain", "suppressions"]
    purpose: str
    requested_by: str
    made_at: Instant


class HashesInput(Wire):
    """Asks for the hashes under which a suppression export would list these addresses."""

    export_id: UUID
    addresses: list[GivenAddress] = Field(min_length=1, max_length=1000)


class HashesAnswer(Wire):
    """Per address, in the order asked, its hashes in that export: one per key that addresses have had; none for what is no address."""

    hashes: list[list[str]]
