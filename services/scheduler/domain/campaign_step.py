"""One step of a series: where it stands relative to its trigger, and which way closed days move it."""

from dataclasses import dataclass
from datetime import time
from typing import Literal

from services.scheduler.domain.triggers import TRIGGERS, TriggerKind
from shared.schemas.location import Vertical

Roll = Literal["back", "forward", "stay"]
"""Over closed days and out of the send window; `stay` keeps the day, open or not, and only waits for the window's morning."""
MOST_BUSINESS_DAYS = 20
"""Further than a month nobody counts open days, and calendars reach 35 days back."""


class ContradictoryRulesError(ValueError):
    """A campaign type whose rules cannot all hold; raised when it is defined, so that it never starts."""


@dataclass(frozen=True, slots=True)
class Step:
    """One touch of a series, named and placed relative to the trigger's local start.

    `days` keeps the wall clock across a clock change, `hours` is elapsed time (N-48), `business_days` counts the location's open days.
    `at` is the local time of day, None the trigger's own.
    `roll` is the direction over closed days and out of the send window (N-53, N-54). `on` is the default; a campaign's settings may differ.
    `goes_late`: what was heard of after its time still goes while it is of use; any other step is then skipped (N-46).
    `statuses` narrows the step to records of these, `verticals` to locations of these.
    `on_change` marks the correction that goes out when the trigger moved after its last step had announced another time (N-42).
    """

    slug: str
    days: int | None = None
    hours: int | None = None
    business_days: int | None = None
    at: time | None = None
    roll: Roll = "back"
    on: bool = True
    on_change: bool = False
    goes_late: bool = False
    statuses: tuple[str, ...] = ()
    verticals: tuple[Vertical, ...] = ()

    def __post_init__(self) -> None:
        given = [offset for offset in (self.days, self.hours, self.business_days) if offset is not None]
        if len(given) != (0 if self.on_change else 1):
            raise ContradictoryRulesError(f"step {self.slug}: one offset, in days, hours or business days")
        if self.at is not None and self.hours is not None:
            raise ContradictoryRulesError(f"step {self.slug}: a time of day belongs to an offset in days")
        if abs(self.business_days or 0) > MOST_BUSINESS_DAYS:
            raise ContradictoryRulesError(f"step {self.slug}: more than {MOST_BUSINESS_DAYS} business days")

    @property
    def days_after(self) -> int:
        """How many calendar days after its trigger it may stand, before rolling; 0 for steps before it."""
        business = self.business_days or 0
        return max(self.days or 0, -(-(self.hours or 0) // 24), business * 7 // 5 + 2 if business > 0 else 0, 0)

    @property
    def days_before(self) -> int:
        """How many calendar days before its trigger it may stand, negative for days after it."""
        return -self.days if self.days is not None else max(0, -2 * (self.business_days or 0))

    def sentence(self, trigger: TriggerKind) -> str:
        """Return when this step falls due, in words."""
        noun = TRIGGERS[trigger].noun
        if self.on_change:
            return f"as soon as allowed after {noun} got another time"
        amount, unit = next(
            (amount, unit)
            for amount, unit in ((self.days, "day"), (self.hours, "hour"), (self.business_days, "business day"))
            if amount is not None
        )
        distance = f"{abs(amount)} {unit}{'' if abs(amount) == 1 else 's'}"
        side = "before" if amount < 0 else "after"
        at = f" at {self.at:%H:%M}" if self.at else ""
        place = f"{distance} {side} {noun}" if amount else f"on the day of {noun}"
        rolled = "on that day whether open or not" if self.roll == "stay" else f"rolled {self.roll} over closed days"
        return f"{place}{at}, {rolled}"
