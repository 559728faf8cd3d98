"""Mailer's wire towards relays: their logs, and the reports they send by HTTP."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt, StringConstraints

from shared.schemas.contents import Source
from shared.schemas.wire import Instant, Line, Slug, Wire


class RelayLogLine(Wire):
    """One line of a relay's log as JSON. `message_id` is the Message-ID header; `accepted`, `deferred`: the relay holds the message; `refused`: it
    answered no to the final dot, with `code` and `enhanced` (RFC 3463); `text` is the rest of the reply."""

    message_id: str = Field(min_length=3, max_length=300)
    status: Literal["accepted", "sent", "delivered", "deferred", "bounced", "refused"]
    code: Annotated[StrictInt, Field(ge=400, le=599)] | None = None
    enhanced: Annotated[str, StringConstraints(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] | None = None
    text: str = Field(default="", max_length=2000)
    at: Instant | None = None


class RelayLogAnswer(Wire):
    """What a relay's log settled. `applied` messages are no longer uncertain, `settled` says as what, `left_uncertain` were named with proof of
    another attempt only. Each of `lines` is counted once: `proving` about an uncertain message, `already_settled`, `under_way`, `unknown` (no message
    of ours that is on file), `undecided` (names a message and proves nothing), `other`, `unreadable`."""

    applied: StrictInt
    settled: dict[Literal["sent", "deferred", "bounced", "expired"], int]
    left_uncertain: StrictInt
    lines: StrictInt
    proving: StrictInt
    already_settled: StrictInt
    under_way: StrictInt
    unknown: StrictInt
    undecided: StrictInt
    other: StrictInt
    unreadable: StrictInt


class RelayFact(Wire):
    """What a relay tells of one message: named by our envelope sender or our Message-ID; `code` and `text` of the last reply, `enhanced` (RFC 3463);
    `feedback` is the type of a complaint (RFC 5965)."""

    message_id: Annotated[Line, StringConstraints(max_length=300)] | None = None
    envelope_sender: Annotated[Line, StringConstraints(max_length=300)] | None = None
    code: Annotated[StrictInt, Field(ge=200, le=599)] | None = None
    enhanced: Annotated[str, StringConstraints(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] | None = None
    text: Source = Field(default="", max_length=4000)
    feedback: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_-]{1,30}$")] | None = None


class RelayWebhook(Wire):
    """One event in the envelope of Standard Webhooks. `type` ends in what happened, such as `message.bounced`; events of no concern are ignored."""

    type: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")
    timestamp: Instant
    data: RelayFact


class RelayEvent(RelayFact):
    """One event of the generic shape: `bounced`, `soft_bounced`, `deferred`, `delivered`, `accepted`, `complained`, `not_spam`, `unsubscribed`."""

    event: Slug
    at: Instant | None = None


class RelayEvents(Wire):
    """At most 1,000 events a call."""

    events: list[RelayEvent] = Field(min_length=1, max_length=1000)


class SnsMessage(Wire):
    """A message of Amazon SNS as it posts it. Times stay text, because the signature is over their letters."""

    type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"] = Field(alias="Type")
    message_id: str = Field(alias="MessageId", pattern=r"^[A-Za-z0-9-]{8,100}$")
    topic_arn: str = Field(alias="TopicArn", pattern=r"^arn:[A-Za-z0-9:_.-]{10,300}$")
    subject: Line | None = Field(default=None, alias="Subject", max_length=300)
    message: Source = Field(alias="Message", max_length=400_000)
    timestamp: str = Field(alias="Timestamp", pattern=r"^[0-9TZ:.+-]{10,40}$")
    signature_version: Literal["1", "2"] = Field(alias="SignatureVersion")
    signature: str = Field(alias="Signature", pattern=r"^[A-Za-z0-9+/=]{4,2000}$")
    signing_cert_url: str = Field(alias="SigningCertURL", pattern=r"^https://[\x21-\x7e]{1,500}$")
    token: str | None = Field(default=None, alias="Token", pattern=r"^[\x21-\x7e]{1,2000}$")
    subscribe_url: str | None = Field(default=None, alias="SubscribeURL", pattern=r"^https://[\x21-\x7e]{1,2000}$")


class RelayReceipt(Wire):
    """What became of the reports of one delivery: `applied` are on file now, `repeated` were already, `unknown` name no message of ours, `ignored`
    say nothing of a message's fate."""

    applied: StrictInt
    repeated: StrictInt
    unknown: StrictInt
    ignored: StrictInt
