"""The contract between a content and whoever fills it: which names a template may use, and who gives them.

A template sees groups of fields. **The caller** (the scheduler) gives, as it has them, already written out in the reader's language:

=============  =====================================================================================================================
`person`       `first_name`, `greeting` (a name to greet with, never empty), `last_name`
`people`       a list of the above with `date`, `time` and whatever their touch adds: for families and fleets, one row a touch
`appointment`  `date`, `time`, `weekday`, `zone`, `arrive_by`
`visit`        `date`
`recare`       `due_month`, `last_visit_month`
`vehicle`      `name`, `year`, `make`, `model`, `plate_masked`
`service`      `name`, `due_date`, `due_odometer`
`offer`        `text`, `code`, `expires_on`, `conditions` (commercial only)
`links`        `confirm`, `booking`, `survey`, `review`, `map`: https addresses without personal data
=============  =====================================================================================================================

**The mailer** adds these itself right before sending, and a caller's values under these names are thrown away, so that the sender, the postal
address and the way out are always the true ones:

=============  =====================================================================================================================
`business`     `name`: the subscriber
`location`     `name`, `phone`, `website`, `postal_address` (one line)
`notice`       `sent_by` (S-009: a service sends it for the business), `advertisement` (L-006; commercial contents must show it)
`links`        `optout`: the opt-out page, one per message
=============  =====================================================================================================================

A field that is null or empty counts as missing where it is printed, and as false in an `if`; `default` catches it. A name that is absent altogether
is missing in an `if`, too: a misspelt name must never quietly switch a paragraph off.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final

OWN_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "business": frozenset(("name",)),
    "location": frozenset(("name", "phone", "website", "postal_address")),
    "notice": frozenset(("sent_by", "advertisement")),
}
"""Groups that belong to the mailer alone, with every field they have."""

OPTOUT: Final = "links.optout"
LONGEST_FIELDS: Final = 64_000
"""Letters in all fields of one message together (architecture 11)."""
LONGEST_TEXT: Final = 10_000
LONGEST_LIST: Final = 100
DEEPEST: Final = 4

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HARMFUL: Final = re.compile("[\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINK: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,253}(?:[/?#][!#-;=?-Z\[\]_a-z~]*)?")


class UnfitFieldsError(ValueError):
    """The fields of one message cannot be rendered. `name` says which; the value is not repeated."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"{code}: {name}")
        self.code = code
        self.name = name


@dataclass(frozen=True, slots=True)
class SenderFields:
    """What the mailer knows of the sender, written out in the content's language. One per location, language and class."""

    business_name: str
    location_name: str
    phone: str
    website: str
    postal_address: str
    sent_by: str
    advertisement: str

    def groups(self) -> dict[str, dict[str, str]]:
        """Return the mailer's own groups of a context."""
        return {
            "business": {"name": self.business_name},
            "location": {
                "name": self.location_name,
                "phone": self.phone,
                "website": self.website,
                "postal_address": self.postal_address,
            },
            "notice": {"sent_by": self.sent_by, "advertisement": self.advertisement},
        }


def clean_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """Return a caller's fields as they may be kept and rendered: called once, when a message is accepted.

    Raises UnfitFieldsError for fields that are too large, too deep, of foreign types, or links that are no web addresses.
    """
    cleaner = _Cleaner()
    cleaned = {name: cleaner.clean(value, name, 0) for name, value in fields.items()}
    links = cleaned.get("links", {})
    if not isinstance(links, dict):
        raise UnfitFieldsError("link_unfit", "links")
    for name, link in links.items():
        if link and not (isinstance(link, str) and _LINK.fullmatch(link)):
            raise UnfitFieldsError("link_unfit", f"links.{name}")
    return cleaned


def make_context(cleaned: Mapping[str, object], own_groups: Mapping[str, object], optout_url: str) -> dict[str, object]:
    """Return the context a content is rendered with: fields from `clean_fields` under the mailer's own."""
    links = cleaned.get("links")
    return {
        **cleaned,
        **own_groups,
        "links": {**links, "optout": optout_url} if isinstance(links, dict) else {"optout": optout_url},
    }


class _Cleaner:
    """Copies JSON values; control characters and line ends become spaces, so that no field makes a line of its own (S46, S54)."""

    def __init__(self) -> None:
        self.letters = 0

    def clean(self, value: object, name: str, depth: int) -> object:
        if isinstance(value, str):
            self.letters += len(value)
            if self.letters > LONGEST_FIELDS or len(value) > LONGEST_TEXT:
                raise UnfitFieldsError("fields_too_large", name)
            return value if value.isprintable() else _HARMFUL.sub("", _CONTROL.sub(" ", value))
        if value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
            return value
        if depth >= DEEPEST:
            raise UnfitFieldsError("fields_too_deep", name)
        if isinstance(value, Mapping):
            return {key: self.clean(item, f"{name}.{key}", depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            if len(value) > LONGEST_LIST:
                raise UnfitFieldsError("list_too_long", name)
            return [self.clean(item, name, depth + 1) for item in value]
        raise UnfitFieldsError("field_type_unfit", name)
