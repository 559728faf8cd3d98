"""Plays the year: each evening the day's changes go in, each day the clock stands at morning, afternoon and evening until everything is done."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from deploy.demo.collect import AT_A_TIME, find_consumers
from deploy.demo.doors import UnexpectedAnswerError, gather_slowly
from deploy.demo.hand_in import hand_in_records
from deploy.demo.moment import local_instant
from deploy.demo.quiet import wait_until_quiet
from deploy.demo.set_up import Installation, Site, connect_source, set_up_business
from deploy.year.life import Life, Person
from deploy.year.sent import read_told

Tell = Callable[[str], None]
STOPS: Final = ((10, 6), (15, 0), (17, 50))
"""Wall times of the first business at which everything that is due is sent."""
REPORTED: Final = (19, 30)
DUE_TYPES: Final = ("recare_due", "service_due")
"""Mail that forgetful people answer, measured by those who are left out."""
HELD_OUT_PERCENT: Final = 20
_PATIENCE_S: Final = 900.0
"""The first mail of each kind waits until its content is compiled, and the first day plans everybody."""
_RECORDS: Final = 20_000


@dataclass
class Business:
    """One business while its year is played; `refused`: campaign types that need something a year does not give, with why."""

    life: Life
    site: Site
    connection_id: UUID
    database_url: str
    people: dict[UUID, Person]
    switched_on: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


async def open_business(
    installation: Installation, life: Life, count: int, types: Collection[str], tell: Tell
) -> Business:
    """Set it up with everybody's past, and switch on every campaign type of its vertical that can be; of `types` only, if there are any."""
    now = installation.clock.now()
    site = await set_up_business(installation, life.business)
    connection_id = await connect_source(site, now)
    records = list(life.first_records(count, now))
    for first in range(0, len(records), _RECORDS):
        await hand_in_records(site, connection_id, records[first : first + _RECORDS], to_refuse=0)
    people = await _find_people(site, connection_id, life)
    business = Business(life, site, connection_id, _database_url(installation), people)
    await _switch_on(business, types)
    tell(
        f"{life.business.location['name']}: {count:,} people in {len(records):,} records, {len(business.switched_on)} campaign types on"
    )
    return business


async def _find_people(site: Site, connection_id: UUID, life: Life) -> dict[UUID, Person]:
    people = {person.key: person for person in life.people}
    keys = list(people)
    parts = [keys[at : at + AT_A_TIME] for at in range(0, len(keys), AT_A_TIME)]
    found = await gather_slowly([find_consumers(site, connection_id, part) for part in parts])
    return {consumer_id: people[key] for part in found for key, consumer_id in part.items()}


def _database_url(installation: Installation) -> str:
    database = urlsplit(installation.stack.databases["scheduler"].owner).path
    return urlsplit(installation.stack.admin_url)._replace(path=database).geturl()


async def _switch_on(business: Business, types: Collection[str]) -> None:
    known = await business.site.scheduler.call("GET", "/v1/campaign-types", wait_for_facts=True)
    for kind in known["items"]:
        if business.life.business.vertical not in kind["verticals"] or (types and kind["slug"] not in types):
            continue
        settings = {"hold_out_percent": HELD_OUT_PERCENT} if kind["slug"] in DUE_TYPES else {}
        body = {"location_id": str(business.site.location_id), "type": kind["slug"], "settings": settings}
        try:
            await business.site.scheduler.call("POST", "/v1/campaigns", body=body, wait_for_facts=True)
            business.switched_on.append(kind["slug"])
        except UnexpectedAnswerError as refused:
            business.refused[kind["slug"]] = refused.code


async def play_days(installation: Installation, businesses: Sequence[Business], days: int, tell: Tell) -> None:
    """Let so many days go by."""
    zone = businesses[0].life.business.zone
    today = installation.clock.now().astimezone(businesses[0].life.zone).date()
    for number in range(days):
        day, began = today + timedelta(days=number), installation.clock.now()
        for hour, minute in STOPS:
            await _move_to(installation, businesses, local_instant(day, hour, minute, zone))
        installation.clock.move_to(local_instant(day, *REPORTED, zone))
        for business in businesses:
            # At least one record a night: a source that is silent holds reminders back (S-126).
            told = await read_told(business.database_url, business.site.subscriber_id, DUE_TYPES, since=began)
            reminded = {business.people[each].key for each in told}
            if records := list(business.life.day_records(installation.clock.now(), reminded)):
                await hand_in_records(business.site, business.connection_id, records, to_refuse=0)
        await _settle(businesses)
        if day.day == 1 or number == days - 1:
            tell(f"{day:%B %Y}: day {number + 1} of {days}")


async def _move_to(installation: Installation, businesses: Sequence[Business], stop: datetime) -> None:
    if stop > installation.clock.now():
        installation.clock.move_to(stop)
        await _settle(businesses)


async def _settle(businesses: Sequence[Business]) -> None:
    await wait_until_quiet([business.site for business in businesses], patience_s=_PATIENCE_S)
