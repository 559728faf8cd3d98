"""Planning in SQL: runs plan_touches.sql for a campaign type over a slice of consumers."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_settings import SendWindow
from services.scheduler.domain.campaign_type import SPARE_DAYS, CampaignType, Cycle
from services.scheduler.domain.hold_out import MARKS, hold_out_mark
from services.scheduler.domain.reasons import OWN_HOLDS
from services.scheduler.domain.situations import Situation
from services.scheduler.domain.triggers import TRIGGERS, OnePer, TriggerKind
from services.scheduler.store.audiences import find_outsiders
from services.scheduler.store.comparisons import find_arms
from services.scheduler.store.reach import BACK_DAYS, DAYS_BEFORE, Concerned
from services.scheduler.store.situations import blocked_cases, decider_cases
from services.scheduler.store.triggers import CYCLES, SOURCES
from shared.kit.ids import new_id

Withdrawn = tuple[UUID, UUID]
"""A touch to take back from the mailer, by (subscriber_id, touch_id)."""

_SQL: Final = (Path(__file__).parent / "plan_touches.sql").read_text()
_ONE_PER: Final[dict[OnePer, str]] = {
    "day": "cast(o.about_at at time zone k.zone as date)",
    "person": "cast(null as text)",
    "record": "(o.trigger_id, o.cycle_key)",
}


@dataclass(frozen=True, slots=True)
class PlanRules:
    """What planning takes from the service's settings.

    The send window, how late a source may be beyond two intervals, `budget`: commercial messages to one address in thirty days, and the key that
    decides who is left out of a campaign type, and which variant of a campaign a mailbox is compared with.
    """

    window: SendWindow
    stale_grace_minutes: int
    budget: int
    hold_out_key: bytes


@cache
def _statement(trigger: TriggerKind, cycle: Cycle, skips: tuple[Situation, ...]) -> tuple[TextClause, frozenset[str]]:
    """Return the statement and the names of its values: asyncpg sends what the statement names and no more, only some sources read :defaults."""
    parts = {
        "source": SOURCES[trigger],
        "cycle": CYCLES[cycle],
        "one_per": _ONE_PER[TRIGGERS[trigger].one_per],
        "blocked": blocked_cases(skips),
        "deciders": decider_cases(skips),
        "back_days": BACK_DAYS,
        "days_before": DAYS_BEFORE,
    }
    statement = _SQL
    for name, part in parts.items():
        statement = statement.replace(f"{{{name}}}", part)
    made = text(statement)
    return made, frozenset(made.compile().params)


async def plan_touches(
    connection: AsyncConnection,
    *,
    kind: CampaignType,
    holds_out: bool,
    concerned: Concerned,
    now: datetime,
    rules: PlanRules,
) -> list[Withdrawn]:
    """Bring the touches of one campaign type in line with the facts of these people; return what must be withdrawn from the mailer.

    `holds_out`: whether a campaign of the type leaves people out at all.
    """
    people, known = concerned.people, concerned.known
    arms = (
        await find_arms(connection, campaign_type=kind.slug, people=people, key=rules.hold_out_key)
        if kind.is_by_hand
        else []
    )
    outside = (
        await find_outsiders(connection, campaign_type=kind.slug, people=people, now=now) if kind.takes_audience else []
    )
    values = {
        "subscribers": [subscriber for subscriber, _ in people],
        "consumers": [consumer for _, consumer in people],
        "known": known,
        "hold_out_marks": [
            hold_out_mark(rules.hold_out_key, consumer, kind.slug) if holds_out else MARKS for _, consumer in people
        ],
        "outside_campaigns": [campaign for campaign, _ in outside],
        "outside_consumers": [consumer for _, consumer in outside],
        "arm_campaigns": [campaign for campaign, _, _ in arms],
        "arm_consumers": [consumer for _, consumer, _ in arms],
        "arms": [arm for _, _, arm in arms],
        # All but the last 48 bits of the new touches' ids: what is planned together stands together in the indexes of touches and decisions.
        "id_begin": str(new_id())[:24],
        "now": now,
        "send_from": rules.window.opens,
        "send_until": rules.window.closes,
        "grace_minutes": rules.stale_grace_minutes,
    }
    statement, names = _statement(kind.trigger.kind, kind.cycle, kind.skips)
    named = values | _type(kind, now) | _steps(kind)
    rows = await connection.execute(statement, {name: named[name] for name in names})
    return [(row.subscriber_id, row.touch_id) for row in rows]


def _type(kind: CampaignType, now: datetime) -> dict[str, object]:
    return {
        "oldest": now - timedelta(days=kind.looks_back_days),
        "forward_days": kind.looks_forward_days,
        "type": kind.slug,
        "trigger": kind.trigger.kind,
        "statuses": list(kind.trigger.statuses),
        "stop_statuses": list(kind.trigger.stops),
        "stop_reasons": list(kind.trigger.stops.values()),
        "history": kind.trigger.history,
        "useful_days": kind.useful_days,
        "needs_fresh": kind.needs_fresh_source,
        "own_holds": sorted(OWN_HOLDS),
        "rank": kind.rank,
        "kind": kind.group.kind,
        "same_day": kind.group.same_day,
        "ahead_days": kind.looks_ahead_days,
        "spare_days": SPARE_DAYS,
        "defaults": json.dumps(dict(kind.defaults)),
        "dates": json.dumps(dict(kind.dates)),
    }


def _steps(kind: CampaignType) -> dict[str, list[object]]:
    return {
        "step_slugs": [step.slug for step in kind.steps],
        "step_days": [step.days for step in kind.steps],
        "step_hours": [step.hours for step in kind.steps],
        "step_business": [step.business_days for step in kind.steps],
        "step_times": [step.at for step in kind.steps],
        "step_rolls": [step.roll for step in kind.steps],
        "step_changes": [step.on_change for step in kind.steps],
        "step_lates": [step.goes_late for step in kind.steps],
        "step_ons": [step.on for step in kind.steps],
        "step_statuses": [",".join(step.statuses) for step in kind.steps],
        "step_verticals": [",".join(step.verticals) for step in kind.steps],
    }
