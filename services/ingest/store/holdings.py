"""What ingest holds about people, table by table, for a report to them: rows as they stand, ciphertext still (a worker's view)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.child_kinds import CHILDREN
from shared.schemas.personal_data import MOST_RECORDS

_MINE: Final = "= any(cast(:ids as uuid[]))"
_ALSO: Final = {"relations": f" or related_id {_MINE}", "merges": f" or into_id {_MINE}"}
_READINGS: Final = f"vehicle_id in (select v.id from vehicles v where v.subscriber_id = :s and v.consumer_id {_MINE})"  # noqa: S608 - a constant


def _of_child(table: str, parent_id: str) -> str:
    whose = _READINGS if table == "odometer_readings" else f"{parent_id} {_MINE}{_ALSO.get(table, '')}"
    return f"select * from {table} where subscriber_id = :s and not deleted and ({whose})"  # noqa: S608 - our own names


HOLDINGS: Final[Mapping[str, str]] = {
    "consumers": f"""
select c.*, coalesce(k.name, 'front desk') as source, coalesce(k.connector, 'front_desk') as connector from consumers c
left join connections k on k.subscriber_id = c.subscriber_id and k.connection_id = c.connection_id
where c.subscriber_id = :s and c.id {_MINE} and c.personal is not null""",  # noqa: S608 - a constant
    **{child.table: _of_child(child.table, child.parent_id) for child in CHILDREN.values() if child.parent},
    "consumer_edits": f"select * from consumer_edits where subscriber_id = :s and consumer_id {_MINE}",  # noqa: S608
    "consumer_history": f"""
select consumer_id, changed_at, source, changed_by, fields from consumer_history where subscriber_id = :s and consumer_id {_MINE}
order by position desc""",  # noqa: S608 - a constant
    "consents": f"select * from consents where subscriber_id = :s and person_id {_MINE}",  # noqa: S608 - a constant
    "source_optouts": f"select * from source_optouts where subscriber_id = :s and person_id {_MINE}",  # noqa: S608
}


async def read_holding(
    connection: AsyncConnection, table: str, *, subscriber_id: UUID, ids: Sequence[UUID]
) -> list[dict[str, Any]]:
    """Return at most one row more than are shown."""
    values = {"s": subscriber_id, "ids": list(ids), "limit": MOST_RECORDS + 1}
    statement = text(f"select * from ({HOLDINGS[table]}) h limit :limit")  # noqa: S608 - constants
    return [dict(row) for row in (await connection.execute(statement, values)).mappings()]
