"""Draws locations that portal pushed or changed: may mail leave, in which zone, and on which days is it open."""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.open_days import MOST_ROLLED_DAYS, OpenDay, draw_open_days, redraw_until
from services.scheduler.domain.public_holidays import public_holidays
from services.scheduler.domain.zone_data import first_difference, moments_ahead
from services.scheduler.store.locations import (
    StaleLocation,
    find_stale_locations,
    keep_location,
    knows_zone,
    read_offsets,
)
from services.scheduler.store.replans import mark_location
from shared.kit.logs import log
from shared.schemas.location import LocationFacts

HORIZON_DAYS: Final = 550
"""A calendar reaches a year and a half ahead: few appointments are booked further out, and it is redrawn twice a year."""

_BEFORE_DAYS: Final = 70
"""Slow weeks are told by the open days of the last eight."""
_AT_ONCE: Final = 20


async def draw_locations(connection: AsyncConnection, *, now: datetime) -> bool:
    """Draw what is missing or changed and mark the people of those locations; return whether there was anything."""
    today = now.date()
    stale = await find_stale_locations(connection, drawn_until=redraw_until(now), limit=_AT_ONCE)
    for location in stale:
        known = await knows_zone(connection, location.facts.zone, now)
        if known:
            await _compare_zone_data(connection, location.facts.zone, now)
        last = today + timedelta(days=HORIZON_DAYS)
        days = _draw_calendar(location.facts, first=today - timedelta(days=_BEFORE_DAYS), last=last)
        await keep_location(
            connection,
            location,
            zone=location.facts.zone if known else "UTC",
            hold_reason=_hold_reason(location) if known else "zone_unknown",
            drawn_until=last,
            days=days,
        )
        await mark_location(
            connection, subscriber_id=location.facts.subscriber_id, location_id=location.facts.location_id
        )
    return bool(stale)


def _draw_calendar(location: LocationFacts, *, first: date, last: date) -> list[OpenDay]:
    """Return the location's days; its own closures and, unless it is open then, public holidays are closed."""
    around = timedelta(days=MOST_ROLLED_DAYS)
    feasts = (
        frozenset()
        if location.open_on_public_holidays
        else public_holidays(location.postal_address, first=first - around, last=last + around)
    )
    return draw_open_days(location.hours, feasts | set(location.closures), first=first, last=last)


async def _compare_zone_data(connection: AsyncConnection, zone: str, now: datetime) -> None:
    """Warn an operator where the database's time-zone data and ours differ within a year: one of them is too old."""
    moments = moments_ahead(now)
    differs_at = first_difference(zone, moments, await read_offsets(connection, zone, moments))
    if differs_at is not None:
        log("scheduler.locations").warning("zone_data_differs", zone=zone, differs_at=differs_at.isoformat())


def _hold_reason(location: StaleLocation) -> str | None:
    """Return why no mail may leave for this location, or None (S-052, S-074, N-60)."""
    if location.facts.state != "live":
        return "location_not_live"
    if location.subscriber is None or not location.subscriber.active:
        return "subscriber_inactive"
    if location.subscriber.agreement_accepted_at is None:
        return "agreement_missing"
    if not location.facts.hours:
        return "hours_missing"
    return None
