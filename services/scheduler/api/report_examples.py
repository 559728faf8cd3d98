"""Worked examples of reports: a dental location's March."""

from typing import Any, Final

from services.scheduler.actions.report_comparisons import FORMULA as COMPARISON_FORMULA
from services.scheduler.actions.report_delivery import FORMULA as DELIVERY_FORMULA
from services.scheduler.actions.report_effects import FORMULA as EFFECT_FORMULA
from services.scheduler.actions.report_forecast import FORMULA as FORECAST_FORMULA
from services.scheduler.actions.report_touches import FORMULA as TOUCHES_FORMULA
from services.scheduler.api.examples import CAMPAIGN_ID, CONSUMER_ID
from services.scheduler.domain.attribution import RULE
from services.scheduler.domain.comparison import ComparisonPlan, people_needed, rule_sentence
from services.scheduler.domain.rates import FORMULA as RATES_FORMULA
from services.scheduler.domain.rates import FORMULAS

_TOUCH_ID: Final = "0d4e9c52-1f6b-4c7a-8d2e-3b5a7c9e1f22"


def _report(formula: str, item: dict[str, Any]) -> dict[str, Any]:
    return {"formula": formula, "items": [item]}


TOUCHES: Final = _report(
    TOUCHES_FORMULA, {"month": "2026-03", "campaign_type": "recare_due", "state": "sent", "touches": 412}
)
DELIVERY: Final = _report(
    DELIVERY_FORMULA,
    {
        "campaign_type": "recare_due",
        "handed_over": 420,
        "sent": 412,
        "bounced": 7,
        "uncertain": 1,
        "complained": 1,
        "stopped_by_optout": 5,
        "sent_rate": 0.98095,
        "bounce_rate": 0.01667,
        "complaint_rate": 0.00238,
        "optout_rate": 0.01176,
    },
)
CREDITS: Final = _report(
    RULE, {"campaign_type": "recare_due", "window_days": 60, "visits": 96, "revenue_cents": 1_804_800}
)
CREDITED_VISIT: Final = {
    "visit_id": "6b0c2d1e-8f3a-8d47-a1b2-c3d4e5f60718",
    "consumer_id": CONSUMER_ID,
    "completed_at": "2026-03-20T17:10:00Z",
    "decided_at": "2026-03-06T19:02:00Z",
    "revenue_cents": 18_800,
    "campaign_type": "recare_due",
    "touch_id": _TOUCH_ID,
    "sent_at": "2026-03-05T18:00:03Z",
}
EFFECTS: Final = _report(
    EFFECT_FORMULA,
    {
        "campaign_type": "recare_due",
        "window_days": 60,
        "mailed": 1800,
        "mailed_returned": 540,
        "held_out": 200,
        "held_out_returned": 40,
        "difference": 0.1,
        "lower": 0.03571,
        "upper": 0.15404,
        "confidence": 0.95,
    },
)
EFFECT_ROW: Final = {
    "consumer_id": CONSUMER_ID,
    "touch_id": _TOUCH_ID,
    "group": "held_out",
    "due_at": "2026-03-05T18:00:00Z",
    "returned_at": None,
}
RATES: Final = _report(
    RATES_FORMULA,
    {
        "name": "confirmed",
        "formula": FORMULAS["confirmed"],
        "records": 310,
        "counted": 186,
        "rate": 0.6,
        "cents": None,
        "counted_cents": None,
    },
)
RATED_RECORD: Final = {
    "record_id": "3f1c7a52-9b0e-4d6f-8a21-7c5e9d3b1f40",
    "consumer_id": CONSUMER_ID,
    "at": "2026-03-12T17:00:00Z",
    "is_counted": True,
    "cents": None,
}
FORECAST: Final = _report(
    FORECAST_FORMULA, {"day": "2026-03-03", "campaign_type": "recare_due", "touches": 31, "addresses": 27}
)
COMPARED_VARIANT: Final = {
    "campaign_id": CAMPAIGN_ID,
    "campaign_type": "promotion",
    "cycle": "issue@2026-03-04",
    "variant": "b",
    "people": 460,
    "responded": 51,
    "rest_people": 880,
    "decides_on": "2026-03-18",
    "decided_at": "2026-03-18T08:00:02Z",
    "winner": "b",
    "reason": "b_better",
    "difference": 0.0543,
    "lower": 0.01792,
    "upper": 0.09118,
}
COMPARISONS: Final = _report(COMPARISON_FORMULA, COMPARED_VARIANT)
COMPARISON: Final = {
    "campaign_id": CAMPAIGN_ID,
    "version": 3,
    "rule": rule_sentence(ComparisonPlan(50, 14)),
    "share_percent": 50,
    "wait_days": 14,
    "expected_percent": 5,
    "difference_points": 5,
    "needed": people_needed(5, 5),
    "reachable": 1840,
    "occasion_on": "2026-03-04",
    "decides_on": "2026-03-18",
    "occasions": [COMPARED_VARIANT],
}
COMPARED_PERSON: Final = {
    "consumer_id": CONSUMER_ID,
    "touch_id": _TOUCH_ID,
    "arm": "b",
    "due_at": "2026-03-04T18:00:00Z",
    "responded_at": "2026-03-06T19:02:00Z",
}
CSV: Final = "month,campaign_type,state,touches\r\n2026-03,recare_due,sent,412\r\n"
