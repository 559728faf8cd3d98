"""Builds one business's consumers, appointments and visits as canonical records, and the truth about each beside them.

Record and truth are made by the same call but from different facts: the record gets what a source would say, the truth
what the generator decided.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from deploy.demo.businesses import Business, Json
from deploy.demo.truth import Barrier, Campaign, Cause, Expectation

FIRST_NAMES = (  # noqa: SIM905 - a list of words, read as words
    "Ava Ben Carla Daniel Elena Felix Grace Hector Iris Jonas Kira Liam Maya Noah Olivia Paul Quinn Rosa Simon Tara "
    "Umar Vera Wade Ximena Yusuf Zoe Amara Bruno Celia Dmitri Esther Farid Gina Hugo Ingrid Jamal Keiko Lars Mei Nadia"
).split()
LAST_NAMES = (  # noqa: SIM905 - a list of words, read as words
    "Adler Baker Castillo Dang Evans Fischer Gupta Hayes Ibarra Jensen Kowalski Larsen Moreau Nakamura Okafor Petrov "
    "Quigley Romero Schmidt Tran Ueda Vargas Weber Xu Young Zimmerman Abbott Brennan Cohen Dubois Ellison Flores Grant"
).split()
DOMAINS = ("example.com", "example.net", "example.org")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass
class Person:
    """Somebody made for the sample. mailbox: the folded address mail about them goes to, None if there is no usable one."""

    foreign_id: str
    story: str
    first: str
    last: str
    record: Json
    mailbox: str | None
    barred: Barrier = ""
    causes: list[Cause] = field(default_factory=list)


class Cast:
    """Everyone and everything of one business; `now` is the instant the demo's clock starts at."""

    def __init__(self, business: Business, rng: Random, now: datetime) -> None:
        self.business, self.rng, self.now = business, rng, now.astimezone(UTC)
        self.today = now.astimezone(business.clock).date()
        self.people: list[Person] = []
        self.records: list[Json] = []
        self.later: list[Json] = []
        self.rejected = 0
        self.canaries: list[str] = []
        self.optout_candidates: list[str] = []
        self._numbers = {"P": 1000, "A": 5000, "V": 8000}

    def new_id(self, letter: str) -> str:
        """The next foreign id of a kind: P person, A appointment, V visit."""
        self._numbers[letter] += 1
        return f"{letter}{self._numbers[letter]}"

    def name(self) -> tuple[str, str]:
        """A random first and last name."""
        return self.rng.choice(FIRST_NAMES), self.rng.choice(LAST_NAMES)

    def mailbox(self, first: str, last: str) -> str:
        """A fresh address that nobody else in this sample has (business and counter are in it)."""
        number = self._numbers["P"] + 1
        return f"{first}.{last}.{number}.{self.business.vertical}@{self.rng.choice(DOMAINS)}".lower()

    def open_day(self, days: int) -> date:
        """The day `days` open days from today, backwards if negative; 0 is today."""
        opened = {WEEKDAYS.index(row["weekday"]) for row in self.business.location["hours"]}
        day, left = self.today, abs(days)
        while left:
            day += timedelta(days=1 if days > 0 else -1)
            left -= day.weekday() in opened
        return day

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A local wall time of the business as an instant."""
        return datetime.combine(day, time(hour, minute), self.business.clock).astimezone(UTC)

    def add(
        self,
        story: str,
        *,
        first: str | None = None,
        last: str | None = None,
        email: str | None = None,
        mailbox: str | None = None,
        barred: Barrier = "",
        age: int | None = None,
        **fields: object,
    ) -> Person:
        """Adds one person. By default an adult with a fresh usable address.

        email: what the source says, `mailbox` what the truth says; both derive from the name if neither is given.
        """
        some_first, some_last = self.name()
        first, last = some_first if first is None else first, some_last if last is None else last
        if email is None and mailbox is None:
            plain = [
                word if word.isascii() and word.isalpha() and len(word) < 25 else "guest" for word in (first, last)
            ]
            mailbox = self.mailbox(*plain)
        years = self.rng.randint(25, 85) if age is None else age
        record = {
            "type": "consumer",
            "foreign_id": self.new_id("P"),
            "source_updated_at": self.stamp(self.rng.randint(24, 4000)),
            "first_name": first,
            "last_name": last,
            "email": (mailbox or "") if email is None else email,
            "phone": f"+1{self.rng.choice(('415', '312'))}5550{self.rng.randint(100, 199)}",
            "birth_on": self.birthday(years).isoformat(),
            **fields,
        }
        person = Person(str(record["foreign_id"]), story, first, last, record, mailbox, barred)
        self.people.append(person)
        self.records.append(record)
        return person

    def birthday(self, years: int) -> date:
        """A birth date of someone who is `years` old today and will be for another month at least."""
        return (self.today - timedelta(days=round(years * 365.25) + self.rng.randint(40, 300))).replace(day=15)

    def stamp(self, hours_ago: float) -> str:
        """An instant before the demo's start, as the wire writes it."""
        return (self.now - timedelta(hours=hours_ago)).isoformat()

    def book(
        self,
        person: Person,
        starts_at: datetime,
        *,
        status: str = "booked",
        barred: Barrier = "",
        certain: bool = False,
        booked_days_ago: float = 40,
    ) -> Json:
        """Adds an appointment, booked long before any reminder step unless told otherwise."""
        record = {
            "type": "appointment",
            "foreign_id": self.new_id("A"),
            "source_updated_at": self.stamp(20),
            "consumer": person.foreign_id,
            "starts_at": starts_at.isoformat(),
            "minutes": self.rng.choice((30, 45, 60)),
            "status": status,
            "provider": self.rng.choice(
                ("Dr. Alvarez", "Dr. Chen", "Kim, RDH") if self.business.vertical == "dental" else ("Sam", "Priya")
            ),
            "booked_at": self.stamp(booked_days_ago * 24),
        }
        self.records.append(record)
        self._cause(person, "appointment_reminder", str(record["foreign_id"]), starts_at, barred, certain)
        return record

    def book_tomorrow(self, person: Person, **more: Any) -> Json:
        """An appointment on the next open day; its last reminder is certain if that is tomorrow."""
        day = self.open_day(1)
        sure = day == self.today + timedelta(days=1)
        options = {"certain": sure, **more}
        return self.book(person, self.at(day, self.rng.randint(9, 16), self.rng.choice((0, 15, 30, 45))), **options)

    def visit_yesterday(self, person: Person, **more: Any) -> Json:
        """A visit on the last open day; its thank-you is certain if that was yesterday and today is no Sunday."""
        day = self.open_day(-1)
        sure = day == self.today - timedelta(days=1) and self.today.weekday() != 6
        options = {"certain": sure, **more}
        return self.visit(person, self.at(day, self.rng.randint(9, 16), self.rng.choice((5, 20, 40))), **options)

    def visit_long_ago(self, person: Person) -> Json:
        """A visit from before the connection went live: evidence of a relationship, but no occasion any more (N-36)."""
        when = self.now - timedelta(days=self.rng.randint(60, 700))
        return self.visit(person, when, barred="historic")

    def visit(self, person: Person, completed_at: datetime, *, barred: Barrier = "", certain: bool = False) -> Json:
        """Adds a completed visit or posted repair order."""
        record: Json = {
            "type": "visit",
            "foreign_id": self.new_id("V"),
            "source_updated_at": (completed_at + timedelta(minutes=20)).isoformat(),
            "consumer": person.foreign_id,
            "completed_at": completed_at.isoformat(),
        }
        if self.business.vehicles:
            record |= {"vehicle": self.rng.choice(self.business.vehicles), "currency": "USD"}
            record["total_cents"] = self.rng.randint(3_900, 180_000)
        self.records.append(record)
        self._cause(person, "visit_thanks", str(record["foreign_id"]), completed_at, barred, certain)
        return record

    def _cause(
        self, person: Person, campaign: Campaign, foreign_id: str, at: datetime, barred: Barrier, certain: bool
    ) -> None:
        person.causes.append(Cause(campaign, foreign_id, at, barred, certain))

    def expectations(self) -> tuple[Expectation, ...]:
        """The truth about everyone as it stands now."""
        return tuple(
            Expectation(
                self.business.slug,
                person.foreign_id,
                person.story,
                person.mailbox,
                barrier_of(person),
                tuple(person.causes),
            )
            for person in self.people
        )


def barrier_of(person: Person) -> Barrier:
    """A person's own barrier; somebody who never came or booked has no relationship to rest a permission on (S-022)."""
    return person.barred or ("" if person.causes else "no_relationship")


def change_cause(person: Person, foreign_id: str, *, at: datetime | None = None, barred: Barrier | None = None) -> None:
    """Rewrites the truth about one appointment after the source changed it; it is no longer certain."""
    person.causes[:] = [
        replace(cause, at=at or cause.at, barred=cause.barred if barred is None else barred, certain=False)
        if cause.foreign_id == foreign_id
        else cause
        for cause in person.causes
    ]
