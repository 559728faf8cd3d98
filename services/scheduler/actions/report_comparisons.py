"""Reports comparisons of two variants: both of each occasion, with the figures it was decided by."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.comparisons import report_variants
from services.scheduler.store.report_touches import ReportFilter
from shared.schemas.comparisons import ComparedVariant
from shared.schemas.reports import Report

FORMULA: Final = (
    "Of each occasion whose local day is in the span, for each variant: people = those of its half whose mail passed every check; responded = those "
    "of them with a booking made or a visit completed after their mail was due and before the day on which it was decided, counted once on that day "
    "and null before; difference = responded / people of B less that of A; lower and upper are Newcombe's interval of the difference of two "
    "proportions (1998, method 10) at 95 %; the winner is the variant that the interval, leaving out 0, speaks for, else A; rest_people got the "
    "winner afterwards."
)


async def report_comparisons(connection: AsyncConnection, wanted: ReportFilter) -> Report[ComparedVariant]:
    """Return both variants of every occasion in the span."""
    rows = await report_variants(connection, wanted)
    return Report[ComparedVariant](formula=FORMULA, items=[ComparedVariant.model_validate(row) for row in rows])
