"""Explains a consumer: every touch there is, and for every running campaign that concerns the person what it found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.actions.list_touches import list_touches
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.described_touch import describe_touch
from services.scheduler.domain.reasons import reason_sentence
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
    after: str | None,
    limit: int,
) -> Reasons:
    """Return a page of touches, and the verdicts whatever the page.

    Raises NotFoundError for a person we have no facts of, or outside `locations`, and CursorRefusedError.
    """
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
        after=after,
        limit=limit,
    )
    latest = await read_latest_touches(
        connection, subscriber_id=subscriber_id, consumer_id=consumer_id, locations=locations
    )
    places = {person.location_id} | {row.location_id for rows in occasions.values() for row in rows}
    seen = places if locations is None else places & set(locations)
    campaigns = await list_campaigns(connection, subscriber_id=subscriber_id, locations=sorted(seen), limit=_MOST)
    touched = {row["campaign_id"]: describe_touch(row, types) for row in latest}
    holds = await read_location_holds(connection, subscriber_id=subscriber_id)
    verdicts = [
        _judge(campaign, types[campaign.type], person, occasions, touched, holds.get(campaign.location_id), now)
        for campaign in campaigns
        if campaign.state in ("active", "paused") and campaign.type in types
    ]
    return Reasons(consumer_id=consumer_id, touches=touches.items, verdicts=verdicts, next=touches.next)


def _judge(
    campaign: Campaign,
    kind: CampaignType,
    person: PersonFacts,
    occasions: Mapping[str, Sequence[Occasion]],
    touched: Mapping[UUID, Touch],
    place: tuple[str, str | None] | None,
    now: datetime,
) -> Verdict:
    """Name the latest touch of a campaign, or the reason why there is none."""
    latest = touched.get(campaign.campaign_id)
    if latest is not None:
        reason, explanation = latest.reason or latest.state, latest.explanation
    else:
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
        explanation = reason_sentence(reason)
    return Verdict(
        campaign_id=campaign.campaign_id,
        campaign_type=campaign.type,
        verdict="nothing" if latest is None else "touch",
        reason=reason,
        explanation=explanation,
    )
