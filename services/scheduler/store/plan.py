"""Planning in SQL: runs plan_touches.sql for a campaign type over a slice of consumers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_settings import SendWindow
from services.scheduler.domain.campaign_type import CampaignType, Cycle, TriggerKind
from services.scheduler.domain.reasons import OWN_HOLDS
from services.scheduler.store.triggers import CYCLES, SOURCES

Person = tuple[UUID, UUID]
"""A consumer by (subscriber_id, consumer_id)."""

Withdrawn = tuple[UUID, UUID]
"""A touch to take back from the mailer, by (subscriber_id, touch_id)."""

_SQL: Final = (Path(__file__).parent / "plan_touches.sql").read_text()


@dataclass(frozen=True, slots=True)
class PlanRules:
    """What planning takes from the service's settings: the send window and how late a source may be beyond two intervals."""

    window: SendWindow
    stale_grace_minutes: int


@cache
def _statement(trigger: TriggerKind, cycle: Cycle) -> TextClause:
    return text(_SQL.replace("{source}", SOURCES[trigger]).replace("{cycle}", CYCLES[cycle]))


async def plan_touches(
    connection: AsyncConnection, *, kind: CampaignType, people: Sequence[Person], now: datetime, rules: PlanRules
) -> list[Withdrawn]:
    """Bring the touches of one campaign type in line with the facts of these people; return what must be withdrawn from the mailer."""
    values = {
        "subscribers": [subscriber for subscriber, _ in people],
        "consumers": [consumer for _, consumer in people],
        "now": now,
        "oldest": now - timedelta(days=kind.looks_back_days),
        "send_from": rules.window.opens,
        "send_until": rules.window.closes,
        "grace_minutes": rules.stale_grace_minutes,
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
    }
    rows = await connection.execute(_statement(kind.trigger.kind, kind.cycle), values | _steps(kind))
    return [(row.subscriber_id, row.touch_id) for row in rows]


def _steps(kind: CampaignType) -> dict[str, list[object]]:
    return {
        "step_slugs": [step.slug for step in kind.steps],
        "step_days": [step.days for step in kind.steps],
        "step_hours": [step.hours for step in kind.steps],
        "step_times": [step.at for step in kind.steps],
        "step_rolls": [step.roll for step in kind.steps],
        "step_changes": [step.on_change for step in kind.steps],
        "step_ons": [step.on for step in kind.steps],
    }
