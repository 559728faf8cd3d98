"""Applies a page of the mailer's outcome feed to touches and messages; what came back is planned anew."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.outcomes import TouchOutcome, keep_outcomes
from services.scheduler.store.replans import mark_people_of_touches
from shared.kit.crashpoints import crashpoint
from shared.schemas.mailer import Outcome
from shared.schemas.wire import Change


async def apply_outcomes(connection: AsyncConnection, changes: Sequence[Change], *, now: datetime) -> None:
    """Apply the newest outcome of each touch in the page."""
    newest: dict[tuple[UUID, UUID], TouchOutcome] = {}
    for change in changes:
        if change.kind != "outcome" or change.subscriber_id is None or change.body is None:
            continue
        outcome = Outcome.model_validate(change.body)
        for touch_id in outcome.touch_ids:
            newest[change.subscriber_id, touch_id] = TouchOutcome(
                change.subscriber_id, outcome.message_id, touch_id, outcome.state, outcome.reason, outcome.at
            )
    if newest:
        unplanned = await keep_outcomes(connection, [newest[key] for key in sorted(newest)], now=now)
        await mark_people_of_touches(connection, unplanned)
    crashpoint("scheduler.after_outcomes")
