"""Who is right when the front desk and the source say different things of a person (S-123), field by field."""

from datetime import datetime
from typing import Final, Literal

Rule = Literal["newest", "strictest"]
RULES: Final[dict[str, Rule]] = {
    "first_name": "newest",
    "last_name": "newest",
    "preferred_name": "newest",
    "email": "newest",
    "phone": "newest",
    "birth_on": "newest",
    "language": "newest",
    "status": "strictest",
}
"""`newest`: an edit stands until the source changes that field later. `strictest`: whoever allows less is right. Consent is no field of a person:
opt-outs of either side are kept by optout and none is ever lifted from here."""

STRICTNESS: Final = ("active", "prospect", "inactive", "held", "deceased")


def edit_stands(
    field: str, *, edited: str, edited_at: datetime, source: str, source_changed: bool, source_at: datetime
) -> bool:
    """Tell whether an edit holds against what the source says now. `source_changed`: it says something else than when the edit was made."""
    if RULES[field] == "strictest":
        return STRICTNESS.index(edited) >= STRICTNESS.index(source)
    return not (source_changed and source_at > edited_at)
