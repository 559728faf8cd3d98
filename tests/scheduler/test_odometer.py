"""How far a vehicle is driven, told from readings of which some are wrong."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.odometer import MOST_A_DAY, Reading, find_pace
from services.scheduler.domain.recare import RecareCycle, continue_cycle

START = date(2025, 1, 6)


def _readings(*pairs: tuple[int, float]) -> list[Reading]:
    return [Reading(START + timedelta(days=days), miles) for days, miles in pairs]


@pytest.mark.parametrize(
    ("pairs", "pace", "ignored"),
    [
        ((), None, 0),
        (((0, 40_000),), None, 0),
        (((0, 40_000), (100, 43_000)), 30, 0),
        (((0, 40_000), (0, 40_020)), None, 0),
        (((0, 40_000), (5, 40_100)), None, 0),
        (((0, 40_000), (400, 40_001)), None, 0),
        (((0, 40_000), (100, 43_000), (200, 1_203_000), (300, 49_000)), 30, 1),
        (((0, 40_000), (100, 43_000), (200, 4_600), (300, 49_000)), 30, 1),
        (((0, 93_000), (100, 96_000), (200, 99_000), (300, 2_000)), 30, 1),
        (((0, 0), (100, 43_000), (200, 46_000)), 30, 1),
    ],
)
def test_readings_tell_a_pace_or_none(pairs: tuple[tuple[int, float], ...], pace: float | None, ignored: int) -> None:
    """N-66, N-67: one reading, one day, a vehicle that stands: no pace; a digit too many, one too few, a roll-over, a zero: ignored."""
    found = find_pace(_readings(*pairs))
    assert found.miles_a_day == (pytest.approx(pace) if pace is not None else None)
    assert (found.used + found.ignored, found.ignored) == (len(pairs), ignored)


@given(
    pace=st.floats(5, 200),
    gaps=st.lists(st.integers(20, 120), min_size=4, max_size=12),
    at=st.integers(0, 11),
    wrong=st.one_of(st.floats(1, 9_000), st.floats(900_000, 9_000_000)),
)
def test_one_wrong_reading_moves_nothing(pace: float, gaps: list[int], at: int, wrong: float) -> None:
    """N-67: whatever was typed once among true readings, the pace stays what it is."""
    days = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    pairs = [(day, 50_000 + pace * day) for day in days]
    mistaken = [*pairs[: at % len(pairs)], (days[at % len(pairs)], wrong), *pairs[at % len(pairs) + 1 :]]
    assert find_pace(_readings(*mistaken)).miles_a_day == pytest.approx(pace)


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(-10, 2_000_000)), max_size=30))
def test_a_pace_is_always_believable(pairs: list[tuple[int, int]]) -> None:
    """N-66: never negative, never above the cap, never a division by zero."""
    found = find_pace(_readings(*pairs))
    assert found.miles_a_day is None or 1 <= found.miles_a_day <= MOST_A_DAY


@pytest.mark.parametrize(
    ("moved_by", "days", "begins_anew"),
    [
        (1, 182, False),
        (-1, 182, False),
        (90, 182, False),
        (91, 182, True),
        (182, 182, True),
        (-120, 182, True),
        (44, 90, False),
        (45, 90, True),
        (92, None, True),
    ],
)
def test_a_date_that_moves_by_half_an_interval_begins_a_new_cycle(
    moved_by: int, days: int | None, begins_anew: bool
) -> None:
    """N-61: a recalculation moves the date by days, a visit by an interval."""
    present = RecareCycle(START, START + timedelta(days=10))
    due_on = present.due_on + timedelta(days=moved_by)
    assert continue_cycle(present, due_on, days) == RecareCycle(due_on if begins_anew else START, due_on)
