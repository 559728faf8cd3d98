"""What falls due no more once its source has ended: nobody keeps it up to date there, so no mail may rest on it (S-126)."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.batch import APPOINTMENT, RECARE_DUE, SERVICE_LINE, VEHICLE
from services.ingest.store.child_kinds import CHILDREN

ENDS: Final = {
    APPOINTMENT: "c.starts_at > {ended_at}",
    RECARE_DUE: "true",
    VEHICLE: "true",
    SERVICE_LINE: "true",
}
"""By kind, which rows `c` end with a source that ended at a moment: what lay ahead then. What had happened stays, as history and evidence."""
_ROWS: Final = (
    "select cast(:subscriber as uuid), '{name}', c.id from {table} c "
    "where c.subscriber_id = :subscriber and c.connection_id = :connection and not c.deleted and not c.parked and {ends}"
)
_TELL: Final = text(
    "insert into changes (subscriber_id, kind, key) select cast(:subscriber as uuid), 'connection', cast(:connection as uuid) union all "
    + " union all ".join(
        _ROWS.format(name=CHILDREN[kind].name, table=CHILDREN[kind].table, ends=ends.format(ended_at=":now"))
        for kind, ends in ENDS.items()
    )
)


async def tell_what_ends(
    connection: AsyncConnection, *, subscriber_id: UUID, connection_id: UUID, now: datetime
) -> None:
    """Append the source and all that ends with it to the feed; store/facts.py tells them as gone."""
    values = {"subscriber": subscriber_id, "connection": connection_id, "now": now}
    await connection.execute(_TELL, values)
