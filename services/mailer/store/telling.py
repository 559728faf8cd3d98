"""Bounces that optout's ledger does not have yet: told at least once, which its ids make once."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from shared.kit.db import RawConnection

_UNTOLD = """
select r.subscriber_id, r.report_id, r.address_key, r.blame, r.message_id, r.reported_at, m.location_id from reports r
left join messages m on m.subscriber_id = r.subscriber_id and m.message_id = r.message_id
where r.kind = 'bounce' and not r.is_told order by r.reported_at limit $1
"""
_TOLD = """
update reports set is_told = true from unnest($1::uuid[], $2::uuid[]) as t (subscriber_id, report_id)
where reports.subscriber_id = t.subscriber_id and reports.report_id = t.report_id
"""


async def list_untold(connection: RawConnection, *, limit: int) -> list[Record]:
    """Return bounces not told yet, oldest first, with the location of their message."""
    return list(await connection.fetch(_UNTOLD, limit))


async def keep_told(connection: RawConnection, reports: Sequence[tuple[UUID, UUID]]) -> None:
    """Note that bounces (subscriber_id, report_id) are in the ledger."""
    await connection.execute(_TOLD, [each[0] for each in reports], [each[1] for each in reports])
