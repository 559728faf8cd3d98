"""Reads the services' own ledgers of one business after the demonstration, through the API anybody may use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from deploy.demo.doors import UnexpectedAnswerError, gather_slowly
from deploy.demo.evidence import Batch, Side, Truth
from deploy.demo.set_up import Site
from shared.schemas.ingest import FoundConsumer
from shared.schemas.mailer import MessageStatus
from shared.schemas.scheduler import Reasons, Touch
from shared.schemas.wire import Page

AT_A_TIME = 100  # keys in one look-up


@dataclass(frozen=True)
class Asked:
    """By foreign id: everyone's consumer id, and the reasons of people without a touch."""

    consumers: dict[str, UUID]
    reasons: dict[str, Reasons]


async def ask_reasons(site: Site, truth: Truth, connection_id: UUID) -> Asked:
    """Who is who by the source's own keys, and why those without any touch got nothing, as a front desk would ask now."""
    foreign_ids = [person.foreign_id for person in truth.expected]
    parts = [foreign_ids[at : at + AT_A_TIME] for at in range(0, len(foreign_ids), AT_A_TIME)]
    found = await gather_slowly([find_consumers(site, connection_id, part) for part in parts])
    consumers = {key: consumer_id for part in found for key, consumer_id in part.items()}
    touched = {Touch.model_validate(item).consumer_id for item in await site.scheduler.pages("/v1/touches")}
    quiet = {key: consumer for key, consumer in consumers.items() if consumer not in touched}
    told = await gather_slowly([read_reasons(site, consumer) for consumer in quiet.values()])
    return Asked(consumers, {key: reasons for key, reasons in zip(quiet, told, strict=True) if reasons})


async def collect_side(site: Site, truth: Truth, batches: Sequence[Batch], asked: Asked) -> Side:
    """Every touch and the mailer's account of every message, at the end."""
    touches = [Touch.model_validate(item) for item in await site.scheduler.pages("/v1/touches")]
    message_ids = sorted({touch.message_id for touch in touches if touch.message_id}, key=str)
    messages = await gather_slowly([read_message(site, message_id) for message_id in message_ids])
    return Side(
        truth=truth,
        subscriber_id=site.subscriber_id,
        location_id=site.location_id,
        batches=tuple(batches),
        consumers=asked.consumers,
        touches=tuple(touches),
        reasons=asked.reasons,
        messages={message.message_id: message for message in messages if message},
    )


async def find_consumers(site: Site, connection_id: UUID, foreign_ids: Sequence[str]) -> dict[str, UUID]:
    """Our ids by the source's own keys, of those whom ingest knows."""
    params = {"connection_id": str(connection_id), "foreign_id": list(foreign_ids)}
    page = Page[FoundConsumer].model_validate(await site.records.call("GET", "/v1/consumers", params=params))
    return {item.foreign_id: item.consumer_id for item in page.items}


async def read_reasons(site: Site, consumer_id: UUID) -> Reasons | None:
    """Why this consumer got what they got, None if scheduler does not know them."""
    try:
        return Reasons.model_validate(await site.scheduler.call("GET", f"/v1/consumers/{consumer_id}/reasons"))
    except UnexpectedAnswerError as refused:
        if refused.status == 404:
            return None
        raise


async def read_message(site: Site, message_id: UUID) -> MessageStatus | None:
    """The mailer's account of a message, None if it was never submitted."""
    try:
        return MessageStatus.model_validate(await site.mailer.call("GET", f"/v1/messages/{message_id}"))
    except UnexpectedAnswerError as refused:
        if refused.status == 404:
            return None
        raise


def find_leaks(logs: Path, sides: Iterable[Side]) -> tuple[str, ...]:
    """Logs and batch reports in which a text was found that must never be kept."""
    sides = list(sides)
    canaries = [canary for side in sides for canary in side.truth.canaries]
    places = {f"log {path.name}": path.read_text(encoding="utf-8", errors="replace") for path in logs.glob("*.log")}
    for side in sides:
        for number, batch in enumerate(side.batches, 1):
            places[f"report {number} of {side.truth.business.slug}"] = batch.report.model_dump_json()
    return tuple(name for name, text in sorted(places.items()) if any(canary in text for canary in canaries))
