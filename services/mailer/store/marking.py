"""The marker: one statement that decides, for a group of messages whose bodies have left, which dots may be written."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from services.mailer.store.claiming import ClaimedMessage
from services.mailer.store.suppressing import IS_STOPPED
from shared.kit.db import RawConnection

_MARK: Final = "select * from mark_messages($1, $2, $3, $4)"
_OPEN: Final = """
select exists (select from follower_state where lease_until > clock_timestamp() + interval '2 s' and server_started_at = pg_postmaster_start_time())
    and not exists (select from service_state where on_hold)
"""
_WHY: Final = f"""
select m.message_id, case
    when {IS_STOPPED} and m.origin not in ('privacy_case', 'opt_in') then 'suppressed'
    when m.useful_until <= $3 then 'expired'
    else 'put_back' end as verdict
from unnest($1::uuid[], $2::uuid[]) as k (subscriber_id, message_id)
join messages m on m.subscriber_id = k.subscriber_id and m.message_id = k.message_id where m.state = 'claimed'
"""  # noqa: S608 - one constant in another


async def may_mark(connection: RawConnection) -> bool:
    """Tell whether any marker could be set now; where not, claiming would only open transactions at the relay and break them off."""
    return bool(await connection.fetchval(_OPEN))


async def mark_messages(connection: RawConnection, messages: Sequence[ClaimedMessage], *, now: datetime) -> set[UUID]:
    """Move the messages that may go to `handing_over`, in one autocommit statement on a raw connection; return their ids.

    Refused are those of a lost claim, suppressed by address or person, cancelled, paused or stopped, past their use, and all of them
    while the send lease is not alive by the database's clock with 2 s to spare or the service is on HOLD (architecture 4).
    """
    rows = await connection.fetch(
        _MARK,
        [message.subscriber_id for message in messages],
        [message.message_id for message in messages],
        [message.claim_id for message in messages],
        now,
    )
    return {row[0] for row in rows}


async def explain_unmarked(
    connection: RawConnection, messages: Sequence[ClaimedMessage], *, now: datetime
) -> dict[UUID, str]:
    """Tell for messages the marker refused what to do: `suppressed`, `expired` or `put_back`; absent ones are no longer in our hands."""
    rows = await connection.fetch(
        _WHY, [message.subscriber_id for message in messages], [message.message_id for message in messages], now
    )
    return {row[0]: str(row[1]) for row in rows}
