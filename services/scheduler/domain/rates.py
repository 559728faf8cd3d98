"""Rates an owner opens: what each is a share of, stated as it is worked out (S-006). Every one is a query of `store/report_rates.py`."""

from typing import Final, Literal, get_args

RateName = Literal[
    "confirmed",
    "missed_reminded",
    "missed_unreminded",
    "recare_booked",
    "recare_overdue",
    "pre_booked",
    "reactivated",
    "declined_recovered",
    "retained",
]
NAMES: Final[tuple[RateName, ...]] = get_args(RateName)

FORMULA: Final = (
    "rate = counted / records; each item states which records of the span it takes and which of them count."
)

FORMULAS: Final[dict[RateName, str]] = {
    "confirmed": (
        "Of appointments that began in the span, were not cancelled and that a sent reminder or request to confirm announced with that start: "
        "those confirmed by click before they began."
    ),
    "missed_reminded": (
        "Of appointments of the span that were kept or missed and that sent mail announced with that start: those missed. Beside the rate "
        "of those without mail it is an association, not a proof: who has no address may be another kind of person."
    ),
    "missed_unreminded": "Of appointments of the span that were kept or missed and that no sent mail announced with that start: those missed.",
    "recare_booked": (
        "Of recare dates in the span for which mail was planned, and since which 60 days have passed: those whose person had an appointment "
        "by then that begins later than 60 days before the date, or came within 60 days before or after it."
    ),
    "recare_overdue": "Of active people's recare dates now: those that have passed without an appointment ahead. The span does not matter.",
    "pre_booked": "Of active people who came within the last 548 days: those with an appointment ahead. The span does not matter.",
    "reactivated": (
        "Of people sent an invitation to come back in the span, since which 90 days have passed: those who came within these 90 days. "
        "Cents are the totals of these visits."
    ),
    "declined_recovered": (
        "Of recommended or declined work that mail sent in the span was about: what has been done since for the same person and vehicle. "
        "Cents are the totals of the work as it was quoted."
    ),
    "retained": "Of people who came in the twelve months before the last twelve of the span's end: those who came in these last twelve.",
}
