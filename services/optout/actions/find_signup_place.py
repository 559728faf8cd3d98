"""Finds the place that a sign-up link leads to, while it is one that may ask for addresses."""

from dataclasses import dataclass
from uuid import UUID

from shared.kit.db import Database
from shared.kit.directory import find_fact
from shared.schemas.location import LocationFacts, SubscriberFacts


@dataclass(frozen=True, slots=True)
class SignupPlace:
    """Who asks: `business` is whom consent is given to, `location` the place, `language` what it speaks."""

    business: str
    location: str
    language: str


async def find_signup_place(database: Database, *, subscriber_id: UUID, location_id: UUID) -> SignupPlace | None:
    """Return the place; None for a location that is unknown, another subscriber's, suspended or closed, or whose business may not act."""
    async with database.transaction() as connection:
        subscriber = await find_fact(connection, "subscriber", subscriber_id, SubscriberFacts)
        location = await find_fact(connection, "location", location_id, LocationFacts)
    if location is None or location.subscriber_id != subscriber_id or location.state in ("suspended", "closed"):
        return None
    if subscriber is None or not subscriber.active:
        return None
    return SignupPlace(business=subscriber.name, location=location.name, language=location.language)
