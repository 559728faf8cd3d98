"""One slice of planning: draw locations that changed, mark whose day begins, then plan the people who are marked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from services.scheduler.actions.draw_locations import draw_locations
from services.scheduler.actions.plan_people import plan_people
from services.scheduler.actions.sweep_locations import sweep_locations
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.open_days import redraw_until
from services.scheduler.store.plan import PlanRules
from services.scheduler.store.replans import is_anything_to_plan, take_replans
from shared.kit.bell import ring
from shared.kit.crashpoints import crashpoint
from shared.kit.db import Database

_PEOPLE: Final = 2000
"""People a transaction: about 0.2 s of work, so that no feed's snapshot is held back for long."""


async def plan_slice(database: Database, *, types: Mapping[str, CampaignType], now: datetime, rules: PlanRules) -> bool:
    """Plan one slice in one transaction; return whether there may be more."""
    if not await is_anything_to_plan(database, drawn_until=redraw_until(now), now=now):
        return False
    async with database.transaction() as connection:
        drawn = await draw_locations(connection, now=now)
        drawn = await sweep_locations(connection, types=types, now=now) or drawn
        people = await take_replans(connection, limit=_PEOPLE)
        if people:
            await plan_people(connection, types=types, people=people, now=now, rules=rules)
            crashpoint("scheduler.before_plan_commit")
    if people:
        crashpoint("scheduler.after_plan")
    ring()  # what was planned may be due
    return drawn or len(people) == _PEOPLE
