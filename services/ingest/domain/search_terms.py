"""What a person can be found by, blind: words become hashes of their first 3, 5 and 8 letters, everything else of the whole (architecture 5)."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

PREFIXES: Final = (8, 5, 3)
_NOT_A_WORD: Final = re.compile(r"[^\w]+")
_NOT_A_DIGIT: Final = re.compile(r"\D+", re.ASCII)
_NOT_ON_A_PLATE: Final = re.compile(r"[^A-Z0-9]+")
_PHONE_DIGITS: Final = 10
SHORTEST: Final = 3


def words_of(*names: str) -> list[str]:
    """Return the words of names without case and accents: `O'Brien-Müller` is found as `obrien` is not, but as `brien` and `muller`."""
    letters = " ".join(names).casefold()
    if not letters.isascii():
        plain = unicodedata.normalize("NFKD", " ".join(names)).casefold()
        letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [word for word in _NOT_A_WORD.split(letters) if word]


def stored_terms(names: Iterable[str], address: str, phones: Iterable[str], plates: Iterable[str]) -> set[str]:
    """Return everything under which a person is kept, each with its kind in front."""
    found = {f"name:{word[:length]}" for word in words_of(*names) for length in PREFIXES if len(word) >= length}
    found |= {f"name:{word}" for word in words_of(*names) if len(word) < SHORTEST}
    if address:
        found.add(f"address:{address}")
    found |= {f"phone:{digits}" for phone in phones if (digits := phone_digits(phone))}
    found |= {f"plate:{letters}" for plate in plates if (letters := plate_letters(plate))}
    return found


def asked_terms(name: str, address: str, phone: str, plate: str) -> list[str]:
    """Return the terms that a search must all meet; the longest prefix a word allows, so that few are read in vain.

    One or two letters beside other terms narrow nothing here: they are compared when a hit is opened. Alone they mean a whole name.
    """
    terms = []
    words = words_of(name)
    for word in [word for word in words if len(word) >= SHORTEST] or ([] if address or phone or plate else words):
        length = next((length for length in PREFIXES if len(word) >= length), len(word))
        terms.append(f"name:{word[:length]}")
    terms += [f"address:{address}"] if address else []
    terms += [f"phone:{digits}"] if (digits := phone_digits(phone)) else []
    terms += [f"plate:{letters}"] if (letters := plate_letters(plate)) else []
    return terms


def matches(asked: Sequence[str], *names: str) -> bool:
    """Tell whether every word asked for begins a word of `names`."""
    if not asked:
        return True
    there = words_of(*names)
    return all(any(word.startswith(beginning) for word in there) for beginning in asked)


def phone_digits(phone: str) -> str:
    """Return the last ten digits: with and without the country's code is the same phone."""
    return _NOT_A_DIGIT.sub("", phone)[-_PHONE_DIGITS:]


def plate_letters(plate: str) -> str:
    """Return letters and digits in capitals."""
    return _NOT_ON_A_PLATE.sub("", plate.upper())
