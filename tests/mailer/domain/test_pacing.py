"""Pacing decides by itself how fast mail may go, and when what may not go now comes back."""

from datetime import UTC, datetime, timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mailer.domain.pace_keys import make_pace_key
from services.mailer.domain.pacing import (
    Pace,
    PaceId,
    book,
    count_room,
    find_opening,
    give_back,
    refresh,
    share_out,
    slow,
    take,
)
from services.mailer.domain.ramp import find_daily_cap

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
GOOGLE: PaceId = ("recipient", "google")


def _pace(**limits: object) -> Pace:
    return Pace("recipient", "google", **limits)  # type: ignore[arg-type]


def _seconds(moments: list[datetime | None]) -> list[float | None]:
    return [round((moment - NOW).total_seconds(), 3) if moment else None for moment in moments]


def test_what_no_limit_names_goes_at_once() -> None:
    """A pace without limits holds nobody up, and may be forgotten."""
    assert count_room(refresh(_pace(), NOW), NOW) == inf
    assert _pace().is_void
    assert share_out([[GOOGLE], []], {}, NOW)[0] == [None, None]


def test_a_rate_lets_a_seconds_worth_go_and_spaces_out_the_rest() -> None:
    """4 a second: four of seven go, the others come back a quarter of a second apart."""
    verdicts, paces = share_out([[GOOGLE]] * 7, {GOOGLE: _pace(per_second=4)}, NOW)
    assert _seconds(verdicts) == [None] * 4 + [0.25, 0.5, 0.75]
    later = NOW + timedelta(seconds=0.5)
    assert count_room(refresh(paces[GOOGLE], later), later) == 2


def test_what_comes_later_queues_behind_what_was_booked_before() -> None:
    """Two processes, or two claims of one, do not hand out the same moments."""
    _, paces = share_out([[GOOGLE]] * 7, {GOOGLE: _pace(per_second=4)}, NOW)
    verdicts, _ = share_out([[GOOGLE]] * 2, paces, NOW)
    assert _seconds(verdicts) == [1.0, 1.25]


def test_an_hours_and_a_days_count_open_again_when_their_window_ends() -> None:
    """The window begins with its first message."""
    verdicts, paces = share_out([[GOOGLE]] * 3, {GOOGLE: _pace(per_hour=2, per_day=1000)}, NOW)
    assert verdicts[:2] == [None, None]
    assert verdicts[2] is not None
    assert timedelta(hours=1) < verdicts[2] - NOW < timedelta(hours=1, seconds=1)
    next_hour = NOW + timedelta(hours=1)
    assert count_room(refresh(paces[GOOGLE], next_hour), next_hour) == 2
    verdicts, _ = share_out([[GOOGLE]] * 3, {GOOGLE: _pace(per_hour=50, per_day=2)}, NOW)
    assert verdicts[2] is not None
    assert timedelta(days=1) < verdicts[2] - NOW < timedelta(days=1, seconds=1)


def test_a_message_takes_room_only_where_it_goes() -> None:
    """A domain's exhausted ramp does not use up the provider's rate."""
    sender: PaceId = ("sender", "example.com")
    paces = {GOOGLE: _pace(per_second=5), sender: Pace("sender", "example.com", per_day=1)}
    verdicts, after = share_out([[GOOGLE, sender]] * 3 + [[GOOGLE]], paces, NOW)
    assert [verdict is None for verdict in verdicts] == [True, False, False, True]
    assert after[GOOGLE].day_used == 2
    assert after[sender].day_used == 1


def test_a_complaint_halves_the_rate_and_more_of_the_same_burst_changes_nothing() -> None:
    """Multiplicative decrease, at most every 10 s, down to one message in ten seconds."""
    slowed = slow(_pace(), seen=80, now=NOW)
    assert slowed.limit == 40
    assert slow(slowed, seen=80, now=NOW + timedelta(seconds=9)) == slowed
    again = slow(slowed, seen=40, now=NOW + timedelta(seconds=10))
    assert again.limit == 20
    for count in range(2, 20):
        again = slow(again, seen=1, now=NOW + timedelta(seconds=10 * count))
    assert again.limit == 0.1


