"""Counts what a campaign by hand will do: how many people on which day, and how many not and why; nothing is changed."""

from collections import Counter
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.actions.forecast_people import forecast_people
from services.scheduler.clients.optout import OptoutClient
from services.scheduler.domain.reasons import reason_sentence
from services.scheduler.store.forecasting import Foresight, count_people
from services.scheduler.store.reading import read_location_holds
from shared.schemas.scheduler import Campaign, Forecast, ForecastDay, ForecastReason

_AT_ONCE: Final = 1000
_MOST_PEOPLE: Final = 50_000
"""So many are counted in one request, each asked for at optout; of more the first so many by id."""


async def forecast_campaign(
    connection: AsyncConnection, *, campaign: Campaign, foresight: Foresight, optout: OptoutClient, now: datetime
) -> Forecast:
    """Return the counts; raises BusyError while optout is silent."""
    where = {"subscriber_id": foresight.subscriber_id, "location_id": foresight.location_id}
    people, counted, after = await count_people(connection, **where), 0, None
    days: Counter[date] = Counter()
    addresses: dict[date, set[str]] = {}
    reasons: Counter[str] = Counter()
    while counted < _MOST_PEOPLE:
        found = await forecast_people(
            connection, foresight=foresight, optout=optout, after=after, limit=_AT_ONCE, now=now
        )
        for person, outcome in found:
            if outcome.day is None:
                reasons[str(outcome.reason)] += 1
            else:
                days[outcome.day] += 1
                addresses.setdefault(outcome.day, set()).add(person.address_key or "")
        counted += len(found)
        if len(found) < _AT_ONCE:
            break
        after = found[-1][0].consumer_id
    return Forecast(
        campaign_id=campaign.campaign_id,
        version=campaign.version,
        hold=await _find_hold(connection, foresight.subscriber_id, campaign),
        people=people,
        counted=counted,
        days=[ForecastDay(day=day, people=days[day], messages=len(addresses[day])) for day in sorted(days)],
        reasons=[
            ForecastReason(reason=reason, explanation=reason_sentence(reason), people=number)
            for reason, number in sorted(reasons.items(), key=lambda row: (-row[1], row[0]))
        ],
    )


async def _find_hold(connection: AsyncConnection, subscriber_id: UUID, campaign: Campaign) -> str | None:
    """Return what holds the whole campaign at present."""
    if campaign.state in ("paused", "ended"):
        return f"campaign_{campaign.state}"
    _, hold = (await read_location_holds(connection, subscriber_id=subscriber_id)).get(
        campaign.location_id, ("", "location_not_live")
    )
    return hold
