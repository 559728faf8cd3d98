"""What consent to advertise is worth under which law, as data: the location's and the consumer's law both hold, so the stricter decides (L-095).

Mail about something agreed is not advertising: for it any consent on file is enough, until its own `valid_until`.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from shared.schemas.optout import Basis


@dataclass(frozen=True, slots=True, eq=False)
class Jurisdiction:
    """A law by its name. `months`: how long a basis permits advertising, None for as long as it is not withdrawn; a basis not named never does."""

    name: str
    months: Mapping[Basis, int | None]

    def permits(self, basis: Basis, given_at: datetime, at: datetime) -> bool:
        """Tell whether this basis, given at an instant, permits advertising at another."""
        if basis not in self.months:
            return False
        months = self.months[basis]
        return months is None or at < months_after(given_at, months)


_EXPRESS: Final[dict[Basis, int | None]] = {"express": None, "double_opt_in": None}

UNITED_STATES: Final = Jurisdiction(
    "united_states", MappingProxyType(_EXPRESS | {"existing_relationship": None, "inquiry": None})
)
"""CAN-SPAM asks for no consent; the product's own policy does (S-020, S-022)."""

CANADA: Final = Jurisdiction("canada", MappingProxyType(_EXPRESS | {"existing_relationship": 24, "inquiry": 6}))
"""CASL: implied consent lapses 2 years after a purchase or contract, 6 months after an inquiry; express consent does not lapse (L-090, N-37)."""

EXPRESS_ONLY: Final = Jurisdiction("express_only", MappingProxyType(_EXPRESS))
"""GDPR and the countries that ask for opt-in as it does (L-093); also every country that nobody has looked at."""

_BY_COUNTRY: Final = MappingProxyType({"US": UNITED_STATES, "PR": UNITED_STATES, "CA": CANADA})


def jurisdiction_of(country: str) -> Jurisdiction:
    """Return the law of a country (ISO 3166-1 alpha-2). A country that is not named is taken for the strictest."""
    return _BY_COUNTRY.get(country, EXPRESS_ONLY)


@lru_cache(1024)
def jurisdictions_of(location: str | None, consumer: str | None) -> tuple[Jurisdiction, ...]:
    """Return the laws that hold for mail of a location to a consumer, by country.

    A location whose country is not known here yet is one of the product's home, the United States: the mailer sends nothing for it (S-074).
    """
    countries = [location or "US", *([consumer] if consumer else [])]
    return tuple(dict.fromkeys(map(jurisdiction_of, countries)))


def all_permit(laws: Iterable[Jurisdiction], basis: Basis, given_at: datetime, at: datetime) -> bool:
    """Tell whether every one of these laws permits advertising on this basis."""
    return all(law.permits(basis, given_at, at) for law in laws)


def months_after(instant: datetime, months: int) -> datetime:
    """Return the instant this many calendar months later; the last day of a month that is shorter."""
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    return instant.replace(year=year, month=month + 1, day=min(instant.day, monthrange(year, month + 1)[1]))
