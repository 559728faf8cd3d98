"""What the demo's generator knows about everyone it made: may they get mail, where, for what, and if not, why not.

It is written down while a person is made, never derived from what a service stores, so that holding the services and
the catcher against it can find a mistake of either.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Campaign = Literal["appointment_reminder", "visit_thanks"]
Barrier = Literal[
    "",
    "deceased",
    "inactive",
    "opted_out",
    "address_missing",
    "address_placeholder",
    "address_invalid",
    "minor_without_guardian",
    "no_relationship",
    "nothing_due",
    "cancelled",
    "status_held",
    "not_an_appointment",
    "completed",
    "booked_too_late",
    "historic",
]


@dataclass(frozen=True)
class Cause:
    """One appointment or visit that may lead to mail.

    at: its start or completion (the final one, if it was moved). barred: why it never leads to mail, "" if it may.
    certain: mail for it must have left by 20:00 of the sample's first day, local time; without it mail may follow later
    or give way to a more urgent one to the same address (one message an address a day).
    """

    campaign: Campaign
    foreign_id: str
    at: datetime
    barred: Barrier = ""
    certain: bool = False


@dataclass(frozen=True)
class Expectation:
    """The truth about one consumer of one business.

    recipient: folded mailbox that mail about this person goes to (a guardian's for a minor), None without a usable one.
    barred: why nothing about this person may leave at all, "" if it may. story: what this person is in the sample for.
    """

    business: str
    foreign_id: str
    story: str
    recipient: str | None
    barred: Barrier
    causes: tuple[Cause, ...]

    @property
    def may_get(self) -> frozenset[Campaign]:
        """The campaigns that may write about this person."""
        if self.barred or self.recipient is None:
            return frozenset()
        return frozenset(cause.campaign for cause in self.causes if not cause.barred)

    @property
    def must_get(self) -> frozenset[Campaign]:
        """The campaigns whose mail must have left by 20:00 of the first day."""
        if self.barred or self.recipient is None:
            return frozenset()
        return frozenset(cause.campaign for cause in self.causes if cause.certain and not cause.barred)

    @property
    def why_not(self) -> Barrier:
        """Why nothing is sent: the person's own barrier first, else the causes' one; "" if something may be sent."""
        if self.may_get:
            return ""
        present = (cause.barred for cause in self.causes if cause.barred not in ("", "historic"))
        return self.barred or next(present, "nothing_due")
