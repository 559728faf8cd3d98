"""Reports what the mail of each campaign type does, against the people it left out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.attribution import credit_windows
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.proportions import CONFIDENCE, difference_interval
from services.scheduler.store.report_touches import ReportFilter
from services.scheduler.store.report_visits import count_returns
from shared.schemas.reports import Effect, Report

FORMULA: Final = (
    "Each person counts once, with the first touch of the span that passed every check, as mailed or held out, if its window is over. "
    "difference = mailed_returned / mailed - held_out_returned / held_out, where returned means a completed visit within window_days after "
    "the touch's planned time; lower and upper are Newcombe's interval of the difference of two proportions (1998, method 10) at 95 %."
)


async def report_effects(
    connection: AsyncConnection, wanted: ReportFilter, types: Mapping[str, CampaignType], *, now: datetime
) -> Report[Effect]:
    """Return the effect of every campaign type that left people out."""
    rows = await count_returns(connection, wanted, credit_windows(types), now=now)
    return Report[Effect](formula=FORMULA, items=[_effect(row) for row in rows])


def _effect(row: Mapping[str, Any]) -> Effect:
    counts = (row["mailed_returned"], row["mailed"], row["held_out_returned"], row["held_out"])
    is_known = bool(row["mailed"] and row["held_out"])
    lower, upper = difference_interval(*counts) if is_known else (None, None)
    difference = counts[0] / counts[1] - counts[2] / counts[3] if is_known else None
    bounds = {"difference": difference, "lower": lower, "upper": upper, "confidence": CONFIDENCE}
    return Effect.model_validate({**row, **bounds})
