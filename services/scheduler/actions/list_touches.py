"""Lists touches, each with its reason as a sentence."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.due_basis import basis_sentence
from services.scheduler.domain.reasons import explain_touch
from services.scheduler.store.reading import TouchFilter, read_touches
from shared.schemas.scheduler import Touch


async def list_touches(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    wanted: TouchFilter,
    types: Mapping[str, CampaignType],
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[Touch]:
    """Return touches by due time, from behind `after`."""
    rows = await read_touches(connection, subscriber_id=subscriber_id, wanted=wanted, after=after, limit=limit)
    return [Touch.model_validate(row | {"explanation": _explain(row, types)}) for row in rows]


def _explain(row: Mapping[str, Any], types: Mapping[str, CampaignType]) -> str:
    kind = types.get(row["campaign_type"])
    step = kind.step(row["step"]) if kind is not None else None
    trigger = kind.trigger.kind if kind is not None else "appointment"
    return explain_touch(
        state=row["state"],
        reason=row["reason"],
        step_sentence=step.sentence(trigger) if step is not None else "",
        kind_title=kind.title if kind is not None else str(row["campaign_type"]),
        trigger=trigger,
        basis=basis_sentence(json.loads(row["basis"]) if isinstance(row["basis"], str) else row["basis"]),
    )
