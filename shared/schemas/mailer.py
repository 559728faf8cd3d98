"""Mailer's wire: contents, messages, stops, outcomes."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue, StrictInt, StringConstraints

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

StopScope = Literal["all", "subscriber", "campaign"]
Origin = Literal["campaign", "account", "lead", "privacy_case", "opt_in"]


class ContentInput(Wire):
    """A content version, published once, compiled, linted and frozen. `subscriber_id` null: stock content of the platform."""

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


class MessageTouch(Wire):
    """One touch the message carries and the person it speaks of."""

    touch_id: UUID
    person_id: UUID


class MessageInput(Wire):
    """A message to deliver: a content version and the fields of one address. The mailer adds business, postal address and opt-out itself."""

    message_id: UUID
    subscriber_id: UUID
    location_id: UUID
    campaign_id: UUID | None = None
    content_id: UUID
    origin: Origin = "campaign"
    touches: list[MessageTouch] = Field(min_length=1, max_length=100)
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


class CancellationInput(Wire):
    """Cancel what a stop covers: an empty object, there is nothing to choose."""


class Cancellation(Wire):
    """Cancelling of what was queued under a stop when it was asked for. `cancelled` counts messages so far; `finished_at` null: under way."""

    asked_at: Instant
    cancelled: int
    finished_at: Instant | None


class Stop(Wire):
    """A scope that is paused; `id` is `all`, a subscriber's or a campaign's id."""

    scope: StopScope
    id: str
    stopped_at: Instant
    cancellation: Cancellation | None


class Stops(Wire):
    """All stops, by scope and id."""

    items: list[Stop]


class ResendInput(Wire):
    """Send again what failed of a campaign: `failed`, and `bounced` for a reason that does not blame the address. Never `uncertain`."""

    subscriber_id: UUID
    campaign_id: UUID


class ResendAnswer(Wire):
    """How many messages went back to the scheduler as `recheck`."""

    rechecked: int


class QueueCount(Wire):
    """Messages in one state. Above 10,000 the number is the database planner's estimate."""

    state: MessageState
    count: int
    is_estimate: bool


class Queue(Wire):
    """What has no end yet, and what nobody knows the end of. `oldest_due_seconds` is for how long the message due first has been waiting."""

    counts: list[QueueCount]
    oldest_due_at: Instant | None
    oldest_due_seconds: int | None


class Attempt(Wire):
    """One SMTP transaction."""

    attempt_id: UUID
    started_at: Instant
    phase: Slug
    reply_code: StrictInt | None
    enhanced_code: str | None
    outcome: Slug
    reason: Slug | None = None
    finished_at: Instant | None = None


class MessageContent(Wire):
    """A message as it was sent, written again from what is kept.

    `matches`: it is what was sent, to the byte. `differs`: it is not, because something it was written with (a setting, a program version) has
    changed since. `shredded`: address and fields are gone. `not_kept`: no hash was kept, because it has not left or the worker died on the way.
    `source` is the mail without signature lines; `sha256` of its UTF-8 octets was kept at sending.
    """

    message_id: UUID
    content_id: UUID
    proof: Literal["matches", "differs", "shredded", "not_kept"]
    sha256: str | None
    composed_at: Instant | None
    recipient: str | None
    subject: str | None
    text: str | None
    html: str | None
    source: str | None


class MessageStatus(Wire):
    """A message with its attempts; no address, no name.

    `handed_over_at` is when its last dot was about to be written: where a worker died there, no attempt tells more.
    """

    message_id: UUID
    subscriber_id: UUID
    state: MessageState
    reason: Slug | None
    accepted_at: Instant
    final_at: Instant | None
    attempts: list[Attempt]
    handed_over_at: Instant | None = None


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
