"""Plans every campaign type for some people; what the mailer must give back is asked for in the same transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.actions.withdraw_touches import withdraw_touches
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.store.plan import PlanRules, plan_touches
from services.scheduler.store.reach import Person, find_concerned, find_running_types


async def plan_people(
    connection: AsyncConnection,
    *,
    types: Mapping[str, CampaignType],
    people: Sequence[Person],
    now: datetime,
    rules: PlanRules,
) -> None:
    """Bring all touches of these people in line with the facts: by rank, because some situations look at touches that go before."""
    running = await find_running_types(connection, sorted({subscriber for subscriber, _ in people}))
    concerned = await find_concerned(connection, types=types, running=running, people=people, now=now)
    for kind in sorted(types.values(), key=lambda kind: kind.rank):
        if kind.slug not in concerned:
            continue
        withdrawn = await plan_touches(
            connection,
            kind=kind,
            holds_out=kind.takes_hold_out and running[kind.slug].holds_out,
            concerned=concerned[kind.slug],
            now=now,
            rules=rules,
        )
        await withdraw_touches(connection, withdrawn)
