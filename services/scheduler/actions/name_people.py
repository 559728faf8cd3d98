"""Names the people of a page by ingest, which alone knows names; a page does without them when it is silent."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.scheduler.clients.ingest import IngestClient
from shared.kit.http import RefusedError, SilentError

_SECONDS: Final = 2.0
"""A reader waits so long for names."""


async def name_people(ingest: IngestClient, *, subscriber_id: UUID, consumer_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return first names by person, without those that have none."""
    try:
        people, _ = await ingest.recipients({subscriber_id: consumer_ids}, {}, seconds=_SECONDS)
    except (SilentError, RefusedError):
        return {}
    names = {consumer_id: " ".join(person.first_name.split()) for (_, consumer_id), person in people.items()}
    return {consumer_id: name for consumer_id, name in names.items() if name}
