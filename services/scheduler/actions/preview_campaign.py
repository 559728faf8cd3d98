"""Shows a campaign's mail as one consumer would get it now, by the mailer's preview; that somebody looked is kept."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.clients.ingest import IngestClient
from services.scheduler.clients.mailer import MailerClient
from services.scheduler.content.fields import Mention, message_fields
from services.scheduler.content.stock import StockContents
from services.scheduler.domain.campaign_settings import SendWindow, check_settings
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.comparison import settings_of
from services.scheduler.domain.errors import NotByHandError, PreviewRefusedError
from services.scheduler.domain.occasions import find_next_occasion
from services.scheduler.store.reading import read_person
from services.scheduler.store.views import note_view
from shared.kit.directory import find_fact
from shared.kit.errors import BusyError, NotFoundError
from shared.kit.http import RefusedError, SilentError
from shared.schemas.comparisons import Variant
from shared.schemas.contents import ContentPreview, ContentPreviewInput
from shared.schemas.ingest import Recipient
from shared.schemas.location import LocationFacts
from shared.schemas.scheduler import Campaign, CampaignPreview


async def preview_campaign(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    campaign: Campaign,
    consumer_id: UUID,
    variant: Variant,
    types: Mapping[str, CampaignType],
    window: SendWindow,
    stock: StockContents,
    ingest: IngestClient,
    mailer: MailerClient,
    now: datetime,
    viewed_by: str,
) -> CampaignPreview:
    """Return subject, text and HTML with what the mailer's rules find; raises NotFoundError for a person of another place, BusyError on silence."""
    kind, location = (
        types.get(campaign.type),
        await find_fact(connection, "location", campaign.location_id, LocationFacts),
    )
    if kind is None or not kind.is_by_hand:
        raise NotByHandError
    check_settings(kind, campaign.settings, window=window)
    person = await read_person(connection, subscriber_id=subscriber_id, consumer_id=consumer_id)
    if location is None or person is None or person.deleted or person.location_id != campaign.location_id:
        raise NotFoundError
    try:
        people, _ = await ingest.recipients({subscriber_id: [consumer_id]}, {})
        reader = people.get((subscriber_id, consumer_id))
        if reader is None:
            raise NotFoundError
        written = settings_of(campaign.settings, variant)
        shown = await mailer.preview(_write(kind, written, reader, location, stock, now))
    except SilentError:
        raise BusyError from None
    except RefusedError as refused:
        raise PreviewRefusedError(refused.code) from None
    await note_view(
        connection,
        subscriber_id=subscriber_id,
        campaign_id=campaign.campaign_id,
        consumer_id=consumer_id,
        viewed_by=viewed_by,
        now=now,
    )
    return _answer(campaign, consumer_id, shown)


def _write(
    kind: CampaignType,
    settings: Mapping[str, Any],
    reader: Recipient,
    location: LocationFacts,
    stock: StockContents,
    now: datetime,
) -> ContentPreviewInput:
    """Put the same content and fields together that the mail itself would have."""
    languages = [*([reader.language] if reader.language else ()), location.language]
    content_id, language = stock.choose(kind.slug, location.vertical, languages)
    occasion, day = find_next_occasion(kind, settings, now.astimezone(ZoneInfo(location.zone)).date())
    mention = Mention(
        reader.consumer_id,
        reader.first_name,
        datetime.combine(day, time(12)),
        reader.recipient_id in (None, reader.consumer_id),
        occasion=occasion,
    )
    fields = message_fields([mention], trigger=kind.trigger.kind, language=language, is_change=False, settings=settings)
    return ContentPreviewInput(content=stock.contents[content_id], fields=fields, location_id=location.location_id)


def _answer(campaign: Campaign, consumer_id: UUID, shown: ContentPreview) -> CampaignPreview:
    return CampaignPreview(
        campaign_id=campaign.campaign_id,
        version=campaign.version,
        consumer_id=consumer_id,
        subject=shown.subject,
        text=shown.text,
        html=shown.html,
        findings=shown.findings,
    )
