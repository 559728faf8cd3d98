"""How a mail's appointments stand for the one who answers it: what may still be confirmed, and what has changed since it was announced (N-57)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from shared.kit.errors import Problem
from shared.schemas.location import LocationFacts

Standing = Literal["open", "confirmed", "asked", "moved", "cancelled", "over"]
"""`open` waits for an answer; `asked`: for another time. The last three take no answer any more."""
Answer = Literal["confirm", "another_time"]

ANSWERABLE: Final[frozenset[Standing]] = frozenset(("open", "confirmed", "asked"))
ANSWERS: Final[Mapping[str, Answer]] = {"confirm": "confirm", "another_time": "another_time"}
_FIRM: Final = frozenset(("booked", "confirmed"))
_OVER: Final = frozenset(("arrived", "completed", "no_show"))


class NothingAnsweredError(Problem):
    """A form without anybody's answer."""

    status, code, title = 422, "nothing_answered", "Nothing was chosen, so nothing was kept."


@dataclass(frozen=True, slots=True)
class Announced:
    """An appointment as a mail announced it, and what is known of it now.

    `starts_at` is the announced start, `starts_local` its wall time at the place. `status` is None where there is no such appointment of this person
    any more; `confirmed_at` is when it was confirmed at that start, here or in the source, `asked_at` when another time was asked for.
    """

    appointment_id: UUID
    consumer_id: UUID
    starts_at: datetime
    starts_local: datetime
    status: str | None
    present_starts_at: datetime | None
    confirmed_at: datetime | None
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """One person's appointments in a mail, which are answered together (N-55): `standing` and time are those of the first, the lead.

    `appointments` are those that an answer holds for: the lead and what still stands as it was announced; none where the lead does not.
    """

    consumer_id: UUID
    starts_local: datetime
    standing: Standing
    appointments: tuple[Announced, ...]

    @property
    def is_answerable(self) -> bool:
        """Whether an answer can still be taken."""
        return self.standing in ANSWERABLE


@dataclass(frozen=True, slots=True)
class MailDays:
    """What the page of a mail shows: the place and everybody's day, earliest first. `names` are first names by person, as far as they are known."""

    location: LocationFacts
    days: tuple[Day, ...]
    names: Mapping[UUID, str] = field(default_factory=dict)


def judge_standing(announced: Announced, *, now: datetime) -> Standing:
    """Return how an announced appointment stands. What was said last counts: a request after a confirmation, or the other way round."""
    if announced.status in _OVER:
        return "over"
    if announced.status not in _FIRM:
        return "cancelled"
    if announced.present_starts_at != announced.starts_at:
        return "moved"
    if announced.starts_at <= now:
        return "over"
    confirmed, asked = announced.confirmed_at, announced.asked_at
    if asked is not None and (confirmed is None or asked >= confirmed):
        return "asked"
    return "open" if confirmed is None else "confirmed"


def group_days(announced: Sequence[Announced], *, now: datetime) -> tuple[Day, ...]:
    """Return everybody's day, earliest first."""
    people: dict[UUID, list[Announced]] = {}
    for row in sorted(announced, key=lambda row: (row.starts_at, row.appointment_id)):
        people.setdefault(row.consumer_id, []).append(row)
    return tuple(_day(rows, now) for rows in people.values())


def _day(rows: Sequence[Announced], now: datetime) -> Day:
    lead, standing = rows[0], judge_standing(rows[0], now=now)
    stands = [row for row in rows if judge_standing(row, now=now) in ANSWERABLE] if standing in ANSWERABLE else []
    return Day(lead.consumer_id, lead.starts_local, standing, tuple(stands))


def field_of(consumer_id: UUID) -> str:
    """Return the name of the form's field that holds a person's answer."""
    return f"answer-{consumer_id}"


def read_answers(form: Mapping[str, str], days: Sequence[Day]) -> dict[UUID, Answer]:
    """Return each person's answer; who has none, or a word that nobody offered, is left out (L-127)."""
    given = {day.consumer_id: ANSWERS.get(form.get(field_of(day.consumer_id), "")) for day in days}
    return {consumer_id: answer for consumer_id, answer in given.items() if answer is not None}
