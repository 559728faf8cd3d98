"""What a campaign type is: plain data that planning, explaining, the API and the tests all read, so that a new type is no new code.

A type answers five questions (S-003): what triggers it, whom it is for, what makes a touch unique, when its steps fall due, what stops it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Literal

from services.scheduler.domain.situations import Situation
from services.scheduler.domain.triggers import TRIGGERS, TriggerKind
from shared.schemas.location import Vertical
from shared.schemas.token import MessageClass

Roll = Literal["back", "forward"]
Cycle = Literal["trigger", "trigger_and_start", "occasion"]
"""What makes a touch unique beside campaign, step and person: the record, it at its announced start, or what it calls its occasion."""


_ROLLED_DAYS = 31
"""As far as closed days can move a step."""


class ContradictoryRulesError(ValueError):
    """A campaign type whose rules cannot all hold; raised when it is defined, so that it never starts."""


@dataclass(frozen=True, slots=True)
class Step:
    """One touch of a series, named and placed relative to the trigger's local start.

    `days` keeps the wall clock across a clock change, `hours` is elapsed time (N-48). `at` is the local time of day, None the trigger's own.
    `roll` is the direction over closed days and out of the send window (N-53, N-54). `on` is the default; a campaign's settings may differ.
    `statuses` narrows the step to records of these.
    `on_change` marks the correction that goes out when the trigger moved after its last step had announced another time (N-42).
    """

    slug: str
    days: int | None = None
    hours: int | None = None
    at: time | None = None
    roll: Roll = "back"
    on: bool = True
    on_change: bool = False
    statuses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.on_change and (self.days is None) == (self.hours is None):
            raise ContradictoryRulesError(f"step {self.slug}: an offset in days or in hours")
        if self.at is not None and self.days is None:
            raise ContradictoryRulesError(f"step {self.slug}: a time of day belongs to an offset in days")

    def sentence(self, trigger: TriggerKind) -> str:
        """Return when this step falls due, in words."""
        noun = TRIGGERS[trigger].noun
        if self.on_change:
            return f"as soon as allowed after {noun} got another time"
        amount, unit = (self.days, "day") if self.days is not None else (self.hours or 0, "hour")
        distance = f"{abs(amount)} {unit}{'' if abs(amount) == 1 else 's'}"
        side = "before" if amount < 0 else "after"
        at = f" at {self.at:%H:%M}" if self.at else ""
        place = f"{distance} {side} {noun}" if amount else f"on the day of {noun}"
        return f"{place}{at}, rolled {self.roll} over closed days"


@dataclass(frozen=True, slots=True)
class Trigger:
    """The record that starts a series.

    `statuses` qualify. `stops` maps each status that ends the series to the reason that is then on file; any other status holds no series either
    (N-45) and reads `<kind>_not_firm`. `history`: records older than go-live count too (false for event campaigns, N-36).
    """

    kind: TriggerKind
    statuses: tuple[str, ...]
    stops: Mapping[str, str] = field(default_factory=dict)
    history: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Which touches of one address on one local day share a message: same `kind`, and with `same_day` only triggers of one local day (N-01, N-02)."""

    kind: str
    same_day: bool


@dataclass(frozen=True, slots=True)
class CampaignType:
    """A kind of campaign.

    `useful_days` None: useful until the trigger starts (S-025), else so many days after the planned time; a later step's time also ends an earlier
    one's use. `rank`: lower goes first when an address may get one message a day. `needs_fresh_source`: held while the source is stale (S-126).
    `sample`: first names per vertical for the sample that content is tried with.

    `skips`: situations in which a touch is not sent, the first that holds is its reason. `looks_ahead_days`: touches are made so many days before
    they fall due, None: as soon as they are known. `defaults`: figures the trigger's query needs (service_months, service_miles).
    """

    slug: str
    title: str
    verticals: tuple[Vertical, ...]
    message_class: MessageClass
    class_reason: str
    trigger: Trigger
    cycle: Cycle
    steps: tuple[Step, ...]
    useful_days: int | None
    rank: int
    group: Group
    needs_fresh_source: bool
    sample: Mapping[Vertical, tuple[str, ...]]
    skips: tuple[Situation, ...] = ()
    looks_ahead_days: int | None = None
    defaults: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        slugs = [step.slug for step in self.steps]
        if not slugs or len(set(slugs)) != len(slugs):
            raise ContradictoryRulesError(f"{self.slug}: steps need different slugs")
        after = [step for step in self.steps if max(step.days or 0, step.hours or 0) > 0]
        if self.useful_days is None and after:
            raise ContradictoryRulesError(f"{self.slug}: a step after the trigger needs useful_days")
        if set(self.trigger.statuses) & set(self.trigger.stops):
            raise ContradictoryRulesError(f"{self.slug}: a status both qualifies and stops")
        if self.looks_ahead_days is not None and self.useful_days is None:
            raise ContradictoryRulesError(f"{self.slug}: looking ahead needs useful_days")
        if set(self.sample) != set(self.verticals):
            raise ContradictoryRulesError(f"{self.slug}: one sample for each vertical")

    @property
    def looks_back_days(self) -> int:
        """How old a trigger may be and still matter: 0 for series that end at the trigger's start."""
        if self.useful_days is None:
            return 0
        rolled = _ROLLED_DAYS if self.looks_ahead_days is not None else 7
        return max(step.days or 0 for step in self.steps) + self.useful_days + rolled

    def step(self, slug: str) -> Step | None:
        """Return a step by its slug."""
        return next((step for step in self.steps if step.slug == slug), None)
