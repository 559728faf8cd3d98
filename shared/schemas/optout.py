"""Optout's wire: permission on file, opt-outs, the permission check and the suppression poll with its lease."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, StrictInt, StringConstraints, model_validator

from shared.schemas.token import MessageClass
from shared.schemas.topics import Topic
from shared.schemas.wire import AddressKey, Instant, Line, Slug, Wire

SuppressionClass = Literal["commercial", "all"]
Scope = Literal["location", "business", "platform"]
Basis = Literal["existing_relationship", "express", "double_opt_in", "inquiry"]
BounceClass = Literal["hard", "soft", "policy"]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""
Evidence = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A pointer to the evidencing record (`visit:<id>`, `appointment:<id>`, `page:<version>`); never personal data (S-022)."""


class ConsentInput(Wire):
    """Positive permission with its evidence. `consent_id` makes a repeat harmless."""

    consent_id: UUID
    location_id: UUID
    person_id: UUID | None = None
    address_key: AddressKey
    basis: Basis
    source: Slug
    evidence: Evidence
    policy_version: str = Field(default="1", max_length=40)
    occurred_at: Instant
    valid_until: Instant | None = None
    scope: Literal["location", "business"] = "business"
    wording: Line | None = Field(default=None, min_length=1, max_length=2000, description="what the person was shown")


class ConsentsInput(Wire):
    """Consents of one subscriber in bulk, at most 5,000 a call."""

    subscriber_id: UUID
    consents: list[ConsentInput] = Field(min_length=1, max_length=5000)


class OptoutInput(Wire):
    """An opt-out somebody reports to us (source flag, front desk). At least one of `address_key`, `person_id`.

    With a `topic` it stops mail about that alone, whatever its class, so `suppression_class` is then `all`.
    """

    optout_id: UUID
    location_id: UUID | None = None
    address_key: AddressKey | None = None
    person_id: UUID | None = None
    scope: Scope = "business"
    suppression_class: SuppressionClass = "all"
    topic: Topic | None = None
    channel: Slug
    evidence: Evidence
    occurred_at: Instant


class OptoutsInput(Wire):
    """Opt-outs of one subscriber in bulk, at most 5,000 a call."""

    subscriber_id: UUID
    optouts: list[OptoutInput] = Field(min_length=1, max_length=5000)


class Recorded(Wire):
    """How many entries were new and how many repeats of entries already on file."""

    recorded: int
    repeated: int


class AddressKeysInput(Wire):
    """Addresses that a service below the ledger has in hand and no key of."""

    addresses: list[Line] = Field(min_length=1, max_length=100)


class AddressKeysAnswer(Wire):
    """Per address, in order, its delivery form and the key its opt-outs stand under; both null where it is no address we would write to."""

    keys: list["KeyedAddress"]


class KeyedAddress(Wire):
    """An address as RCPT carries it, and its key."""

    address: str | None
    address_key: AddressKey | None


class PermissionQuery(Wire):
    """May a message of this class about these people go to this address for this location?"""

    query_id: UUID
    subscriber_id: UUID
    location_id: UUID
    address_key: AddressKey
    person_ids: list[UUID] = Field(max_length=100)
    message_class: MessageClass
    channel: Slug = "email"
    jurisdiction: Country | None = Field(
        default=None,
        description="the consumer's country where known; the stricter of its law and the location's decides",
    )
    topic: Topic | None = Field(
        default=None, description="what it is about; without one it is stopped by what stops every topic only"
    )


class PermissionQueries(Wire):
    """At most 1,000 queries a call, of any subscribers."""

    queries: list[PermissionQuery] = Field(min_length=1, max_length=1000)


class PermissionAnswer(Wire):
    """`no_permission_yet` means hold and ask again; only `refused` is final (architecture 2). `entry_id` names what it rests on."""

    query_id: UUID
    answer: Literal["allowed", "refused", "no_permission_yet"]
    reason: Slug
    entry_id: UUID | None


class PermissionAnswers(Wire):
    """One answer per query, in the order asked."""

    answers: list[PermissionAnswer]


class PermissionGroup(Wire):
    """What the messages of a group share, and of each its address and the people it speaks of, both in one order."""

    subscriber_id: UUID
    location_id: UUID
    message_class: MessageClass
    topic: Topic | None = Field(default=None, description="as in PermissionQuery")
    address_keys: list[AddressKey] = Field(min_length=1, max_length=1000)
    person_ids: list[Annotated[list[UUID], Field(max_length=100)]]

    @model_validator(mode="after")
    def _has_people_for_each_address(self) -> Self:
        if len(self.person_ids) != len(self.address_keys):
            raise ValueError("person_ids and address_keys are of one length")
        return self


