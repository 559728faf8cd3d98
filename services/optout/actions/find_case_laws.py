"""Finds the laws that a privacy case falls under: those of its business's place and of where the person lives, both (L-095)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.case_periods import PrivacyLaw, laws_of
from services.optout.domain.entries import LocationUnknownError
from shared.kit.directory import find_fact
from shared.schemas.location import LocationFacts


async def find_case_laws(
    connection: AsyncConnection, *, subscriber_id: UUID, location_id: UUID | None, country: str | None
) -> tuple[PrivacyLaw, ...]:
    """Return them; without a location only the person's country speaks, and without both every law. Raises LocationUnknownError."""
    if location_id is None:
        return laws_of(country, is_dental=True)
    location = await find_fact(connection, "location", location_id, LocationFacts)
    if location is None or location.subscriber_id != subscriber_id:
        raise LocationUnknownError
    is_dental = location.vertical == "dental"
    own = laws_of(location.postal_address.country, is_dental=is_dental)
    return tuple(dict.fromkeys((*own, *(laws_of(country, is_dental=is_dental) if country else ()))))
