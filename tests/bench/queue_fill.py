"""A mailer's queue of millions, filled set-wise: what a claim costs depends on the rows, not on how they came.

Rows are as wide as real ones and in the shape of the table; nobody can open or send them, and their due times lie in the past,
in the order in which they came, as those of a campaign do.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from shared.kit.ids import new_id
from tests.bench.campaign import Campaign
from tests.bench.lab import Lab

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


_MESSAGE_COLUMNS = (
    "subscriber_id", "message_id", "location_id", "campaign_id", "content_id", "origin", "message_class", "touch_ids", "person_ids",
    "address_key", "sealed", "state", "due_at", "next_at", "useful_until", "recheck_after", "accepted_at",
)  # fmt: skip
_TOUCH_COLUMNS = ("subscriber_id", "touch_id", "message_id", "person_id", "address_key")
_A_COPY = 50_000


async def fill_behind(lab: Lab, campaign: Campaign, count: int) -> None:
    """Queue `count` messages behind a campaign's own by COPY, a microsecond apart, with their touches. As superuser; nobody can open them."""
    connection = await lab.connect("mailer")
    try:
        for first in range(0, count, _A_COPY):
            numbers = range(first, min(first + _A_COPY, count))
            rows = [_behind(campaign, number) for number in numbers]
            await connection.copy_records_to_table("messages", records=rows, columns=_MESSAGE_COLUMNS, timeout=600)
            touches = [(row[0], row[7][0], row[1], row[8][0], row[9]) for row in rows]
            await connection.copy_records_to_table(
                "message_touches", records=touches, columns=_TOUCH_COLUMNS, timeout=600
            )
        for table in ("messages", "message_touches"):
            await connection.execute(f"vacuum (analyze) {table}", timeout=600)
        await connection.execute("checkpoint", timeout=600)
    finally:
        await connection.close()


def _behind(campaign: Campaign, number: int) -> tuple[Any, ...]:
    own = campaign.messages[-1]
    due_at = own.due_at + number * timedelta(microseconds=1)
    return (
        *(own.subscriber_id, new_id(), own.location_id, own.campaign_id, own.content_id, "campaign", "commercial"),
        *([uuid4()], [uuid4()], f"1.{uuid4().hex[:22]}", bytes(120), "accepted"),
        *(due_at, due_at, own.useful_until, own.recheck_after, datetime.now(UTC)),
    )


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
