"""What the scheduler needs of ingest: its feed, and the people of messages about to leave. Silence means: later, never guess."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from shared.kit.http import ServiceClient
from shared.schemas.ingest import Recipient, RecipientQuery, Recipients, VehicleName

_MOST: Final = 500


class IngestClient:
    """Calls ingest. Raises SilentError and RefusedError: the caller puts its messages back and tries again."""

    def __init__(self, service: ServiceClient) -> None:
        self.service = service

    async def recipients(
        self,
        people: Mapping[UUID, Sequence[UUID]],
        vehicles: Mapping[UUID, Sequence[UUID]],
        *,
        seconds: float | None = None,
    ) -> tuple[dict[tuple[UUID, UUID], Recipient], dict[tuple[UUID, UUID], VehicleName]]:
        """Return the people and the vehicles asked for, each by (subscriber_id, id); what is absent is unknown or gone there.

        `seconds`: the longest wait for an answer, None the client's own.
        """
        found: dict[tuple[UUID, UUID], Recipient] = {}
        named: dict[tuple[UUID, UUID], VehicleName] = {}
        for subscriber_id, consumer_ids in people.items():
            vehicle_ids = vehicles.get(subscriber_id, ())
            for start in range(0, max(len(consumer_ids), len(vehicle_ids)), _MOST):
                query = RecipientQuery(
                    subscriber_id=subscriber_id,
                    consumer_ids=list(consumer_ids[start : start + _MOST]) or [consumer_ids[0]],
                    vehicle_ids=list(vehicle_ids[start : start + _MOST]),
                )
                answer = await self.service.ask("POST", "/v1/recipients", Recipients, body=query, seconds=seconds)
                found |= {(subscriber_id, person.consumer_id): person for person in answer.recipients}
                named |= {(subscriber_id, vehicle.vehicle_id): vehicle for vehicle in answer.vehicles}
        return found, named
