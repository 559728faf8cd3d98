"""Counts complaints, and pauses or releases the commercial mail of a business by their rate (L-061)."""

from datetime import date, datetime, timedelta
from typing import Final

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.complaint_rate import LOOK_BACK, find_alarming, judge_state, may_go_on, must_pause
from services.mailer.store.complaints import (
    Standing,
    count_complaints,
    count_sent,
    list_standings,
    mark_alarming,
    pause_commercial,
    read_days,
    release_commercial,
    take_turn,
)
from shared.kit.db import Database
from shared.kit.logs import log

_BATCH: Final = 5000
_LATEST_COMPLAINT: Final = timedelta(days=30)
_DOMAINS: Final = Gauge(
    "dueback_complaint_domains", "Header-from domains with complaints in the last week, by state", ["state"]
)


async def watch_complaints(database: Database, *, own_domain: str, now: datetime) -> bool:
    """Count one batch of outcomes and, once all are counted, judge every domain; return whether there are more to count.

    `own_domain` is the one that mail of our own comes from, empty for none.
    """
    async with database.transaction() as connection:
        if not await take_turn(connection):
            return False
        if await count_sent(connection, own_domain=own_domain, limit=_BATCH):
            return True
        await count_complaints(connection, own_domain=own_domain, since=now - _LATEST_COMPLAINT)
        today, states = now.date(), {"good": 0, "alarm": 0, "paused": 0}
        for standing in await list_standings(connection, since=today - LOOK_BACK):
            states[await _judge(connection, standing, today=today, now=now)] += 1
    for state, number in states.items():
        _DOMAINS.labels(state).set(number)
    return False


async def _judge(connection: AsyncConnection, standing: Standing, *, today: date, now: datetime) -> str:
    """Pause, release or leave one domain as it is, and say so once; return its state."""
    days = await read_days(connection, standing.subscriber_id, standing.domain, since=today - 2 * LOOK_BACK)
    last = standing.last
    tell = log("mailer.complaints")
    if last is not None and last.released_at is None:
        if not standing.is_stopped or may_go_on(days, today=today, pause=last):
            by = "time" if standing.is_stopped else "person"
            await release_commercial(connection, standing, by=by, now=now)
            tell.warning("commercial_released", subscriber_id=str(standing.subscriber_id), by=by)
            return judge_state(days, today=today, is_paused=False)
        return "paused"
    if must_pause(days, today=today, last=last):
        await pause_commercial(connection, standing, now=now)
        tell.error("commercial_paused", subscriber_id=str(standing.subscriber_id))
        return "paused"
    alarming = find_alarming(days, today=today)
    if alarming and await mark_alarming(connection, standing, [day.day for day in alarming]):
        worst = max(alarming, key=lambda day: day.rate)
        tell.warning(
            "complaint_alarm", subscriber_id=str(standing.subscriber_id), complaints=worst.complaints, sent=worst.sent
        )
    return judge_state(days, today=today, is_paused=False)
