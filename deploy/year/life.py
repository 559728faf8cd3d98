"""Whose life a year is: people who come, book, move, miss and lapse by chance, as a source system would report them, and what was true when."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from deploy.demo.businesses import Business, Json

NEVER: Final = datetime.max.replace(tzinfo=ZoneInfo("UTC"))
FORGETFUL: Final = 0.25
"""Share of people who come only when told that something is due, and then book the same evening: so it is known what such mail is worth."""
_FIRM: Final = ("booked", "confirmed")


@dataclass
class Booking:
    """An appointment. `log` holds (known since, starts at, status), the last one in force: what a mail may rest on at its time."""

    key: str
    log: list[tuple[datetime, datetime, str]] = field(default_factory=list)

    @property
    def starts_at(self) -> datetime:
        """Where it stands now."""
        return self.log[-1][1]

    @property
    def status(self) -> str:
        """How it stands now."""
        return self.log[-1][2]

    def at(self, instant: datetime) -> tuple[datetime, str] | None:
        """Start and status as they were known at an instant; None before it was booked."""
        known = [(starts_at, status) for since, starts_at, status in self.log if since <= instant]
        return known[-1] if known else None


@dataclass
class Decline:
    """Work that was recommended and declined; `done_since`: when it was known to be done after all."""

    key: str
    stated_at: datetime
    done_since: datetime | None = None


@dataclass
class Person:
    """A patient, or an owner with one vehicle; `visits` are (known since, completed at)."""

    key: str
    mailbox: str
    due_on: date
    forgetful: bool = False
    miles: int = 0
    miles_a_day: int = 0
    declines: list[Decline] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    visits: list[tuple[datetime, datetime]] = field(default_factory=list)

    @property
    def booked(self) -> Booking | None:
        """The appointment that is still ahead."""
        return next((each for each in reversed(self.bookings) if each.status in _FIRM), None)


@dataclass
class Life:
    """One business's people, day after day. The same seed is the same year."""

    business: Business
    dice: Random
    people: list[Person] = field(default_factory=list)
    _numbers: int = 0

    @property
    def zone(self) -> ZoneInfo:
        """The business's own."""
        return ZoneInfo(self.business.zone)

    def first_records(self, count: int, now: datetime) -> Iterator[Json]:
        """Everybody as they are when the year begins at `now`: a last visit of the past year, a due date of the half year ahead or just over.

        The source says it an hour before, so that it is history: nobody is welcomed for having been there all along (N-36).
        """
        today, now = now.astimezone(self.zone).date(), now - timedelta(hours=1)
        for number in range(count):
            mailbox = f"{self.business.slug}{number - number % 7 if number % 7 == 6 else number}@example.com"
            person = Person(f"P{number}", mailbox, today + timedelta(days=self.dice.randrange(-60, 180)))
            person.forgetful = self.dice.random() < FORGETFUL
            self.people.append(person)
            yield self._record(
                now, "consumer", person.key, first_name=f"Pat{number}", last_name="Sample", email=mailbox
            )
            last = now - timedelta(days=self.dice.randrange(20, 330))
            yield self._visit(person, last, now)
            if self.business.vertical == "dental":
                yield self._recare(person, now)
            else:
                person.miles, person.miles_a_day = self.dice.randrange(8_000, 90_000), self.dice.randrange(15, 45)
                make, _, model = self.dice.choice(self.business.vehicles).partition(" ")[2].partition(" ")
                yield self._record(
                    now, "vehicle", f"C{person.key}", consumer=person.key, make=make, model=model, model_year=2019
                )
                before = last - timedelta(days=120)
                yield self._reading(person, before, person.miles - 120 * person.miles_a_day, now)
                yield from self._serviced(person, last, now)

    def day_records(self, now: datetime, reminded: Collection[str] = ()) -> Iterator[Json]:
        """What the system reports in the evening of `now`'s local day; `reminded`: keys of people who were told today that something is due."""
        today = now.astimezone(self.zone).date()
        for person in self.people:
            person.miles += person.miles_a_day
            booking = person.booked
            if booking is None:
                yield from self._maybe_book(person, today, now, reminded=person.key in reminded)
            elif booking.starts_at.astimezone(self.zone).date() == today:
                yield from self._keep_appointment(person, booking, now)
            elif self.dice.random() < 0.004:
                yield self._change(person, booking, booking.starts_at, "cancelled", now)
            elif self.dice.random() < 0.004:
                yield self._change(person, booking, self._slot(today), "booked", now)

    def _maybe_book(self, person: Person, today: date, now: datetime, *, reminded: bool) -> Iterator[Json]:
        if self.dice.random() < _chance_to_book(person, (today - person.due_on).days, reminded=reminded):
            booking = Booking(f"A{self._number()}")
            person.bookings.append(booking)
            yield self._change(person, booking, self._slot(today), "booked", now)
        elif self.business.vertical == "auto" and not person.forgetful and self.dice.random() < 0.002:
            yield from self._came(person, now - timedelta(hours=4), now)

    def _keep_appointment(self, person: Person, booking: Booking, now: datetime) -> Iterator[Json]:
        fate = self.dice.random()
        if fate < 0.09:
            yield self._change(person, booking, booking.starts_at, "no_show", now)
            return
        yield self._change(person, booking, booking.starts_at, "completed", now)
        yield from self._came(person, min(booking.starts_at + timedelta(hours=1), now), now)

    def _came(self, person: Person, at: datetime, now: datetime) -> Iterator[Json]:
        person.due_on = at.astimezone(self.zone).date() + timedelta(days=182)
        yield self._visit(person, at, now)
        if self.business.vertical == "dental":
            yield self._recare(person, now)
        else:
            yield from self._serviced(person, at, now)

    def _serviced(self, person: Person, at: datetime, now: datetime) -> Iterator[Json]:
        yield self._reading(person, at, person.miles, now)
        line = {"consumer": person.key, "vehicle": f"C{person.key}", "stated_at": at.isoformat()}
        yield self._record(now, "service_line", f"S{self._number()}", **line, service_kind="oil_change", state="done")
        last = person.declines[-1] if person.declines else None
        brakes = {"service_kind": "brake_pads", **line}
        if last is not None and last.done_since is None:
            last.done_since = now
            yield self._record(now, "service_line", last.key, state="done", **brakes)
        elif self.dice.random() < 0.2:
            person.declines.append(Decline(f"S{self._number()}", at))
            yield self._record(now, "service_line", person.declines[-1].key, state="declined", **brakes)

    def _change(self, person: Person, booking: Booking, starts_at: datetime, status: str, now: datetime) -> Json:
        booking.log.append((now, starts_at, status))
        facts = {"consumer": person.key, "starts_at": starts_at.isoformat(), "minutes": 45, "status": status}
        return self._record(now, "appointment", booking.key, **facts)

    def _visit(self, person: Person, at: datetime, now: datetime) -> Json:
        person.visits.append((now, at))
        paid = {"total_cents": self.dice.randrange(4_000, 60_000), "currency": "USD"}
        return self._record(
            now, "visit", f"V{self._number()}", consumer=person.key, completed_at=at.isoformat(), **paid
        )

    def _recare(self, person: Person, now: datetime) -> Json:
        due = {
            "recare_kind": "prophylaxis",
            "due_on": person.due_on.isoformat(),
            "interval_days": 182,
            "status": "open",
        }
        return self._record(now, "recare_due", f"R{person.key}", consumer=person.key, **due)

    def _reading(self, person: Person, at: datetime, miles: int, now: datetime) -> Json:
        seen = {"vehicle": f"C{person.key}", "read_at": at.isoformat(), "distance": max(0, miles), "unit": "mi"}
        return self._record(now, "odometer_reading", f"O{self._number()}", **seen)

    def _record(self, now: datetime, kind: str, key: str, **values: object) -> Json:
        return {"type": kind, "foreign_id": key, "source_updated_at": now.isoformat(), **values}

    def _slot(self, today: date) -> datetime:
        """A quarter of an hour of an open day, three days to five weeks ahead."""
        day = today + timedelta(days=self.dice.randrange(3, 36))
        while day.weekday() > 4:
            day += timedelta(days=1)
        return datetime.combine(day, time(8 + self.dice.randrange(8), 15 * self.dice.randrange(4)), self.zone)

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers


def _chance_to_book(person: Person, days_over: int, *, reminded: bool) -> float:
    """Of booking today."""
    if person.forgetful:
        return float(reminded)
    return 0.0 if days_over < -45 else 0.012 if days_over < 0 else 0.02 if days_over < 90 else 0.002