class PermissionBatch(Wire):
    """At most 1,000 e-mails of any subscribers: what a PermissionQuery asks, without saying again for each what a group shares."""

    groups: list[PermissionGroup] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _is_no_larger(self) -> Self:
        if sum(len(group.address_keys) for group in self.groups) > 1000:
            raise ValueError("a batch has at most 1,000 messages")
        return self


class PermissionVerdicts(Wire):
    """A letter a message, in the order asked: `a` allowed, `r` refused, `n` no permission yet; only `r` is final. `reasons` has one for each `r`."""

    verdicts: str = Field(pattern=r"^[arn]*$")
    reasons: list[Slug]


class SuppressionEntry(Wire):
    """One row of the suppression log. `lift` undoes earlier entries of the same key, scope, class and topic: a person's own later act only."""

    position: StrictInt
    entry_id: UUID
    kind: Literal["suppress", "lift"]
    subscriber_id: UUID | None = Field(description="null for platform scope")
    location_id: UUID | None = Field(description="set for location scope only")
    address_key: AddressKey | None
    person_id: UUID | None
    suppression_class: SuppressionClass
    topic: Topic | None = Field(default=None, description="null stops every topic")


class SuppressionPoll(Wire):
    """The mailer's follower reports `after`, what it has received, and `safe`, what has taken effect (architecture 4)."""

    holder: UUID
    epoch: UUID | None
    after: StrictInt = Field(ge=0, le=2**63 - 1)
    safe: StrictInt = Field(ge=0, le=2**63 - 1)
    wait_seconds: float = Field(default=1.0, ge=0, le=1.0)


class SuppressionAnswer(Wire):
    """`lease_seconds` is 0 when no lease was granted: the answer does not hold every entry committed when it was given."""

    epoch: UUID
    entries: list[SuppressionEntry]
    last: StrictInt = Field(description="the newest position committed when the answer was made")
    lease_seconds: float


class MailRequestInput(Wire):
    """A mail of our own to send: the confirmation of an opt-in, or the answer to a privacy request. `request_id` makes a repeat harmless.

    `fields` are what the stock content of this origin prints; `useful_until`: after it the mail is pointless.
    """

    request_id: UUID
    origin: Literal["opt_in", "privacy_case"]
    content: Literal["opt_in", "privacy_case", "privacy_proof"] | None = Field(
        default=None, description="which stock content; that of its origin if not named"
    )
    audience: Literal["consumer", "staff", "visitor"] = "consumer"
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    address: Line = Field(min_length=3, max_length=254)
    address_key: AddressKey
    fields: dict[str, JsonValue]
    useful_until: Instant


class MailRequestAnswer(Wire):
    """`requested` for a new request, `repeated` for one that was on file."""

    request_id: UUID
    result: Literal["requested", "repeated"]


class MailRequested(Wire):
    """Feed kind `mail_requested`: optout asks for a mail of our own (opt-in confirmation, privacy answer).

    `sealed` is a MailRequestInput that the mailer alone can open (schemas/token.py); null once the mail's time is over and it was shredded.
    """

    request_id: UUID
    origin: Slug
    address_key: AddressKey
    sealed: str | None = None


PrivacyWish = Literal["optout", "optout_and_more", "optout_unclear", "other"]


class PrivacyMailInput(Wire):
    """What somebody wrote to the privacy mailbox. `mail_id` makes a repeat harmless; attachments are counted and not passed on.

    `sender` is whom an answer goes to, `header_from` who the mail says wrote it (empty unless it names exactly one). `asks` is how its words were
    understood: a clear wish to get no mail, that and a word about another address, something about opting out, or anything else.
    """

    mail_id: UUID
    received_at: Instant
    sender: Line = Field(max_length=254)
    subject: Line = Field(max_length=300)
    text: str = Field(max_length=20_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")
    attachments: StrictInt = Field(ge=0, le=10_000)
    header_from: Line = Field(default="", max_length=254)
    asks: PrivacyWish = "other"


class PrivacyMailReceipt(Wire):
    """`repeated`: this mail was on file already."""

    mail_id: UUID
    result: Literal["kept", "repeated"]


class PrivacyMail(PrivacyMailInput):
    """A privacy mail as the operator reads it: an open request until somebody has decided it, at the latest by `due_at`."""

    state: Literal["open"]
    due_at: Instant | None = None
