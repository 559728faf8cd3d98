"""Looks up where a message about some people goes; the only place where names and addresses are read for mail."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.facts import GUARDIAN

_FIND: Final = text(
    """
select c.id, c.personal, c.language, c.status, c.optout_pending or c.merged_into is not null as closed, c.address_key,
    c.minor_until > :today as is_minor,
    g.id as guardian_id, g.personal as guardian_personal, g.address_key as guardian_key
from consumers c {guardian}
where c.subscriber_id = :subscriber and c.id = any(cast(:ids as uuid[])) and not c.deleted and c.personal is not null
""".replace("{guardian}", GUARDIAN)
)


_VEHICLES: Final = text("""
select v.id, v.personal, v.model_year, case when not v.parked then v.consumer_id end as consumer_id
from vehicles v
where v.subscriber_id = :subscriber and v.id = any(cast(:ids as uuid[])) and not v.deleted and v.personal is not null
""")


async def find_people(
    connection: AsyncConnection, *, subscriber_id: UUID, consumer_ids: Sequence[UUID], today: date
) -> list[Any]:
    """Return the rows of these consumers with their guardians'; ciphertext still."""
    values = {"subscriber": subscriber_id, "ids": list(consumer_ids), "today": today}
    return list(await connection.execute(_FIND, values))


async def find_vehicles(connection: AsyncConnection, *, subscriber_id: UUID, vehicle_ids: Sequence[UUID]) -> list[Any]:
    """Return the rows of these vehicles, ciphertext still."""
    if not vehicle_ids:
        return []
    return list(await connection.execute(_VEHICLES, {"subscriber": subscriber_id, "ids": list(vehicle_ids)}))
