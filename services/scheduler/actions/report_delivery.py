"""Reports what became of the mail of each campaign type."""

from collections import Counter, defaultdict
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.report_touches import ReportFilter, count_touches
from shared.schemas.reports import DeliveryRates, Report

FORMULA: Final = (
    "handed_over = sent + bounced + uncertain; sent_rate = sent / handed_over; bounce_rate = bounced / handed_over; "
    "complaint_rate = complained / handed_over, complained being touches whose mail was reported as spam (L-061 counts mail by domain and day); "
    "optout_rate = stopped_by_optout / (handed_over + stopped_by_optout), the touches that an opt-out stopped before they left."
)


async def report_delivery(connection: AsyncConnection, wanted: ReportFilter) -> Report[DeliveryRates]:
    """Return the rates; each figure is a sum of the counts of touches by state."""
    states: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in await count_touches(connection, wanted):
        states[row["campaign_type"]][row["state"]] += row["touches"]
        for name in ("opted_out", "complained"):
            states[row["campaign_type"]][name] += row[name]
    items = [_rates(slug, states[slug]) for slug in sorted(states)]
    return Report[DeliveryRates](formula=FORMULA, items=items)


def _rates(campaign_type: str, counts: Counter[str]) -> DeliveryRates:
    handed_over = counts["sent"] + counts["bounced"] + counts["uncertain"]
    met = handed_over + counts["opted_out"]
    return DeliveryRates(
        campaign_type=campaign_type,
        handed_over=handed_over,
        sent=counts["sent"],
        bounced=counts["bounced"],
        uncertain=counts["uncertain"],
        complained=counts["complained"],
        stopped_by_optout=counts["opted_out"],
        sent_rate=counts["sent"] / handed_over if handed_over else None,
        bounce_rate=counts["bounced"] / handed_over if handed_over else None,
        complaint_rate=counts["complained"] / handed_over if handed_over else None,
        optout_rate=counts["opted_out"] / met if met else None,
    )
