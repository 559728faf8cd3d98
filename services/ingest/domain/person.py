"""What follows from a person's own fields: held by a marker in the name, a minor until a day, and how personal fields are packed into one blob."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

ADULT_YEARS: Final = 18
_MARKER: Final = re.compile(
    r"\b(?:deceased|do[ _]?not[ _]?(?:contact|call|e?-?mail|mail|use|see)|dnc|duplicate|dismissed)\b|\(\s*(?:moved|dead|dec)\s*\)|\*\*\*",
    re.IGNORECASE,
)


_SEPARATOR: Final = "\x1f"
"""Stands in no field: raw control characters are no JSON and escaped ones become spaces (domain/read_record.py)."""


def has_marker(*names: str) -> bool:
    """Tell whether a name field carries a note of the front desk such as DECEASED or (moved): the person is held (N-19)."""
    return _MARKER.search(_SEPARATOR.join(names)) is not None


def minor_until(birth_on: date | None, today: date) -> date | None:
    """Return the day a minor comes of age, None for adults, among them those of an unknown year 1900 or 0001, and for dates in the future (N-74)."""
    if birth_on is None or today.year - birth_on.year > ADULT_YEARS or birth_on > today:
        return None
    try:
        day = birth_on.replace(year=birth_on.year + ADULT_YEARS)
    except ValueError:
        day = date(birth_on.year + ADULT_YEARS, 3, 1)  # born on 29 February
    return day if day > today else None


@dataclass(frozen=True, slots=True)
class Person:
    """A consumer's personal fields as they lie encrypted in one blob; `address` is the delivery form or empty."""

    foreign_id: str
    first_name: str
    last_name: str
    preferred_name: str
    address: str
    phone: str
    birth_on: str

    def pack(self) -> bytes:
        """Return the fields as bytes, the same for the same fields."""
        return _SEPARATOR.join(
            (
                self.foreign_id,
                self.first_name,
                self.last_name,
                self.preferred_name,
                self.address,
                self.phone,
                self.birth_on,
            )
        ).encode()

    @property
    def greeting_name(self) -> str:
        """The name a mail may use: the preferred one, else the first (N-19)."""
        return self.preferred_name or self.first_name


def unpack_person(packed: bytes) -> Person:
    """Return the fields of a decrypted blob."""
    return Person(*packed.decode().split(_SEPARATOR))


def pack_detail(foreign_id: str, *details: str) -> bytes:
    """Return the encrypted part of what hangs on a person (an appointment's provider, a vehicle's VIN and plate) as bytes."""
    return _SEPARATOR.join((foreign_id, *details)).encode()


def unpack_detail(packed: bytes) -> list[str]:
    """Return foreign id and details of a decrypted blob."""
    return packed.decode().split(_SEPARATOR)


def birthday_of(birth_on: date | None, today: date) -> int | None:
    """Return month * 100 + day, None for a date in the future; the year, known or 1900, plays no part (N-74)."""
    return birth_on.month * 100 + birth_on.day if birth_on is not None and birth_on <= today else None
