"""How fast mail may go to a recipient's provider, from a sender domain, or over a route: pure, so that the store only keeps what was decided here.

A pace has up to four limits: a rate (messages a second, smoothed by a bucket of one second's worth), an hour's and a day's count, and the ramp of a
new domain. Providers that complain halve the rate, at most every 10 s; from there it grows back by a tenth of its peak a minute (additive increase,
multiplicative decrease). What may not go now is given the next free moment, so that a long queue does not come back all at once to ask again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from typing import Final, Literal

from services.mailer.domain.ramp import find_daily_cap

PaceKind = Literal["recipient", "route", "sender"]
PaceId = tuple[PaceKind, str]

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_PATIENCE: Final = timedelta(seconds=10)
"""Complaints that come in within this are about the same burst."""
_SLOWEST: Final = 0.1
_LEAST_SEEN: Final = 2.0
"""A complaint about the first message in a while does not slow everything down to nothing."""
_GROWTH_PER_SECOND: Final = 0.1 / 60
_LONGEST_BOOKING: Final = timedelta(minutes=2)
"""Nothing is booked further ahead, since the rate may change; beyond it messages come back spread over another minute."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Limits and where they stand. `rate` is set while the provider wants it slower than `per_second`, `peak` is what it was before that.

    `ramps`: a new sender domain, whose ramp begins with its first mail. `changed_at`: when a person last set the limits.
    """

    kind: PaceKind
    key: str
    per_second: float | None = None
    per_hour: int | None = None
    per_day: int | None = None
    ramps: bool = False
    ramp_from: datetime | None = None
    rate: float | None = None
    peak: float | None = None
    slowed_at: datetime | None = None
    tokens: float = 0.0
    refilled_at: datetime | None = None
    booked_until: datetime | None = None
    hour_at: datetime | None = None
    hour_used: int = 0
    day_at: datetime | None = None
    day_used: int = 0
    changed_at: datetime | None = None

    @property
    def limit(self) -> float | None:
        """Messages a second at present, None: as fast as it goes."""
        known = [each for each in (self.per_second, self.rate) if each is not None]
        return min(known) if known else None

    @property
    def is_void(self) -> bool:
        """It limits nothing any more and may be forgotten."""
        return self.limit is None and self.per_hour is None and self.per_day is None and not self.ramps


def refresh(pace: Pace, now: datetime) -> Pace:
    """Return the pace as of `now`: recovered, refilled, with windows that are over begun anew."""
    passed = max(0.0, (now - pace.refilled_at).total_seconds()) if pace.refilled_at else 1.0
    pace = _recover(pace, passed)
    limit = pace.limit
    tokens = min(count_burst(pace), pace.tokens + limit * passed) if limit is not None else 0.0
    pace = replace(pace, tokens=tokens, refilled_at=now)
    if pace.hour_at is None or not pace.hour_at <= now < pace.hour_at + _HOUR:
        pace = replace(pace, hour_at=now, hour_used=0)
    if pace.day_at is None or not pace.day_at <= now < pace.day_at + _DAY:
        pace = replace(pace, day_at=now, day_used=0)
    if pace.ramps:
        ramp_from = pace.ramp_from or now
        pace = replace(pace, ramps=find_daily_cap(ramp_from, now) is not None, ramp_from=ramp_from)
    return pace


def count_room(pace: Pace, now: datetime) -> float:
    """Return how many messages may go at this moment; `inf` where nothing limits them."""
    room = inf
    if pace.limit is not None:
        room = float(int(pace.tokens))
    if pace.per_hour is not None:
        room = min(room, pace.per_hour - pace.hour_used)
    if (cap := _daily_cap(pace, now)) is not None:
        room = min(room, cap - pace.day_used)
    return max(0, room)


def take(pace: Pace, count: int) -> Pace:
    """Return the pace after `count` messages went."""
    tokens = pace.tokens - count if pace.limit is not None else 0.0
    return replace(pace, tokens=tokens, hour_used=pace.hour_used + count, day_used=pace.day_used + count)


def give_back(pace: Pace, count: int, *, taken_at: datetime) -> Pace:
    """Return the pace with `count` messages back that were taken at `taken_at` and did not go; a window that is over gets nothing back."""
    tokens = min(count_burst(pace), pace.tokens + count) if pace.limit is not None else 0.0
    hour_used, day_used = pace.hour_used, pace.day_used
    if pace.hour_at is not None and pace.hour_at <= taken_at:
        hour_used = max(0, hour_used - count)
    if pace.day_at is not None and pace.day_at <= taken_at:
        day_used = max(0, day_used - count)
    return replace(pace, tokens=tokens, hour_used=hour_used, day_used=day_used)


def count_burst(pace: Pace) -> float:
    """Return how many messages the bucket of the rate holds; `inf` without a rate."""
    return max(1.0, pace.limit) if pace.limit is not None else inf


def find_opening(pace: Pace, now: datetime) -> datetime | None:
    """Return when the hour or day ends whose count is used up; None while both have room. A rate is never used up, it only takes a moment."""
    ends = []
    cap = _daily_cap(pace, now)
    if pace.per_hour is not None and pace.hour_used >= pace.per_hour and pace.hour_at:
        ends.append(pace.hour_at + _HOUR)
    if cap is not None and pace.day_used >= cap and pace.day_at:
        ends.append(pace.day_at + _DAY)
    return max(ends, default=None)


def book(pace: Pace, now: datetime) -> tuple[Pace, datetime]:
    """Return when a message for which there is no room may come back, and the pace with that moment taken."""
    opens, step = find_opening(pace, now) or now, timedelta(seconds=1 / pace.limit if pace.limit else 0.01)
    at = max(opens, pace.booked_until or opens) + step
    if at > opens + _LONGEST_BOOKING:
        return pace, opens + _LONGEST_BOOKING * (1 + 0.5 * ((at - opens) / _LONGEST_BOOKING % 1))
    return replace(pace, booked_until=at), at


def slow(pace: Pace, *, seen: float, now: datetime) -> Pace:
    """Return the pace after a complaint. `seen` is the rate, in messages a second, that was going when it came."""
    if pace.slowed_at is not None and timedelta() <= now - pace.slowed_at < _PATIENCE:
        return pace
    before = pace.limit if pace.limit is not None else max(seen, _LEAST_SEEN)
    rate = max(_SLOWEST, before / 2)
    peak = max(pace.peak or 0.0, before)
    return replace(pace, rate=rate, peak=peak, slowed_at=now, tokens=min(pace.tokens, 1.0), refilled_at=now)


def share_out(
    wanted: Sequence[Sequence[PaceId]], paces: Mapping[PaceId, Pace], now: datetime
) -> tuple[list[datetime | None], dict[PaceId, Pace]]:
    """Decide in order who may go: None for each that may, else when it comes back; with the paces as they stand afterwards.

    `wanted` names what limits each message; a message goes only where all of these have room, and takes room from none otherwise.
    """
    standing = {pace_id: refresh(pace, now) for pace_id, pace in paces.items()}
    verdicts: list[datetime | None] = []
    for names in wanted:
        own = [standing[name] for name in names if name in standing]
        full = next((pace for pace in own if count_room(pace, now) < 1), None)
        if full is not None:
            standing[full.kind, full.key], at = book(full, now)
            verdicts.append(at)
            continue
        for pace in own:
            standing[pace.kind, pace.key] = take(pace, 1)
        verdicts.append(None)
    return verdicts, standing


def _recover(pace: Pace, passed: float) -> Pace:
    if pace.rate is None or pace.peak is None:
        return pace
    rate = pace.rate + pace.peak * _GROWTH_PER_SECOND * passed
    return replace(pace, rate=None, peak=None, slowed_at=None) if rate >= pace.peak else replace(pace, rate=rate)


def _daily_cap(pace: Pace, now: datetime) -> int | None:
    ramp = find_daily_cap(pace.ramp_from, now) if pace.ramps and pace.ramp_from else None
    known = [each for each in (pace.per_day, ramp) if each is not None]
    return min(known) if known else None
