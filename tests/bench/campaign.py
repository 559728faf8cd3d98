"""A campaign of many messages as the services above the mailer hand it over: consents, content, messages, outcomes.

Row P1 measures the mailer; everything here only feeds it and reads what it reports.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from pydantic import JsonValue

from shared.kit.feed import START
from shared.kit.http import ServiceClient
from shared.kit.ids import new_id
from shared.schemas.contents import ContentInput
from shared.schemas.mailer import FINAL_STATES, MessageInput, MessageReceipts, MessagesInput, MessageTouch, Outcome
from shared.schemas.optout import ConsentInput, ConsentsInput, OptoutInput, OptoutsInput, Recorded
from tests.bench.lab import Lab

AHEAD = timedelta(hours=1)  # messages fall due by the movable clock, when all of them are in
STALL_SECONDS = 60.0
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
MJML = (
    "<mjml><mj-head><mj-title>{{ location.name }}</mj-title>"
    "<mj-preview>Your visit on {{ day }}</mj-preview></mj-head><mj-body><mj-section><mj-column>"
    "<mj-text>Dear {{ first_name }}, it is time for your {{ occasion }} at {{ location.name }}.</mj-text>"
    "<mj-text>We look forward to seeing you on {{ day }}. If you cannot make it, please call us.</mj-text>"
    '<mj-button href="{{ links.details }}">See the details</mj-button>'
    "<mj-text>{{ location.name }}, {{ location.postal_address }}<br />{{ notice.advertisement }} {{ notice.sent_by }}<br />"
    '<a href="{{ links.optout }}">Unsubscribe with one click</a></mj-text>'
    "</mj-column></mj-section></mj-body></mjml>"
)
TEXT = (
    "Dear {{ first_name }},\n\nit is time for your {{ occasion }} at {{ location.name }} on {{ day }}.\n\nDetails: {{ links.details }}\n"
    "If you cannot make it, please call us.\n\n--\n{{ location.name }}\n{{ location.postal_address }}\n\n"
    "{{ notice.advertisement }} {{ notice.sent_by }}\nUnsubscribe: {{ links.optout }}\n"
)
SAMPLE: dict[str, JsonValue] = {
    "first_name": "Ann",
    "occasion": "visit",
    "day": "Tuesday",
    "links": {"details": "https://brightsmile.example.com/a/1"},
}


@dataclass
class Campaign:
    """What is to be sent, and what the mailer's outcome feed said about it."""

    messages: list[MessageInput]
    states: dict[UUID, str] = field(default_factory=dict)
    reports: Counter[UUID] = field(default_factory=Counter)
    last_at: datetime = NEVER

    @property
    def counts(self) -> Counter[str]:
        """Messages by their last reported state; `open` for those without one."""
        return Counter(self.states.get(message.message_id, "open") for message in self.messages)


def make_campaign(lab: Lab, count: int, content_id: UUID, *, name: str = "user", ahead: timedelta = AHEAD) -> Campaign:
    """`count` messages to as many people, whose addresses begin with `name`, due `ahead` of the machine's clock."""
    keys, due_at, campaign_id = lab.address_keys, datetime.now(UTC) + ahead, uuid4()
    until = due_at + timedelta(hours=6)
    messages = []
    for number in range(count):
        address = f"{name}{number}@bench{number % 50}.example.com"
        message = MessageInput(
            message_id=new_id(),
            subscriber_id=lab.subscriber.subscriber_id,
            location_id=lab.location.location_id,
            campaign_id=campaign_id,
            content_id=content_id,
            touches=[MessageTouch(touch_id=uuid4(), person_id=uuid4())],
            address=address,
            address_key=keys.key_of(address),
            fields={
                **SAMPLE,
                "first_name": f"Ann{number}",
                "links": {"details": f"https://brightsmile.example.com/a/{number}"},
            },
            due_at=due_at,
            useful_until=until,
            recheck_after=until,
        )
        messages.append(message)
    return Campaign(messages)


