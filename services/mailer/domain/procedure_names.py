"""A practice's own names of procedures, found in text by word, whatever its case and accents (L-106)."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

_NAMES_OF_PEOPLE: Final = re.compile(r"(?:person|people\[\]|about)\.(?:first_name|last_name|greeting|name)", re.ASCII)
"""Fields that hold a person's name: Crown is a procedure and a surname, so one word alone is no evidence there."""


def fold(text: str) -> str:
    """Return `text` without case and accents: two spellings of one word become equal."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )


def find_procedure(text: str, names: Collection[str]) -> str | None:
    """Return the first of `names` that stands in `text` as a word of its own, folded; None without one."""
    found = _pattern(frozenset(names)).search(fold(text)) if names else None
    return found[0] if found else None


def names_procedure(fields: Mapping[str, object], shown: Iterable[str], names: Collection[str]) -> bool:
    """Tell whether a field that a mailbox list shows (`shown`: paths such as `person.first_name`, `people[].time`) holds a procedure's name.

    In a person's name only names of several words or with a digit count ("Ann (root canal)"), never a surname such as Crown.
    """
    several = [name for name in names if len(name.split()) > 1 or any(letter.isdigit() for letter in name)]
    return any(
        find_procedure(value, several if _NAMES_OF_PEOPLE.fullmatch(path) else names)
        for path in shown
        for value in texts_at(fields, path)
    )


def texts_at(fields: object, path: str) -> Iterator[str]:
    """Yield the texts at a path of a content's fields; `[]` stands for every row of a list."""
    head, _, rest = path.partition(".")
    name, is_list = head.removesuffix("[]"), head.endswith("[]")
    value = fields.get(name) if isinstance(fields, Mapping) else None
    for item in value if is_list and isinstance(value, list) else [value]:
        if rest:
            yield from texts_at(item, rest)
        elif isinstance(item, str):
            yield item


@lru_cache(maxsize=1000)
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    folded = sorted({" ".join(fold(name).split()) for name in names} - {""}, key=lambda name: (-len(name), name))
    words = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in folded)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)" if words else r"(?!)")
