"""Public holidays where a location stands: by the country and region of its postal address, with the days they are observed on (N-53)."""

from datetime import date

import holidays

from shared.schemas.location import PostalAddress


def public_holidays(address: PostalAddress, *, first: date, last: date) -> frozenset[date]:
    """Return the public holidays from `first` to `last`; of the whole country where the region is not known, none where the country is not."""
    try:
        country = holidays.country_holidays(address.country)
    except RuntimeError:  # a country that the package does not have; its list of countries would load all of them
        return frozenset()
    subdivision = _subdivision(country, address.region)
    years = range(first.year, last.year + 1)
    found = holidays.country_holidays(address.country, subdiv=subdivision, years=years)
    return frozenset(day for day in found if first <= day <= last)


def _subdivision(country: holidays.HolidayBase, region: str) -> str | None:
    """Return the code of a region that is written as a code or as a name, or None."""
    wanted = region.strip().casefold()
    names = {code.casefold(): code for code in country.subdivisions}
    names |= {alias.casefold(): code for alias, code in getattr(country, "subdivisions_aliases", {}).items()}
    return names.get(wanted)
