"""Writes one frozen message as the mailer takes it: content in the readers' language, and the fields it speaks with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from services.scheduler.content.fields import Mention, message_fields
from services.scheduler.content.stock import StockContents
from services.scheduler.domain.answer_links import AnswerLinks
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.review_sites import choose_review_link
from services.scheduler.store.announcements import Noted
from services.scheduler.store.messages import FrozenMessage, Line
from shared.schemas.ingest import Recipient, VehicleName
from shared.schemas.location import LocationFacts
from shared.schemas.mailer import MessageInput, MessageTouch

People = Mapping[tuple[UUID, UUID], Recipient]
"""By (subscriber_id, consumer_id)."""
Vehicles = Mapping[tuple[UUID, UUID], VehicleName]
"""By (subscriber_id, vehicle_id)."""

_MOST_ENTRIES: Final = 100


def write_message(
    message: FrozenMessage,
    fitting: frozenset[UUID],
    people: People,
    vehicles: Vehicles,
    *,
    kind: CampaignType,
    location: LocationFacts,
    stock: StockContents,
    answer_links: AnswerLinks,
    noted: Sequence[Noted],
    recheck_after: datetime,
) -> MessageInput:
    """Return the message with those of its touches that are `fitting`; every one's person is among `people`, `noted` what it announces."""
    lines = [line for line in message.lines if line.touch_id in fitting]
    readers = [people[message.subscriber_id, line.consumer_id] for line in lines]
    spoken = {reader.language for reader in readers if reader.language}
    languages = [*(spoken if len(spoken) == 1 else ()), location.language]
    content_id, language = stock.choose(kind.slug, location.vertical, languages)
    mentions = [
        _mention(message.subscriber_id, line, reader, vehicles) for line, reader in zip(lines, readers, strict=True)
    ]
    return MessageInput(
        message_id=message.message_id,
        subscriber_id=message.subscriber_id,
        location_id=message.location_id,
        campaign_id=message.campaign_id,
        content_id=content_id,
        topic=kind.topic,
        touches=[MessageTouch(touch_id=line.touch_id, person_id=line.consumer_id) for line in lines],
        address=readers[0].address or "",
        address_key=message.address_key,
        fields=message_fields(
            mentions,
            trigger=kind.trigger.kind,
            language=language,
            is_change=message.is_change,
            settings=message.settings,
            links=_links(message, lines, kind, answer_links),
        ),
        calendar=[each.entry for each in noted if each.consumer_id in {line.consumer_id for line in lines}][
            :_MOST_ENTRIES
        ],
        due_at=min(line.due_at for line in lines),
        useful_until=min(line.useful_until for line in lines),
        recheck_after=recheck_after,
    )


def _links(
    message: FrozenMessage, lines: Sequence[Line], kind: CampaignType, answer_links: AnswerLinks
) -> dict[str, str]:
    """Return what this message leads to; of several touches the first by id chooses the review site."""
    links: dict[str, str] = {kind.page: answer_links.url(kind.page, *message.key)} if kind.page else {}
    if "review" in kind.links:
        links["review"] = choose_review_link(message.settings, min(line.touch_id for line in lines))
    return links


def _mention(subscriber_id: UUID, line: Line, reader: Recipient, vehicles: Vehicles) -> Mention:
    vehicle = vehicles.get((subscriber_id, line.vehicle_id)) if line.vehicle_id else None
    return Mention(
        line.consumer_id,
        reader.first_name,
        line.about_local,
        reader.recipient_id in (None, line.consumer_id),
        vehicle_id=line.vehicle_id,
        # A vehicle that is somebody else's by now is not named to the one who had it (N-68).
        vehicle=vehicle.name if vehicle is not None and vehicle.consumer_id == line.consumer_id else "",
        work=str(line.basis.get("family", "")),
        occasion=str(line.basis.get("occasion", "")),
        is_late=line.due_local.date() > line.about_local.date(),
    )