async def publish_content(scheduler: ServiceClient, content_id: UUID) -> None:
    """Publishes the bench's content: about 5 kB of HTML with its text part."""
    content = ContentInput(
        subscriber_id=None,
        slug="bench",
        language="en",
        message_class="commercial",
        subject="{{ first_name }}, it is time for your next visit",
        mjml=MJML,
        text=TEXT,
        sample=dict(SAMPLE),
    )
    await scheduler.send("PUT", f"/v1/contents/{content_id}", body=content)


async def record_consents(ingest: ServiceClient, campaign: Campaign) -> None:
    """Puts the relationship of every recipient on file, as ingest does."""
    now = datetime.now(UTC)
    for part in cut(campaign.messages, 5000):
        consents = [
            ConsentInput(
                consent_id=uuid4(),
                location_id=message.location_id,
                person_id=message.touches[0].person_id,
                address_key=message.address_key,
                basis="existing_relationship",
                source="bench",
                evidence=f"visit:{message.message_id}",
                occurred_at=now,
            )
            for message in part
        ]
        body = ConsentsInput(subscriber_id=part[0].subscriber_id, consents=consents)
        recorded = await ingest.ask("POST", "/v1/consents", Recorded, body=body)
        if recorded.recorded != len(part):
            raise RuntimeError(f"{recorded.recorded} of {len(part)} consents were recorded")


async def record_suppressions(ingest: ServiceClient, lab: Lab, count: int) -> None:
    """Puts opt-outs of other people on file, as a source's flags do."""
    keys, now = lab.address_keys, datetime.now(UTC)
    for first in range(0, count, 5000):
        optouts = [
            OptoutInput(
                optout_id=uuid4(),
                address_key=keys.key_of(f"gone{number}@bench.example.com"),
                channel="source_flag",
                evidence=f"consumer:{number}",
                occurred_at=now,
            )
            for number in range(first, min(first + 5000, count))
        ]
        body = OptoutsInput(subscriber_id=lab.subscriber.subscriber_id, optouts=optouts)
        await ingest.send("POST", "/v1/optouts", body=body)


async def submit(scheduler: ServiceClient, campaign: Campaign, *, size: int = 500, at_once: int = 2) -> float:
    """Submits everything in batches; returns messages a second. Raises RuntimeError if one is not accepted."""
    parts = iter(cut(campaign.messages, size))

    async def send_parts() -> None:
        for part in parts:
            answer = await scheduler.ask("POST", "/v1/messages", MessageReceipts, body=MessagesInput(messages=part))
            refused = Counter(receipt.code for receipt in answer.receipts if receipt.result != "accepted")
            if refused:
                raise RuntimeError(f"the mailer refused messages: {dict(refused)}")

    start = time.perf_counter()
    await asyncio.gather(*(send_parts() for _ in range(at_once)))
    return len(campaign.messages) / (time.perf_counter() - start)


async def follow_outcomes(scheduler: ServiceClient, campaign: Campaign) -> None:
    """Reads the outcome feed until every message has a final state, or nothing came for a minute; other campaigns' outcomes are passed over."""
    epoch, cursor, own = None, START, {message.message_id for message in campaign.messages}
    open_messages = set(own)
    heard = time.monotonic()
    while open_messages and time.monotonic() - heard < STALL_SECONDS:
        page = await scheduler.changes(epoch=epoch, after=cursor, limit=1000, wait_seconds=1.0, reader="bench")
        epoch, cursor = page.epoch, page.cursor
        for change in page.changes:
            if change.kind != "outcome" or change.body is None:
                continue
            if change.key not in own:
                continue
            outcome = Outcome.model_validate(change.body)
            heard = time.monotonic()
            campaign.reports[outcome.message_id] += 1
            campaign.states[outcome.message_id] = outcome.state
            if outcome.state in FINAL_STATES:
                open_messages.discard(outcome.message_id)
                campaign.last_at = max(campaign.last_at, outcome.at)


def cut(messages: Sequence[MessageInput], size: int) -> list[list[MessageInput]]:
    """Slices of at most `size`."""
    return [list(messages[at : at + size]) for at in range(0, len(messages), size)]
