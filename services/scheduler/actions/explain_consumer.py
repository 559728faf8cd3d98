"""Explains a consumer: every touch there is, and for every running campaign that concerns the person what it found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.actions.list_touches import list_touches
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.reasons import reason_sentence
from services.scheduler.domain.touch_words import tell_touch
from services.scheduler.domain.verdicts import Occasion, PersonFacts, explain_nothing
from services.scheduler.store.campaigns import list_campaigns
from services.scheduler.store.reading import (
    TouchFilter,
    read_latest_touches,
    read_location_holds,
    read_occasions,
    read_person,
)
from shared.kit.errors import NotFoundError
from shared.schemas.scheduler import Campaign, Reasons, Touch, Verdict

_MOST: Final = 500


async def explain_consumer(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    consumer_id: UUID,
    locations: Sequence[UUID] | None,
    types: Mapping[str, CampaignType],
    now: datetime,
) -> Reasons:
    """Return the first touches by due time and each campaign's verdict; NotFoundError for a person unknown or outside `locations`."""
    person = await read_person(connection, subscriber_id=subscriber_id, consumer_id=consumer_id)
    if person is None or (locations is not None and person.location_id not in locations):
        raise NotFoundError
    occasions: dict[str, list[Occasion]] = {
        slug: await read_occasions(connection, subscriber_id=subscriber_id, consumer_id=consumer_id, kind=kind, now=now)
        for slug, kind in types.items()
    }
    touches = await list_touches(
        connection,
        subscriber_id=subscriber_id,
        wanted=TouchFilter(consumer_id=consumer_id, locations=locations),
        types=types,
        limit=_MOST,
    )
    rows = await read_latest_touches(connection, subscriber_id=subscriber_id, consumer_id=consumer_id)
    latest = {row["campaign_id"]: tell_touch(row, types) for row in rows}
    campaigns = await list_campaigns(connection, subscriber_id=subscriber_id, locations=locations, limit=_MOST)
    places = {person.location_id} | {row.location_id for rows in occasions.values() for row in rows}
    holds = await read_location_holds(connection, subscriber_id=subscriber_id)
    verdicts = [
        _tell_latest(campaign, latest[campaign.campaign_id])
        if campaign.campaign_id in latest
        else _judge_nothing(campaign, types[campaign.type], person, occasions, holds.get(campaign.location_id), now)
        for campaign in campaigns
        if campaign.state != "ended" and campaign.type in types and campaign.location_id in places
    ]
    return Reasons(consumer_id=consumer_id, touches=touches, verdicts=verdicts)


def _tell_latest(campaign: Campaign, touch: Touch) -> Verdict:
    """Tell of the latest touch of a campaign by its due time, however many came before it."""
    return Verdict(
        campaign_id=campaign.campaign_id,
        campaign_type=campaign.type,
        verdict="touch",
        reason=touch.reason or touch.state,
        explanation=touch.explanation,
    )


def _judge_nothing(
    campaign: Campaign,
    kind: CampaignType,
    person: PersonFacts,
    occasions: Mapping[str, Sequence[Occasion]],
    place: tuple[str, str | None] | None,
    now: datetime,
) -> Verdict:
    """Name the reason why a campaign has no touch."""
    zone, hold = place or ("UTC", "location_not_live")
    reason = explain_nothing(
        kind,
        person=person,
        occasions=[row for row in occasions[kind.slug] if row.location_id == campaign.location_id],
        location_hold=hold,
        is_paused=campaign.state == "paused",
        today=now.astimezone(ZoneInfo(zone)).date(),
        now=now,
    )
    return Verdict(
        campaign_id=campaign.campaign_id,
        campaign_type=campaign.type,
        verdict="nothing",
        reason=reason,
        explanation=reason_sentence(reason),
    )
