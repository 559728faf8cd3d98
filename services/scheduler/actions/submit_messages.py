"""Hands frozen messages to the mailer: the second half of dispatch. Any step may be repeated after a crash; the message ids stay the same."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.actions.withdraw_touches import withdraw_touches
from services.scheduler.actions.write_message import People, write_message
from services.scheduler.clients.ingest import IngestClient
from services.scheduler.clients.mailer import MailerClient
from services.scheduler.content.stock import StockContents
from services.scheduler.domain.answer_links import AnswerLinks
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.submission import (
    ORDINARY,
    Refusal,
    Whereabouts,
    find_misfits,
    is_about_messages,
    judge_refusal,
)
from services.scheduler.store.announcements import Noted, announce, retract
from services.scheduler.store.contents import forget_published
from services.scheduler.store.locations import read_locations
from services.scheduler.store.messages import (
    FrozenMessage,
    MessageKey,
    claim_messages,
    end_messages,
    is_any_grouped,
    put_back,
    release_touches,
    settle_submitted,
)
from services.scheduler.store.replans import mark_people_of_touches
from shared.kit.crashpoints import crashpoint
from shared.kit.db import Database
from shared.kit.epoch import is_on_hold
from shared.kit.http import RefusedError, SilentError
from shared.kit.logs import log
from shared.schemas.mailer import MessageInput, MessageReceipt

_AT_ONCE: Final = 500
_FRESH_SECONDS: Final = 10.0
"""So old a claim may begin a call: the longest, a submission, takes 15 s more, and the lease ends at 30 s."""
_HELD_SECONDS: Final = 25.0
"""So old a claim may settle what it found: afterwards another worker may be at the same messages."""


@dataclass(slots=True)
class Settlement:
    """What became of a batch, written down in one transaction at its end."""

    submitted: dict[MessageKey, UUID | None] = field(default_factory=dict)
    refused: dict[str, dict[MessageKey, str]] = field(default_factory=lambda: {"held": {}, "expired": {}, "failed": {}})
    released: dict[tuple[UUID, UUID], tuple[UUID, str]] = field(default_factory=dict)
    put_back: list[MessageKey] = field(default_factory=list)
    unknown_contents: set[UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Claim:
    """How long a batch has been ours, by the process's own ticks: a worker that stood still must not act on what another has since ended."""

    ticks: Callable[[], float]
    began: float

    def is_fresh(self) -> bool:
        """Tell whether a call to the mailer may still begin."""
        return self.ticks() - self.began < _FRESH_SECONDS

    def is_held(self) -> bool:
        """Tell whether the lease is certainly still ours."""
        return self.ticks() - self.began < _HELD_SECONDS


async def submit_messages(
    database: Database,
    *,
    ingest: IngestClient,
    mailer: MailerClient,
    types: Mapping[str, CampaignType],
    stock: StockContents,
    answer_links: AnswerLinks,
    now: datetime,
    recheck_minutes: int,
    ticks: Callable[[], float] = monotonic,
) -> bool:
    """Submit one batch of grouped messages; return whether there may be more. Silence puts the batch back for a moment.

    What is still undone when the claim is no longer fresh by `ticks` (seconds) is left to whoever claims it next.
    """
    if not await is_any_grouped(database):
        return False
    claim = Claim(ticks, ticks())
    async with database.transaction() as connection:
        if await is_on_hold(connection):
            return False
        claimed = await claim_messages(connection, limit=_AT_ONCE)
        if not claimed:
            return False
        locations = await read_locations(connection, sorted({message.location_id for message in claimed}))
        noted = await _announce(connection, claimed, types, now)
    crashpoint("scheduler.before_submit")
    settlement = Settlement()
    try:
        people, vehicles = await ingest.recipients(*_asked_for(claimed))
        inputs: dict[MessageKey, MessageInput] = {}
        for message in claimed:
            lines = await _fitting(message, people, mailer, settlement, claim)
            location = locations.get(message.location_id)
            if lines and location is not None and message.campaign_type in types:
                kind = types[message.campaign_type]
                inputs[message.key] = write_message(
                    message,
                    lines,
                    people,
                    vehicles,
                    kind=kind,
                    location=location,
                    stock=stock,
                    answer_links=answer_links,
                    noted=noted.get(message.key, ()),
                    recheck_after=now + timedelta(minutes=recheck_minutes),
                )
            elif lines:
                settlement.put_back.append(message.key)
        await _submit(mailer, inputs, settlement, claim)
    except (SilentError, RefusedError) as failure:
        log("scheduler.dispatch").warning("submission_postponed", messages=len(claimed), cause=str(failure))
        settlement = Settlement(put_back=[message.key for message in claimed])
    crashpoint("scheduler.after_submit")
    await _settle(database, settlement, claim, now=now)
    return len(claimed) == _AT_ONCE and not settlement.put_back


