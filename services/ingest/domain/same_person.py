"""Who is the same human in two records, by what they say of themselves: the name with the birth date, or with the address where no birth date
contradicts (N-83, N-89). A name alone never is enough: a father, his son and a stranger share it.
"""

from typing import Final

from services.ingest.domain.person import Person
from services.ingest.domain.search_terms import words_of

_NO_YEAR: Final = ("0001", "1800", "1900")
"""How systems write an unknown year of birth (N-74)."""
_LEAST_WORDS: Final = 2


def kept_descriptions(person: Person) -> list[str]:
    """Return under what a person is remembered; hashed with the subscriber's key it is all that an erasure leaves of them."""
    name, born, address = _names(person), _born(person), person.address.casefold()
    if not name:
        return []
    if not born:
        return [f"any:{name}:{address}"] if address else []
    return [f"born:{name}:{born}", *([f"undated:{name}:{address}"] if address else [])]


def asked_descriptions(person: Person) -> list[str]:
    """Return under what a person would be remembered who is the same: `undated` was kept of somebody with a birth date for records without."""
    name, born, address = _names(person), _born(person), person.address.casefold()
    if not name:
        return []
    by_address = [f"any:{name}:{address}", *([] if born else [f"undated:{name}:{address}"])] if address else []
    return [f"born:{name}:{born}", *by_address] if born else by_address


def is_same_person(one: Person, other: Person) -> bool:
    """Tell whether both are the same human, as far as records can tell."""
    return not set(kept_descriptions(one)).isdisjoint(asked_descriptions(other))


def _names(person: Person) -> str:
    words = words_of(person.first_name, person.last_name)
    return " ".join(sorted(words)) if len(words) >= _LEAST_WORDS else ""


def _born(person: Person) -> str:
    return "" if person.birth_on[:4] in _NO_YEAR else person.birth_on
