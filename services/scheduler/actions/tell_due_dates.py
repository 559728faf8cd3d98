"""Tells from new facts what due dates rest on: the cycle a recare date belongs to, and how far a vehicle is driven a day."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.odometer import find_pace
from services.scheduler.domain.recare import RecareCycle, continue_cycle
from services.scheduler.store.due_facts import keep_cycles, keep_paces, read_cycles, read_readings


async def tell_due_dates(
    connection: AsyncConnection, *, recares: Sequence[Mapping[str, Any]], vehicles: Sequence[tuple[UUID, UUID]]
) -> None:
    """Store both for a page: `recares` are rows of recare facts, `vehicles` those whose readings may have changed, by (subscriber_id, vehicle_id)."""
    dated = [
        row for row in recares if row["due_on"] is not None and row["consumer_id"] is not None and not row["deleted"]
    ]
    if dated:
        people = sorted({(row["subscriber_id"], row["consumer_id"]) for row in dated})
        present = await read_cycles(connection, people)
        cycles: dict[tuple[UUID, UUID, str], RecareCycle] = {}
        for row in dated:
            key = (row["subscriber_id"], row["consumer_id"], row["recare_kind"])
            cycles[key] = continue_cycle(cycles.get(key) or present.get(key), row["due_on"], row["interval_days"])
        await keep_cycles(connection, cycles)
    if vehicles:
        readings = await read_readings(connection, vehicles)
        await keep_paces(connection, {vehicle: find_pace(readings[vehicle]) for vehicle in vehicles})