def test_a_rate_that_was_halved_grows_back_and_is_then_forgotten() -> None:
    """Additive increase: a tenth of the peak a minute, so five minutes from the half."""
    slowed = slow(_pace(), seen=80, now=NOW)
    assert refresh(slowed, NOW + timedelta(minutes=1)).limit == pytest.approx(48)
    assert refresh(slowed, NOW + timedelta(minutes=5, seconds=1)).is_void
    limited = slow(_pace(per_second=10), seen=3, now=NOW)
    assert limited.limit == 5
    assert refresh(limited, NOW + timedelta(minutes=6)).limit == 10


def test_nothing_is_booked_further_ahead_than_three_minutes_from_the_opening() -> None:
    """The rate may have changed by then; a long queue comes back spread out."""
    pace = refresh(_pace(per_second=1), NOW)
    moments = []
    for _ in range(500):
        pace, at = book(pace, NOW)
        moments.append(at)
    assert max(moments) <= NOW + timedelta(minutes=3)
    assert moments[:120] == [NOW + timedelta(seconds=count + 1) for count in range(120)]


@given(st.integers(1, 50), st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 80)), max_size=30))
def test_a_rate_is_never_exceeded_whenever_who_asks(rate: int, asked: list[tuple[int, int]]) -> None:
    """Over any span at most rate x span and one bucket more go."""
    pace, now, gone, start = _pace(per_second=rate), NOW, 0, NOW
    for milliseconds, count in asked:
        now += timedelta(milliseconds=milliseconds)
        verdicts, paces = share_out([[GOOGLE]] * count, {GOOGLE: pace}, now)
        pace, gone = paces[GOOGLE], gone + verdicts.count(None)
    assert gone <= rate * (now - start).total_seconds() + rate + 1e-6


@given(st.integers(0, 500), st.floats(0.1, 100), st.integers(1, 500))
def test_taking_and_refreshing_never_make_room_from_nothing(wanted: int, rate: float, per_hour: int) -> None:
    """What was taken stays taken within the window."""
    pace = refresh(_pace(per_second=rate, per_hour=per_hour), NOW)
    count = int(min(count_room(pace, NOW), wanted))
    assert count_room(refresh(take(pace, count), NOW), NOW) <= per_hour - count


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 7200))
def test_what_comes_back_is_room_again_in_its_own_hour_and_never_more_than_was_taken(
    count: int, unused: int, seconds: int
) -> None:
    """Given back after the hour is over it gives the next hour nothing."""
    pace = take(refresh(_pace(per_second=50, per_hour=40), NOW), count)
    later = NOW + timedelta(seconds=seconds)
    back = give_back(refresh(pace, later), min(unused, count), taken_at=NOW)
    assert back.hour_used == (count - min(unused, count) if seconds < 3600 else 0)
    assert back.tokens <= 50
    assert count_room(back, later) <= 40


def test_an_hour_or_a_day_is_used_up_and_a_rate_never_is() -> None:
    """What a rate holds is a moment's wait."""
    assert find_opening(take(refresh(_pace(per_second=1), NOW), 1), NOW) is None
    assert find_opening(take(refresh(_pace(per_hour=2), NOW), 1), NOW) is None
    hour = take(refresh(_pace(per_hour=2, per_day=9), NOW), 2)
    assert find_opening(hour, NOW) == NOW + timedelta(hours=1)
    assert find_opening(take(hour, 7), NOW) == NOW + timedelta(days=1)


def test_a_new_domain_ramps_up_over_15_days() -> None:
    """L-067: 100 commercial mails on the first day, half as many more each day, then no cap of ours."""
    caps = [find_daily_cap(NOW, NOW + timedelta(days=day)) for day in (0, 1, 2, 7, 14, 15)]
    assert caps == [100, 150, 225, 1708, 29192, None]
    verdicts, paces = share_out([[GOOGLE]] * 101, {GOOGLE: _pace(ramps=True)}, NOW)
    assert verdicts.count(None) == 100
    assert refresh(paces[GOOGLE], NOW + timedelta(days=15)).is_void


def test_providers_have_names_and_other_domains_only_a_keyed_hash() -> None:
    """No table names a family's own domain."""
    assert make_pace_key("ann@gmail.com", b"k") == make_pace_key("bob@GoogleMail.com", b"k") == "google"
    assert make_pace_key("ann@hotmail.com", b"k") == "microsoft"
    hidden = make_pace_key("ann@smith-family.example", b"k")
    assert hidden == make_pace_key("smith-family.example", b"k") != make_pace_key("smith-family.example", b"other")
    assert "smith" not in hidden
