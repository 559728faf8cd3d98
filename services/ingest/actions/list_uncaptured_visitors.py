"""Lists a day's visitors without a usable address: whom the front desk may ask."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.ingest.deps import Deps
from services.ingest.domain.batch import LocationUnknownError
from services.ingest.store.capture import find_uncaptured_visitors
from services.ingest.store.cards import card_of
from services.ingest.store.staging import raw_of
from shared.kit.auth import Caller
from shared.kit.directory import find_fact
from shared.schemas.capture import Visitor, Visitors
from shared.schemas.location import LocationFacts


async def list_uncaptured_visitors(deps: Deps, *, caller: Caller, location_id: UUID, on: date | None) -> Visitors:
    """Return the visitors of a local day, today without `on`. Raises LocationUnknownError, the same for foreign and uncovered ones."""
    owner, now = caller.subscriber, deps.clock.now()
    keys = await deps.row_keys.of(deps.api_db, owner)
    async with deps.api_db.transaction(owner) as connection:
        location = await find_fact(connection, "location", location_id, LocationFacts)
        if location is None or location.subscriber_id != owner or not caller.covers(location_id):
            raise LocationUnknownError
        zone = ZoneInfo(location.zone)
        day = on or now.astimezone(zone).date()
        since = datetime.combine(day, time(), zone).astimezone(UTC)
        until = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        rows = await find_uncaptured_visitors(
            await raw_of(connection),
            subscriber_id=owner,
            location_id=location_id,
            since=since,
            until=until,
            today=now.date(),
        )
    items = [
        Visitor(appointment_id=row.appointment_id, starts_at=row.starts_at, consumer=card_of(row, keys)) for row in rows
    ]
    return Visitors(items=items)
