"""Mailer's wire: contents, messages, stops, outcomes."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StrictInt, StringConstraints

from shared.schemas.token import MessageClass
from shared.schemas.wire import AddressKey, Instant, Line, Slug, Wire

MessageState = Literal[
    "accepted",
    "claimed",
    "handing_over",
    "sent",
    "deferred",
    "suppressed",
    "expired",
    "bounced",
    "failed",
    "cancelled",
    "recheck",
    "uncertain",
]
FINAL_STATES: frozenset[MessageState] = frozenset(
    ("sent", "suppressed", "expired", "bounced", "failed", "cancelled", "recheck", "uncertain")
)
Source = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
"""Text over several lines: of the control characters only tab and line ends."""

Origin = Literal["campaign", "account", "lead", "privacy_case", "opt_in"]
Audience = Literal["consumer", "staff", "visitor"]

PLATFORM_SENDER = UUID(int=1)
"""Subscriber and location of mail of our own: a sender like any other, so an opt-out from it stops it and nothing else."""


class ContentInput(Wire):
    """A content version, published once, compiled, linted and frozen. `subscriber_id` null: stock content of
    the platform; PLATFORM_SENDER: mail of our own."""

    subscriber_id: UUID | None = None
    slug: Slug
    language: str = Field(pattern=r"^[a-z]{2}$")
    vertical: Literal["dental", "auto", "any"] = "any"
    message_class: MessageClass
    subject: Line = Field(min_length=1, max_length=300)
    mjml: Source = Field(min_length=1, max_length=100_000)
    text: Source = Field(min_length=1, max_length=50_000)
    sample: dict[str, JsonValue] = Field(
        description="sample fields; the content is rendered with them before it is accepted"
    )


class LintFinding(Wire):
    """`code` is stable; `rule` is the requirement it keeps (L- or S- id)."""

    code: Slug
    rule: str
    message: str
    severity: Literal["error", "warning"]


class Content(Wire):
    """A published version. Publishing the same bytes again under the same id is a harmless repeat; other bytes are refused (409)."""

    content_id: UUID
    slug: Slug
    language: str
    message_class: MessageClass
    fields: list[str]
    findings: list[LintFinding]
    published_at: Instant


class ContentPreviewInput(Wire):
    """A content to look at before it is published: with these fields (without: its own sample) as this location would send it."""

    content: ContentInput
    fields: dict[str, JsonValue] | None = None
    location_id: UUID | None = None


class ContentPreview(Wire):
    """What a reader would get, null where it cannot be rendered, and what the rules find. Untrusted HTML: show it in a sandboxed frame only (S55)."""

    subject: str | None
    text: str | None
    html: str | None
    findings: list[LintFinding]


class MessageTouch(Wire):
    """One touch the message carries and the person it speaks of."""

    touch_id: UUID
    person_id: UUID


class MessageInput(Wire):
    """A message to deliver: a content version and the fields of one address. The mailer adds business, postal address and opt-out itself.

    Mail of our own (any other origin than `campaign`) names PLATFORM_SENDER as subscriber and location and needs no touches; a lead's also the
    `topic` it is about and the `asked_topic` the visitor asked about (S-081).
    """

    message_id: UUID
    subscriber_id: UUID
    location_id: UUID
    campaign_id: UUID | None = None
    content_id: UUID
    origin: Origin = "campaign"
    audience: Audience = "consumer"
    topic: Slug | None = None
    asked_topic: Slug | None = None
    touches: list[MessageTouch] = Field(default=[], max_length=100)
    address: Line = Field(max_length=254)
    address_key: AddressKey
    fields: dict[str, JsonValue]
    due_at: Instant
    useful_until: Instant
    recheck_after: Instant = Field(
        description="a message not handed over by then goes back to the scheduler as `recheck`"
    )


class MessagesInput(Wire):
    """At most 1,000 messages a call. `message_id` is the idempotency key of each."""

    messages: list[MessageInput] = Field(min_length=1, max_length=1000)


class MessageReceipt(Wire):
    """What became of one submitted message: `accepted`, `repeated` (absorbed), or `refused` with a code."""

    message_id: UUID
    result: Literal["accepted", "repeated", "refused"]
    code: Slug | None


class MessageReceipts(Wire):
    """One receipt per message, in order."""

    receipts: list[MessageReceipt]


class CancelInput(Wire):
    """Cancel what has not been handed over: by touch (a touch of a family message is taken back as a whole message: `recheck`)."""

    subscriber_id: UUID
    touch_ids: list[UUID] = Field(min_length=1, max_length=1000)


class CancelAnswer(Wire):
    """`cancelled` will not leave; `too_late` were handed over or are being handed over."""

    cancelled: list[UUID]
    too_late: list[UUID]


class StopInput(Wire):
    """Pause or resume by scope; checked inside the marker, effective within 2 s (I24)."""

    state: Literal["paused", "running"]


class Attempt(Wire):
    """One SMTP transaction."""

    attempt_id: UUID
    started_at: Instant
    phase: Slug
    reply_code: StrictInt | None
    enhanced_code: str | None
    outcome: Slug


class SettlementInput(Wire):
    """A person's word on an uncertain message. `not_sent` lets it be sent again while it is useful; `note` says what the word rests on."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    verdict: Literal["sent", "not_sent"] = Field(alias="as")
    note: Line = Field(min_length=1, max_length=300)


