"""Counts an audience before anything is sent, and says in words whom it chooses."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.audience import audience_sentence, check_audience, warn_of
from services.scheduler.store import audiences
from services.scheduler.store.audience_facts import FACTS
from shared.kit.directory import find_fact
from shared.kit.errors import NotFoundError
from shared.schemas.audience import AudienceCount, AudienceCountInput
from shared.schemas.location import LocationFacts

_SAMPLE: Final = 10


async def count_audience(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    wanted: AudienceCountInput,
    campaign_types: Collection[str],
    now: datetime,
) -> AudienceCount:
    """Return sentence, counts and a sample; raises NotFoundError for a foreign location, AudienceRefusedError for a rule that makes no sense."""
    location = await find_fact(connection, "location", wanted.location_id, LocationFacts)
    if location is None or location.subscriber_id != subscriber_id:
        raise NotFoundError
    check_audience(wanted.audience, facts=FACTS, vertical=location.vertical, campaign_types=campaign_types)
    counted = await audiences.count_audience(
        connection,
        subscriber_id=subscriber_id,
        location_id=wanted.location_id,
        rule=wanted.audience,
        now=now,
        sample=_SAMPLE,
    )
    warnings = warn_of(reachable=counted["reachable"], matched=counted["matched"], people=counted["people"])
    return AudienceCount(sentence=audience_sentence(wanted.audience, FACTS), warnings=warnings, **counted)
