"""Holds invitations against the calendar as it was known each morning: never more open than so many for a visit that was free."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from deploy.year.life import Life, Person
from deploy.year.sent import SentTouch
from shared.schemas.location import WEEKDAYS

_PACED: Final = frozenset({"recare_due", "reactivation", "second_visit", "service_due"})
_FIRM: Final = frozenset({"booked", "confirmed"})
_AHEAD_DAYS: Final = 14
_WHOLE_DAYS: Final = 3
_ANSWER_DAYS: Final = 7
_MOST_A_MESSAGE: Final = 4
_MINUTES: Final = 45


def capacity_of(chairs_or_bays: int) -> dict[str, int]:
    """Return what a business tells of its calendar."""
    return {"chairs_or_bays": chairs_or_bays, "visit_minutes": _MINUTES, "invitations_per_visit": 3}


def over_capacity(life: Life, touches: Iterable[SentTouch], people: Mapping[UUID, Person]) -> Iterator[str]:
    """Yield the days on which more invitations were open than the free visits of the days ahead allowed, by the published formula."""
    days: dict[date, list[SentTouch]] = defaultdict(list)
    for touch in touches:
        if touch.campaign_type in _PACED:
            days[touch.local.date()].append(touch)
    bookings = [each for person in people.values() for each in person.bookings]
    capacity = life.business.location["capacity"]
    for day, invited in sorted(days.items()):
        morning = min(touch.sent_at for touch in invited)
        window = [touch for back in range(_ANSWER_DAYS) for touch in days.get(day - timedelta(days=back), [])]
        still_open = _visits(touch for touch in window if not _has_booked(people[touch.consumer_id], morning))
        firm = [found[0] for found in (each.at(morning) for each in bookings) if found and found[1] in _FIRM]
        taken = Counter(starts_at.astimezone(life.zone).date() for starts_at in firm)
        allowed = int(capacity["invitations_per_visit"] * _free_shares(life, day, taken))
        if still_open > allowed:
            yield f"{still_open} invitations open on {day}, where the calendar allowed {allowed}"


def _visits(touches: Iterable[SentTouch]) -> int:
    counted = Counter(touch.message_id for touch in touches)
    return sum(min(_MOST_A_MESSAGE, count) for count in counted.values())


def _has_booked(person: Person, at: datetime) -> bool:
    known = [found for found in (each.at(at) for each in person.bookings) if found]
    return any(starts_at > at and status in _FIRM for starts_at, status in known)


def _free_shares(life: Life, today: date, taken: Mapping[date, int]) -> float:
    """Return the free visits ahead, each day's times its share. Public holidays count as open here, which only allows more."""
    capacity = life.business.location["capacity"]
    total = 0.0
    for ahead in range(1, _AHEAD_DAYS + 1):
        day = today + timedelta(days=ahead)
        minutes = capacity["chairs_or_bays"] * _open_minutes(
            life.business.location["hours"], day
        ) - _MINUTES * taken.get(day, 0)
        share = min(1.0, (_AHEAD_DAYS + 1 - ahead) / (_AHEAD_DAYS + 1 - _WHOLE_DAYS))
        total += max(0, minutes) // capacity["visit_minutes"] * share
    return total


def _open_minutes(hours: Iterable[Mapping[str, Any]], day: date) -> int:
    weekday = WEEKDAYS[day.weekday()]
    spans = [
        (time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"]))
        for row in hours
        if row["weekday"] == weekday
    ]
    return sum((closes.hour - opens.hour) * 60 + closes.minute - opens.minute for opens, closes in spans)