async def _announce(
    connection: AsyncConnection, claimed: Sequence[FrozenMessage], types: Mapping[str, CampaignType], now: datetime
) -> dict[MessageKey, list[Noted]]:
    """Note what messages about appointments announce, and return it."""
    told = {slug for slug, kind in types.items() if kind.calendar}
    messages = [message.key for message in claimed if message.campaign_type in told]
    return await announce(connection, messages, types=types, now=now) if messages else {}


def _asked_for(messages: Sequence[FrozenMessage]) -> tuple[dict[UUID, list[UUID]], dict[UUID, list[UUID]]]:
    """Return the people and the vehicles that messages speak of, by subscriber."""
    people: dict[UUID, set[UUID]] = defaultdict(set)
    vehicles: dict[UUID, set[UUID]] = defaultdict(set)
    for message in messages:
        people[message.subscriber_id].update(line.consumer_id for line in message.lines)
        vehicles[message.subscriber_id].update(line.vehicle_id for line in message.lines if line.vehicle_id)
    return (
        {subscriber: sorted(consumers) for subscriber, consumers in people.items() if consumers},
        {subscriber: sorted(found) for subscriber, found in vehicles.items()},
    )


async def _fitting(
    message: FrozenMessage, people: People, mailer: MailerClient, settlement: Settlement, claim: Claim
) -> frozenset[UUID]:
    """Return the touches that may still go in this message. A message that may have been submitted before is taken back as a whole first."""
    if not claim.is_fresh():
        return frozenset()
    consumers = {line.touch_id: line.consumer_id for line in message.lines}
    found = {
        person: Whereabouts(recipient.address, recipient.address_key)
        for person in consumers.values()
        if (recipient := people.get((message.subscriber_id, person))) is not None
    }
    misfits = find_misfits(consumers, message.address_key, found)
    misfits |= {line.touch_id: "withdrawn" for line in message.lines if line.is_withdrawn}
    if misfits and message.attempts > 1:
        answer = await mailer.cancel(message.subscriber_id, list(consumers))
        if set(answer.too_late) & set(consumers):
            settlement.submitted[message.key] = None  # it left already with what it had; its outcome follows
            return frozenset()
        settlement.refused["held"][message.key] = next(iter(misfits.values()))
        return frozenset()
    settlement.released |= {
        (message.subscriber_id, touch): (message.message_id, reason) for touch, reason in misfits.items()
    }
    fitting = frozenset(consumers) - frozenset(misfits)
    if not fitting:
        settlement.refused["held"][message.key] = next(iter(misfits.values()), "withdrawn")
    return fitting


async def _submit(
    mailer: MailerClient, inputs: Mapping[MessageKey, MessageInput], settlement: Settlement, claim: Claim
) -> None:
    """Submit all at once; should the mailer find the call malformed, one by one, so that one bad message holds up no other.

    Any other refusal of a call (clock skew, limits, a wrong address) says nothing of its messages and is raised: they go again, as after silence.
    """
    if not inputs or not claim.is_fresh():
        return
    try:
        receipts = await mailer.submit(list(inputs.values()))
    except RefusedError as refused:
        if not is_about_messages(refused.status):
            raise
        if len(inputs) > 1:
            for key, message in inputs.items():
                await _submit(mailer, {key: message}, settlement, claim)
            return
        (message,) = inputs.values()
        receipts = {
            message.message_id: MessageReceipt(message_id=message.message_id, result="refused", code=refused.code)
        }
    for key, message in inputs.items():
        receipt = receipts.get(message.message_id)
        if receipt is not None and receipt.result != "refused":
            settlement.submitted[key] = message.content_id
            continue
        code = receipt.code if receipt is not None else "content_unknown"
        judged: Refusal = judge_refusal(code)
        if judged == "put_back":
            settlement.put_back.append(key)
        else:
            settlement.refused[judged][key] = code or "mailer_refused"
        if code == "content_unknown":
            settlement.unknown_contents.add(message.content_id)


async def _settle(database: Database, settlement: Settlement, claim: Claim, *, now: datetime) -> None:
    if (
        not claim.is_held()
    ):  # what the mailer has is true whoever says it; everything else is for the one who has the messages now
        settlement = Settlement(submitted=settlement.submitted)
    async with database.transaction() as connection:
        if settlement.submitted:
            await withdraw_touches(connection, await settle_submitted(connection, settlement.submitted, now=now))
        for state, reasons in settlement.refused.items():
            if reasons:
                await end_messages(connection, reasons, state=state, now=now)
        if settlement.released:
            await retract(connection, {touch: message for touch, (message, _) in settlement.released.items()})
            await release_touches(connection, settlement.released, now=now)
            await mark_people_of_touches(connection, list(settlement.released))
        if settlement.put_back:
            await put_back(connection, settlement.put_back)
        if settlement.unknown_contents:
            await forget_published(connection, sorted(settlement.unknown_contents))
    for key, code in settlement.refused["failed"].items():
        if code not in ORDINARY:
            log("scheduler.dispatch").error("message_refused", message_id=str(key[1]), code=code)
