"""A step of planning: draw locations that changed, mark whose day begins, then plan the people who are marked, slice by slice."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from services.scheduler.actions.draw_locations import draw_locations
from services.scheduler.actions.plan_people import plan_people
from services.scheduler.actions.sweep_locations import sweep_locations
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.open_days import redraw_until
from services.scheduler.store.plan import PlanRules
from services.scheduler.store.replans import are_more_marked, is_anything_to_plan, take_replans
from shared.kit.bell import ring
from shared.kit.crashpoints import crashpoint
from shared.kit.db import Database

_PEOPLE: Final = 2000
"""People a transaction: about 0.5 s of work, so that no feed's snapshot is held back for long."""
_ABREAST: Final = 2
"""Slices at a time while more than one is marked. Each keeps one core of the database busy and the process next to idle."""


async def plan_slices(
    database: Database, *, types: Mapping[str, CampaignType], now: datetime, rules: PlanRules
) -> bool:
    """Plan a slice, or some side by side while many people are marked, each in a transaction; return whether there may be more.

    Slices never share a person, as those of several processes do not. Raises what the first of them to fail raised, when all have ended.
    """
    if not await is_anything_to_plan(database, drawn_until=redraw_until(now), now=now):
        return False
    async with database.transaction() as connection:
        drawn = await draw_locations(connection, now=now)
        drawn = await sweep_locations(connection, types=types, now=now) or drawn
        slices = _ABREAST if await are_more_marked(connection, than=_PEOPLE) else 1
    planned = await asyncio.gather(
        *(_plan_slice(database, types=types, now=now, rules=rules) for _ in range(slices)), return_exceptions=True
    )
    for people in planned:
        if isinstance(people, BaseException):
            raise people
    ring()  # what was planned may be due
    return drawn or _PEOPLE in planned


async def _plan_slice(database: Database, *, types: Mapping[str, CampaignType], now: datetime, rules: PlanRules) -> int:
    """Return how many people were marked and are planned now."""
    async with database.transaction() as connection:
        people = await take_replans(connection, limit=_PEOPLE)
        if people:
            await plan_people(connection, types=types, people=people, now=now, rules=rules)
            crashpoint("scheduler.before_plan_commit")
    if people:
        crashpoint("scheduler.after_plan")
    return len(people)
