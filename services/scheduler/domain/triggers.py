"""The kinds of record that can start a series: what each is called, and of which only the earliest counts."""

from dataclasses import dataclass
from typing import Final, Literal

TriggerKind = Literal[
    "appointment",
    "booking",
    "cancellation",
    "visit",
    "lapse",
    "arrival",
    "birthday",
    "calendar",
    "recare",
    "service",
    "inspection",
    "declined",
    "treatment",
]
OnePer = Literal["day", "person", "record"]


@dataclass(frozen=True, slots=True)
class TriggerFacts:
    """`noun` with its article stands in sentences. `field` is the group of fields that a mail finds its date under.

    `one_per`: of several records only the earliest counts, of a local day (N-55) or of the person altogether (N-62), or each counts (vehicles).
    """

    noun: str
    field: str
    one_per: OnePer = "record"


TRIGGERS: Final[dict[TriggerKind, TriggerFacts]] = {
    "appointment": TriggerFacts("the appointment", "appointment", "day"),
    "booking": TriggerFacts("the booking", "appointment"),
    "cancellation": TriggerFacts("the cancellation", "appointment", "day"),
    "visit": TriggerFacts("the visit", "visit", "day"),
    "lapse": TriggerFacts("the last visit", "visit", "person"),
    "arrival": TriggerFacts("the day the address was first known", "arrival", "person"),
    "birthday": TriggerFacts("the birthday", "birthday"),
    "calendar": TriggerFacts("the date that was set", "calendar"),
    "recare": TriggerFacts("the recare date", "recare", "person"),
    "service": TriggerFacts("the service date", "due"),
    "inspection": TriggerFacts("the inspection date", "due"),
    "declined": TriggerFacts("the declined work", "declined"),
    "treatment": TriggerFacts("the recommendation", "treatment", "person"),
}

ENDS: Final[dict[str, str]] = {
    "none": "There is no record of this kind: {noun}.",
    "past": "It is too long ago for this campaign: {noun}.",
    "not_firm": "The record does not qualify for this campaign: {noun}.",
    "cancelled": "It was taken back or no longer holds: {noun}.",
    "moved": "The date changed and the steps are planned anew: {noun}.",
    "of_another": "The record now belongs to another person: {noun}.",
}
"""How a series can come to its end or never begin, as the sentence of `<kind>_<end>` unless a kind has words of its own."""


def end_sentences() -> dict[str, str]:
    """Return a sentence for every end of every kind of trigger."""
    return {
        f"{kind}_{end}": words.format(noun=facts.noun)
        for kind, facts in TRIGGERS.items()
        for end, words in ENDS.items()
    }
