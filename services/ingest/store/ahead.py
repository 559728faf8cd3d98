"""What lies ahead at a source: mail may rest on it only while the source is kept up to date (S-126) and is its location's primary, so that an old and
a new system side by side remind nobody twice (N-89). What has happened stays in any case, as history and as evidence.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.batch import APPOINTMENT, RECARE_DUE, SERVICE_LINE, VEHICLE
from services.ingest.store.child_kinds import CHILDREN

_LAY_AHEAD: Final = {
    APPOINTMENT: "{row}.starts_at > {moment}",
    RECARE_DUE: "true",
    VEHICLE: "true",
    SERVICE_LINE: "true",
}
"""By kind, which rows lay ahead at a moment."""
KINDS: Final = tuple(_LAY_AHEAD)
_ROWS: Final = (
    "select cast(:subscriber as uuid), '{name}', c.id from {table} c "
    "where c.subscriber_id = :subscriber and c.connection_id = any(cast(:connections as uuid[])) and not c.deleted and not c.parked and {ahead}"
)
_ANY: Final = "exists (select from {table} c where c.subscriber_id = :subscriber and c.connection_id = w.id and not c.deleted and {ahead})"


def _for_each(template: str) -> list[str]:
    return [
        template.format(
            name=CHILDREN[kind].name, table=CHILDREN[kind].table, ahead=ahead.format(row="c", moment=":now")
        )
        for kind, ahead in _LAY_AHEAD.items()
    ]


_TELL: Final = text("insert into changes (subscriber_id, kind, key) " + " union all ".join(_for_each(_ROWS)))
_WHICH: Final = "select w.id from unnest(cast(:connections as uuid[])) as w (id) where "
_HAS: Final = text(_WHICH + " or ".join(_for_each(_ANY)))


def counts_no_more(kind: int, row: str) -> str:
    """Return as SQL whether a row lies ahead at a source that has ended or is not the primary."""
    ahead = _LAY_AHEAD[kind].format(row=row, moment="k.ended_at")
    return (
        f"exists (select from connections k where k.subscriber_id = {row}.subscriber_id and k.connection_id = {row}.connection_id "
        f"and case when k.ended_at is not null then {ahead} else not k.is_primary end)"
    )


async def tell_what_lies_ahead(
    connection: AsyncConnection, *, subscriber_id: UUID, connection_ids: Sequence[UUID], now: datetime
) -> None:
    """Append what lies ahead at some sources to the feed, which then tells whether it counts (store/facts.py)."""
    values = {"subscriber": subscriber_id, "connections": list(connection_ids), "now": now}
    await connection.execute(_TELL, values)


async def find_with_something_ahead(
    connection: AsyncConnection, *, subscriber_id: UUID, connection_ids: Sequence[UUID], now: datetime
) -> set[UUID]:
    """Return those of some sources at which anything lies ahead; none of none without asking."""
    if not connection_ids:
        return set()
    values = {"subscriber": subscriber_id, "connections": list(connection_ids), "now": now}
    return set(await connection.scalars(_HAS, values))
