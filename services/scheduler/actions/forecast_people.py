"""Tells of the next people of a location what a campaign by hand will do for each; nothing is changed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.clients.optout import OptoutClient
from services.scheduler.domain.forecasting import Prospect, Prospection, forecast_person
from services.scheduler.store.forecasting import Foresight, read_prospects
from shared.kit.errors import BusyError
from shared.kit.http import RefusedError, SilentError
from shared.schemas.optout import PermissionQuery

Foretold = tuple[Prospect, Prospection]


async def forecast_people(
    connection: AsyncConnection,
    *,
    foresight: Foresight,
    optout: OptoutClient,
    after: UUID | None,
    limit: int,
    now: datetime,
) -> list[Foretold]:
    """Return up to `limit` people by id, at most 1,000, each with day or reason; permission is asked for all at once. BusyError on silence."""
    prospects = await read_prospects(connection, foresight, after=after, limit=limit, now=now)
    foretold = [(person, forecast_person(person, last_on=_last_on(foresight, person))) for person in prospects]
    asked = [person for person, outcome in foretold if outcome.day is not None]
    refused = await _ask(optout, foresight, asked)
    return [
        (person, Prospection(None, refused[person.consumer_id]) if person.consumer_id in refused else outcome)
        for person, outcome in foretold
    ]


def _last_on(foresight: Foresight, person: Prospect) -> date:
    """Return the last day of use: so many days after it goes to everybody, and no later than its offer."""
    days = int(foresight.settings.get("useful_days", foresight.kind.useful_days or 0))
    last = (person.planned_local + timedelta(days=days)).date()
    offer_ends = foresight.settings.get("offer", {}).get("expires_on")
    return min(last, date.fromisoformat(offer_ends)) if offer_ends else last


async def _ask(optout: OptoutClient, foresight: Foresight, people: Sequence[Prospect]) -> dict[UUID, str]:
    """Return the reason of everybody who may not be written to as things stand."""
    queries = [
        PermissionQuery(
            query_id=uuid4(),
            subscriber_id=foresight.subscriber_id,
            location_id=foresight.location_id,
            address_key=person.address_key or "",
            person_ids=[person.consumer_id],
            message_class=foresight.kind.message_class,
            topic=foresight.kind.topic,
        )
        for person in people
    ]
    try:
        answers = await optout.check(queries)
    except (SilentError, RefusedError):
        raise BusyError from None
    return {
        person.consumer_id: answer.reason if answer.answer == "refused" else "no_permission_yet"
        for person, answer in zip(people, answers, strict=True)
        if answer.answer != "allowed"
    }
