"""A mailer's queue of millions, filled set-wise: what a claim costs depends on the rows, not on how they came.

Rows are as wide as real ones and in the shape of the table; nobody can open or send them, and their due times lie in the past,
in the order in which they came, as those of a campaign do.
"""

from uuid import UUID

import asyncpg

_INDEXES = """
select indexname, indexdef from pg_indexes where tablename = 'messages' and indexname <> 'pk_messages' order by indexname
"""
# Ids rise like ours (UUID version 7), address keys are spread like keyed hashes.
_FILL = """
insert into messages (subscriber_id, message_id, location_id, campaign_id, content_id, origin, message_class, touch_ids, person_ids,
    address_key, sealed, state, due_at, next_at, useful_until, recheck_after, accepted_at)
select $1, lpad(to_hex(n), 32, '0')::uuid, $2, $3, $3, 'campaign', 'commercial', array[lpad(to_hex(n), 32, '0')::uuid],
    array[lpad(to_hex(n), 32, '0')::uuid], '1.' || md5(n::text), decode(repeat('00', 120), 'hex'), 'accepted',
    now() - interval '1 day' + n * interval '10 ms', now() - interval '1 day' + n * interval '10 ms',
    now() + interval '1 day', now() + interval '1 day', now()
from generate_series($4::bigint, $5::bigint) n
"""


async def fill_queue(
    connection: asyncpg.Connection, *, subscriber_id: UUID, location_id: UUID, first: int, last: int
) -> None:
    """Queue the messages numbered `first` to `last`. As superuser; indexes are built afterwards, as a bulk load does it."""
    indexes = await connection.fetch(_INDEXES)
    for index in indexes:
        await connection.execute(f"drop index {index['indexname']}")
    await connection.execute(_FILL, subscriber_id, location_id, location_id, first, last, timeout=600)
    await connection.execute("set maintenance_work_mem = '256MB'")
    for index in indexes:
        await connection.execute(index["indexdef"], timeout=600)
    await connection.execute("vacuum (analyze) messages", timeout=600)
    await connection.execute("checkpoint", timeout=600)
