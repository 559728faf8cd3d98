"""Ingest's wire for frontends: consumers as a front desk finds, reads and edits them. These models carry names and addresses."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.schemas.ingest import ConsumerStatus
from shared.schemas.source_records import RelationKind
from shared.schemas.wire import Instant, Line, Slug, Wire

Words = Annotated[Line, StringConstraints(max_length=200)]
Language = Annotated[str, StringConstraints(pattern=r"^([a-z]{2})?$")]


class ConsumerSearch(Wire):
    """All that is given must fit. `name`: each word begins a word of a name. A POST, because what is looked for is personal."""

    name: Words = ""
    address: Words = ""
    phone: Words = ""
    plate: Words = ""
    location_id: UUID | None = None
    status: ConsumerStatus | None = None
    has_address: bool | None = None
    after: Annotated[str | None, Field(max_length=300, description="`next` of the page before")] = None
    limit: int = Field(default=50, ge=1, le=200)


class ConsumerCard(Wire):
    """A consumer as stored: the source's values with the front desk's edits over them."""

    consumer_id: UUID
    location_id: UUID
    foreign_id: str
    first_name: str
    last_name: str
    preferred_name: str
    address: str
    address_problem: Slug | None = Field(
        description="why nothing is written to this address, or why there is none; a typo or role mailbox can be confirmed"
    )
    suggestion: str | None = Field(
        description="what a mistyped address was probably meant to be; never put in its place"
    )
    phone: str
    birth_on: date | None
    language: str
    status: ConsumerStatus
    household_id: UUID | None
    guardian_id: UUID | None
    minor_until: date | None
    merged_into: UUID | None
    historic: bool
    source_updated_at: Instant
    version: int = Field(description="the ETag; edits send it as If-Match")


class ConsumerDetail(ConsumerCard):
    """With where each edited field comes from (S-123)."""

    edits: list["FieldEdit"]


class FieldEdit(Wire):
    """A field that the front desk changed and the source has not changed since."""

    field: Slug
    edited_at: Instant
    edited_by: str


class ConsumerEdit(Wire):
    """What to change; absent fields stay. An unusable `email` is refused, an empty one takes the address away."""

    first_name: Words | None = None
    last_name: Words | None = None
    preferred_name: Words | None = None
    email: Words | None = None
    phone: Words | None = None
    birth_on: date | None = None
    language: Language | None = None
    status: ConsumerStatus | None = None
    confirm_email: bool = Field(
        default=False, description="the address is right although it looks like a typo or a role mailbox (N-14, N-16)"
    )


class ConsumerInput(ConsumerEdit):
    """A person the source does not know, such as a walk-in."""

    location_id: UUID


class MergeInto(Wire):
    """The person that stays."""

    into_id: UUID


class Relation(Wire):
    """`related_id` is guardian, guarantor or fleet contact of `consumer_id`."""

    consumer_id: UUID
    related_id: UUID
    relation: RelationKind


class Household(Wire):
    """Everybody who belongs together: same household at the source, same address, guardian or other relation of anybody in it."""

    members: list[ConsumerCard]
    relations: list[Relation]


class Duplicate(Wire):
    """A person whom other sources or the front desk seem to know too: the same name with the same birth date, or with the same address where no
    birth date contradicts (N-83, N-89). `PUT /v1/merges` makes them one.
    """

    consumer: ConsumerCard
    others: list[ConsumerCard]


class HistoryEntry(Wire):
    """One change: which fields, through which door, by which connection or credential; never the values."""

    changed_at: Instant
    source: Literal["connection", "front_desk", "merge"]
    changed_by: str
    fields: list[Slug]


class Permission(Wire):
    """What was told to the permission ledger as evidence (S-022)."""

    evidence: str
    occurred_at: Instant


class Origin(Wire):
    """Why the business has a person's data (N-114): from which source and since when, with what permission, and what was refused there."""

    consumer_id: UUID
    location_id: UUID
    source: str
    connector: Slug
    first_seen_at: Instant | None
    source_updated_at: Instant
    permissions: list[Permission]
    refused_at: Instant | None
