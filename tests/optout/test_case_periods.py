"""By when a privacy case is due, as the laws say it."""

from datetime import UTC, datetime

import pytest

from services.optout.domain.case_periods import due_date, laws_of
from shared.schemas.privacy_cases import CaseKind


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "country", "is_dental", "law", "due", "latest"),
    [
        ("access", "US", True, "hipaa", "2026-03-03", "2026-04-02"),
        ("access", "US", False, "us_states", "2026-03-18", "2026-05-02"),
        ("correction", "US", True, "us_states", "2026-03-18", "2026-05-02"),
        ("erasure", "US", True, "us_states", "2026-03-18", "2026-05-02"),
        ("stop_processing", "US", True, "us_states", "2026-02-15", "2026-04-01"),
        ("access", "CA", True, "pipeda", "2026-03-03", "2026-04-02"),
        ("erasure", "DE", False, "gdpr", "2026-03-01", "2026-05-01"),
        ("erasure", "XX", False, "gdpr", "2026-03-01", "2026-05-01"),
        ("erasure", None, True, "gdpr", "2026-03-01", "2026-05-01"),
        ("complaint", "US", True, "own_promise", "2026-03-03", "2026-04-02"),
        ("unclear", None, True, "own_promise", "2026-02-11", "2026-03-13"),
    ],
)
def test_the_earliest_day_of_the_laws_that_hold_decides(
    kind: CaseKind, country: str | None, is_dental: bool, law: str, due: str, latest: str
) -> None:
    """L-093, L-094, L-095: HIPAA 30 days, states 45, Canada 30, GDPR one month, also where nobody knows."""
    found = due_date(kind, _day("2026-02-01"), laws_of(country, is_dental=is_dental))
    assert (found.law, found.due_at, found.latest_at) == (law, _day(due), _day(latest))


def test_a_month_from_the_last_of_january_ends_with_february() -> None:
    """Art. 3 of Regulation 1182/71: the last day of a shorter month."""
    assert due_date("access", _day("2026-01-31"), laws_of("FR", is_dental=False)).due_at == _day("2026-02-28")