class Settlement(Wire):
    """How a doubt about a message was ended: by a person or by a relay's log, `by` is the id of the API client that brought it."""

    settled_at: Instant
    source: Literal["person", "relay_log"]
    state: MessageState
    by: str
    note: str | None


class MessageStatus(Wire):
    """A message with its attempts; no address, no name."""

    message_id: UUID
    subscriber_id: UUID
    state: MessageState
    reason: Slug | None
    accepted_at: Instant
    final_at: Instant | None
    attempts: list[Attempt]
    settlements: list[Settlement] = Field(default=[])


class MessageSummary(Wire):
    """A message in a list. `phase` is how far its last attempt came, `handed_over_at` when its last dot was about to be written, `at` when it came
    into its state, null while it is under way."""

    message_id: UUID
    location_id: UUID
    campaign_id: UUID | None
    state: MessageState
    reason: Slug | None
    phase: Slug | None
    attempts: StrictInt
    accepted_at: Instant
    handed_over_at: Instant | None
    at: Instant | None


class Outcome(Wire):
    """Feed kind `outcome`: a message reached a final state (or `uncertain` was settled later)."""

    message_id: UUID
    touch_ids: list[UUID]
    state: MessageState
    reason: Slug | None
    at: Instant


class SenderDomainInput(Wire):
    """The domain of a header from that is to sign: one of the business's own, never a mailbox provider's (L-053)."""

    domain: str = Field(min_length=4, max_length=253, examples=["brightsmile.example.com"])


class RotationInput(Wire):
    """Rotate the keys of a sender domain: an empty object, there is nothing to choose."""


class DnsRecord(Wire):
    """A DNS record to publish, with the state last found. `unknown`: the DNS did not answer; `detail` says what is wrong, as a stable word."""

    purpose: Literal["dkim", "dmarc", "spf", "mx", "bimi"]
    type: Literal["TXT", "MX"]
    name: str
    value: str
    published_by: Literal["subscriber", "operator"]
    is_required: bool
    state: Literal["unchecked", "found", "missing", "wrong", "unknown"]
    detail: Slug | None = None


class SenderKeyStatus(Wire):
    """A DKIM key. `pending` waits for its record, `active` signs, `retiring` no longer signs: its record may go after `retire_at`."""

    selector: str
    algorithm: Literal["rsa", "ed25519"]
    state: Literal["pending", "active", "retiring"]
    activated_at: Instant | None
    retire_at: Instant | None


class SenderDomain(Wire):
    """A sender domain. `pending`: no verified key yet; `lost`: there was one and its record is gone, mail from this domain is held (L-054)."""

    domain: str
    state: Literal["pending", "verified", "lost"]
    created_at: Instant
    checked_at: Instant | None
    keys: list[SenderKeyStatus]
    records: list[DnsRecord]


class SenderDomains(Wire):
    """All sender domains of a subscriber, by name; there are at most 50."""

    items: list[SenderDomain]


class ComplaintDay(Wire):
    """One UTC day of a header-from domain: messages sent on it, complaints about these, and their share (0 to 1)."""

    day: date
    sent: StrictInt
    complaints: StrictInt
    rate: float


class ComplaintStatus(Wire):
    """How a header-from domain stands (L-061). `alarm`: a day of the last seven reached 0.08 %; `paused`: commercial mail of the business waits
    since `paused_at` and goes on by itself on `release_not_before` at the earliest, or when a person lifts the stop."""

    domain: str
    state: Literal["good", "alarm", "paused"]
    paused_at: Instant | None
    release_not_before: date | None
    days: list[ComplaintDay]
