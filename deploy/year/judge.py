"""Holds what was sent against what was true when it was sent; each finding is a sentence, none is what a year should bring."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from deploy.year.life import Life, Person
from deploy.year.paced import over_capacity
from deploy.year.sent import Sent, SentMessage, SentTouch

_OF_BOOKINGS: Final = frozenset({"appointment_booked", "appointment_reminder", "appointment_confirm_request"})
_INVITATIONS: Final = frozenset({"recare_due", "service_due", "reactivation", "second_visit"})
_FIRM: Final = frozenset({"booked", "confirmed"})
_A_DAY: Final = timedelta(days=1)
MOST_COMMERCIAL: Final = 4


def judge(life: Life, sent: Sent, people: Mapping[UUID, Person]) -> list[str]:
    """Return what is wrong: a budget or a calendar exceeded, somebody told what was not so or invited to what was done, a mail without an end."""
    found = [
        *over_budget(sent.messages),
        *told_wrongly(sent.touches, people),
        *over_capacity(life, sent.touches, people),
    ]
    if sent.still_open:
        found.append(f"{sent.still_open} messages of {life.business.slug} have no end")
    return found


def over_budget(messages: Iterable[SentMessage]) -> Iterator[str]:
    """One mail a day to an address, four commercial ones in thirty days."""
    days: Counter[tuple[str, date]] = Counter()
    commercial: dict[str, list[date]] = defaultdict(list)
    for message in messages:
        days[message.address_key, message.local_day] += message.counts
        if message.commercial:
            commercial[message.address_key].append(message.local_day)
    for (_, day), count in days.items():
        if count > 1:
            yield f"{count} mails to one address on {day}"
    for sent_on in commercial.values():
        ordered = sorted(sent_on)
        for first, last in zip(ordered, ordered[MOST_COMMERCIAL:], strict=False):
            if last - first < 30 * _A_DAY:
                yield f"{MOST_COMMERCIAL + 1} commercial mails to one address from {first} to {last}"


def told_wrongly(touches: Iterable[SentTouch], people: Mapping[UUID, Person]) -> Iterator[str]:
    """Reminders of what is not booked so, invitations of people who have booked or came within the last week, work that has been done."""
    for touch in touches:
        person = people[touch.consumer_id]
        if wrong := _find_wrong(touch, person):
            yield f"{touch.campaign_type} {touch.step} to {person.key} on {touch.local:%Y-%m-%d %H:%M}: {wrong}"


def _find_wrong(touch: SentTouch, person: Person) -> str:
    known = [found for found in (each.at(touch.sent_at) for each in person.bookings) if found]
    firm = {starts_at for starts_at, status in known if status in _FIRM}
    if touch.campaign_type in _OF_BOOKINGS:
        if touch.about_at not in firm:
            return "nothing is booked at that time"
        return "after the appointment began" if touch.sent_at >= touch.about_at else ""
    if touch.campaign_type in _INVITATIONS:
        if any(starts_at > touch.sent_at for starts_at in firm):
            return "something is booked"
        came = any(since <= touch.sent_at and touch.sent_at - at < 7 * _A_DAY for since, at in person.visits)
        return "came within the last week" if came else ""
    if touch.campaign_type == "declined_service":
        left = {each.stated_at for each in person.declines if not each.done_since or each.done_since > touch.sent_at}
        return "" if touch.about_at in left else "has been done"
    return ""


def by_month(touches: Iterable[SentTouch]) -> dict[str, Counter[str]]:
    """Return how many touches of each campaign type left in each month."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for touch in touches:
        counted[touch.campaign_type][f"{touch.local:%Y-%m}"] += 1
    return dict(counted)
