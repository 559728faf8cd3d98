"""What the scheduler needs of ingest: its feed, and the people of messages about to leave. Silence means: later, never guess."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from shared.kit.http import ServiceClient
from shared.schemas.ingest import Recipient, RecipientQuery, Recipients

_MOST: Final = 500


class IngestClient:
    """Calls ingest. Raises SilentError and RefusedError: the caller puts its messages back and tries again."""

    def __init__(self, service: ServiceClient) -> None:
        self.service = service

    async def recipients(self, people: Mapping[UUID, Sequence[UUID]]) -> dict[tuple[UUID, UUID], Recipient]:
        """Return the people asked for by (subscriber_id, consumer_id); who is absent is unknown or gone there."""
        found: dict[tuple[UUID, UUID], Recipient] = {}
        for subscriber_id, consumer_ids in people.items():
            for start in range(0, len(consumer_ids), _MOST):
                query = RecipientQuery(
                    subscriber_id=subscriber_id, consumer_ids=list(consumer_ids[start : start + _MOST])
                )
                answer = await self.service.ask("POST", "/v1/recipients", Recipients, body=query)
                found |= {(subscriber_id, person.consumer_id): person for person in answer.recipients}
        return found
