"""Mailer's wire: messages, stops, outcomes, the queue."""

from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StrictInt

from shared.schemas.calendar import CalendarEntry
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
StopScope = Literal["all", "subscriber", "campaign", "commercial"]
Origin = Literal["campaign", "account", "lead", "privacy_case", "opt_in", "test"]
Audience = Literal["consumer", "staff", "visitor"]

PLATFORM_SENDER = UUID(int=1)
"""Subscriber and location of mail of our own: a sender like any other, so an opt-out from it stops it and nothing else."""


class MessageTouch(Wire):
    """One touch the message carries and the person it speaks of."""

    touch_id: UUID
    person_id: UUID


class MessageInput(Wire):
    """A message to deliver: a content version and the fields of one address. The mailer adds business, postal address and opt-out itself.

    `topic` is what it is about: a campaign's one of `Topic` (schemas/topics.py), by which a consumer may switch that mail off.

    A `test` shows a campaign's mail to one of the location's own people (LocationFacts.test_recipients, or where answers go): marked as one, with
    sample fields and without touches, under no campaign.

    Mail of our own (any other origin than these two) names PLATFORM_SENDER as subscriber and location and needs no touches; a lead's also its
    `topic` and the `asked_topic` the visitor asked about (S-081).
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
    # Any, not JsonValue, which asks a function in Python for every value: 40 us a message where it is written, 10 where it is read.
    fields: dict[str, Any]
    calendar: list[CalendarEntry] = Field(default=[], max_length=100)
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
    """One SMTP transaction. `route` names the relay's route, whose log knows what became of it; null before it was kept."""

    attempt_id: UUID
    started_at: Instant
    phase: Slug
    reply_code: StrictInt | None
    enhanced_code: str | None
    outcome: Slug
    reason: Slug | None = None
    finished_at: Instant | None = None
    route: str | None = None


ContentProof = Literal["matches", "differs", "shredded", "not_kept"]


class MessageContent(Wire):
    """A message as it was sent, written again from what is kept.

    `matches`: it is what was sent, to the byte. `differs`: it is not, because something it was written with (a setting, a program version) has
    changed since. `shredded`: address and fields are gone. `not_kept`: no hash was kept, because it has not left or the worker died on the way.
    `source` is the mail without signature lines; `sha256` of its UTF-8 octets was kept at sending.
    """

    message_id: UUID
    content_id: UUID
    proof: ContentProof
    sha256: str | None
    composed_at: Instant | None
    recipient: str | None
    subject: str | None
    text: str | None
    html: str | None
    source: str | None


class ContentView(Wire):
    """Who had a message shown as it was sent, and when. `viewed_by` is `client:` or `service:` and its id; `proof` is what the look showed."""

    view_id: UUID
    subscriber_id: UUID
    message_id: UUID
    viewed_by: Line
    viewed_at: Instant
    proof: ContentProof


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
    """A message with its attempts; no address, no name.

    `handed_over_at` is when its last dot was about to be written: where a worker died there, no attempt tells more. `attempts` are the newest 50,
    oldest first; GET /v1/messages/{id}/attempts lists all.
    """

    message_id: UUID
    subscriber_id: UUID
    state: MessageState
    reason: Slug | None
    accepted_at: Instant
    final_at: Instant | None
    attempts: list[Attempt]
    handed_over_at: Instant | None = None
    settlements: list[Settlement] = Field(default=[])
    content_id: UUID | None = None
    message_class: MessageClass | None = None


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


class Complaint(Wire):
    """Feed kind `complaint`: whoever got a message reported it as spam; told once a message."""

    message_id: UUID
    at: Instant


class Outcome(Wire):
    """Feed kind `outcome`: a message reached a final state (or `uncertain` was settled later)."""

    message_id: UUID
    touch_ids: list[UUID]
    state: MessageState
    reason: Slug | None
    at: Instant
