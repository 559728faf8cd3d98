"""Takes due touches, looks at everything again, and freezes what may go into messages: the first half of dispatch."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from services.scheduler.actions.plan_people import plan_people
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.store import due, grouping
from services.scheduler.store.capacity import take_turn
from services.scheduler.store.plan import PlanRules
from shared.kit.bell import ring
from shared.kit.crashpoints import crashpoint
from shared.kit.db import Database
from shared.kit.epoch import is_on_hold

_AT_ONCE: Final = 500


async def group_due(
    database: Database, *, types: Mapping[str, CampaignType], now: datetime, rules: PlanRules, most_open: int
) -> bool:
    """Group one batch in one transaction and commit it; return whether there may be more.

    The re-check is planning itself, for everybody who shares an address with a due touch. Nothing is taken while the service is on HOLD, and no
    more than the relays can carry in minutes: `most_open` messages. Touches go no further than this commit before their message is known to us.
    """
    if not await due.is_anything_due(database, now=now):
        return False
    async with database.transaction() as connection:
        if await is_on_hold(connection):
            return False
        room = most_open - await due.count_open_messages(connection)
        claimed = await due.claim_due(connection, now=now, limit=min(_AT_ONCE, room)) if room > 0 else []
        if not claimed:
            return False
        await due.expire_useless(connection, claimed, now=now)
        people = await due.find_families(connection, sorted({(row[0], row[2]) for row in claimed}))
        await plan_people(connection, types=types, people=people, now=now, rules=rules)
        await grouping.move_outside_window(connection, people, now=now, rules=rules)
        await take_turn(connection, people, now=now)
        await grouping.group_due(connection, people, types=types, now=now, rules=rules)
        await grouping.move_to_next_day(connection, people, types=types, now=now, rules=rules)
        await due.back_off_held(connection, people, now=now)
    crashpoint("scheduler.after_grouping")
    ring()  # what was grouped may be submitted
    return len(claimed) == min(_AT_ONCE, room)
