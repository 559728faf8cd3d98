"""Comparing two variants of a campaign by hand: who gets which, the rule by which one of them wins, and the decision.

The rule is stated before the start and its size is fixed: a share of the mailboxes is divided, one look is taken at the end of the waiting time, and
who is left gets the winner. Nobody looks earlier: a comparison that ends when it looks good finds differences that are not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, sqrt
from statistics import NormalDist
from typing import Any, Final
from uuid import UUID

from services.scheduler.domain.hold_out import MARKS, mark_of
from services.scheduler.domain.proportions import CONFIDENCE, difference_interval
from shared.schemas.comparisons import Arm, ComparisonReason, Variant

POWER: Final = 0.8
"""How sure a difference of the size that is looked for is to be found."""
_Z_CONFIDENCE: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_Z_POWER: Final = NormalDist().inv_cdf(POWER)


@dataclass(frozen=True, slots=True)
class ComparisonPlan:
    """The rule as a campaign's settings state it, in percent of mailboxes, days, and percent of those who come without and percentage points."""

    share_percent: int
    wait_days: int
    expected_percent: int = 5
    difference_points: int = 5

    @property
    def needed(self) -> int:
        """Return how many people each variant needs."""
        return people_needed(self.expected_percent, self.difference_points)

    def audience_needed(self, hold_out_percent: int) -> int:
        """Return how many people the audience needs, of whom so many percent are held out, so that each variant gets its number."""
        return -(-2 * self.needed * 10_000 // (self.share_percent * (100 - hold_out_percent)))

    def decides_on(self, occasion_on: date) -> date:
        """Return the local day at whose beginning the comparison of this occasion is decided."""
        return occasion_on + timedelta(days=self.wait_days)


@dataclass(frozen=True, slots=True)
class ArmCount:
    """People of an arm whose mail passed every check, and how many of them booked or came within the waiting time."""

    people: int
    responded: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which variant the rest gets and why, with the difference of B to A and its interval; None where an arm has nobody."""

    winner: Variant
    reason: ComparisonReason
    difference: float | None
    lower: float | None
    upper: float | None


def find_plan(settings: Mapping[str, Any]) -> ComparisonPlan | None:
    """Return the rule of checked settings, None where nothing is compared."""
    own = settings.get("comparison")
    return ComparisonPlan(**{name: own[name] for name in own if name != "b"}) if own else None


def choose_arm(key: bytes, address_key: str | None, campaign_id: UUID, share_percent: int) -> Arm:
    """Return the arm of a mailbox: the same for good, by a keyed hash; who shares a mailbox shares its arm. A larger share lets none of A go."""
    if address_key is None:
        return "rest"
    mark, half = mark_of(key, b"comparison" + campaign_id.bytes + address_key.encode()), share_percent * MARKS // 200
    if mark < half:
        return "a"
    return "b" if mark >= MARKS - half else "rest"


def people_needed(expected_percent: int, difference_points: int) -> int:
    """Return how many people each variant needs, so that a difference of this size is found in four of five cases.

    The usual normal approximation for two proportions, two-sided at CONFIDENCE (Fleiss, Statistical Methods for Rates and Proportions, 3.14).
    """
    one = expected_percent / 100
    other = min(1.0, one + difference_points / 100)
    middle = (one + other) / 2
    spread = _Z_CONFIDENCE * sqrt(2 * middle * (1 - middle)) + _Z_POWER * sqrt(one * (1 - one) + other * (1 - other))
    return ceil((spread / (other - one)) ** 2)


def decide(a: ArmCount, b: ArmCount) -> Verdict:
    """Return the winner: the variant that more came by, if the interval of the difference leaves 0 out; else the first, which is no result."""
    if not a.people or not b.people:
        return Verdict("a", "too_few", None, None, None)
    difference = b.responded / b.people - a.responded / a.people
    lower, upper = difference_interval(b.responded, b.people, a.responded, a.people)
    if lower > 0:
        return Verdict("b", "b_better", difference, lower, upper)
    return Verdict("a", "a_better" if upper < 0 else "no_difference", difference, lower, upper)


def settings_of(settings: Mapping[str, Any], variant: str | None) -> Mapping[str, Any]:
    """Return the settings that a variant's mail is written with: B's own words, offer and links in the place of A's."""
    own = settings.get("comparison")
    return {**settings, **own["b"]} if own and variant == "b" else settings


def rule_sentence(plan: ComparisonPlan) -> str:
    """Return the stopping rule in words."""
    rest = "" if plan.share_percent == 100 else ", and the others get the one that wins"
    return (
        f"{plan.share_percent} percent of the mailboxes are divided in two halves by a keyed hash, one half for each variant. {plan.wait_days} days "
        f"after the campaign's day it is counted once, and not before, how many people of each half have booked or come since their mail was due. "
        f"A variant wins if Newcombe's 95 percent interval of the difference leaves zero out; otherwise the first one does{rest}. "
        f"So that a difference of {plan.difference_points} percentage points over {plan.expected_percent} percent is found in four of five cases, "
        f"each half needs {plan.needed} people."
    )


def arm_sentence(arm: str | None, variant: str | None) -> str:
    """Return what a touch has to do with a comparison, "" where there is none."""
    if arm is None:
        return ""
    if arm == "rest":
        waits = (
            "it waits for the decision between the variants"
            if variant is None
            else f"it gets variant {variant.upper()}, which won"
        )
        return f"Its mailbox is not among those that are compared: {waits}."
    return f"Its mailbox is among those that are compared, with variant {arm.upper()}."


COMPARED_SETTINGS: Final = ("comparison", "words", "offer", "links", "send_on", "dates")
"""Settings that stay while a comparison runs."""
REASONS: Final[dict[ComparisonReason, str]] = {
    "a_better": "More people booked or came after variant A, beyond what chance explains.",
    "b_better": "More people booked or came after variant B, beyond what chance explains.",
    "no_difference": "The figures show no difference beyond what chance explains, so the first variant goes on.",
    "too_few": "A variant reached nobody, so nothing can be told and the first one goes on.",
}
